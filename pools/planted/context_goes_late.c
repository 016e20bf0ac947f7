// SPDX-License-Identifier: MIT
// A block of context that a give empties stays, until the next give.
// Expected title: poolproof: POOL-DIFFERS: context blocks of give_context
#include "planted.h"

static void free_context(NET_BUFFER_LIST *nbl, USHORT size) {
    NET_BUFFER_LIST_CONTEXT *context = naive_is_nbl(nbl) ? nbl->Context : NULL;
    const struct naive_record *record = naive_find(context, NAIVE_CONTEXT);
    if (record != NULL && record->is_pushed && size > 0 && context->Offset < context->Size &&
        context->Size - context->Offset <= size) {
        context->Offset = context->Size;  // the bug: nobody looks whether it is empty now
        return;
    }
    if (record != NULL && record->is_pushed && context->Offset == context->Size) {
        pp_pool_naive.free_context(nbl, 0);
    }
    pp_pool_naive.free_context(nbl, size);
}

PLANTED_POOL(context_goes_late) { pool->free_context = free_context; }
