// SPDX-License-Identifier: MIT
// An MDL that the driver's handler made is freed by the pool, not by the driver's other handler.
// Expected title: poolproof: POOL-DIFFERS: handler of advance
#include "planted.h"

static VOID free_as_own(MDL *mdl) { pp_pool_naive.free_mdl(mdl); }

static void advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free) {
    pp_pool_naive.advance(nb, delta, free_mdl, free != NULL ? free_as_own : NULL);  // the bug
}

PLANTED_POOL(advance_bypasses_handler) { pool->advance = advance; }
