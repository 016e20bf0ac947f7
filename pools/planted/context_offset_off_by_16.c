// SPDX-License-Identifier: MIT
// A block of context that is pushed with backfill reserves 16 bytes of it for a header that is
// elsewhere: used space begins too early.
// Expected title: poolproof: POOL-DIFFERS: context Offset of take_context
#include "planted.h"

static NDIS_STATUS allocate_context(NET_BUFFER_LIST *nbl, USHORT size, USHORT backfill) {
    const NET_BUFFER_LIST_CONTEXT *before = naive_is_nbl(nbl) ? nbl->Context : NULL;
    NDIS_STATUS status = pp_pool_naive.allocate_context(nbl, size, backfill);
    if (status == NDIS_STATUS_SUCCESS && nbl->Context != before && nbl->Context->Offset >= 16) {
        nbl->Context->Offset -= 16;  // the bug
    }
    return status;
}

PLANTED_POOL(context_offset_off_by_16) { pool->allocate_context = allocate_context; }
