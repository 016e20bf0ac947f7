// SPDX-License-Identifier: MIT
// What is in flight: the ranges of memory that each sent NBL hands over beside its own block. Needed to
// tell that a driver frees, or (where nothing guards memory) changes, what it does not own.
#pragma once
#include "check/model.h"

#include <ndis.h>

void pp_flight_reset(void);

// Remembers what a live NBL that is about to be sent consists of. Its lists have been judged: they can
// be walked.
void pp_flight_begin(struct pp_object *nbl);

// True if the NBL is as it was handed over, as far as the contract promises. Where memory is guarded,
// only its lists are looked at: any other touch was seen, and a change there is our own, but for shared
// MDLs.
bool pp_flight_is_intact(const struct pp_object *nbl);

void pp_flight_end(struct pp_object *nbl);

// The NBL in flight that handed over a part of these bytes, or NULL. Slow.
struct pp_object *pp_flight_with(uint64_t address, uint64_t size);

// The same for the bytes of an object, and what came with it.
struct pp_object *pp_flight_of(const struct pp_object *object);

// What the MediaSpecificInformation of an NBL points to, or 0.
uint64_t pp_flight_media(const NET_BUFFER_LIST *nbl);

// An NBL in flight that points into this object by its MediaSpecificInformation, or NULL.
struct pp_object *pp_flight_pointing_into(const struct pp_object *object);

// True if the NBL has an NB with data. Only for NBLs whose lists have been judged.
bool pp_flight_has_data(const struct pp_object *nbl);
