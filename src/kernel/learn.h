// SPDX-License-Identifier: MIT
// What the driver compares with: control codes, EtherTypes, lengths. A fuzzer would not guess them, but
// the driver says them aloud each time that it looks for them.
#pragma once
#include <stdint.h>

#define PP_VALUES_MAX 512u

// A value that was given from outside; it is never forgotten.
void pp_value_give(uint32_t value);

// All that were given or learned so far in this process.
const uint32_t *pp_values(uint32_t *ret_count);
