// SPDX-License-Identifier: MIT
// NDIS functions that make and free NBLs, NBs and context space.
#include "pool/front.h"

// === NBLs and NBs ===

static NET_BUFFER_LIST *allocate_nbl(NDIS_HANDLE pool, bool with_nb, USHORT context_size,
                                     USHORT backfill, MDL *mdls, ULONG offset, SIZE_T length) {
    pp_switch_point();
    if (!PP_EMIT(NBL_ALLOCATE, pp_object(pool), with_nb, pp_object(mdls), offset, length,
                 context_size | (uint32_t)backfill << PP_BACKFILL_SHIFT)) {
        return NULL;
    }
    NET_BUFFER_LIST *nbl = NULL;
    if (!pp_fault_fires(PP_POINT_NBL_ALLOCATE)) {
        nbl = pp_pool->allocate_nbl(pool, with_nb, context_size, backfill, mdls, offset, length);
    }
    const NET_BUFFER *nb = nbl != NULL ? nbl->FirstNetBuffer : NULL;
    const MDL *mdl = nb != NULL && !with_nb ? nb->MdlChain : NULL;
    PP_EMIT(NBL_MADE, pp_object(nbl), pp_object(pool), pp_object(nb), pp_object(mdl));
    return nbl;
}

NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                           USHORT ContextBackFill) {
    return allocate_nbl(PoolHandle, /*with_nb=*/false, ContextSize, ContextBackFill, NULL, 0, 0);
}

NET_BUFFER_LIST *NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                       USHORT ContextBackFill, MDL *MdlChain,
                                                       ULONG DataOffset, SIZE_T DataLength) {
    return allocate_nbl(PoolHandle, /*with_nb=*/true, ContextSize, ContextBackFill, MdlChain, DataOffset,
                        DataLength);
}

VOID NdisFreeNetBufferList(NET_BUFFER_LIST *NetBufferList) {
    pp_switch_point();
    if (PP_EMIT(NBL_FREE, pp_object(NetBufferList))) {
        pp_pool->free_nbl(NetBufferList);
    }
}

static NET_BUFFER *allocate_nb(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset,
                               SIZE_T length) {
    pp_switch_point();
    if (!PP_EMIT(NB_ALLOCATE, pp_object(pool), with_data, pp_object(mdls), offset, length)) {
        return NULL;
    }
    NET_BUFFER *nb = NULL;
    if (!pp_fault_fires(PP_POINT_NB_ALLOCATE)) {
        nb = pp_pool->allocate_nb(pool, with_data, mdls, offset, length);
    }
    const MDL *mdl = nb != NULL && with_data ? nb->MdlChain : NULL;
    PP_EMIT(NB_MADE, pp_object(nb), pp_object(pool), pp_object(mdl));
    return nb;
}

NET_BUFFER *NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, MDL *MdlChain, ULONG DataOffset,
                                  SIZE_T DataLength) {
    return allocate_nb(PoolHandle, /*with_data=*/false, MdlChain, DataOffset, DataLength);
}

NET_BUFFER *NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle) {
    return allocate_nb(PoolHandle, /*with_data=*/true, NULL, 0, 0);
}

VOID NdisFreeNetBuffer(NET_BUFFER *NetBuffer) {
    pp_switch_point();
    if (PP_EMIT(NB_FREE, pp_object(NetBuffer))) {
        pp_pool->free_nb(NetBuffer);
    }
}

// === Context space ===

// The field is one that a driver can write.
static bool has_usable_context(const NET_BUFFER_LIST *nbl) {
    return pp_touch_write(nbl, sizeof(*nbl)) &&
           (nbl->Context == NULL || pp_touch_write(nbl->Context, sizeof(*nbl->Context)));
}

static uint32_t round_up(uint32_t size) { return pp_round_up(size, sizeof(PVOID)); }

// Where there is room, nothing is allocated that could fail.
static NDIS_STATUS ask_for_context(const NET_BUFFER_LIST *nbl, USHORT size) {
    if (nbl->Context != NULL && nbl->Context->Offset >= round_up(size)) {
        return NDIS_STATUS_SUCCESS;
    }
    NDIS_STATUS status = pp_pool_ask(PP_OUTCOME_CONTEXT);
    bool fails = status == NDIS_STATUS_SUCCESS && pp_fault_fires(PP_POINT_CONTEXT_ALLOCATE);
    return fails ? NDIS_STATUS_RESOURCES : status;
}

NDIS_STATUS NdisAllocateNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize,
                                             USHORT ContextBackFill, ULONG PoolTag) {
    (void)PoolTag;
    pp_switch_point();
    if (!PP_EMIT(CONTEXT_ALLOCATE, pp_object(NetBufferList), ContextSize, ContextBackFill) ||
        !has_usable_context(NetBufferList)) {
        return NDIS_STATUS_FAILURE;
    }
    const NET_BUFFER_LIST_CONTEXT *before = NetBufferList->Context;
    NDIS_STATUS status = ask_for_context(NetBufferList, ContextSize);
    if (status == NDIS_STATUS_SUCCESS) {
        status = pp_pool->allocate_context(NetBufferList, ContextSize, ContextBackFill);
    }
    const NET_BUFFER_LIST_CONTEXT *after = NetBufferList->Context;
    PP_EMIT(CONTEXT_MADE, pp_object(NetBufferList), round_up(ContextSize), (uint32_t)status,
            after != before ? pp_object(after) : 0);
    return status;
}

VOID NdisFreeNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize) {
    pp_switch_point();
    if (!PP_EMIT(CONTEXT_FREE, pp_object(NetBufferList), round_up(ContextSize)) ||
        !has_usable_context(NetBufferList)) {
        return;
    }
    const NET_BUFFER_LIST_CONTEXT *before = NetBufferList->Context;
    pp_pool->free_context(NetBufferList, ContextSize);
    if (NetBufferList->Context != before) {
        PP_EMIT(CONTEXT_GONE, pp_object(before));
    }
}
