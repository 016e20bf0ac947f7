// SPDX-License-Identifier: MIT
// Derived NBLs: new NBLs, NBs and MDLs over data of others. All or nothing. What one is made of is
// linked through the books of its blocks, so that it can be freed whatever a driver has done to its
// lists.
#include "pool/cursor.h"

// Of one derived NBL.
struct making {
    NET_BUFFER_LIST *nbl;
    NET_BUFFER **next_nb;   // where the next NB is linked
    uint32_t nb_pool;       // of the next NB: index
    uint32_t next_nb_pool;  // of those behind it
    NET_BUFFER *nb;         // the one under way
    MDL **next_mdl;         // where its next MDL is linked
};

static struct pp_block *books_of(const void *piece) { return pp_arena_find(piece); }

static void link_piece(const struct making *making, const void *piece) {
    books_of(piece)->owner_b = books_of(making->nbl)->owner_b;
    books_of(making->nbl)->owner_b = books_of(piece)->offset;
}

// Every piece asks before it is made.
static void *take_piece(const struct making *making, size_t size, uint16_t use) {
    void *piece = pp_pool_may_make_piece() ? pp_arena_take(size, use) : NULL;
    if (piece != NULL && making->nbl != NULL) {
        link_piece(making, piece);
    }
    return piece;
}

static bool begin(struct making *making, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool) {
    const struct pp_arena_pool *pool = pp_arena_pool_of(nbl_pool, /*is_nb_pool=*/false);
    making->nbl = NULL;
    NET_BUFFER_LIST *nbl = take_piece(making, sizeof(NET_BUFFER_LIST), PP_USE_DERIVED_NBL);
    if (nbl == NULL) {
        return false;
    }
    books_of(nbl)->owner_a = pool != NULL ? pp_arena_pool_index(nbl_pool) : PP_NO_POOL;
    books_of(nbl)->is_retired = pool != NULL && pool->is_verify;
    pp_nbl_init(nbl, pool != NULL ? nbl_pool : NULL, pool != NULL ? pool->protocol_id : 0);
    making->nbl = nbl;
    making->next_nb = &nbl->FirstNetBuffer;
    // A22: an NBL whose pool has NBs brings the first one.
    bool has_nb_pool = pp_arena_pool_of(nb_pool, /*is_nb_pool=*/true) != NULL;
    bool brings_nb = pool != NULL && pool->has_nb && pool->data_size == 0;
    making->next_nb_pool = has_nb_pool ? pp_arena_pool_index(nb_pool) : books_of(nbl)->owner_a;
    making->nb_pool = brings_nb ? books_of(nbl)->owner_a : making->next_nb_pool;
    return true;
}

static bool add_nb(struct making *making, MDL *mdls, ULONG offset, SIZE_T length) {
    NET_BUFFER *nb = take_piece(making, sizeof(NET_BUFFER), PP_USE_DERIVED_NB);
    if (nb == NULL) {
        return false;
    }
    books_of(nb)->owner_a = making->nb_pool;
    pp_nb_init(nb, pp_arena_pool_handle(making->nb_pool), mdls, offset, length);
    making->nb_pool = making->next_nb_pool;
    *making->next_nb = nb;
    making->next_nb = &nb->Next;
    making->nb = nb;
    making->next_mdl = &nb->MdlChain;
    return true;
}

// MDLs over the next bytes of the cursor, one for each run.
static bool add_mdls(struct making *making, struct pp_cursor *from, uint64_t length) {
    char *bytes;
    uint32_t run;
    while ((run = pp_cursor_take(from, length, &bytes)) > 0) {
        MDL *mdl = take_piece(making, sizeof(MDL), PP_USE_DERIVED_MDL);
        if (mdl == NULL) {
            return false;
        }
        pp_mdl_init(mdl, bytes, run);
        *making->next_mdl = mdl;
        making->next_mdl = &mdl->Next;
        length -= run;
    }
    pp_arena_adjust(making->nb);
    return true;
}

// The MDL that it needs comes and goes with the derived NBL.
static bool retreat(const struct making *making, ULONG delta, ULONG backfill) {
    if (pp_arena_retreat(making->nb, delta, backfill, NULL) != NDIS_STATUS_SUCCESS) {
        return false;
    }
    struct pp_block *books = pp_arena_live(making->nb->MdlChain, PP_USE_RETREAT_MDL);
    if (books != NULL) {
        books->use = PP_USE_DERIVED_RETREAT_MDL;
        link_piece(making, making->nb->MdlChain);
    }
    return true;
}

