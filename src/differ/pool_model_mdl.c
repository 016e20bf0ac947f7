// SPDX-License-Identifier: MIT
// Memory of the driver, and the MDLs that describe it.
#include "differ/pool_model_parts.h"

static bool is_drivers(int mdl) {
    return pp_model.mdls[mdl].kind == PP_MDL_OF_NDIS || pp_model.mdls[mdl].kind == PP_MDL_OF_IO;
}

// === Memory ===

JUDGE(BUFFER) {
    if (!call->has_tag) {
        pp_advises(expect, "MEM-TAG");
    }
    // A freed owner is no owner; what else its use breaks is not said.
    expect->is_skipped = call->object.passed == PP_PASS_FREED;
    pp_expect_made(expect, PP_POINT_MEMORY_ALLOCATE, 1);
    pp_has_room(expect, 0, 0, 1, call->size);
}

APPLY(BUFFER) {
    int id = pp_new_buffer(call->size, /*is_drivers=*/true);
    pp_model.buffers[id].has_tag = call->has_tag;
    pp_model.buffers[id].owner = call->object.passed == PP_PASS_RIGHT ? call->object.id : PP_NONE;
    pp_own(pp_model.buffers[id].owner, 1);
    return id;
}

JUDGE(BUFFER_OF) { pp_judge_BUFFER(call, expect); }
APPLY(BUFFER_OF) { return pp_apply_BUFFER(call); }

JUDGE(FREE_BUFFER) {
    switch (call->object.passed) {
    case PP_PASS_RIGHT:
        if (call->choice == PP_GIVE_WRONG_TAG || call->choice == PP_GIVE_WRONG_FLAGS ||
            (call->choice == PP_GIVE_WITH_TAG && !pp_model.buffers[call->object.id].has_tag)) {
            pp_advises(expect, "MEM-FREE-ARGS");
        }
        return;
    case PP_PASS_FREED: pp_breaks(expect, "MEM-UAF"); return;
    case PP_PASS_NULL:
        pp_breaks(expect, "ALLOC-NULL-USE");
        pp_breaks(expect, "MEM-NULL");
        pp_breaks(expect, "MEM-UAF");
        return;
    default:
        // Memory is none of NDIS's objects; what is not memory has no rule of its own.
        pp_breaks(expect, "MEM-UAF");
        pp_breaks(expect, "MEM-WILD");
        pp_breaks(expect, "POOL-PRIVATE");
    }
}

APPLY(FREE_BUFFER) {
    struct pp_model_buffer *buffer = &pp_model.buffers[call->object.id];
    buffer->life = PP_FREED;
    buffer->freed_at = pp_model.memory;
    pp_own(buffer->owner, -1);
    return PP_NONE;
}

// === MDLs ===

// Behind its end may be another block.
static bool is_beyond(const struct pp_call *call) {
    bool is_known = call->object.passed == PP_PASS_RIGHT || call->object.passed == PP_PASS_FREED;
    return is_known && call->offset > pp_model.buffers[call->object.id].size;
}

JUDGE(MDL) {
    pp_expect_made(expect, PP_POINT_MDL_ALLOCATE, 1);
    switch (call->object.passed) {
    case PP_PASS_RIGHT:
        // What lies behind a block is no nonpaged memory, and no memory at all.
        if ((uint64_t)call->offset + call->length > pp_model.buffers[call->object.id].size) {
            pp_breaks(expect, "MDL-NONPAGED");
            pp_breaks(expect, "MEM-UAF");
        }
        break;
    case PP_PASS_FREED:
        pp_breaks(expect, "MDL-NONPAGED");
        pp_breaks(expect, "MEM-UAF");
        break;
    case PP_PASS_NULL:
        pp_breaks(expect, "MDL-NONPAGED");
        pp_breaks(expect, "ALLOC-NULL-USE");
        break;
    default: pp_breaks(expect, "MDL-NONPAGED"); pp_breaks(expect, "MEM-UAF");
    }
    // IoAllocateMdl describes any memory, no bytes lie anywhere, and a freed owner's rule is not said.
    expect->is_skipped = call->second.passed == PP_PASS_FREED ||
                         (expect->rule_count > 0 && (call->choice != 0 || call->length == 0)) ||
                         is_beyond(call);
    pp_has_room(expect, 0, 1, 0, 0);
}

APPLY(MDL) {
    int id = pp_new_mdl(call->choice == 0 ? PP_MDL_OF_NDIS : PP_MDL_OF_IO, call->object.id, call->offset,
                        call->length);
    pp_model.mdls[id].owner = call->second.passed == PP_PASS_RIGHT ? call->second.id : PP_NONE;
    pp_own(pp_model.mdls[id].owner, 1);
    return id;
}

JUDGE(MDL_OF_OBJECT) { pp_judge_MDL(call, expect); }
APPLY(MDL_OF_OBJECT) { return pp_apply_MDL(call); }

