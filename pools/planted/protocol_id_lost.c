// SPDX-License-Identifier: MIT
// Fragments from an NBL pool do not get its protocol id.
// Expected title: poolproof: POOL-DIFFERS: NetBufferListInfo after fragment_to
#include "planted.h"

static NET_BUFFER_LIST *fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                 ULONG start, ULONG length_max, ULONG delta, ULONG backfill) {
    NET_BUFFER_LIST *made =
        pp_pool_naive.fragment(original, nbl_pool, nb_pool, start, length_max, delta, backfill);
    if (made != NULL) {
        NdisSetNetBufferListProtocolId(made, NDIS_PROTOCOL_ID_DEFAULT);  // the bug
    }
    return made;
}

PLANTED_POOL(protocol_id_lost) { pool->fragment = fragment; }
