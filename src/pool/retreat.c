// SPDX-License-Identifier: MIT
// Retreat and advance: used data space grows and shrinks at its front.
//
//            MdlChain ──▶ [ MDL ........ ] ──▶ [ MDL .............. ] ──▶ ...
//                         |<--- DataOffset --->|<--- DataLength ---->|
//                                              ^ CurrentMdl, CurrentMdlOffset
#include "base/map.h"
#include "base/touch.h"
#include "pool/arena_pool.h"

// An offset at the very end of the chain stays in its last MDL. The MDLs may be in flight with another
// NBL.
PP_READS_CLOSED void pp_arena_adjust(NET_BUFFER *nb) {
    MDL *mdl = nb->MdlChain;
    ULONG offset = nb->DataOffset;
    for (uint32_t i = 0;
         i < PP_CHAIN_MAX && mdl != NULL && mdl->Next != NULL && offset >= mdl->ByteCount; i++) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    nb->CurrentMdl = mdl;
    nb->CurrentMdlOffset = offset;
}

// Of the MDLs in a chain, an advance frees those that a retreat of the same NB has put there: another's
// NB may have the chain too. So it is noted of each MDL, wherever a handler has made it, which NB that
// was.
static struct pp_map nb_of_added;

void pp_arena_forget_retreats(void) { pp_map_clear(&nb_of_added); }

static uint32_t place_of(const NET_BUFFER *nb) { return (uint32_t)((uintptr_t)nb - PP_ARENA_BASE); }

static bool is_added(const MDL *mdl, const NET_BUFFER *nb) {
    return pp_map_get(&nb_of_added, (uintptr_t)mdl) == place_of(nb);
}

static bool is_own(const MDL *mdl) {
    return pp_arena_is(mdl, PP_USE_RETREAT_MDL) || pp_arena_is(mdl, PP_USE_DERIVED_RETREAT_MDL);
}

// | MDL | gap | buffer |
static MDL *make_own_mdl(ULONG bytes) {
    uint32_t offset = pp_part_offset(sizeof(MDL));
    char *block =
        bytes <= PP_ARENA_BLOCK_MAX ? pp_arena_take((size_t)offset + bytes, PP_USE_RETREAT_MDL) : NULL;
    if (block == NULL) {
        return NULL;
    }
    pp_guard_close(block + offset - PP_POOL_GAP, PP_POOL_GAP);
    pp_mdl_init((MDL *)block, block + offset, bytes);
    return (MDL *)block;
}

// A handler is the driver's code: what it was called for may be gone after it.
static bool is_there(NET_BUFFER *nb) { return pp_touch_write(nb, sizeof(*nb)) && pp_arena_is_nb(nb); }

// An MDL for a retreat by `delta`, or NULL.
static MDL *make_mdl(ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    uint64_t wanted = (uint64_t)delta + backfill;  // A9
    ULONG bytes = (ULONG)wanted;
    if (wanted > UINT32_MAX || !pp_pool_may_make_piece()) {
        return NULL;
    }
    MDL *mdl = allocate != NULL ? allocate(&bytes) : make_own_mdl(bytes);
    // A30: what a handler made may be larger; smaller will not do.
    if (mdl == NULL || !pp_touch_write(mdl, sizeof(*mdl)) || mdl->ByteCount < wanted) {
        return NULL;
    }
    return mdl;
}

// `added` is NULL if there is room.
static void move_back(NET_BUFFER *nb, ULONG delta, MDL *added) {
    if (added != NULL) {
        pp_map_put(&nb_of_added, (uintptr_t)added, place_of(nb));
        added->Next = nb->MdlChain;
        nb->MdlChain = added;
        nb->DataOffset += added->ByteCount;
        pp_pool_tell_mdl_added(nb, added, !is_own(added));
    }
    nb->DataOffset -= delta;
    nb->stDataLength += delta;
    pp_arena_adjust(nb);
}

static bool has_room(const NET_BUFFER *nb, ULONG delta) { return delta <= nb->DataOffset; }

