// SPDX-License-Identifier: MIT
// Clones, fragments, reassembled NBLs. No byte is copied: new MDLs describe parts of the same buffers.
#include "differ/pool_model_parts.h"

#define CLONE_FLAGS_USE_ORIGINAL_MDLS 2u

// === Pieces ===

// How many MDLs describe `length` bytes of used data from `start` on.
static uint32_t count_mdls(const struct pp_model_nb *nb, uint64_t start, uint64_t length) {
    uint64_t at = nb->offset + start, end = at + length, begin = 0;
    uint32_t count = 0;
    for (int id = nb->mdl; id != PP_NONE && length > 0; id = pp_model.mdls[id].next) {
        uint64_t next = begin + pp_model.mdls[id].length;
        count += begin < end && next > at && next > begin;
        begin = next;
    }
    return count;
}

// Adds them to the chain that ends at *link. Returns the new end.
static int *add_mdls(int *link, int owner, const struct pp_model_nb *nb, uint64_t start,
                     uint64_t length) {
    uint64_t at = nb->offset + start, end = at + length, begin = 0;
    for (int id = nb->mdl; id != PP_NONE && length > 0; id = pp_model.mdls[id].next) {
        const struct pp_model_mdl *mdl = &pp_model.mdls[id];
        uint64_t next = begin + mdl->length;
        uint64_t low = begin < at ? at : begin, high = next > end ? end : next;
        if (low < high) {
            int part = pp_new_mdl(PP_MDL_DERIVED, mdl->buffer, mdl->start + (uint32_t)(low - begin),
                                  (uint32_t)(high - low));
            pp_model.mdls[part].nb = owner;
            *link = part;
            link = &pp_model.mdls[part].next;
        }
        begin = next;
    }
    return link;
}

// === What all three have in common ===

static void judge_nb(int id, uint32_t start, struct pp_expect *expect) {
    switch (pp_pool_model_nb_state(id)) {
    case PP_NB_GOOD: break;
    case PP_NB_LONG:
        pp_breaks(expect, "NB-LEN");
        // CurrentMdl may be wrong as well.
        pp_breaks(expect, "NB-CONSIST");
        break;
    case PP_NB_ASTRAY: pp_breaks(expect, "NB-CONSIST"); break;
    default: expect->is_skipped = true;
    }
    if (start > pp_model.nbs[id].length) {
        pp_breaks(expect, "DERIVE-ARGS");
    }
}

static bool has_nb(struct pp_operand pool) {
    return pool.passed == PP_PASS_RIGHT && pp_model.pools[pool.id].has_nb;
}

// Are the original, its NBs and the pools what they must be?
static bool judge_original(const struct pp_call *call, struct pp_expect *expect) {
    bool are_right = pp_operand_is_right(expect, call->object, "MEM-UAF");
    are_right &= pp_pool_is_right(expect, call->second, /*is_nb_pool=*/false);
    are_right &= pp_pool_is_right(expect, call->third, /*is_nb_pool=*/true);
    if (!are_right) {
        return false;
    }
    bool is_fragment = call->kind == PP_POOL_OP_FRAGMENT || call->kind == PP_POOL_OP_FRAGMENT_TO;
    if (is_fragment && call->max == 0) {
        pp_breaks(expect, "DERIVE-ARGS");
    }
    uint32_t count = 0;
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        count++;
        expect->is_skipped |= pp_pool_model_nb_state(nb) == PP_NB_BROKEN;
        if (pp_model.nbs[nb].life != PP_LIVE) {
            expect->is_skipped |= pp_model.is_reusing;  // another NB may lie there by now
            pp_breaks(expect, "FREE-NB-LINKED");
            return false;
        }
    }
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        judge_nb(nb, call->start, expect);
    }
    // What becomes of the data that an NBL of the pool brings along is not said, nor of its NB if none
    // is needed, nor whether that or one of the NB pool is taken.
    if (call->kind != PP_POOL_OP_REASSEMBLE_TO && has_nb(call->second)) {
        expect->is_skipped |= count == 0 || pp_model.pools[call->second.id].data_size > 0 ||
                              call->third.passed != PP_PASS_NOTHING;
    }
    return !expect->is_skipped;
}

