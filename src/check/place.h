// SPDX-License-Identifier: MIT
// Where something of the driver's lies, in words: a variable, a byte of an allocation.
#pragma once
#include <poolproof/event.h>
#include <stdint.h>

// What is held, by enum pp_hold.
extern const char *const pp_place_hold_words[PP_HOLD_COUNT];

#define PP_PLACE_BYTES 160u

// These fill the text, of PP_PLACE_BYTES, and return it: "spin lock Lock", "event at byte 24 of mem3".
const char *pp_place_of_lock(uint64_t lock, uint8_t kind, char *text);
const char *pp_place_of_object(uint64_t object, char *text);
