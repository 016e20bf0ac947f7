// SPDX-License-Identifier: MIT
// A clone that fails frees its NBL, and forgets the NB that it was about to fill.
// Expected title: poolproof: POOL-DIFFERS: memory left at the end of the program
#include "planted.h"

static NET_BUFFER_LIST *clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                              ULONG flags) {
    NET_BUFFER_LIST *made = pp_pool_naive.clone(original, nbl_pool, nb_pool, flags);
    if (made == NULL && naive_is_nbl(original) && original->FirstNetBuffer != NULL) {
        pp_pool_memory_take(sizeof(NET_BUFFER));  // the bug: nobody knows it any more
    }
    return made;
}

PLANTED_POOL(failed_clone_leaves_nb) { pool->clone = clone; }
