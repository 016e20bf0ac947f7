// SPDX-License-Identifier: MIT
// The MDL that a retreat puts in front has room for the retreat only, none for the next one.
// Expected title: poolproof: POOL-DIFFERS: buffer of retreat
#include "planted.h"

static NDIS_STATUS retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                           NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    (void)backfill;  // the bug
    return pp_pool_naive.retreat(nb, delta, 0, allocate);
}

PLANTED_POOL(retreat_loses_backfill) { pool->retreat = retreat; }
