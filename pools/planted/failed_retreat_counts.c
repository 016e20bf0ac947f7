// SPDX-License-Identifier: MIT
// A retreat adds to DataLength before it knows whether it gets an MDL, and leaves it so if not.
// Expected title: poolproof: POOL-DIFFERS: DataLength of retreat
#include "planted.h"

static NDIS_STATUS retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                           NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    NDIS_STATUS status = pp_pool_naive.retreat(nb, delta, backfill, allocate);
    if (status == NDIS_STATUS_RESOURCES) {
        nb->DataLength += delta;  // the bug
    }
    return status;
}

PLANTED_POOL(failed_retreat_counts) { pool->retreat = retreat; }
