// SPDX-License-Identifier: MIT
// Generic objects and the two kinds of pools.
#include "differ/pool_model_parts.h"

#define ALIGNMENT 16u  // MEMORY_ALLOCATION_ALIGNMENT

// === Generic objects ===

JUDGE(OBJECT) {
    (void)call;
    // In the place of an owner that is gone, it would own that one's pools.
    expect->is_skipped = pp_model.is_reusing && pp_model.has_orphans;
    pp_expect_made(expect, PP_POINT_OBJECT_ALLOCATE, 1);
}

APPLY(OBJECT) {
    (void)call;
    int id = pp_model.object_count++;
    pp_model.objects[id] = (struct pp_model_object){0};
    pp_model.memory += 256;
    return id;
}

JUDGE(FREE_OBJECT) {
    if (pp_operand_is_right(expect, call->object, "MEM-UAF") &&
        pp_model.objects[call->object.id].live_count > 0) {
        pp_breaks(expect, "POOL-GENOBJ");
    }
}

APPLY(FREE_OBJECT) {
    pp_model.objects[call->object.id].life = PP_FREED;
    pp_model.objects[call->object.id].freed_at = pp_model.memory;
    return PP_NONE;
}

// === Pools ===

static void judge_pool(const struct pp_call *call, struct pp_expect *expect) {
    if (call->choice >= PP_HEADER_TYPE) {
        pp_breaks(expect, "POOL-HDR");
    }
    if (call->choice == PP_HEADER_NO_TAG) {
        pp_advises(expect, "POOL-TAG");
    }
    if (call->object.passed == PP_PASS_FREED) {
        pp_advises(expect, "POOL-HANDLE");
        expect->is_skipped = pp_model.is_reusing;
    }
}

static int new_pool(const struct pp_call *call, bool is_nb_pool) {
    int id = pp_model.pool_count++;
    int owner = call->object.passed == PP_PASS_RIGHT ? call->object.id : PP_NONE;
    pp_model.pools[id] = (struct pp_model_pool){.is_nb_pool = is_nb_pool,
                                                .has_nb = call->has_nb,
                                                .data_size = call->size,
                                                .context_size = call->context,
                                                .protocol = (uint8_t)call->value,
                                                .owner = owner};
    pp_own(owner, 1);
    pp_model.has_orphans |= call->object.passed == PP_PASS_FREED;
    pp_model.memory += 256;
    return id;
}

JUDGE(NBL_POOL) {
    judge_pool(call, expect);
    if (call->size != 0 && !call->has_nb) {
        pp_breaks(expect, "POOL-DATASIZE-NB");
    }
    if (call->context % ALIGNMENT != 0) {
        pp_advises(expect, "POOL-CTX-ALIGN");
    }
    if (call->value != 0 && call->value != 2 && call->value != 6 && call->value != 7) {
        pp_advises(expect, "POOL-PROTOID");
    }
    pp_expect_made(expect, PP_POINT_NBL_POOL_ALLOCATE, 1);
}

APPLY(NBL_POOL) { return new_pool(call, /*is_nb_pool=*/false); }
JUDGE(NBL_POOL_OF) { pp_judge_NBL_POOL(call, expect); }
APPLY(NBL_POOL_OF) { return pp_apply_NBL_POOL(call); }

JUDGE(NB_POOL) {
    judge_pool(call, expect);
    pp_expect_made(expect, PP_POINT_NB_POOL_ALLOCATE, 1);
}

APPLY(NB_POOL) { return new_pool(call, /*is_nb_pool=*/true); }
JUDGE(NB_POOL_OF) { pp_judge_NB_POOL(call, expect); }
APPLY(NB_POOL_OF) { return pp_apply_NB_POOL(call); }

static int free_pool(const struct pp_call *call) {
    struct pp_model_pool *pool = &pp_model.pools[call->object.id];
    pool->life = PP_FREED;
    pool->freed_at = pp_model.memory;
    pp_own(pool->owner, -1);
    return PP_NONE;
}

JUDGE(FREE_NBL_POOL) {
    if (pp_pool_is_right(expect, call->object, /*is_nb_pool=*/false) &&
        pp_model.pools[call->object.id].live_count > 0) {
        pp_breaks(expect, "POOL-FREE-LIVE-NBL");
    }
}

APPLY(FREE_NBL_POOL) { return free_pool(call); }

JUDGE(FREE_NB_POOL) {
    if (pp_pool_is_right(expect, call->object, /*is_nb_pool=*/true) &&
        pp_model.pools[call->object.id].live_count > 0) {
        pp_breaks(expect, "POOL-FREE-LIVE-NB");
        // Why it lives still may be a better thing to say.
        pp_breaks(expect, "FREE-NBL-ATTACHED");
    }
}

APPLY(FREE_NB_POOL) { return free_pool(call); }
