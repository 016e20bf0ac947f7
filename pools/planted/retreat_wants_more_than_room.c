// SPDX-License-Identifier: MIT
// A retreat by exactly the unused space puts an MDL in front, as if there were too little of it.
// Expected title: poolproof: POOL-DIFFERS: MDL chain of retreat
#include "planted.h"

static NDIS_STATUS retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                           NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    bool is_exact = naive_find(nb, NAIVE_NB) != NULL && delta > 0 && delta == nb->DataOffset;
    if (!is_exact) {
        return pp_pool_naive.retreat(nb, delta, backfill, allocate);
    }
    nb->DataOffset--;  // the bug
    NDIS_STATUS status = pp_pool_naive.retreat(nb, delta, backfill, allocate);
    nb->DataOffset++;
    naive_adjust(nb);
    return status;
}

PLANTED_POOL(retreat_wants_more_than_room) { pool->retreat = retreat; }
