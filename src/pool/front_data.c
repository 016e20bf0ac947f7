// SPDX-License-Identifier: MIT
// NDIS functions about the data of an NB: where it starts, and the bytes themselves.
#include "pool/front.h"

// The driver may have handed it over meanwhile, or run it into freed memory.
static bool is_usable(const NET_BUFFER *nb) { return pp_touch_write(nb, sizeof(*nb)); }

bool pp_pool_touch_list(const NET_BUFFER_LIST *nbl, bool is_write) {
    if (!pp_touch(nbl, sizeof(*nbl), is_write)) {
        return false;
    }
    uint32_t count = 0;
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next) {
        if (count++ == PP_CHAIN_MAX || !pp_touch(nb, sizeof(*nb), is_write)) {
            return false;
        }
    }
    return true;
}

// A handler of the driver's may have run: the list is looked at anew.
static const NET_BUFFER *first_if_usable(const NET_BUFFER_LIST *nbl) {
    return pp_pool_touch_list(nbl, /*is_write=*/true) ? nbl->FirstNetBuffer : NULL;
}

static void tell_retreated(const NET_BUFFER *nb, ULONG delta, NDIS_STATUS status) {
    PP_EMIT(RETREATED, pp_object(nb), delta, (uint32_t)status);
}

// Where there is room, nothing is allocated that could fail.
static bool has_room(const NET_BUFFER *nb, ULONG delta) { return nb->DataOffset >= delta; }

static bool list_has_room(const NET_BUFFER_LIST *nbl, ULONG delta) {
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    while (nb != NULL && has_room(nb, delta)) {
        nb = nb->Next;
    }
    return nb == NULL;
}

static NDIS_STATUS ask_for_retreat(bool is_in_place) {
    pp_pool_piece_point = PP_POINT_RETREAT_ALLOCATE;
    return is_in_place ? NDIS_STATUS_SUCCESS : pp_pool_ask(PP_OUTCOME_RETREAT);
}

NDIS_STATUS NdisRetreatNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta,
                                          ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler) {
    pp_switch_point();
    if (!PP_EMIT(RETREAT, pp_object(NetBuffer), /*is_list=*/0, DataOffsetDelta,
                 (uintptr_t)AllocateMdlHandler) ||
        !is_usable(NetBuffer)) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status = ask_for_retreat(has_room(NetBuffer, DataOffsetDelta));
    if (status == NDIS_STATUS_SUCCESS) {
        status = pp_pool->retreat(NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
    }
    tell_retreated(NetBuffer, DataOffsetDelta, status);
    return status;
}

NDIS_STATUS NdisRetreatNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta,
                                              ULONG DataBackFill,
                                              NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    pp_switch_point();
    if (!PP_EMIT(RETREAT, pp_object(NetBufferList), /*is_list=*/1, DataOffsetDelta,
                 (uintptr_t)AllocateMdlHandler, (uintptr_t)FreeMdlHandler) ||
        !pp_pool_touch_list(NetBufferList, /*is_write=*/true)) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status = ask_for_retreat(list_has_room(NetBufferList, DataOffsetDelta));
    if (status == NDIS_STATUS_SUCCESS) {
        status = pp_pool->retreat_list(NetBufferList, DataOffsetDelta, DataBackFill, AllocateMdlHandler,
                                       FreeMdlHandler);
    }
    const NET_BUFFER *nb = first_if_usable(NetBufferList);
    for (; nb != NULL; nb = nb->Next) {
        tell_retreated(nb, DataOffsetDelta, status);
    }
    return status;
}

VOID NdisAdvanceNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    pp_switch_point();
    if (!PP_EMIT(ADVANCE, pp_object(NetBuffer), /*is_list=*/0, DataOffsetDelta, FreeMdl,
                 (uintptr_t)FreeMdlHandler) ||
        !is_usable(NetBuffer)) {
        return;
    }
    pp_pool->advance(NetBuffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
    PP_EMIT(ADVANCED, pp_object(NetBuffer), DataOffsetDelta);
}

VOID NdisAdvanceNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta,
                                       BOOLEAN FreeMdl, NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    pp_switch_point();
    if (!PP_EMIT(ADVANCE, pp_object(NetBufferList), /*is_list=*/1, DataOffsetDelta, FreeMdl,
                 (uintptr_t)FreeMdlHandler) ||
        !pp_pool_touch_list(NetBufferList, /*is_write=*/true)) {
        return;
    }
    pp_pool->advance_list(NetBufferList, DataOffsetDelta, FreeMdl, FreeMdlHandler);
    const NET_BUFFER *nb = first_if_usable(NetBufferList);
    for (; nb != NULL; nb = nb->Next) {
        PP_EMIT(ADVANCED, pp_object(nb), DataOffsetDelta);
    }
}

VOID NdisAdjustNetBufferCurrentMdl(NET_BUFFER *NetBuffer) {
    pp_switch_point();
    if (PP_EMIT(NB_USE, pp_object(NetBuffer)) && is_usable(NetBuffer)) {
        pp_pool->adjust(NetBuffer);
    }
}

PVOID NdisGetDataBuffer(NET_BUFFER *NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple,
                        UINT AlignOffset) {
    pp_switch_point();
    bool is_bad = Storage != NULL && !pp_touch_is_open(Storage, BytesNeeded);
    if (!PP_EMIT(DATA_GET, pp_object(NetBuffer), BytesNeeded, is_bad, AlignMultiple, AlignOffset) ||
        !is_usable(NetBuffer)) {
        return NULL;
    }
    PVOID data = NULL;
    if (!pp_fault_fires(PP_POINT_DATA_GET)) {
        data = pp_pool->get_data(NetBuffer, BytesNeeded, is_bad ? NULL : Storage, AlignMultiple,
                                 AlignOffset);
    }
    PP_EMIT(DATA_GOT, pp_object(NetBuffer), pp_object(data), BytesNeeded,
            data != NULL && data == Storage);
    return data;
}

NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(NET_BUFFER *Destination, ULONG DestinationOffset,
                                             ULONG BytesToCopy, NET_BUFFER const *Source,
                                             ULONG SourceOffset, ULONG *BytesCopied) {
    pp_switch_point();
    if (!pp_touch_write(BytesCopied, sizeof(*BytesCopied))) {
        return NDIS_STATUS_FAILURE;
    }
    *BytesCopied = 0;
    if (!PP_EMIT(DATA_COPY, pp_object(Destination), DestinationOffset, BytesToCopy, pp_object(Source),
                 SourceOffset) ||
        !is_usable(Destination) || !pp_touch_read(Source, sizeof(*Source))) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    if (!pp_fault_fires(PP_POINT_DATA_COPY)) {
        status = pp_pool->copy(Destination, DestinationOffset, BytesToCopy, Source, SourceOffset,
                               BytesCopied);
    }
    PP_EMIT(DATA_COPIED, pp_object(Destination), DestinationOffset, (uint32_t)status, BytesToCopy,
            *BytesCopied);
    return status;
}

ULONG NdisQueryNetBufferPhysicalCount(NET_BUFFER *NetBuffer) {
    pp_switch_point();
    bool is_allowed = PP_EMIT(NB_USE, pp_object(NetBuffer)) && is_usable(NetBuffer);
    return is_allowed ? pp_pool->physical_count(NetBuffer) : 0;
}
