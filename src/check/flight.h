// SPDX-License-Identifier: MIT
// What is in flight: the ranges of memory that each sent NBL hands over beside its own block. Needed to
// tell that a driver frees, or (where nothing guards memory) changes, what it does not own.
#pragma once
#include "check/model.h"

enum pp_flight_fault {
    PP_FLIGHT_ENDLESS,  // a list that does not end
    PP_FLIGHT_FOREIGN,  // a structure that no allocator made
    PP_FLIGHT_DEAD,     // data that is not there
};

struct pp_flight_problem {
    const char *what;  // NULL: none
    uint64_t address;  // of the culprit
    enum pp_flight_fault fault;
};

void pp_flight_reset(void);

// Walks the NBs and MDLs of a live NBL that is about to be sent, and remembers them. Says what is wrong
// with a structure that cannot be walked, and then remembers nothing.
struct pp_flight_problem pp_flight_begin(struct pp_object *nbl);

// True if the NBL is as it was handed over, as far as the contract promises. Always true where memory is
// guarded: there the touch itself was seen.
bool pp_flight_is_intact(const struct pp_object *nbl);

void pp_flight_end(struct pp_object *nbl);

// The NBL in flight that handed over a part of these bytes, or NULL. Slow.
struct pp_object *pp_flight_with(uint64_t address, uint64_t size);

// The same for the bytes of an object, and what came with it.
struct pp_object *pp_flight_of(const struct pp_object *object);

// True if the NBL has an NB with data. Only for NBLs that pp_flight_begin accepted.
bool pp_flight_has_data(const struct pp_object *nbl);
