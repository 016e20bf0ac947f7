// SPDX-License-Identifier: MIT
// A clone that uses the original MDLs also shares the unused space in front, instead of beginning with
// the MDL in which used data begins.
// Expected title: poolproof: POOL-DIFFERS: MDL chain of clone
#include "planted.h"

static NET_BUFFER_LIST *clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                              ULONG flags) {
    NET_BUFFER_LIST *made = pp_pool_naive.clone(original, nbl_pool, nb_pool, flags);
    if (made == NULL || (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0) {
        return made;
    }
    const NET_BUFFER *from = original->FirstNetBuffer;
    for (NET_BUFFER *nb = made->FirstNetBuffer; nb != NULL; nb = nb->Next, from = from->Next) {
        naive_set_data(nb, from->MdlChain, from->DataOffset, from->DataLength);  // the bug
    }
    return made;
}

PLANTED_POOL(clone_keeps_offset) { pool->clone = clone; }
