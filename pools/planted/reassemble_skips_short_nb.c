// SPDX-License-Identifier: MIT
// NBs of less than 8 bytes are taken for padding, and left out of what is reassembled.
// Expected title: poolproof: POOL-DIFFERS: MDL chain of reassemble
#include "planted.h"

static NET_BUFFER_LIST *reassemble(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start,
                                   ULONG delta, ULONG backfill) {
    SIZE_T lengths[64];
    ULONG count = 0;
    NET_BUFFER *nb = naive_is_nbl(fragments) ? fragments->FirstNetBuffer : NULL;
    for (; nb != NULL && count < RTL_NUMBER_OF(lengths); nb = nb->Next) {
        lengths[count++] = nb->stDataLength;
        nb->stDataLength = nb->stDataLength < 8 ? 0 : nb->stDataLength;  // the bug
    }
    NET_BUFFER_LIST *made = pp_pool_naive.reassemble(fragments, pool, start, delta, backfill);
    nb = count > 0 ? fragments->FirstNetBuffer : NULL;
    for (ULONG i = 0; i < count; i++, nb = nb->Next) {
        nb->stDataLength = lengths[i];
    }
    return made;
}

PLANTED_POOL(reassemble_skips_short_nb) { pool->reassemble = reassemble; }
