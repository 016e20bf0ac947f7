// SPDX-License-Identifier: MIT
// Context space of an NBL: a stack of areas, each driver taking what it needs on the way down and giving
// it back on the way up. An area lies in the first block while there is room, else a new block goes in
// front. What is unused is closed to everybody:
//
//   nbl->Context ──▶ | header | unused (Offset bytes) | used ... | ──▶ | header | ... |
#include "pool/arena_pool.h"

// A4: a size that is no multiple is reported, then rounded up.
static uint32_t round_up(uint32_t size) { return pp_round_up(size, sizeof(PVOID)); }

// A new block in front, with `size` bytes used.
static NDIS_STATUS push_block(NET_BUFFER_LIST *nbl, uint32_t size, uint32_t backfill) {
    NET_BUFFER_LIST_CONTEXT *context = NULL;
    if (size + backfill <= UINT16_MAX) {
        context = pp_arena_take(sizeof(NET_BUFFER_LIST_CONTEXT) + size + backfill, PP_USE_CONTEXT);
    }
    if (context == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    context->Next = nbl->Context;
    context->Size = (USHORT)(size + backfill);
    context->Offset = (USHORT)backfill;
    pp_guard_close(context->ContextData, backfill);
    nbl->Context = context;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS pp_arena_allocate_context(NET_BUFFER_LIST *nbl, USHORT size, USHORT backfill) {
    if (!pp_arena_is_nbl(nbl)) {
        return NDIS_STATUS_FAILURE;
    }
    uint32_t wanted = round_up(size);
    NET_BUFFER_LIST_CONTEXT *first = nbl->Context;
    if (first == NULL || first->Offset < wanted) {
        return push_block(nbl, wanted, round_up(backfill));
    }
    first->Offset -= (USHORT)wanted;
    pp_guard_open(first->ContextData + first->Offset, wanted);
    return NDIS_STATUS_SUCCESS;
}

void pp_arena_free_context(NET_BUFFER_LIST *nbl, USHORT size) {
    NET_BUFFER_LIST_CONTEXT *first = pp_arena_is_nbl(nbl) ? nbl->Context : NULL;
    uint32_t given = round_up(size);
    if (first == NULL || given > (uint32_t)(first->Size - first->Offset)) {
        return;
    }
    pp_guard_close(first->ContextData + first->Offset, given);
    first->Offset += (USHORT)given;
    if (first->Offset == first->Size && pp_arena_is(first, PP_USE_CONTEXT)) {
        nbl->Context = first->Next;
        pp_arena_give(first);
    }
}

// The blocks that were pushed; a driver can have written to the field.
PP_READS_CLOSED void pp_arena_free_all_context(NET_BUFFER_LIST *nbl) {
    NET_BUFFER_LIST_CONTEXT *context = nbl->Context;
    while (pp_arena_is(context, PP_USE_CONTEXT)) {
        NET_BUFFER_LIST_CONTEXT *next = context->Next;
        pp_arena_give(context);
        context = next;
    }
}