JUDGE(MDL_OF) {
    expect->is_driver = true;
    expect->is_skipped = call->object.passed != PP_PASS_RIGHT ||
                         pp_pool_model_nb_state(call->object.id) == PP_NB_BROKEN ||
                         pp_model.nbs[call->object.id].mdl == PP_NONE;
}

APPLY(MDL_OF) {
    const struct pp_model_nb *nb = &pp_model.nbs[call->object.id];
    uint32_t count = 0;
    for (int mdl = nb->mdl; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        count++;
    }
    int mdl = nb->mdl;
    for (uint32_t i = call->index % count; i > 0; i--) {
        mdl = pp_model.mdls[mdl].next;
    }
    return mdl;
}

JUDGE(FREE_MDL) {
    if (call->object.passed != PP_PASS_RIGHT && call->object.passed != PP_PASS_FREED) {
        pp_operand_is_right(expect, call->object, "MDL-DOUBLE");
        return;
    }
    const struct pp_model_mdl *mdl = &pp_model.mdls[call->object.id];
    if (call->object.passed == PP_PASS_FREED) {
        pp_breaks(expect, "MDL-DOUBLE");
    }
    // The driver's handler may have its own ways, but it is not asked here.
    expect->is_skipped |= mdl->kind == PP_MDL_OF_HANDLER;
    if (mdl->kind != PP_MDL_OF_HANDLER && !is_drivers(call->object.id)) {
        pp_breaks(expect, "FREE-MDL-POOLOWNED");
        return;
    }
    if (!call->is_same) {
        pp_breaks(expect, "MDL-DOUBLE");
    }
    if (mdl->length != mdl->length_made) {
        pp_breaks(expect, "MDL-LEN-RESTORE");
    }
}

APPLY(FREE_MDL) {
    pp_drop_mdl(call->object.id, PP_FREED);
    return PP_NONE;
}

JUDGE(ADJUST_MDL) {
    if (!pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        // Of what is no MDL at all, that rule is true, too.
        pp_breaks(expect, "MDL-LEN-OWNER");
        return;
    }
    const struct pp_model_mdl *mdl = &pp_model.mdls[call->object.id];
    expect->is_skipped |= mdl->kind == PP_MDL_OF_HANDLER;
    if (mdl->kind != PP_MDL_OF_NDIS) {
        pp_breaks(expect, "MDL-LEN-OWNER");
    } else if (call->length > mdl->length_made) {
        pp_breaks(expect, "MDL-LEN-MAX");
    }
}

APPLY(ADJUST_MDL) {
    pp_model.mdls[call->object.id].length = call->length;
    return PP_NONE;
}

JUDGE(QUERY_MDL) {
    expect->result = PP_RESULT_NONE;
    // Mapping is the kernel's, which takes any MDL that looks like one. No bytes lie nowhere.
    expect->is_skipped = call->object.passed == PP_PASS_STRANGER || call->object.passed == PP_PASS_OTHER;
    if (pp_operand_is_right(expect, call->object, "MEM-UAF")) {
        const struct pp_model_mdl *mdl = &pp_model.mdls[call->object.id];
        const struct pp_model_buffer *buffer = &pp_model.buffers[mdl->buffer];
        expect->is_skipped = mdl->length == 0;
        if (buffer->life != PP_LIVE) {
            pp_breaks(expect, "MDL-BUFFER-LIFE");
            // Its memory may be another's by now.
            expect->is_skipped |= pp_model.is_reusing && buffer->freed_at != pp_model.memory;
        }
        expect->result = PP_RESULT_ADDRESS;
        expect->id = mdl->buffer;
        expect->value = mdl->start;
    }
}

APPLY_NOTHING(QUERY_MDL)

// === Chains, which the driver writes ===

JUDGE(CHAIN) {
    expect->is_driver = true;
    if (call->object.passed != PP_PASS_RIGHT || call->second.passed != PP_PASS_RIGHT ||
        !is_drivers(call->second.id)) {
        expect->is_skipped = true;
        return;
    }
    expect->is_skipped =
        !is_drivers(call->object.id) && pp_model.mdls[call->object.id].kind != PP_MDL_OF_POOL;
    for (int mdl = call->second.id; mdl != PP_NONE; mdl = pp_model.mdls[mdl].next) {
        expect->is_skipped |= mdl == call->object.id || pp_model.mdls[mdl].life != PP_LIVE;
    }
}

APPLY(CHAIN) {
    pp_model.mdls[call->object.id].next = call->second.id;
    return PP_NONE;
}

JUDGE(UNCHAIN) {
    expect->is_driver = true;
    expect->is_skipped =
        call->object.passed != PP_PASS_RIGHT ||
        (!is_drivers(call->object.id) && pp_model.mdls[call->object.id].kind != PP_MDL_OF_POOL);
}

APPLY(UNCHAIN) {
    pp_model.mdls[call->object.id].next = PP_NONE;
    return PP_NONE;
}
