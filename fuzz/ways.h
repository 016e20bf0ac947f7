// SPDX-License-Identifier: MIT
// Features for any engine: a way that a call was answered is an edge of code that is taken, which is
// what they all count.
#pragma once
#include <stdint.h>

// Takes the edge of each bit that is set, of PP_RUN_WAYS.
void pp_ways_take(const uint64_t *ways);
