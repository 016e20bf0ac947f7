// SPDX-License-Identifier: MIT
// NDIS functions that derive NBLs from others, and that copy what belongs to a whole NBL.
#include "pool/front.h"

struct derivation {
    enum pp_derivation kind;
    ULONG flags;
    ULONG start;
    ULONG length_max;
};

// The rules, before anything is done.
static bool may_derive(const struct derivation *derivation, const NET_BUFFER_LIST *original,
                       NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool) {
    pp_switch_point();
    return PP_EMIT(DERIVE, derivation->kind | (uint64_t)derivation->flags << PP_DERIVE_FLAGS_SHIFT,
                   pp_object(original), pp_object(nbl_pool), pp_object(nb_pool), derivation->start,
                   derivation->length_max) &&
           pp_pool_touch_list(original, /*is_write=*/false);
}

static bool may_free(const NET_BUFFER_LIST *derived, enum pp_derivation kind, ULONG how,
                     ULONG reserved) {
    pp_switch_point();
    return PP_EMIT(DERIVED_FREE, pp_object(derived), kind, how, reserved);
}

NET_BUFFER_LIST *NdisAllocateCloneNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                NDIS_HANDLE NetBufferListPoolHandle,
                                                NDIS_HANDLE NetBufferPoolHandle,
                                                ULONG AllocateCloneFlags) {
    const struct derivation wanted = {.kind = PP_DERIVED_CLONE, .flags = AllocateCloneFlags};
    if (!may_derive(&wanted, OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle)) {
        return NULL;
    }
    pp_pool_piece_point = PP_POINT_CLONE_ALLOCATE;
    NET_BUFFER_LIST *clone = pp_pool->clone(OriginalNetBufferList, NetBufferListPoolHandle,
                                            NetBufferPoolHandle, AllocateCloneFlags);
    PP_EMIT(DERIVED, pp_object(clone), PP_DERIVED_CLONE, pp_object(OriginalNetBufferList),
            AllocateCloneFlags);
    return clone;
}

VOID NdisFreeCloneNetBufferList(NET_BUFFER_LIST *CloneNetBufferList, ULONG FreeCloneFlags) {
    if (may_free(CloneNetBufferList, PP_DERIVED_CLONE, FreeCloneFlags, /*reserved=*/0)) {
        pp_pool->free_clone(CloneNetBufferList, FreeCloneFlags);
    }
}

NET_BUFFER_LIST *NdisAllocateFragmentNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                   NDIS_HANDLE NetBufferListPoolHandle,
                                                   NDIS_HANDLE NetBufferPoolHandle, ULONG StartOffset,
                                                   ULONG MaximumLength, ULONG DataOffsetDelta,
                                                   ULONG DataBackFill, ULONG AllocateFragmentFlags) {
    const struct derivation wanted = {.kind = PP_DERIVED_FRAGMENT,
                                      .flags = AllocateFragmentFlags,
                                      .start = StartOffset,
                                      .length_max = MaximumLength};
    if (!may_derive(&wanted, OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle)) {
        return NULL;
    }
    pp_pool_piece_point = PP_POINT_FRAGMENT_ALLOCATE;
    NET_BUFFER_LIST *fragment =
        pp_pool->fragment(OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle,
                          StartOffset, MaximumLength, DataOffsetDelta, DataBackFill);
    PP_EMIT(DERIVED, pp_object(fragment), PP_DERIVED_FRAGMENT, pp_object(OriginalNetBufferList),
            DataOffsetDelta);
    return fragment;
}

VOID NdisFreeFragmentNetBufferList(NET_BUFFER_LIST *FragmentNetBufferList, ULONG DataOffsetDelta,
                                   ULONG FreeFragmentFlags) {
    if (may_free(FragmentNetBufferList, PP_DERIVED_FRAGMENT, DataOffsetDelta, FreeFragmentFlags)) {
        pp_pool->free_fragment(FragmentNetBufferList, DataOffsetDelta);
    }
}

