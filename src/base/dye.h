// SPDX-License-Identifier: MIT
// Where does a value come from that the driver compares? A run can dye one op: what would be its fill
// bytes (of a received frame, of the input of a write, a control, an action) is then another byte at
// each place, so that a value tells where it stood. Values that the driver cuts out of what it has just
// read, such as the two halves of a byte, are known by that read.
#pragma once
#include "base/emit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_DYE_BYTES 192u  // at the front; no two of them are the same, and none is a small number

struct pp_dye {
    bool is_on;
    uint16_t op;  // which is dyed
};

extern struct pp_dye pp_dye;

// Begins a run.
void pp_dye_begin(bool is_on, uint16_t op);

// Fills the content of the op that acts: with `fill`, or dyed. Returns how many bytes are dyed.
uint32_t pp_dye_fill(uint8_t *bytes, uint32_t size, uint8_t fill);

// Says that the content of the op that acts stands there, from byte `at` on.
void pp_dye_place(const void *address, uint32_t size, uint32_t at);

// The driver reads.
void pp_dye_read(const void *address, size_t size);

// Where a value stood: it is the `width` bits of `whole` from bit `shift` on; `whole` is the `bytes`
// bytes at `at`, lowest first; or, if swapped, highest first.
struct pp_dyed {
    uint8_t at;
    uint8_t bytes;  // 1, 2 or 4
    uint8_t shift;
    uint8_t width;
    bool is_swapped;
    uint32_t whole;
};

// In a run that is dyed. False if the value is not from dyed content, or if `other` could not stand in
// its place.
bool pp_dye_find(uint64_t value, uint64_t other, struct pp_dyed *ret_dyed);

// The content, as a number with its lowest byte first, if `other` stands there.
uint32_t pp_dye_replace(const struct pp_dyed *dyed, uint32_t other);
