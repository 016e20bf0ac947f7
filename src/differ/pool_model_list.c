// SPDX-License-Identifier: MIT
// NBLs and NBs: made, linked and freed.
#include "differ/pool_model_parts.h"

#define ALIGNMENT 16u  // MEMORY_ALLOCATION_ALIGNMENT
#define CONTEXT_MAX 65535u

static uint32_t round_up(uint32_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

uint32_t pp_pool_model_nb_count(int nbl) {
    uint32_t count = 0;
    for (int nb = pp_model.nbls[nbl].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        count++;
    }
    return count;
}

int pp_pool_model_nb_at(int nbl, uint32_t index) {
    int nb = pp_model.nbls[nbl].nb;
    while (index-- > 0) {
        nb = pp_model.nbs[nb].next;
    }
    return nb;
}

// === NBs ===

void pp_point_nb(int id, int mdl, uint32_t offset, uint64_t length) {
    struct pp_model_nb *nb = &pp_model.nbs[id];
    nb->mdl = mdl;
    nb->offset = offset;
    nb->length = length;
    pp_pool_model_position(mdl, offset, &nb->current, &nb->current_offset);
}

void pp_give_data(int id, uint32_t data_size) {
    struct pp_model_nb *nb = &pp_model.nbs[id];
    nb->own_mdl = pp_new_mdl(PP_MDL_OF_POOL, pp_new_buffer(data_size, false), 0, data_size);
    pp_point_nb(id, nb->own_mdl, pp_model.is_offset_zero ? 0 : data_size, 0);
}

void pp_drop_mdl(int id, enum pp_life life) {
    struct pp_model_mdl *mdl = &pp_model.mdls[id];
    if (mdl->life != PP_LIVE) {
        return;
    }
    mdl->life = life;
    mdl->freed_at = pp_model.memory;
    pp_own(mdl->owner, -1);
    bool has_buffer =
        mdl->kind == PP_MDL_OF_POOL || mdl->kind == PP_MDL_RETREAT || mdl->kind == PP_MDL_OF_HANDLER;
    if (has_buffer) {
        pp_model.buffers[mdl->buffer].life = life;
        pp_model.buffers[mdl->buffer].freed_at = pp_model.memory;
    }
}

void pp_drop_nb(int id) {
    struct pp_model_nb *nb = &pp_model.nbs[id];
    nb->life = PP_FREED;
    nb->freed_at = pp_model.memory;
    if (nb->own_mdl != PP_NONE) {
        pp_drop_mdl(nb->own_mdl, PP_FREED);
    }
    // Nobody says when the MDLs of a retreat go that was not undone; that of a derivation goes with it.
    for (int mdl = nb->mdl; nb->retreat_count > 0; mdl = pp_model.mdls[mdl].next) {
        pp_drop_mdl(mdl, nb->retreat_count > nb->derive_count ? PP_LOST : PP_FREED);
        nb->retreat_count--;
    }
    // Of a chain that the NB shares with its parent, or that the driver put in, nothing goes.
    if (nb->kind == PP_NB_DERIVED || nb->kind == PP_NB_OF_NBL) {
        for (int mdl = nb->mdl; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
            if (pp_model.mdls[mdl].kind == PP_MDL_DERIVED && pp_model.mdls[mdl].nb == id) {
                pp_drop_mdl(mdl, PP_FREED);
            }
        }
    }
    if (nb->pool != PP_NONE && pp_model.pools[nb->pool].is_nb_pool) {
        pp_model.pools[nb->pool].live_count--;
    }
}

static bool mdl_is_usable(struct pp_expect *expect, int mdl) {
    for (int at = mdl; at != PP_NONE; at = pp_model.mdls[at].next) {
        const struct pp_model_mdl *part = &pp_model.mdls[at];
        // How much of a chain is looked at when it is given is not said.
        if (part->life != PP_LIVE || pp_model.buffers[part->buffer].life != PP_LIVE) {
            expect->is_skipped = true;
        }
    }
    return !expect->is_skipped;
}

// A freed MDL in an allocation is memory that is gone, and an MDL that nobody has made.
static void breaks_by_freed_mdl(struct pp_expect *expect) {
    pp_breaks(expect, "MEM-UAF");
    pp_breaks(expect, "POOL-PRIVATE");
}

static void judge_range(const struct pp_call *call, struct pp_expect *expect) {
    if (call->second.passed == PP_PASS_NOTHING) {
        if (call->offset != 0 || call->length != 0) {
            pp_breaks(expect, "ALLOC-NULLMDL");
        }
    } else if (call->second.passed == PP_PASS_FREED) {
        breaks_by_freed_mdl(expect);
    } else if (mdl_is_usable(expect, call->second.id) &&
               (uint64_t)call->offset + call->length > pp_pool_model_chain_bytes(call->second.id)) {
        pp_breaks(expect, "ALLOC-RANGE");
    }
}

static int chain_of(const struct pp_call *call) {
    return call->second.passed == PP_PASS_RIGHT ? call->second.id : PP_NONE;
}

JUDGE(NB) {
    if (pp_pool_is_right(expect, call->object, /*is_nb_pool=*/true)) {
        judge_range(call, expect);
        if (pp_model.pools[call->object.id].data_size > 0) {
            pp_breaks(expect, "ALLOC-NB-KIND");
        }
    } else if (call->second.passed == PP_PASS_FREED) {
        breaks_by_freed_mdl(expect);
    }
    pp_expect_made(expect, PP_POINT_NB_ALLOCATE, 1);
    pp_has_room(expect, 1, 0, 0, 0);
}

APPLY(NB) {
    int id = pp_new_nb(PP_NB_PLAIN, call->object.id);
    pp_point_nb(id, chain_of(call), call->offset, call->length);
    return id;
}

JUDGE(NB_OVER) { pp_judge_NB(call, expect); }
APPLY(NB_OVER) { return pp_apply_NB(call); }

JUDGE(NB_WITH_DATA) {
    uint32_t data_size = 0;
    if (pp_pool_is_right(expect, call->object, /*is_nb_pool=*/true)) {
        data_size = pp_model.pools[call->object.id].data_size;
        if (data_size == 0) {
            pp_breaks(expect, "ALLOC-MDLDATA-KIND");
        }
    }
    expect->fails = data_size > PP_MODEL_BLOCK_MAX - 4096;
    pp_expect_made(expect, PP_POINT_NB_ALLOCATE, 1);
    pp_has_room(expect, 1, 1, 1, expect->fails ? 0 : data_size);
}

APPLY(NB_WITH_DATA) {
    int id = pp_new_nb(PP_NB_DATA, call->object.id);
    pp_give_data(id, pp_model.pools[call->object.id].data_size);
    return id;
}

JUDGE(FREE_NB) {
    if (call->object.passed != PP_PASS_RIGHT && call->object.passed != PP_PASS_FREED) {
        pp_operand_is_right(expect, call->object, "FREE-NB-DOUBLE");
        return;
    }
    const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    if (call->object.passed == PP_PASS_FREED) {
        pp_breaks(expect, "FREE-NB-DOUBLE");
    }
    if (nb->kind == PP_NB_OF_NBL || nb->kind == PP_NB_DERIVED) {
        pp_breaks(expect, "FREE-NB-PREALLOC");
    }
    if (nb->retreat_count > 0) {
        pp_advises(expect, "FREE-RETREAT");
    }
}

APPLY(FREE_NB) {
    pp_drop_nb(call->object.id);
    return PP_NONE;
}

JUDGE(NB_OF) {
    expect->is_driver = true;
    expect->is_skipped =
        call->object.passed != PP_PASS_RIGHT || pp_model.nbls[call->object.id].nb == PP_NONE;
}

APPLY(NB_OF) {
    int nbl = call->object.id;
    return pp_pool_model_nb_at(nbl, call->index % pp_pool_model_nb_count(nbl));
}

// === NBLs ===

static void judge_nbl(const struct pp_call *call, struct pp_expect *expect) {
    pp_expect_made(expect, PP_POINT_NBL_ALLOCATE, 1);
    if (expect->rule_count > 0) {
        return;
    }
    const struct pp_model_pool *pool = &pp_model.pools[call->object.id];
    if (call->context % ALIGNMENT != 0 || call->context_backfill % ALIGNMENT != 0) {
        pp_advises(expect, "ALLOC-CTX-ALIGN");
    }
    uint32_t total = round_up(call->context) + round_up(call->context_backfill);
    expect->fails = total > CONTEXT_MAX || round_up(pool->context_size) > CONTEXT_MAX ||
                    pool->data_size > PP_MODEL_BLOCK_MAX - 4096;
    pp_has_room(expect, 1, 1, 1, expect->fails ? 0 : pool->data_size + total);
}

JUDGE(NBL) {
    pp_pool_is_right(expect, call->object, /*is_nb_pool=*/false);
    judge_nbl(call, expect);
}

static int new_context(uint32_t size, uint32_t offset, int older) {
    int id = pp_model.context_count++;
    pp_model.contexts[id] =
        (struct pp_model_context){.size = (uint16_t)size, .offset = (uint16_t)offset, .older = older};
    pp_model.memory += size + 256;
    return id;
}

APPLY(NBL) {
    const struct pp_model_pool *pool = &pp_model.pools[call->object.id];
    int id = pp_new_nbl(PP_NBL_PLAIN, call->object.id);
    struct pp_model_nbl *nbl = &pp_model.nbls[id];
    uint32_t used = round_up(call->context);
    uint32_t total = used + round_up(call->context_backfill);
    uint32_t least = round_up(pool->context_size);
    total = total < least ? least : total;
    if (total > 0) {
        nbl->context = new_context(total, total - used, PP_NONE);
    }
    if (pool->has_nb) {
        nbl->own_nb = nbl->nb = pp_new_nb(PP_NB_OF_NBL, call->object.id);
        pp_model.nbs[nbl->nb].nbl = id;
        if (pool->data_size > 0) {
            pp_give_data(nbl->nb, pool->data_size);
        }
    }
    return id;
}

JUDGE(NBL_WITH_NB) {
    if (pp_pool_is_right(expect, call->object, /*is_nb_pool=*/false)) {
        const struct pp_model_pool *pool = &pp_model.pools[call->object.id];
        judge_range(call, expect);
        if (!pool->has_nb || pool->data_size > 0) {
            pp_breaks(expect, "ALLOC-NBNBL-KIND");
        }
    } else if (call->second.passed == PP_PASS_FREED) {
        breaks_by_freed_mdl(expect);
    }
    judge_nbl(call, expect);
}

APPLY(NBL_WITH_NB) {
    int id = pp_apply_NBL(call);
    pp_point_nb(pp_model.nbls[id].nb, chain_of(call), call->offset, call->length);
    return id;
}

JUDGE(NBL_OVER) { pp_judge_NBL_WITH_NB(call, expect); }
APPLY(NBL_OVER) { return pp_apply_NBL_WITH_NB(call); }

static void judge_kind(enum pp_nbl_kind actual, enum pp_nbl_kind asked, struct pp_expect *expect) {
    static const char *const rules[] = {NULL, "FREE-PAIR-CLONE", "FREE-PAIR-FRAG", "FREE-PAIR-REASM"};
    // A clone given to the function for fragments breaks the rule of both.
    if (actual != asked) {
        if (actual != PP_NBL_PLAIN) {
            pp_breaks(expect, rules[actual]);
        }
        if (asked != PP_NBL_PLAIN) {
            pp_breaks(expect, rules[asked]);
        }
    }
}

// What holds for every free of an NBL. The order of these rules among each other is nobody's business.
static void judge_free(const struct pp_call *call, enum pp_nbl_kind kind, struct pp_expect *expect) {
    if (!pp_operand_is_right(expect, call->object, "FREE-NBL-DOUBLE")) {
        return;
    }
    const struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    bool is_attached = false;
    judge_kind(nbl->kind, kind, expect);
    if (nbl->child_count > 0) {
        pp_breaks(expect, "FREE-PARENT-LIVE");
    }
    if (nbl->take != PP_NONE) {
        pp_breaks(expect, "FREE-NBL-CONTEXT");
    }
    for (int id = nbl->nb; id != PP_NONE; id = pp_model.nbs[id].next) {
        const struct pp_model_nb *nb = &pp_model.nbs[id];
        if (nb->life == PP_FREED) {
            // What hangs behind a freed NB is lost or not: nobody can follow.
            expect->is_skipped |= nb->next != PP_NONE;
        } else if (nb->kind == PP_NB_PLAIN || nb->kind == PP_NB_DATA) {
            is_attached = true;
        } else if (nb->retreat_count > nb->derive_count) {
            pp_advises(expect, "FREE-RETREAT");
        }
    }
    if (is_attached) {
        // Are these NBs lost now, or only if nobody frees them later?
        expect->may_pass = expect->rule_count == 0;
        pp_breaks(expect, "FREE-NBL-ATTACHED");
    }
}

JUDGE(FREE_NBL) { judge_free(call, PP_NBL_PLAIN, expect); }

APPLY(FREE_NBL) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    nbl->life = PP_FREED;
    nbl->freed_at = pp_model.memory;
    pp_drop_context(call->object.id);
    for (int nb = nbl->nb, next; nb != PP_NONE; nb = next) {
        next = pp_model.nbs[nb].next;
        if (pp_model.nbs[nb].kind == PP_NB_PLAIN || pp_model.nbs[nb].kind == PP_NB_DATA) {
            pp_model.nbs[nb].nbl = pp_model.nbs[nb].next = PP_NONE;
        } else {
            pp_drop_nb(nb);
        }
    }
    if (nbl->pool != PP_NONE) {
        pp_model.pools[nbl->pool].live_count--;
    }
    if (nbl->parent != PP_NONE) {
        struct pp_model_nbl *parent = &pp_model.nbls[nbl->parent];
        parent->child_count--;
        parent->child_ref_count -= nbl->is_parent_set;
    }
    return PP_NONE;
}