static void expect_pieces(struct pp_expect *expect, enum pp_point point, uint64_t nb_count,
                          uint64_t mdl_count, uint64_t retreat_count, uint64_t retreat_bytes) {
    expect->fails = retreat_count > 0 && retreat_bytes > PP_MODEL_BLOCK_MAX - 4096;
    expect->is_skipped |=
        nb_count > PP_MODEL_DERIVED_NBS_MAX || mdl_count > 4 * PP_MODEL_DERIVED_NBS_MAX;
    if (!expect->is_skipped) {
        pp_has_room(expect, (uint32_t)nb_count, (uint32_t)(mdl_count + retreat_count),
                    (uint32_t)retreat_count, expect->fails ? 0 : retreat_count * retreat_bytes);
        pp_expect_made(expect, point, (uint32_t)(1 + nb_count + mdl_count + retreat_count));
    }
}

static int derive(const struct pp_call *call, enum pp_nbl_kind kind) {
    int id = pp_new_nbl(kind, call->second.passed == PP_PASS_RIGHT ? call->second.id : PP_NONE);
    pp_model.nbls[id].parent = call->object.id;
    pp_model.nbls[id].flags = call->flags;
    pp_model.nbls[id].delta = call->delta;
    pp_model.nbls[call->object.id].child_count++;
    return id;
}

// One more NB at the end of the list: the first comes with its NBL if the pool's do, the others come
// from the NB pool.
static int add_nb(const struct pp_call *call, int nbl, int **link) {
    int nb_pool = call->third.passed == PP_PASS_RIGHT ? call->third.id : PP_NONE;
    bool is_own = pp_model.nbls[nbl].nb == PP_NONE && has_nb(call->second);
    int id = pp_new_nb(is_own ? PP_NB_OF_NBL : PP_NB_DERIVED, is_own ? call->second.id : nb_pool);
    pp_model.nbs[id].nbl = nbl;
    **link = id;
    *link = &pp_model.nbs[id].next;
    return id;
}

// === Clones ===

