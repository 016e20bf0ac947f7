// SPDX-License-Identifier: MIT
// The start of used data: retreat, advance, and what the driver itself writes into an NB.
#include "differ/pool_model_parts.h"

bool pp_nb_is_usable(int id) {
    enum pp_nb_state state = pp_pool_model_nb_state(id);
    return state == PP_NB_GOOD || state == PP_NB_UNCLEAR;
}

// === One NB ===

bool pp_retreat_fits(int nb, uint32_t delta) { return delta <= pp_model.nbs[nb].offset; }

void pp_retreat_nb(int id, uint32_t delta, uint32_t backfill, enum pp_mdl_kind kind, uint32_t surplus) {
    struct pp_model_nb *nb = &pp_model.nbs[id];
    if (!pp_retreat_fits(id, delta)) {
        uint32_t size = delta + backfill + surplus;
        int mdl = pp_new_mdl(kind, pp_new_buffer(size, /*is_drivers=*/false), 0, size);
        pp_model.mdls[mdl].next = nb->mdl;
        pp_model.mdls[mdl].nb = id;
        nb->mdl = mdl;
        nb->offset += size;
        nb->retreat_count++;
    }
    nb->balance += delta;
    pp_point_nb(id, nb->mdl, nb->offset - delta, nb->length + delta);
}

static bool is_in_front(int id, uint64_t offset) {
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    return nb->retreat_count > 0 && pp_model.mdls[nb->mdl].nb == id &&
           pp_model.mdls[nb->mdl].length <= offset;
}

static void advance_nb(int id, uint32_t delta, bool free_mdl) {
    struct pp_model_nb *nb = &pp_model.nbs[id];
    nb->offset += delta;
    nb->length -= delta;
    nb->balance -= delta;
    while (free_mdl && is_in_front(id, nb->offset)) {
        int mdl = nb->mdl;
        nb->mdl = pp_model.mdls[mdl].next;
        nb->offset -= pp_model.mdls[mdl].length;
        nb->retreat_count--;
        nb->derive_count -= nb->derive_count > nb->retreat_count;
        pp_drop_mdl(mdl, PP_FREED);
    }
    pp_point_nb(id, nb->mdl, nb->offset, nb->length);
}

// === Retreat ===

static void judge_retreat(const struct pp_call *call, int first, bool is_list,
                          struct pp_expect *expect) {
    uint64_t size = (uint64_t)call->delta + call->backfill;
    uint32_t new_count = 0;
    for (int nb = first; nb != PP_NONE; nb = is_list ? pp_model.nbs[nb].next : PP_NONE) {
        expect->is_skipped |= !pp_nb_is_usable(nb);
        if (pp_model.nbs[nb].life != PP_LIVE) {
            expect->is_skipped |= pp_model.is_reusing;  // another NB may lie there by now
            pp_breaks(expect, "FREE-NB-LINKED");
            return;
        }
        new_count += !pp_retreat_fits(nb, call->delta);
    }
    bool has_handler = call->handler != PP_HANDLER_NONE;
    expect->point = PP_POINT_RETREAT_ALLOCATE;
    expect->result = PP_RESULT_STATUS;
    expect->fails =
        new_count > 0 && (size > (has_handler ? PP_HANDLER_MAX : PP_MODEL_BLOCK_MAX - 4096) ||
                          call->handler == PP_HANDLER_FAILS);
    // All are of one size: if one cannot be made, then the first.
    expect->ask_count = expect->fails ? 1 : new_count;
    // The MDLs of the handler cannot be freed if a later NB cannot be retreated.
    if (is_list && call->handler == PP_HANDLER_WITHOUT_FREE) {
        expect->rule_if_failed = "RA-HANDLER";
    }
    expect->is_skipped |= new_count > PP_MODEL_DERIVED_NBS_MAX;
    pp_has_room(expect, 0, new_count, new_count, expect->fails ? 0 : new_count * size);
}

static void retreat(const struct pp_call *call, int nb) {
    pp_retreat_nb(nb, call->delta, call->backfill,
                  call->handler == PP_HANDLER_NONE ? PP_MDL_RETREAT : PP_MDL_OF_HANDLER,
                  call->handler == PP_HANDLER_MORE ? PP_HANDLER_SURPLUS : 0);
}

JUDGE(RETREAT) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        judge_retreat(call, call->object.id, /*is_list=*/false, expect);
    }
}

APPLY(RETREAT) {
    retreat(call, call->object.id);
    return PP_NONE;
}

