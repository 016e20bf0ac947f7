// SPDX-License-Identifier: MIT
// Walks through the lists that a driver can write: what is wrong with an NB list, with a chain of MDLs,
// with the place of an NB in its chain. What is read may be closed to the driver.
#pragma once
#include "check/model.h"

#include <ndis.h>

#define PP_WALK_MAX 65536u  // NBs, or MDLs of an NB; longer lists are taken to be cyclic

enum pp_chain_fault {
    PP_CHAIN_ENDLESS,   // a list that does not end
    PP_CHAIN_FOREIGN,   // a structure that no allocator made
    PP_CHAIN_FREED_NB,  // an NB that has been freed
    PP_CHAIN_DEAD,      // an MDL of memory that has been freed
    PP_CHAIN_OUTSIDE,   // an MDL of memory that is not there, or not all of it
};

struct pp_chain_problem {
    const char *what;  // "NB list that does not end"; NULL: none
    uint64_t address;  // of the culprit
    enum pp_chain_fault fault;
};

// The object that a byte belongs to, live or not; NULL if it is no object's.
const struct pp_object *pp_chain_holder(uint64_t address);

// Of the memory that an MDL describes; `what` calls it an MDL.
struct pp_chain_problem pp_chain_judge_data(uint64_t address, uint64_t size);

// How much of a chain is looked at: a retreat or an advance touches the MDLs alone.
enum pp_chain_depth { PP_CHAIN_LINKS, PP_CHAIN_DATA };

struct pp_chain_problem pp_chain_judge_mdls(const MDL *first, enum pp_chain_depth depth);

// The NB list and the MDLs of each NB.
struct pp_chain_problem pp_chain_judge_nbs(const NET_BUFFER *first, enum pp_chain_depth depth);

// Reports the problem as "<subject> with an <what>", by the rule that it breaks, and who has to do with
// it.
void pp_chain_report(const struct pp_event *event, const struct pp_chain_problem *problem,
                     const char *subject, const struct pp_object *object);

// Of an NB whose MDL chain ends: true if its data lies inside the chain and its current MDL is where its
// offset points; else reports NB-LEN or NB-CONSIST, with the NB "sent", "copied from" or the like.
bool pp_chain_judge_place(const struct pp_event *event, const NET_BUFFER *nb, const char *act);

// The bytes that a chain which ends describes.
uint64_t pp_chain_bytes(const MDL *first);

// True if a chain of live NBLs does not end.
bool pp_chain_is_cyclic(uint64_t first);

// True if these bytes lie in something live that the driver knows of.
bool pp_chain_is_readable(uint64_t address, uint64_t size);
