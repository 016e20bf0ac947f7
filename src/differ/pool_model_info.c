// SPDX-License-Identifier: MIT
// What an NBL carries: context space, out-of-band information, flags, its parent, its pool.
#include "differ/pool_model_parts.h"

#define POINTER_SIZE 8u
#define CONTEXT_MAX 65535u

// NetBufferListInfo
#define INFO_CANCEL_ID 5
#define INFO_MEDIA_SPECIFIC 6
#define INFO_PROTOCOL_ID 7  // of sends; NetBufferListFrameType of receives
#define INFO_HASH_VALUE 8
#define INFO_HASH_INFO 9
#define INFO_MEDIA_SPECIFIC_EX 16

// An NBL that can be used: no freed NB hangs on it. Which calls look at the NBs of an NBL is not said,
// so those that may not are not made.
static bool is_usable(struct pp_operand operand, struct pp_expect *expect) {
    if (!pp_operand_is_right(expect, operand, "MEM-UAF")) {
        return false;
    }
    for (int nb = pp_model.nbls[operand.id].nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        expect->is_skipped |= pp_model.nbs[nb].life != PP_LIVE;
    }
    return !expect->is_skipped;
}

// === Context ===

void pp_drop_context(int id) {
    struct pp_model_nbl *nbl = &pp_model.nbls[id];
    nbl->context = nbl->take = PP_NONE;
}

JUDGE(TAKE_CONTEXT) {
    expect->point = PP_POINT_CONTEXT_ALLOCATE;
    expect->result = PP_RESULT_STATUS;
    if (!is_usable(call->object, expect)) {
        return;
    }
    if (call->context % POINTER_SIZE != 0 || call->context_backfill % POINTER_SIZE != 0) {
        pp_breaks(expect, "CTX-ALIGN");
    }
    int first = pp_model.nbls[call->object.id].context;
    bool fits = first != PP_NONE && pp_model.contexts[first].offset >= call->context;
    expect->ask_count = !fits;
    expect->fails = !fits && call->context + call->context_backfill > CONTEXT_MAX;
    // Is a block pushed for nothing? Not said.
    expect->is_skipped |= call->context == 0;
    expect->is_skipped |= pp_model.context_count + 1 >= PP_MODEL_CONTEXTS;
    expect->is_skipped |= pp_model.take_count + 1 >= PP_MODEL_CONTEXTS;
    pp_has_room(expect, 0, 0, 0, CONTEXT_MAX);
}

APPLY(TAKE_CONTEXT) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    bool fits = nbl->context != PP_NONE && pp_model.contexts[nbl->context].offset >= call->context;
    if (fits) {
        pp_model.contexts[nbl->context].offset -= (uint16_t)call->context;
    } else {
        int id = pp_model.context_count++;
        pp_model.contexts[id] =
            (struct pp_model_context){.size = (uint16_t)(call->context + call->context_backfill),
                                      .offset = (uint16_t)call->context_backfill,
                                      .older = nbl->context};
        nbl->context = id;
        pp_model.memory += call->context + call->context_backfill + 256;
    }
    pp_model.takes[pp_model.take_count] =
        (struct pp_model_take){.size = (uint16_t)call->context, .is_block = !fits, .older = nbl->take};
    nbl->take = pp_model.take_count++;
    return PP_NONE;
}

JUDGE(GIVE_CONTEXT) {
    expect->is_skipped = call->context == 0;
    if (!is_usable(call->object, expect)) {
        return;
    }
    const struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    uint32_t taken = 0;
    for (int take = nbl->take; take != PP_NONE; take = pp_model.takes[take].older) {
        taken += pp_model.takes[take].size;
    }
    // To give back too much is to give back more than was taken, and space that came with the NBL, and
    // not in the amounts that were taken.
    if (call->context > taken) {
        pp_breaks(expect, "CTX-BALANCE");
        pp_breaks(expect, "CTX-FREE-INITIAL");
    }
    if (nbl->take != PP_NONE && pp_model.takes[nbl->take].size != call->context) {
        pp_breaks(expect, "CTX-STACK");
        // Is it another amount if it takes as much space?
        expect->is_skipped |= call->context % POINTER_SIZE != 0;
    }
}

APPLY(GIVE_CONTEXT) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    const struct pp_model_take *take = &pp_model.takes[nbl->take];
    if (take->is_block) {
        nbl->context = pp_model.contexts[nbl->context].older;
    } else {
        pp_model.contexts[nbl->context].offset += take->size;
    }
    nbl->take = take->older;
    return PP_NONE;
}

// === Information ===

JUDGE(PROTOCOL_ID) {
    if (is_usable(call->object, expect)) {
        expect->result = PP_RESULT_NUMBER;
        expect->value = pp_model.nbls[call->object.id].info[INFO_PROTOCOL_ID] & 0xFF;
        expect->value_max = expect->value;
    }
}

APPLY_NOTHING(PROTOCOL_ID)

JUDGE(SET_INFO) {
    expect->is_driver = true;
    // These two would have to point to memory.
    expect->is_skipped = call->object.passed != PP_PASS_RIGHT || call->index == INFO_MEDIA_SPECIFIC ||
                         call->index == INFO_MEDIA_SPECIFIC_EX;
}

APPLY(SET_INFO) {
    pp_model.nbls[call->object.id].info[call->index] = call->value;
    return PP_NONE;
}

// The entries that the pages' lists of both calls are known to have; others may be copied or not.
bool pp_pool_model_info_is_copied(bool is_receive, uint32_t index) {
    return is_receive ? index == INFO_PROTOCOL_ID || index == INFO_HASH_VALUE || index == INFO_HASH_INFO
                      : index == INFO_PROTOCOL_ID || index == INFO_CANCEL_ID;
}

JUDGE(COPY_INFO) {
    is_usable(call->object, expect);
    is_usable(call->second, expect);
}

APPLY(COPY_INFO) {
    uint64_t *to = pp_model.nbls[call->object.id].info;
    const uint64_t *from = pp_model.nbls[call->second.id].info;
    for (uint32_t i = 0; i < PP_MODEL_INFOS; i++) {
        if (pp_pool_model_info_is_copied(call->choice != 0, i)) {
            to[i] = from[i];
        }
    }
    return PP_NONE;
}

JUDGE(SET_FLAGS) {
    expect->is_driver = true;
    expect->is_skipped = call->object.passed != PP_PASS_RIGHT;
}

APPLY(SET_FLAGS) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    nbl->nbl_flags = call->flags;
    nbl->own_flags = call->flags << 20;
    nbl->scratch = call->flags;
    return PP_NONE;
}

JUDGE(SET_PARENT) {
    expect->is_driver = true;
    expect->is_skipped = call->object.passed != PP_PASS_RIGHT ||
                         pp_model.nbls[call->object.id].parent == PP_NONE ||
                         pp_model.nbls[call->object.id].is_parent_set;
}

APPLY(SET_PARENT) {
    struct pp_model_nbl *nbl = &pp_model.nbls[call->object.id];
    nbl->is_parent_set = true;
    pp_model.nbls[nbl->parent].child_ref_count++;
    return PP_NONE;
}

// === Pools ===

JUDGE(POOL_OF_NBL) {
    if (is_usable(call->object, expect)) {
        expect->result = PP_RESULT_POOL;
        expect->id = pp_model.nbls[call->object.id].pool;
    }
}

APPLY_NOTHING(POOL_OF_NBL)

JUDGE(POOL_OF_NB) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        expect->result = PP_RESULT_POOL;
        expect->id = pp_model.nbs[call->object.id].pool;
    }
}

APPLY_NOTHING(POOL_OF_NB)