JUDGE(RETREAT_LIST) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        judge_retreat(call, pp_model.nbls[call->object.id].nb, /*is_list=*/true, expect);
    }
}

APPLY(RETREAT_LIST) {
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        retreat(call, nb);
    }
    return PP_NONE;
}

// === Advance ===

static void judge_advance_nb(const struct pp_call *call, int id, struct pp_expect *expect) {
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    expect->is_skipped |= !pp_nb_is_usable(id);
    if (call->delta > nb->length) {
        pp_breaks(expect, "RA-OVERRUN");
        return;
    }
    uint64_t offset = (uint64_t)nb->offset + call->delta;
    // What a derivation has put in front goes with the derived NBL.
    if (!call->free_mdl && nb->retreat_count > nb->derive_count && is_in_front(id, offset)) {
        pp_advises(expect, "RA-FREEMDL");
    }
    uint32_t left = nb->retreat_count;
    for (int mdl = nb->mdl; left > 0 && pp_model.mdls[mdl].length <= offset;
         mdl = pp_model.mdls[mdl].next, left--) {
        if (call->free_mdl && call->handler == 0 && pp_model.mdls[mdl].kind == PP_MDL_OF_HANDLER) {
            pp_breaks(expect, "RA-HANDLER");
        }
        offset -= pp_model.mdls[mdl].length;
    }
}

JUDGE(ADVANCE) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        judge_advance_nb(call, call->object.id, expect);
    }
}

APPLY(ADVANCE) {
    advance_nb(call->object.id, call->delta, call->free_mdl);
    return PP_NONE;
}

JUDGE(ADVANCE_LIST) {
    if (!pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        return;
    }
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        expect->is_skipped |= !pp_nb_is_usable(nb);
        if (pp_model.nbs[nb].life != PP_LIVE) {
            expect->is_skipped |= pp_model.is_reusing;  // another NB may lie there by now
            pp_breaks(expect, "FREE-NB-LINKED");
            return;
        }
    }
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        judge_advance_nb(call, nb, expect);
    }
}

APPLY(ADVANCE_LIST) {
    for (int nb = pp_model.nbls[call->object.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        advance_nb(nb, call->delta, call->free_mdl);
    }
    return PP_NONE;
}

// === What the driver writes ===

static bool is_drivers(struct pp_operand operand) {
    if (operand.passed != PP_PASS_RIGHT) {
        return false;
    }
    // A retreat is owed an advance first.
    const struct pp_model_nb *nb = &pp_model.nbs[operand.id];
    return nb->balance == 0 && nb->retreat_count == 0;
}

JUDGE(SET_NB) {
    expect->is_driver = true;
    expect->is_skipped = !is_drivers(call->object);
    // DataOffset without any MDL says nothing.
    expect->is_skipped |= !expect->is_skipped && pp_model.nbs[call->object.id].mdl == PP_NONE;
}

APPLY(SET_NB) {
    struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    switch ((enum pp_field)call->choice) {
    case PP_FIELD_OFFSET: nb->offset = call->value; break;
    case PP_FIELD_LENGTH: nb->length = call->value; break;
    case PP_FIELD_CURRENT_OFFSET: nb->current_offset = call->value; break;
    }
    return PP_NONE;
}

JUDGE(HANG) {
    expect->is_driver = true;
    if (!is_drivers(call->object) || call->second.passed != PP_PASS_RIGHT) {
        expect->is_skipped = true;
        return;
    }
    const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    enum pp_mdl_kind kind = pp_model.mdls[call->second.id].kind;
    expect->is_skipped =
        nb->kind == PP_NB_DERIVED ||
        (nb->nbl != PP_NONE && pp_model.nbls[nb->nbl].kind != PP_NBL_PLAIN) ||
        (kind != PP_MDL_OF_NDIS && kind != PP_MDL_OF_IO && kind != PP_MDL_OF_POOL) ||
        (uint64_t)call->offset + call->length > pp_pool_model_chain_bytes(call->second.id);
}

APPLY(HANG) {
    pp_point_nb(call->object.id, call->second.id, call->offset, call->length);
    return PP_NONE;
}

JUDGE(ADJUST) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
        // Where a DataOffset behind the chain points to is not said.
        expect->is_skipped = pp_pool_model_nb_state(call->object.id) == PP_NB_BROKEN ||
                             nb->offset > pp_pool_model_chain_bytes(nb->mdl);
    }
}

APPLY(ADJUST) {
    const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    pp_point_nb(call->object.id, nb->mdl, nb->offset, nb->length);
    return PP_NONE;
}
