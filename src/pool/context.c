// SPDX-License-Identifier: MIT
// Context space of an NBL: a stack of areas, each driver taking what it needs on the way down and giving
// it back on the way up. An area lies in the first block while there is room, else a new block goes in
// front:
//
//   nbl->Context ──▶ | header | unused (Offset bytes) | used ... | ──▶ | header | ... |
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "pool/book.h"

// A4: a size that is no multiple is reported, then rounded up.
static uint32_t round_up(uint32_t size) { return pp_round_up(size, sizeof(PVOID)); }

// A new block in front, with `size` bytes used; NULL if there is no memory.
static NET_BUFFER_LIST_CONTEXT *push_block(NET_BUFFER_LIST *nbl, uint32_t size, uint32_t backfill) {
    if (size + backfill > UINT16_MAX || pp_fault_fires(PP_POINT_CONTEXT_ALLOCATE)) {
        return NULL;
    }
    NET_BUFFER_LIST_CONTEXT *context =
        pp_arena_take(sizeof(NET_BUFFER_LIST_CONTEXT) + size + backfill, PP_USE_CONTEXT);
    if (context != NULL) {
        context->Next = nbl->Context;
        context->Size = (USHORT)(size + backfill);
        context->Offset = (USHORT)backfill;
        nbl->Context = context;
    }
    return context;
}

// The field is one that a driver can write.
static NET_BUFFER_LIST_CONTEXT *first_block(const NET_BUFFER_LIST *nbl) {
    if (nbl->Context != NULL) {
        pp_touch_write(nbl->Context, sizeof(*nbl->Context));
    }
    return nbl->Context;
}

NDIS_STATUS NdisAllocateNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize,
                                             USHORT ContextBackFill, ULONG PoolTag) {
    (void)PoolTag;
    pp_switch_point();
    PP_EMIT(CONTEXT_ALLOCATE, pp_object(NetBufferList), ContextSize, ContextBackFill);
    pp_touch_write(NetBufferList, sizeof(*NetBufferList));
    uint32_t size = round_up(ContextSize);
    NET_BUFFER_LIST_CONTEXT *first = first_block(NetBufferList);
    NET_BUFFER_LIST_CONTEXT *made = NULL;
    if (first != NULL && first->Offset >= size) {
        first->Offset -= size;
    } else {
        made = push_block(NetBufferList, size, round_up(ContextBackFill));
        if (made == NULL) {
            PP_EMIT(CONTEXT_MADE, pp_object(NetBufferList), size, (uint32_t)NDIS_STATUS_RESOURCES);
            return NDIS_STATUS_RESOURCES;
        }
    }
    PP_EMIT(CONTEXT_MADE, pp_object(NetBufferList), size, NDIS_STATUS_SUCCESS, pp_object(made),
            made != NULL ? pp_arena_find(made)->size : 0);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisFreeNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize) {
    pp_switch_point();
    PP_EMIT(CONTEXT_FREE, pp_object(NetBufferList), round_up(ContextSize));
    pp_touch_write(NetBufferList, sizeof(*NetBufferList));
    NET_BUFFER_LIST_CONTEXT *first = first_block(NetBufferList);
    if (first == NULL || round_up(ContextSize) > (uint32_t)(first->Size - first->Offset)) {
        return;
    }
    first->Offset += (USHORT)round_up(ContextSize);
    if (first->Offset == first->Size && pp_arena_is(first, PP_USE_CONTEXT)) {
        NetBufferList->Context = first->Next;
        PP_EMIT(CONTEXT_GONE, pp_object(first));
        pp_arena_give(first);
    }
}
