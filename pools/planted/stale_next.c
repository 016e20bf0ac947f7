// SPDX-License-Identifier: MIT
// Next of a freed NBL links it to the one that was freed before, and is not initialised when its memory
// becomes an NBL again.
// Expected title: poolproof: POOL-DIFFERS: Next of an NBL after nbl
#include "planted.h"

static NET_BUFFER_LIST *freed;  // the last one
static NET_BUFFER_LIST *freed_next;

static void reset(void) {
    pp_pool_naive.reset();
    freed = NULL;
}

static NET_BUFFER_LIST *allocate_nbl(NDIS_HANDLE pool, bool with_nb, USHORT context_size,
                                     USHORT context_backfill, MDL *mdls, ULONG offset, SIZE_T length) {
    NET_BUFFER_LIST *nbl =
        pp_pool_naive.allocate_nbl(pool, with_nb, context_size, context_backfill, mdls, offset, length);
    if (nbl != NULL && nbl == freed) {
        nbl->Next = freed_next;  // the bug
    }
    return nbl;
}

static void free_nbl(NET_BUFFER_LIST *nbl) {
    if (naive_find(nbl, NAIVE_NBL) != NULL) {
        freed_next = freed;
        freed = nbl;
    }
    pp_pool_naive.free_nbl(nbl);
}

PLANTED_POOL(stale_next) {
    pool->reset = reset;
    pool->allocate_nbl = allocate_nbl;
    pool->free_nbl = free_nbl;
}