JUDGE(CLONE) {
    if (!judge_original(call, expect)) {
        return;
    }
    uint32_t nb_count = 0, mdl_count = 0;
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        nb_count++;
        if ((call->flags & CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0) {
            mdl_count += count_mdls(&pp_model.nbs[nb], 0, pp_model.nbs[nb].length);
        }
    }
    if ((call->flags & ~CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
        pp_advises(expect, "FREE-RSVD-FLAGS");
    }
    expect_pieces(expect, PP_POINT_CLONE_ALLOCATE, nb_count, mdl_count, 0, 0);
}

APPLY(CLONE) {
    int id = derive(call, PP_NBL_CLONE);
    int *link = &pp_model.nbls[id].nb;
    for (int from = pp_model.nbls[call->object.id].nb; from != PP_NONE; from = pp_model.nbs[from].next) {
        int to = add_nb(call, id, &link);
        const struct pp_model_nb *original = &pp_model.nbs[from];
        if ((call->flags & CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
            pp_point_nb(to, original->current, original->current_offset, original->length);
        } else {
            int chain = PP_NONE;
            add_mdls(&chain, to, original, 0, original->length);
            pp_point_nb(to, chain, 0, original->length);
        }
    }
    return id;
}

JUDGE(CLONE_TO) { pp_judge_CLONE(call, expect); }
APPLY(CLONE_TO) { return pp_apply_CLONE(call); }

// === Fragments ===

// The used data of an NB behind `start`, cut into pieces.
static uint64_t piece_count(const struct pp_call *call, const struct pp_model_nb *nb) {
    uint64_t rest = nb->length - call->start;
    return (rest + call->max - 1) / call->max;
}

static uint64_t piece_length(const struct pp_call *call, const struct pp_model_nb *nb, uint64_t start) {
    return nb->length - start < call->max ? nb->length - start : call->max;
}

JUDGE(FRAGMENT) {
    bool is_judged = judge_original(call, expect);
    if (call->flags != 0) {
        pp_advises(expect, "FREE-RSVD-FLAGS");
    }
    if (!is_judged || expect->rule_count > 0) {
        return;
    }
    uint64_t nb_count = 0, mdl_count = 0;
    for (int id = pp_model.nbls[call->object.id].nb; id != PP_NONE; id = pp_model.nbs[id].next) {
        const struct pp_model_nb *nb = &pp_model.nbs[id];
        nb_count += piece_count(call, nb);
        for (uint64_t at = call->start; nb_count <= PP_MODEL_DERIVED_NBS_MAX && at < nb->length;
             at += call->max) {
            mdl_count += count_mdls(nb, at, piece_length(call, nb, at));
        }
    }
    expect->is_skipped |= nb_count == 0 && has_nb(call->second);
    expect_pieces(expect, PP_POINT_FRAGMENT_ALLOCATE, nb_count, mdl_count,
                  call->delta > 0 ? nb_count : 0, (uint64_t)call->delta + call->backfill);
}

static void retreat_derived(const struct pp_call *call, int nb) {
    if (call->delta > 0) {
        pp_retreat_nb(nb, call->delta, call->backfill, PP_MDL_RETREAT, 0);
        pp_model.nbs[nb].derive_count = pp_model.nbs[nb].retreat_count;
        pp_model.nbs[nb].balance = 0;
    }
}

APPLY(FRAGMENT) {
    int id = derive(call, PP_NBL_FRAGMENT);
    int *link = &pp_model.nbls[id].nb;
    for (int from = pp_model.nbls[call->object.id].nb; from != PP_NONE; from = pp_model.nbs[from].next) {
        const struct pp_model_nb *original = &pp_model.nbs[from];
        for (uint64_t at = call->start; at < original->length; at += call->max) {
            uint64_t length = piece_length(call, original, at);
            int to = add_nb(call, id, &link), chain = PP_NONE;
            add_mdls(&chain, to, original, at, length);
            pp_point_nb(to, chain, 0, length);
            retreat_derived(call, to);
        }
    }
    return id;
}

JUDGE(FRAGMENT_TO) { pp_judge_FRAGMENT(call, expect); }
APPLY(FRAGMENT_TO) { return pp_apply_FRAGMENT(call); }

// === Reassembled ===

JUDGE(REASSEMBLE) {
    bool is_judged = judge_original(call, expect);
    if (call->second.passed == PP_PASS_RIGHT && !pp_model.pools[call->second.id].is_nb_pool &&
        (!has_nb(call->second) || pp_model.pools[call->second.id].data_size > 0)) {
        pp_breaks(expect, "DERIVE-ARGS");
    }
    if (call->flags != 0) {
        pp_advises(expect, "FREE-RSVD-FLAGS");
    }
    if (!is_judged || expect->rule_count > 0) {
        return;
    }
    uint64_t mdl_count = 0;
    for (int id = pp_model.nbls[call->object.id].nb; id != PP_NONE; id = pp_model.nbs[id].next) {
        const struct pp_model_nb *nb = &pp_model.nbs[id];
        mdl_count += count_mdls(nb, call->start, nb->length - call->start);
    }
    expect_pieces(expect, PP_POINT_REASSEMBLE_ALLOCATE, 1, mdl_count, call->delta > 0,
                  (uint64_t)call->delta + call->backfill);
}

APPLY(REASSEMBLE) {
    int id = derive(call, PP_NBL_REASSEMBLED);
    int *link = &pp_model.nbls[id].nb;
    int to = add_nb(call, id, &link), chain = PP_NONE, *end = &chain;
    uint64_t length = 0;
    for (int from = pp_model.nbls[call->object.id].nb; from != PP_NONE; from = pp_model.nbs[from].next) {
        uint64_t part = pp_model.nbs[from].length - call->start;
        end = add_mdls(end, to, &pp_model.nbs[from], call->start, part);
        length += part;
    }
    pp_point_nb(to, chain, 0, length);
    retreat_derived(call, to);
    return id;
}

JUDGE(REASSEMBLE_TO) { pp_judge_REASSEMBLE(call, expect); }
APPLY(REASSEMBLE_TO) { return pp_apply_REASSEMBLE(call); }
