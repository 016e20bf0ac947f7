// SPDX-License-Identifier: MIT
// Where a clone needs several MDLs for an NB, none is longer than the first.
// Expected title: poolproof: POOL-DIFFERS: ByteCount of clone
#include "planted.h"

static NET_BUFFER_LIST *clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                              ULONG flags) {
    NET_BUFFER_LIST *made = pp_pool_naive.clone(original, nbl_pool, nb_pool, flags);
    if (made == NULL || (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
        return made;
    }
    for (const NET_BUFFER *nb = made->FirstNetBuffer; nb != NULL; nb = nb->Next) {
        for (MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
            ULONG first = nb->MdlChain->ByteCount;
            mdl->ByteCount = mdl->ByteCount < first ? mdl->ByteCount : first;  // the bug
        }
    }
    return made;
}

PLANTED_POOL(mdl_length_of_first_piece) { pool->clone = clone; }