// Frees a derived NBL and all its pieces.
static void destroy(NET_BUFFER_LIST *nbl) {
    if (!pp_arena_is(nbl, PP_USE_DERIVED_NBL)) {
        return;
    }
    for (uint32_t at = books_of(nbl)->owner_b; at != 0;) {
        char *piece = (char *)PP_ARENA_BASE + at;
        at = books_of(piece)->owner_b;
        pp_arena_give(piece);
    }
    pp_arena_free_all_context(nbl);
    pp_arena_give(nbl);
}

// The result, or NULL with everything undone.
static NET_BUFFER_LIST *finish(const struct making *making, bool is_complete) {
    if (!is_complete) {
        destroy(making->nbl);
        return NULL;
    }
    return making->nbl;
}

// A21: the clone covers used data only; with the original's MDLs it begins in the current one.
static bool clone_nb(struct making *making, const NET_BUFFER *nb, ULONG flags) {
    if ((flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
        return add_nb(making, nb->CurrentMdl, nb->CurrentMdlOffset, nb->stDataLength);
    }
    struct pp_cursor from = pp_cursor_at(nb);
    return add_nb(making, NULL, 0, nb->stDataLength) && add_mdls(making, &from, nb->stDataLength);
}

NET_BUFFER_LIST *pp_arena_clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                ULONG flags) {
    struct making making;
    bool is_complete = pp_arena_is_nbl(original) && begin(&making, nbl_pool, nb_pool);
    if (!is_complete) {
        return NULL;
    }
    for (const NET_BUFFER *nb = original->FirstNetBuffer; nb != NULL && is_complete; nb = nb->Next) {
        is_complete = clone_nb(&making, nb, flags);
    }
    return finish(&making, is_complete);
}

// A28: the limit applies before the retreat.
static bool add_fragments(struct making *making, const NET_BUFFER *nb, ULONG start, ULONG length_max,
                          ULONG delta, ULONG backfill) {
    struct pp_cursor from = pp_cursor_at(nb);
    pp_cursor_skip(&from, start);
    for (uint64_t at = start; at < nb->stDataLength; at += length_max) {
        uint64_t rest = nb->stDataLength - at;
        uint64_t length = rest < length_max ? rest : length_max;
        if (!add_nb(making, NULL, 0, length) || !add_mdls(making, &from, length) ||
            !retreat(making, delta, backfill)) {
            return false;
        }
    }
    return true;
}

NET_BUFFER_LIST *pp_arena_fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                   ULONG start, ULONG length_max, ULONG delta, ULONG backfill) {
    struct making making;
    bool is_complete = pp_arena_is_nbl(original) && length_max > 0 && begin(&making, nbl_pool, nb_pool);
    if (!is_complete) {
        return NULL;
    }
    for (const NET_BUFFER *nb = original->FirstNetBuffer; nb != NULL && is_complete; nb = nb->Next) {
        is_complete = add_fragments(&making, nb, start, length_max, delta, backfill);
    }
    return finish(&making, is_complete);
}

static bool add_rest(struct making *making, const NET_BUFFER *nb, ULONG start) {
    if (nb->stDataLength <= start) {
        return true;
    }
    struct pp_cursor from = pp_cursor_at(nb);
    pp_cursor_skip(&from, start);
    making->nb->stDataLength += nb->stDataLength - start;
    return add_mdls(making, &from, nb->stDataLength - start);
}

NET_BUFFER_LIST *pp_arena_reassemble(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start,
                                     ULONG delta, ULONG backfill) {
    struct making making;
    if (!pp_arena_is_nbl(fragments) || !begin(&making, pool, NULL)) {
        return NULL;
    }
    bool is_complete = add_nb(&making, NULL, 0, 0);
    for (const NET_BUFFER *nb = fragments->FirstNetBuffer; nb != NULL && is_complete; nb = nb->Next) {
        is_complete = add_rest(&making, nb, start);
    }
    is_complete = is_complete && retreat(&making, delta, backfill);
    return finish(&making, is_complete);
}

// The books say what they are made of; flags and deltas are the rules' business.
void pp_arena_free_clone(NET_BUFFER_LIST *clone, ULONG flags) {
    (void)flags;
    destroy(clone);
}

void pp_arena_free_fragment(NET_BUFFER_LIST *fragment, ULONG delta) {
    (void)delta;
    destroy(fragment);
}

void pp_arena_free_reassembled(NET_BUFFER_LIST *reassembled, ULONG delta) {
    (void)delta;
    destroy(reassembled);
}
