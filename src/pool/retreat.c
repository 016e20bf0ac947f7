// SPDX-License-Identifier: MIT
// Retreat and advance: used data space grows and shrinks at its front.
//
//            MdlChain ──▶ [ MDL ........ ] ──▶ [ MDL .............. ] ──▶ ...
//                         |<--- DataOffset --->|<--- DataLength ---->|
//                                              ^ CurrentMdl, CurrentMdlOffset
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "pool/book.h"

#define ADDED_BY_RETREAT 1u

// Sets CurrentMdl and CurrentMdlOffset to where DataOffset points. An offset at the very end of the
// chain stays in its last MDL. The MDLs may be in flight with another NBL.
PP_READS_CLOSED VOID NdisAdjustNetBufferCurrentMdl(NET_BUFFER *NetBuffer) {
    pp_touch_write(NetBuffer, sizeof(*NetBuffer));
    MDL *mdl = NetBuffer->MdlChain;
    ULONG offset = NetBuffer->DataOffset;
    for (uint32_t i = 0;
         i < PP_CHAIN_MAX && mdl != NULL && mdl->Next != NULL && offset >= mdl->ByteCount; i++) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    NetBuffer->CurrentMdl = mdl;
    NetBuffer->CurrentMdlOffset = offset;
}

// | MDL | gap | buffer |
static MDL *make_mdl(ULONG bytes) {
    uint32_t offset = (uint32_t)sizeof(MDL) + PP_POOL_GAP;
    char *block =
        bytes <= PP_ARENA_BLOCK_MAX ? pp_arena_take((size_t)offset + bytes, PP_USE_RETREAT_MDL) : NULL;
    if (block == NULL) {
        return NULL;
    }
    pp_guard_close(block + sizeof(MDL), PP_POOL_GAP);
    pp_mdl_init((MDL *)block, block + offset, bytes);
    return (MDL *)block;
}

// Of the MDLs in a chain, an advance frees those that a retreat has added. That is noted in the books of
// the block that the MDL begins, whoever made it.
static void mark_added(const MDL *mdl) {
    struct pp_block *block = pp_arena_find(mdl);
    if (block != NULL && block->is_live) {
        block->owner_a = ADDED_BY_RETREAT;
    }
}

static bool is_added(const MDL *mdl) {
    const struct pp_block *block = pp_arena_find(mdl);
    return block != NULL && block->is_live && block->owner_a == ADDED_BY_RETREAT;
}

NDIS_STATUS NdisRetreatNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta,
                                          ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler) {
    pp_switch_point();
    pp_touch_write(NetBuffer, sizeof(*NetBuffer));
    MDL *added = NULL;
    if (DataOffsetDelta <= NetBuffer->DataOffset) {
        NetBuffer->DataOffset -= DataOffsetDelta;
    } else {
        // A9: the old backfill stays unused, right before the data.
        uint64_t wanted = (uint64_t)DataOffsetDelta + DataBackFill;
        ULONG bytes = (ULONG)wanted;
        if (wanted <= UINT32_MAX && !pp_fault_fires(PP_POINT_RETREAT_ALLOCATE)) {
            added = AllocateMdlHandler != NULL ? AllocateMdlHandler(&bytes) : make_mdl(bytes);
            mark_added(added);
        }
        if (added != NULL && AllocateMdlHandler != NULL) {  // the driver's code has run
            pp_touch_write(added, sizeof(*added));
            pp_touch_write(NetBuffer, sizeof(*NetBuffer));
        }
        if (added == NULL || added->ByteCount < wanted) {
            PP_EMIT(RETREAT, pp_object(NetBuffer), DataOffsetDelta, (uint32_t)NDIS_STATUS_RESOURCES);
            return NDIS_STATUS_RESOURCES;
        }
        added->Next = NetBuffer->MdlChain;
        NetBuffer->MdlChain = added;
        NetBuffer->DataOffset += added->ByteCount - DataOffsetDelta;
    }
    NetBuffer->stDataLength += DataOffsetDelta;
    NdisAdjustNetBufferCurrentMdl(NetBuffer);
    // An MDL that the driver's handler made is the driver's, and was announced when it was made.
    bool is_ours = pp_arena_is(added, PP_USE_RETREAT_MDL);
    PP_EMIT(RETREAT, pp_object(NetBuffer), DataOffsetDelta, NDIS_STATUS_SUCCESS,
            is_ours ? pp_object(added) : 0, is_ours ? pp_arena_find(added)->size : 0);
    return NDIS_STATUS_SUCCESS;
}

// Unlinks and frees the MDLs in front of the used data that a retreat added.
static void free_unused_mdls(NET_BUFFER *nb, NET_BUFFER_FREE_MDL_HANDLER free_handler) {
    MDL *mdl = nb->MdlChain;
    while (mdl != NULL) {
        pp_touch_read(mdl, sizeof(*mdl));
        if (mdl->ByteCount > nb->DataOffset) {
            break;
        }
        bool is_ours = pp_arena_is(mdl, PP_USE_RETREAT_MDL);
        if (!is_added(mdl) || (!is_ours && free_handler == NULL)) {
            break;
        }
        nb->MdlChain = mdl->Next;
        nb->DataOffset -= mdl->ByteCount;
        if (is_ours) {
            PP_EMIT(MDL_FREE, pp_object(mdl));
            pp_arena_give(mdl);
        } else {
            free_handler(mdl);
        }
        mdl = nb->MdlChain;
    }
}

VOID NdisAdvanceNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    pp_switch_point();
    pp_touch_write(NetBuffer, sizeof(*NetBuffer));
    PP_EMIT(ADVANCE, pp_object(NetBuffer), DataOffsetDelta, FreeMdl);
    if (DataOffsetDelta > NetBuffer->stDataLength) {
        return;
    }
    NetBuffer->stDataLength -= DataOffsetDelta;
    NetBuffer->DataOffset += DataOffsetDelta;
    if (FreeMdl) {
        free_unused_mdls(NetBuffer, FreeMdlHandler);
    }
    NdisAdjustNetBufferCurrentMdl(NetBuffer);
}
