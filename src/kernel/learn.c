// SPDX-License-Identifier: MIT
// Every comparison of driver code, in builds for an engine: its object calls these functions instead of
// the engine's (link_driver.py renames them). The value is kept, and the engine is called as if the
// driver had done it, from the same place.
#include "kernel/learn.h"

#include <stdbool.h>
#include <string.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define SMALL_MAX 15u  // below that, values are found without help
#define RECENT_COUNT 1024u

static uint32_t values[PP_VALUES_MAX];
static uint32_t value_count;
static uint32_t given_count;  // these come first
static uint32_t next;         // the learned value that the next one replaces
static uint32_t recent[RECENT_COUNT];

static bool is_known(uint32_t value) {
    for (uint32_t i = 0; i < value_count; i++) {
        if (values[i] == value) {
            return true;
        }
    }
    return false;
}

static void learn(uint64_t wide) {
    uint32_t value = (uint32_t)wide;
    uint32_t *slot = &recent[value * 2654435761u >> 22];
    if (wide <= SMALL_MAX || wide > UINT32_MAX || *slot == value) {
        return;
    }
    *slot = value;
    if (given_count == PP_VALUES_MAX || is_known(value)) {
        return;
    }
    if (value_count < PP_VALUES_MAX) {
        values[value_count++] = value;
    } else {
        next = next < given_count || next == PP_VALUES_MAX ? given_count : next;
        values[next++] = value;
    }
}

void pp_value_give(uint32_t value) {
    if (given_count < PP_VALUES_MAX && !is_known(value)) {
        memmove(&values[1], &values[0], given_count * sizeof(values[0]));
        values[0] = value;
        value_count = ++given_count;
    }
}

const uint32_t *pp_values(uint32_t *ret_count) {
    *ret_count = value_count;
    return values;
}

// Weak: only libFuzzer and some others have them. Without the tail call they would take all comparisons
// to be in one place.
#define COMPARE_FUNCTIONS(size, type)                                                            \
    void __sanitizer_cov_trace_cmp##size(type left, type right) __attribute__((weak));           \
    void __sanitizer_cov_trace_const_cmp##size(type left, type right) __attribute__((weak));     \
    void pp_driver_trace_cmp##size(type left, type right) {                                      \
        learn(left);                                                                             \
        learn(right);                                                                            \
        if (__sanitizer_cov_trace_cmp##size) {                                                   \
            __attribute__((musttail)) return __sanitizer_cov_trace_cmp##size(left, right);       \
        }                                                                                        \
    }                                                                                            \
    void pp_driver_trace_const_cmp##size(type left, type right) {                                \
        learn(left);                                                                             \
        if (__sanitizer_cov_trace_const_cmp##size) {                                             \
            __attribute__((musttail)) return __sanitizer_cov_trace_const_cmp##size(left, right); \
        }                                                                                        \
    }

COMPARE_FUNCTIONS(1, uint8_t)
COMPARE_FUNCTIONS(2, uint16_t)
COMPARE_FUNCTIONS(4, uint32_t)
COMPARE_FUNCTIONS(8, uint64_t)

// How many there are, their bits, the values.
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) __attribute__((weak));
void pp_driver_trace_switch(uint64_t value, uint64_t *cases) {
    for (uint64_t i = 0; i < cases[0]; i++) {
        learn(cases[2 + i]);
    }
    if (__sanitizer_cov_trace_switch) {
        __attribute__((musttail)) return __sanitizer_cov_trace_switch(value, cases);
    }
}
