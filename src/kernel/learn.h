// SPDX-License-Identifier: MIT
// What the driver compares with: control codes, EtherTypes, lengths. A fuzzer would not guess them, but
// the driver says them aloud each time that it looks for them.
#pragma once
#include <poolproof/program.h>
#include <stddef.h>
#include <stdint.h>

#define PP_VALUES_MAX 512u

// Says which program is played: what the driver compares its values with is what they should be. What is
// in `sets` is known already (struct pp_offer), and kept by reference; may be NULL.
void pp_learn_begin(const struct pp_program *program, const uint32_t *sets);

// A comparison of dyed content (base/dye.h): `bytes` bytes at `at` should be `value`, lowest first.
struct pp_hint {
    uint8_t at;
    uint8_t bytes;  // 1, 2 or 4
    uint32_t value;
};

// Those of the last run, none of them twice; valid until the next.
const struct pp_hint *pp_learned_hints(uint32_t *ret_count);

// The driver compares memory.
void pp_learn_memory(const void *left, const void *right, size_t size);

// A value that was given from outside; it is never forgotten.
void pp_value_give(uint32_t value);

// All values that were given or learned so far in this process, and the wishes learned last.
struct pp_offer pp_learned(void);
