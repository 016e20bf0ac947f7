// SPDX-License-Identifier: MIT
// The start of an NB's used data, and moving it: a retreat takes unused space in front, and an MDL more
// if there is too little; an advance gives it back.
//
//   There is room:   |       DataOffset       |  DataLength  |
//                    |  DataOffset  |  delta   |  DataLength  |
//
//   There is none:                             |  DataOffset  |  DataLength  |
//                    |  MDL: delta + backfill  |  DataOffset  |  DataLength  |
//                    |        DataOffset        |    delta    |  DataLength  |
#include "naive.h"

// The very end of an MDL is the start of the next one, if there is a next one.
PP_POOL_WALKS static void set_current(NET_BUFFER *nb) {
    nb->CurrentMdl = nb->MdlChain;
    nb->CurrentMdlOffset = nb->DataOffset;
    for (ULONG links = 0; links < NAIVE_CHAIN_MAX; links++) {
        const MDL *mdl = nb->CurrentMdl;
        if (mdl == NULL || mdl->Next == NULL || nb->CurrentMdlOffset < mdl->ByteCount) {
            return;
        }
        nb->CurrentMdlOffset -= mdl->ByteCount;
        nb->CurrentMdl = mdl->Next;
    }
}

void naive_set_data(NET_BUFFER *nb, MDL *mdls, ULONG offset, SIZE_T length) {
    nb->MdlChain = mdls;
    nb->DataOffset = offset;
    nb->stDataLength = length;
    set_current(nb);
}

void naive_adjust(NET_BUFFER *nb) {
    if (naive_find(nb, NAIVE_NB) != NULL) {
        set_current(nb);
    }
}

// === Retreat, in two steps: what can fail, then what changes the NB ===

// A handler may change the size; it must not give less than it was asked for (A30).
static struct naive_record *ask_handler(struct naive_record *nb, ULONG size,
                                        NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                                        NET_BUFFER_FREE_MDL_HANDLER free) {
    ULONG given = size;
    MDL *mdl = allocate(&given);
    if (mdl == NULL) {
        return NULL;
    }
    bool is_enough = given >= size && mdl->ByteCount >= size;
    struct naive_record *record = is_enough ? naive_note(NAIVE_MDL_OF_HANDLER, mdl, nb) : NULL;
    if (record == NULL) {
        free(mdl);
    }
    return record;
}

static NDIS_STATUS prepare(struct naive_record *record, ULONG delta, ULONG backfill,
                           NET_BUFFER_ALLOCATE_MDL_HANDLER allocate, NET_BUFFER_FREE_MDL_HANDLER free) {
    const NET_BUFFER *nb = record->object;
    if (delta <= nb->DataOffset) {
        return NDIS_STATUS_SUCCESS;
    }
    if (backfill > MAXULONG - delta || !pp_pool_may_make_piece()) {
        return NDIS_STATUS_RESOURCES;
    }
    record->prepared = allocate != NULL ? ask_handler(record, delta + backfill, allocate, free)
                                        : naive_make_mdl_with_data(record, delta + backfill);
    return record->prepared != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void undo_prepare(struct naive_record *record, NET_BUFFER_FREE_MDL_HANDLER free) {
    if (record->prepared != NULL && record->prepared->kind == NAIVE_MDL_OF_HANDLER) {
        free(record->prepared->object);
    }
    naive_discard(record->prepared);
    record->prepared = NULL;
}

static void commit(struct naive_record *record, ULONG delta) {
    NET_BUFFER *nb = record->object;
    struct naive_record *front = record->prepared;
    record->prepared = NULL;
    if (front != NULL) {
        MDL *mdl = front->object;
        mdl->Next = nb->MdlChain;
        nb->MdlChain = mdl;
        nb->DataOffset += mdl->ByteCount;
        front->kind = front->kind == NAIVE_MDL ? NAIVE_MDL_IN_FRONT : front->kind;
        pp_pool_tell_mdl_added(nb, mdl, front->kind == NAIVE_MDL_OF_HANDLER);
    }
    nb->DataOffset -= delta;
    nb->DataLength += delta;
    set_current(nb);
}

// Without a handler to free with, an MDL of the driver's that is not used cannot go. A retreat of one NB
// never has one, and the driver knows; in a retreat of a list the driver has left it out.
static VOID leave(MDL *mdl) { (void)mdl; }
static VOID abandon(MDL *mdl) { pp_pool_tell_mdl_abandoned(mdl); }

NDIS_STATUS naive_retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                          NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    struct naive_record *record = naive_find(nb, NAIVE_NB);
    if (record == NULL) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status = prepare(record, delta, backfill, allocate, leave);
    if (status == NDIS_STATUS_SUCCESS) {
        commit(record, delta);
    }
    return status;
}

// All or nothing (A10).
NDIS_STATUS naive_retreat_list(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                               NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                               NET_BUFFER_FREE_MDL_HANDLER free) {
    if (!naive_is_nbl(nbl)) {
        return NDIS_STATUS_FAILURE;
    }
    free = free != NULL ? free : abandon;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    for (; nb != NULL && status == NDIS_STATUS_SUCCESS; nb = nb->Next) {
        status = prepare(naive_find(nb, NAIVE_NB), delta, backfill, allocate, free);
    }
    for (nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next) {
        struct naive_record *record = naive_find(nb, NAIVE_NB);
        if (status == NDIS_STATUS_SUCCESS) {
            commit(record, delta);
        } else {
            undo_prepare(record, free);
        }
    }
    return status;
}

// === Advance ===

// The first MDL, if a retreat of this NB has put it there, none of it is used, and it can be freed. The
// MDLs of a clone may be in front because of a retreat too, but of its original.
PP_POOL_WALKS static struct naive_record *unused_front(const struct naive_record *record,
                                                       bool has_handler) {
    const NET_BUFFER *nb = record->object;
    const MDL *mdl = nb->MdlChain;
    if (mdl == NULL || mdl->ByteCount > nb->DataOffset) {
        return NULL;
    }
    struct naive_record *front = naive_find(mdl, NAIVE_MDL_IN_FRONT);
    if (front == NULL && has_handler) {
        front = naive_find(mdl, NAIVE_MDL_OF_HANDLER);
    }
    return front != NULL && front->owner == record ? front : NULL;
}

void naive_advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free) {
    struct naive_record *record = naive_find(nb, NAIVE_NB);
    if (record == NULL || delta > nb->DataLength) {
        return;
    }
    nb->DataLength -= delta;
    nb->DataOffset += delta;
    set_current(nb);
    struct naive_record *front;
    while (free_mdl && (front = unused_front(record, free != NULL)) != NULL) {
        MDL *mdl = front->object;
        bool is_handlers = front->kind == NAIVE_MDL_OF_HANDLER;
        nb->MdlChain = mdl->Next;
        nb->DataOffset -= mdl->ByteCount;
        set_current(nb);
        naive_discard(front);
        if (is_handlers) {
            free(mdl);
        }
    }
}

void naive_advance_list(NET_BUFFER_LIST *nbl, ULONG delta, BOOLEAN free_mdl,
                        NET_BUFFER_FREE_MDL_HANDLER free) {
    for (NET_BUFFER *nb = naive_is_nbl(nbl) ? nbl->FirstNetBuffer : NULL; nb != NULL; nb = nb->Next) {
        naive_advance(nb, delta, free_mdl, free);
    }
}
