// SPDX-License-Identifier: MIT
// What the NDIS functions in front of a pool have in common. Each begins with a switch point, asks the
// rules by sending an act, asks the program whether it fails, calls the pool, and tells what came of it.
// An act that is refused does nothing and returns what a failure returns.
#pragma once
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "pool/pool.h"

extern const struct pp_pool_functions *pp_pool;  // in use

// True if the driver may touch an NBL and all its NBs, the list of which ends; what it may not is told.
bool pp_pool_touch_list(const NET_BUFFER_LIST *nbl, bool is_write);

// How the op wants a call to be answered that has to allocate something: NDIS_STATUS_SUCCESS, or why it
// is refused.
NDIS_STATUS pp_pool_ask(enum pp_outcome_point point);

// The point that pieces of the call under way count for; see pp_pool_may_make_piece.
extern enum pp_point pp_pool_piece_point;
