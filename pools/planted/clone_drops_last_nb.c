// SPDX-License-Identifier: MIT
// A clone of an NBL with more than one NB has one too few.
// Expected title: poolproof: POOL-DIFFERS: NBs of clone
#include "planted.h"

static NET_BUFFER_LIST *clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                              ULONG flags) {
    NET_BUFFER_LIST *made = pp_pool_naive.clone(original, nbl_pool, nb_pool, flags);
    NET_BUFFER *nb = made != NULL ? made->FirstNetBuffer : NULL;
    while (nb != NULL && nb->Next != NULL && nb->Next->Next != NULL) {
        nb = nb->Next;
    }
    if (nb != NULL) {
        nb->Next = NULL;  // the bug
    }
    return made;
}

PLANTED_POOL(clone_drops_last_nb) { pool->clone = clone; }
