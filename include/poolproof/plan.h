// SPDX-License-Identifier: MIT
// A plan is a value: faults and outcomes that ops of any program get, by their kind. It adds to what a
// program says itself and never overrides it; what comes of it is a program as any other, and plays
// again without the plan.
#pragma once
#include <poolproof/program.h>

#define PP_PLAN_VERSION 1
#define PP_PLAN_LINES_MAX 64
#define PP_PLAN_BYTES_MAX 16384  // no text is longer

struct pp_plan_line {
    bool is_every;    // all kinds of ops
    struct pp_op op;  // its kind if not, faults and outcomes
};

struct pp_plan {
    uint32_t line_count;
    struct pp_plan_line lines[PP_PLAN_LINES_MAX];
};

// Text, ending in a newline, to plan. On failure *ret_plan is untouched and *ret_error says where and
// why. `size` excludes any terminator.
bool pp_plan_parse(const char *text, size_t size, struct pp_plan *ret_plan, struct pp_error *ret_error);

// Plan to text, NUL-terminated; parse(print(p)) == p. Returns the length, or `capacity` or more if it
// did not fit (then truncated).
size_t pp_plan_print(const struct pp_plan *plan, char *text, size_t capacity);

// Adds what the plan has for each op, in the order of its lines, as far as the op has room. Programs of
// other languages than protocol stay as they are.
void pp_plan_apply(const struct pp_plan *plan, struct pp_program *program);

// The plans that come with poolproof; ends with a name that is NULL.
struct pp_plan_info {
    const char *name;
    const char *text;
};
extern const struct pp_plan_info pp_plan_infos[];
