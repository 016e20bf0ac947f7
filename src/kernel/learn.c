// SPDX-License-Identifier: MIT
// Every comparison of driver code, in builds for an engine: its object calls these functions instead of
// the engine's (link_driver.py renames them). What a driver compares with is kept: constants, and what
// stands against a value of the program. The engine is called as if the driver had done it, from the
// same place.
#include "kernel/learn.h"

#include "base/dye.h"

#include <stdbool.h>
#include <string.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define SMALL_MAX 15u  // below that, values are found without help
#define RECENT_COUNT 1024u
#define OWN_BITS 4096u
#define WISH_COUNT_MAX 64u
#define WISHES_OF_RUN 256u
#define HINT_COUNT_MAX 64u
#define HINTED_BYTES_MAX 16u  // of a comparison of memory

static uint32_t values[PP_VALUES_MAX];
static uint32_t value_count;
static uint32_t given_count;  // these come first
static uint32_t next;         // the learned value that the next one replaces
static uint32_t recent[RECENT_COUNT];
static const uint32_t *known_sets;  // or NULL

static struct pp_wish wishes[WISH_COUNT_MAX];        // a ring
static uint32_t wish_count;                          // of all so far
static struct pp_wish wishes_of_run[WISHES_OF_RUN];  // by hash: each counts once a run

static struct pp_hint hints[HINT_COUNT_MAX];  // of this run
static uint32_t hint_count;

// Of the program being played, by hash: its wide numbers, and what they are if it says nothing, with
// their low bytes as they are and swapped. The EtherType of IPv4, swapped, is 8.
static uint64_t own_values[OWN_BITS / 64];

static uint32_t own_bit(uint32_t value) { return value * 2654435761u >> 20; }

static bool is_own(uint64_t wide) {
    uint32_t bit = own_bit((uint32_t)wide);
    return wide <= UINT32_MAX && (own_values[bit / 64] >> bit % 64 & 1) != 0;
}