JUDGE(FREE_CLONE) {
    judge_free(call, PP_NBL_CLONE, expect);
    if (call->object.passed == PP_PASS_RIGHT) {
        const struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
        if (nbl->kind == PP_NBL_CLONE && call->flags != nbl->flags) {
            pp_breaks(expect, "FREE-CLONE-FLAGS");
        }
        if ((call->flags & ~2u) != 0) {
            pp_advises(expect, "FREE-RSVD-FLAGS");
        }
    }
}

APPLY(FREE_CLONE) { return pp_apply_FREE_NBL(call); }

static void judge_delta(const struct pp_call *call, enum pp_nbl_kind kind, const char *rule,
                        struct pp_expect *expect) {
    judge_free(call, kind, expect);
    if (call->object.passed == PP_PASS_RIGHT) {
        const struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
        if (nbl->kind == kind && call->delta != nbl->delta) {
            pp_breaks(expect, rule);
        }
        if (call->flags != 0) {
            pp_advises(expect, "FREE-RSVD-FLAGS");
        }
    }
}

JUDGE(FREE_FRAGMENT) { judge_delta(call, PP_NBL_FRAGMENT, "FREE-FRAG-DELTA", expect); }
APPLY(FREE_FRAGMENT) { return pp_apply_FREE_NBL(call); }
JUDGE(FREE_REASSEMBLED) { judge_delta(call, PP_NBL_REASSEMBLED, "FREE-REASM-DELTA", expect); }
APPLY(FREE_REASSEMBLED) { return pp_apply_FREE_NBL(call); }

