// SPDX-License-Identifier: MIT
// What there is in the world, in short: two worlds of one digest have as many objects of each kind, by
// orders of magnitude, and bindings in the same phases. Which objects these are does not matter.
#pragma once
#include <stdint.h>

void pp_likeness_begin(void);

uint64_t pp_likeness_digest(void);

// Counts that are about as large have one rank: 0, 1, 2, 3, 4 to 7, 8 to 15 ...
static inline uint8_t pp_likeness_rank(uint32_t count) {
    return (uint8_t)(count < 3 ? count : 33 - __builtin_clz(count));
}