static void add_own(uint32_t value) {
    if (value <= SMALL_MAX) {
        return;
    }
    uint32_t forms[] = {value, __builtin_bswap16((uint16_t)value)};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint32_t bit = own_bit(forms[i]);
        own_values[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

// `args` is NULL for what ops of that kind have if they say nothing.
static void add_numbers(const struct pp_op_info *info, const uint32_t *args) {
    for (uint32_t i = 0; i < info->arg_count; i++) {
        if (info->args[i].kind == PP_ARG_NUMBER && info->args[i].max > UINT8_MAX) {
            add_own(args ? args[i] : info->args[i].standard);
        }
    }
}

void pp_learn_begin(const struct pp_program *program, const uint32_t *sets) {
    const struct pp_language_info *language = &pp_languages[program->language];
    known_sets = sets;
    memset(own_values, 0, sizeof(own_values));
    memset(wishes_of_run, 0, sizeof(wishes_of_run));
    hint_count = 0;
    for (uint32_t i = 0; i < language->op_count; i++) {
        add_numbers(&language->ops[i], NULL);
    }
    for (uint32_t i = 0; i < program->op_count; i++) {
        add_numbers(pp_op_info(program, &program->ops[i]), program->ops[i].args);
    }
}

static bool is_known(uint32_t value) {
    for (const uint32_t *set = known_sets; set && set[0] > 0; set += set[0] + 1) {
        for (uint32_t i = 1; i <= set[0]; i++) {
            if (set[i] == value) {
                return true;
            }
        }
    }
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

static void add_hint(uint32_t at, uint32_t bytes, uint32_t value) {
    const struct pp_hint hint = {.at = (uint8_t)at, .bytes = (uint8_t)bytes, .value = value};
    for (uint32_t i = 0; i < hint_count; i++) {
        if (hints[i].at == hint.at && hints[i].bytes == hint.bytes && hints[i].value == hint.value) {
            return;
        }
    }
    if (hint_count < HINT_COUNT_MAX) {
        hints[hint_count++] = hint;
    }
}

// A value that stands somewhere in dyed content, and what the driver holds against it.
static void learn_hint(uint64_t from, uint64_t to) {
    struct pp_dyed dyed;
    if (pp_dye.is_on && pp_dye_find(from, to, &dyed)) {
        add_hint(dyed.at, dyed.bytes, pp_dye_replace(&dyed, (uint32_t)to));
    }
}

// Four bytes at a time: magic words, addresses, names.
static void learn_bytes(const uint8_t *from, const uint8_t *to, size_t size) {
    for (size_t at = 0; at + sizeof(uint32_t) <= size && at < HINTED_BYTES_MAX; at += sizeof(uint32_t)) {
        uint32_t present, wanted;
        memcpy(&present, from + at, sizeof(present));
        memcpy(&wanted, to + at, sizeof(wanted));
        learn_hint(present, wanted);
    }
}

void pp_learn_memory(const void *left, const void *right, size_t size) {
    if (pp_dye.is_on) {
        learn_bytes(left, right, size);
        learn_bytes(right, left, size);
    }
}

// A value of the program that the driver holds against another one.
static void learn_wish(uint64_t from, uint64_t to) {
    learn_hint(from, to);
    if (from == to || to > UINT32_MAX || !is_own(from)) {
        return;
    }
    const struct pp_wish wish = {(uint32_t)from, (uint32_t)to};
    uint32_t hash = wish.from * 2654435761u ^ wish.to * 2246822519u;
    struct pp_wish *slot = &wishes_of_run[hash % WISHES_OF_RUN];
    if (slot->from != wish.from || slot->to != wish.to) {
        *slot = wish;
        wishes[wish_count++ % WISH_COUNT_MAX] = wish;
    }
}

// Of two values that only the run knows, one is worth to be tried if the other is the program's.
static void learn_across(uint64_t left, uint64_t right) {
    learn_wish(left, right);
    learn_wish(right, left);
    if (left != right && is_own(left)) {
        learn(right);
    }
    if (left != right && is_own(right)) {
        learn(left);
    }
}

void pp_value_give(uint32_t value) {
    if (given_count < PP_VALUES_MAX && !is_known(value)) {
        memmove(&values[1], &values[0], given_count * sizeof(values[0]));
        values[0] = value;
        value_count = ++given_count;
    }
}

struct pp_offer pp_learned(void) {
    return (struct pp_offer){.values = values,
                             .value_count = value_count,
                             .wishes = wishes,
                             .wish_count = wish_count < WISH_COUNT_MAX ? wish_count : WISH_COUNT_MAX};
}

const struct pp_hint *pp_learned_hints(uint32_t *ret_count) {
    *ret_count = hint_count;
    return hints;
}

// Weak: only libFuzzer and some others have them. Without the tail call they would take all comparisons
// to be in one place.
#define COMPARE_FUNCTIONS(size, type)                                                            \
    void __sanitizer_cov_trace_cmp##size(type left, type right) __attribute__((weak));           \
    void __sanitizer_cov_trace_const_cmp##size(type left, type right) __attribute__((weak));     \
    void pp_driver_trace_cmp##size(type left, type right) {                                      \
        learn_across(left, right);                                                               \
        if (__sanitizer_cov_trace_cmp##size) {                                                   \
            __attribute__((musttail)) return __sanitizer_cov_trace_cmp##size(left, right);       \
        }                                                                                        \
    }                                                                                            \
    void pp_driver_trace_const_cmp##size(type left, type right) {                                \
        learn(left);                                                                             \
        learn_wish(right, left);                                                                 \
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
        learn_wish(value, cases[2 + i]);
    }
    if (__sanitizer_cov_trace_switch) {
        __attribute__((musttail)) return __sanitizer_cov_trace_switch(value, cases);
    }
}