// === The list of NBs, which the driver writes ===

static bool is_list_of_driver(const struct pp_call *call, struct pp_expect *expect) {
    expect->is_driver = true;
    expect->is_skipped =
        call->object.passed != PP_PASS_RIGHT || pp_model.nbls[call->object.id].kind != PP_NBL_PLAIN;
    return !expect->is_skipped;
}

JUDGE(ATTACH) {
    if (!is_list_of_driver(call, expect)) {
        return;
    }
    if (call->second.passed != PP_PASS_RIGHT) {
        expect->is_skipped = true;
        return;
    }
    const struct pp_model_nb *nb = &pp_model.nbs[call->second.id];
    expect->is_skipped = nb->nbl != PP_NONE || (nb->kind != PP_NB_PLAIN && nb->kind != PP_NB_DATA);
}

APPLY(ATTACH) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    struct pp_model_nb *nb = &pp_model.nbs[call->second.id];
    int *link = &nbl->nb;
    while (call->choice == 0 && *link != PP_NONE) {
        link = &pp_model.nbs[*link].next;
    }
    nb->next = *link;
    nb->nbl = call->object.id;
    *link = call->second.id;
    return PP_NONE;
}

static int *link_of(const struct pp_call *call) {
    int *link = &pp_model.nbls[call->object.id].nb;
    for (uint32_t i = call->index % pp_pool_model_nb_count(call->object.id); i > 0; i--) {
        link = &pp_model.nbs[*link].next;
    }
    return link;
}

JUDGE(DETACH) {
    if (!is_list_of_driver(call, expect) || pp_model.nbls[call->object.id].nb == PP_NONE) {
        expect->is_skipped = true;
        return;
    }
    expect->is_skipped = pp_model.nbs[*link_of(call)].kind == PP_NB_OF_NBL;
}

APPLY(DETACH) {
    int *link = link_of(call);
    struct pp_model_nb *nb = &pp_model.nbs[*link];
    *link = nb->next;
    nb->nbl = nb->next = PP_NONE;
    return PP_NONE;
}

JUDGE(ROTATE) {
    if (is_list_of_driver(call, expect)) {
        expect->is_skipped = pp_pool_model_nb_count(call->object.id) < 2;
    }
}

APPLY(ROTATE) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    int first = nbl->nb;
    int last = pp_pool_model_nb_at(call->object.id, pp_pool_model_nb_count(call->object.id) - 1);
    nbl->nb = pp_model.nbs[first].next;
    pp_model.nbs[last].next = first;
    pp_model.nbs[first].next = PP_NONE;
    return PP_NONE;
}