NET_BUFFER_LIST *NdisAllocateReassembledNetBufferList(NET_BUFFER_LIST *FragmentedNetBufferList,
                                                      NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
                                                      ULONG StartOffset, ULONG DataOffsetDelta,
                                                      ULONG DataBackFill,
                                                      ULONG AllocateReassembleFlags) {
    const struct derivation wanted = {
        .kind = PP_DERIVED_REASSEMBLED, .flags = AllocateReassembleFlags, .start = StartOffset};
    if (!may_derive(&wanted, FragmentedNetBufferList, NetBufferAndNetBufferListPoolHandle, NULL)) {
        return NULL;
    }
    pp_pool_piece_point = PP_POINT_REASSEMBLE_ALLOCATE;
    NET_BUFFER_LIST *reassembled =
        pp_pool->reassemble(FragmentedNetBufferList, NetBufferAndNetBufferListPoolHandle, StartOffset,
                            DataOffsetDelta, DataBackFill);
    PP_EMIT(DERIVED, pp_object(reassembled), PP_DERIVED_REASSEMBLED, pp_object(FragmentedNetBufferList),
            DataOffsetDelta);
    return reassembled;
}

VOID NdisFreeReassembledNetBufferList(NET_BUFFER_LIST *ReassembledNetBufferList, ULONG DataOffsetDelta,
                                      ULONG FreeReassembleFlags) {
    if (may_free(ReassembledNetBufferList, PP_DERIVED_REASSEMBLED, DataOffsetDelta,
                 FreeReassembleFlags)) {
        pp_pool->free_reassembled(ReassembledNetBufferList, DataOffsetDelta);
    }
}

// === What belongs to a whole NBL ===

// The entries that the pages of the two functions list.
static const NDIS_NET_BUFFER_LIST_INFO send_info[] = {
    TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo,
    Ieee8021QNetBufferListInfo,
    MediaSpecificInformation,
    NetBufferListCancelId,
    NetBufferListProtocolId,
    IPsecOffloadV2TunnelNetBufferListInfo,
    IPsecOffloadV2HeaderNetBufferListInfo,
    VirtualSubnetInfo,
    NetBufferListFilteringInfo,
};
static const NDIS_NET_BUFFER_LIST_INFO receive_info[] = {
    TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo,
    TcpReceiveNoPush,
    Ieee8021QNetBufferListInfo,
    MediaSpecificInformation,
    NetBufferListFrameType,
    NetBufferListHashValue,
    NetBufferListHashInfo,
    IPsecOffloadV2TunnelNetBufferListInfo,
    IPsecOffloadV2HeaderNetBufferListInfo,
    VirtualSubnetInfo,
    NetBufferListFilteringInfo,
};

static void copy_info(NET_BUFFER_LIST *to, const NET_BUFFER_LIST *from,
                      const NDIS_NET_BUFFER_LIST_INFO *entries, size_t count) {
    pp_switch_point();
    if (!PP_EMIT(NBL_USE, pp_object(to)) || !PP_EMIT(NBL_USE, pp_object(from)) ||
        !pp_touch_write(to, sizeof(*to)) || !pp_touch_read(from, sizeof(*from))) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        to->NetBufferListInfo[entries[i]] = from->NetBufferListInfo[entries[i]];
    }
}

VOID NdisCopySendNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList,
                                   NET_BUFFER_LIST *SrcNetBufferList) {
    copy_info(DestNetBufferList, SrcNetBufferList, send_info, RTL_NUMBER_OF(send_info));
}

VOID NdisCopyReceiveNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList,
                                      NET_BUFFER_LIST *SrcNetBufferList) {
    copy_info(DestNetBufferList, SrcNetBufferList, receive_info, RTL_NUMBER_OF(receive_info));
}

UCHAR NdisGetNetBufferListProtocolId(const NET_BUFFER_LIST *NetBufferList) {
    if (!PP_EMIT(NBL_USE, pp_object(NetBufferList)) ||
        !pp_touch_read(NetBufferList, sizeof(*NetBufferList))) {
        return NDIS_PROTOCOL_ID_DEFAULT;
    }
    return (UCHAR)(ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListProtocolId);
}