NDIS_STATUS pp_arena_retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                             NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    if (!pp_arena_is_nb(nb)) {
        return NDIS_STATUS_FAILURE;
    }
    MDL *added = NULL;
    if (!has_room(nb, delta)) {
        added = make_mdl(delta, backfill, allocate);
        if (added == NULL || !is_there(nb)) {
            return NDIS_STATUS_RESOURCES;
        }
    }
    move_back(nb, delta, added);
    return NDIS_STATUS_SUCCESS;
}

// One that came with a derived NBL is only closed: it is freed with that.
static void free_own_mdl(MDL *mdl) {
    pp_pool_tell_mdl_gone(mdl);
    if (pp_arena_is(mdl, PP_USE_RETREAT_MDL)) {
        pp_arena_give(mdl);
    } else {
        pp_guard_close(mdl, pp_arena_find(mdl)->size);
    }
}

// Takes back what a list's retreat made before it failed.
static void free_unused(MDL *made, NET_BUFFER_FREE_MDL_HANDLER release) {
    while (made != NULL) {
        MDL *next = made->Next;
        if (is_own(made)) {
            free_own_mdl(made);
        } else if (release != NULL) {
            release(made);
        } else {
            pp_pool_tell_mdl_abandoned(made);  // A10
        }
        made = next;
    }
}

// All MDLs are made, then all NBs are moved, so that a failure leaves every NB as it was.
NDIS_STATUS pp_arena_retreat_list(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                                  NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                                  NET_BUFFER_FREE_MDL_HANDLER release) {
    if (!pp_arena_is_nbl(nbl)) {
        return NDIS_STATUS_FAILURE;
    }
    MDL *made = NULL;
    MDL **next_made = &made;
    NET_BUFFER *first = nbl->FirstNetBuffer;
    for (NET_BUFFER *nb = first; nb != NULL; nb = nb->Next) {
        if (has_room(nb, delta)) {
            continue;
        }
        MDL *mdl = make_mdl(delta, backfill, allocate);
        if (mdl == NULL || !is_there(nb)) {
            free_unused(made, release);
            return NDIS_STATUS_RESOURCES;
        }
        mdl->Next = NULL;
        *next_made = mdl;
        next_made = &mdl->Next;
    }
    for (NET_BUFFER *nb = first; nb != NULL && is_there(nb); nb = nb->Next) {
        MDL *added = NULL;
        if (!has_room(nb, delta)) {
            added = made;
            made = made->Next;
        }
        move_back(nb, delta, added);
    }
    return NDIS_STATUS_SUCCESS;
}

// Unlinks and frees the MDLs in front of the used data that a retreat added.
static void free_unused_mdls(NET_BUFFER *nb, NET_BUFFER_FREE_MDL_HANDLER release) {
    MDL *mdl = nb->MdlChain;
    while (mdl != NULL && is_added(mdl, nb) && mdl->ByteCount <= nb->DataOffset) {
        if (!is_own(mdl) && release == NULL) {
            break;
        }
        nb->MdlChain = mdl->Next;
        nb->DataOffset -= mdl->ByteCount;
        if (is_own(mdl)) {
            free_own_mdl(mdl);
        } else {
            release(mdl);
        }
        mdl = is_there(nb) ? nb->MdlChain : NULL;
    }
}

void pp_arena_advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl,
                      NET_BUFFER_FREE_MDL_HANDLER release) {
    if (!pp_arena_is_nb(nb) || delta > nb->stDataLength) {
        return;
    }
    nb->stDataLength -= delta;
    nb->DataOffset += delta;
    if (free_mdl) {
        free_unused_mdls(nb, release);
    }
    if (is_there(nb)) {
        pp_arena_adjust(nb);
    }
}

void pp_arena_advance_list(NET_BUFFER_LIST *nbl, ULONG delta, BOOLEAN free_mdl,
                           NET_BUFFER_FREE_MDL_HANDLER release) {
    if (!pp_arena_is_nbl(nbl)) {
        return;
    }
    NET_BUFFER *next;
    for (NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL && is_there(nb); nb = next) {
        next = nb->Next;
        pp_arena_advance(nb, delta, free_mdl, release);
    }
}
