// SPDX-License-Identifier: MIT
// May a call use what the driver gave it: something that an allocator made, that lives, and that is the
// driver's at the moment? Each function reports, as "an NB <act>", what it finds and returns NULL or
// false then. `act` is "retreated", "copied to" or the like.
#pragma once
#include "check/chain.h"

// The live NBL or NB at this address.
struct pp_object *pp_usable(const struct pp_event *event, uint64_t address, enum pp_object_kind kind,
                            const char *act);

// An NB, the MDLs of which must be there, too.
struct pp_object *pp_usable_nb(const struct pp_event *event, uint64_t address, enum pp_chain_depth depth,
                               const char *act);

// All NBs of an NBL, and their MDLs. The lists end if it returns true.
bool pp_usable_list(const struct pp_event *event, uint64_t address, enum pp_chain_depth depth,
                    const char *act);

// Reports that something which is gone was "read", "sent" or the like: it was freed, or had been
// received and was given back.
void pp_usable_report_freed(const struct pp_event *event, struct pp_object *object, const char *word,
                            const char *act);

// An MDL that an allocator made, or one inside the driver's memory.
bool pp_usable_mdl(const struct pp_event *event, uint64_t address, const char *act);
