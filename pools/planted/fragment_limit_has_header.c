// SPDX-License-Identifier: MIT
// The longest fragment is MaximumLength with the retreat, instead of without.
// Expected title: poolproof: POOL-DIFFERS: ByteCount of fragment
#include "planted.h"

static NET_BUFFER_LIST *fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                 ULONG start, ULONG length_max, ULONG delta, ULONG backfill) {
    ULONG limit = delta < length_max ? length_max - delta : length_max;  // the bug
    return pp_pool_naive.fragment(original, nbl_pool, nb_pool, start, limit, delta, backfill);
}

PLANTED_POOL(fragment_limit_has_header) { pool->fragment = fragment; }
