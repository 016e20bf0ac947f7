// SPDX-License-Identifier: MIT
// NBLs over the data of others: clones, fragments, and what is reassembled. No byte is copied; new MDLs
// describe the used bytes of the original, and only these. Parent and child count are the driver's to
// keep.
#include "naive.h"

// What is being made.
struct derived {
    struct naive_record *nbl;    // NULL if even that failed
    NDIS_HANDLE pool_of_first;   // of its first NB
    NDIS_HANDLE pool_of_others;  // and of the others
    struct naive_record *nb;     // the last so far
    NET_BUFFER **nb_end;         // where the next one goes
    MDL **mdl_end;               // where the next MDL of the last one goes
};

// Pools may be NULL. An NBL pool with NBs and without data gives the first NB (A22).
static bool begin(struct derived *derived, enum naive_derivation derivation,
                  const NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool) {
    *derived = (struct derived){.nbl = NULL};
    const struct naive_record *pool = naive_find(nbl_pool, NAIVE_NBL_POOL);
    if (!naive_is_nbl(original) || (nbl_pool != NULL && pool == NULL) ||
        (nb_pool != NULL && naive_find(nb_pool, NAIVE_NB_POOL) == NULL) || !pp_pool_may_make_piece()) {
        return false;
    }
    derived->nbl = naive_make_nbl(pool, derivation);
    if (derived->nbl == NULL) {
        return false;
    }
    bool gives_first = pool != NULL && pool->has_nb && pool->data_size == 0;
    derived->pool_of_others = nb_pool != NULL ? nb_pool : nbl_pool;
    derived->pool_of_first = gives_first ? nbl_pool : derived->pool_of_others;
    derived->nb_end = &((NET_BUFFER_LIST *)derived->nbl->object)->FirstNetBuffer;
    return true;
}

static bool add_nb(struct derived *derived) {
    if (!pp_pool_may_make_piece()) {
        return false;
    }
    NDIS_HANDLE pool = derived->nb == NULL ? derived->pool_of_first : derived->pool_of_others;
    derived->nb = naive_make_nb(derived->nbl, pool);
    if (derived->nb == NULL) {
        return false;
    }
    NET_BUFFER *nb = derived->nb->object;
    *derived->nb_end = nb;
    derived->nb_end = &nb->Next;
    derived->mdl_end = &nb->MdlChain;
    return true;
}

// To the last NB: an MDL for each one of the original that these bytes are in. They begin it, so there
// is no unused space in front.
static bool add_bytes(struct derived *derived, struct naive_place *from, ULONG length) {
    NET_BUFFER *nb = derived->nb->object;
    nb->DataLength += length;
    while (length > 0) {
        ULONG piece = naive_bytes_at(from, length);
        if (piece == 0 || !pp_pool_may_make_piece()) {
            return false;
        }
        struct naive_record *record = naive_make_mdl(derived->nb, naive_address_at(from), piece);
        if (record == NULL) {
            return false;
        }
        MDL *mdl = record->object;
        *derived->mdl_end = mdl;
        derived->mdl_end = &mdl->Next;
        from->offset += piece;
        length -= piece;
    }
    naive_adjust(nb);
    return true;
}

static bool retreat(struct derived *derived, ULONG delta, ULONG backfill) {
    NET_BUFFER *nb = derived->nb->object;
    if (naive_retreat(nb, delta, backfill, NULL) != NDIS_STATUS_SUCCESS) {
        return false;
    }
    struct naive_record *front = naive_find(nb->MdlChain, NAIVE_MDL_IN_FRONT);
    if (front != NULL) {
        front->is_derived = true;
    }
    return true;
}

// All of it, or nothing.
static NET_BUFFER_LIST *finish(struct derived *derived, bool is_complete) {
    if (!is_complete) {
        naive_discard(derived->nbl);
        return NULL;
    }
    return derived->nbl->object;
}

NET_BUFFER_LIST *naive_clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                             ULONG flags) {
    struct derived clone;
    bool is_good = begin(&clone, NAIVE_CLONE, original, nbl_pool, nb_pool);
    const NET_BUFFER *nb = is_good ? original->FirstNetBuffer : NULL;
    for (; nb != NULL && is_good; nb = nb->Next) {
        is_good = add_nb(&clone);
        if (is_good && (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
            // MDLs in which all is unused space are left out (A21).
            naive_set_data(clone.nb->object, nb->CurrentMdl, nb->CurrentMdlOffset, nb->DataLength);
        } else if (is_good) {
            struct naive_place from = naive_place_in(nb, 0);
            is_good = add_bytes(&clone, &from, nb->DataLength);
        }
    }
    return finish(&clone, is_good);
}

// Pieces do not go across NBs. The limit is for the bytes of the original: a retreat adds to it (A28).
NET_BUFFER_LIST *naive_fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                ULONG start, ULONG length_max, ULONG delta, ULONG backfill) {
    struct derived fragment;
    bool is_good = begin(&fragment, NAIVE_FRAGMENT, original, nbl_pool, nb_pool) && length_max > 0;
    const NET_BUFFER *nb = is_good ? original->FirstNetBuffer : NULL;
    for (; nb != NULL && is_good; nb = nb->Next) {
        struct naive_place from = naive_place_in(nb, start);
        ULONG left = nb->DataLength > start ? nb->DataLength - start : 0;
        while (left > 0 && is_good) {
            ULONG length = left < length_max ? left : length_max;
            is_good = add_nb(&fragment) && add_bytes(&fragment, &from, length) &&
                      retreat(&fragment, delta, backfill);
            left -= length;
        }
    }
    return finish(&fragment, is_good);
}

// The start is left out of each NB: that is where a fragment has its header.
NET_BUFFER_LIST *naive_reassemble(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start, ULONG delta,
                                  ULONG backfill) {
    struct derived whole;
    bool is_good = begin(&whole, NAIVE_REASSEMBLED, fragments, pool, NULL) && add_nb(&whole);
    const NET_BUFFER *nb = is_good ? fragments->FirstNetBuffer : NULL;
    for (; nb != NULL && is_good; nb = nb->Next) {
        struct naive_place from = naive_place_in(nb, start);
        is_good = nb->DataLength <= start || add_bytes(&whole, &from, nb->DataLength - start);
    }
    return finish(&whole, is_good && retreat(&whole, delta, backfill));
}
