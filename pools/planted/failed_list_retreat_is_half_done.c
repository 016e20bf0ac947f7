// SPDX-License-Identifier: MIT
// A retreat of a list that fails at one NB leaves those before it retreated.
// Expected title: poolproof: POOL-DIFFERS: DataOffset of retreat_list
#include "planted.h"

static NDIS_STATUS retreat_list(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                                NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                                NET_BUFFER_FREE_MDL_HANDLER free) {
    (void)free;
    NDIS_STATUS status = naive_is_nbl(nbl) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    NET_BUFFER *nb = status == NDIS_STATUS_SUCCESS ? nbl->FirstNetBuffer : NULL;
    for (; nb != NULL && status == NDIS_STATUS_SUCCESS; nb = nb->Next) {
        status = pp_pool_naive.retreat(nb, delta, backfill, allocate);
    }
    return status;  // the bug
}

PLANTED_POOL(failed_list_retreat_is_half_done) { pool->retreat_list = retreat_list; }
