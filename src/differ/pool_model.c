// SPDX-License-Identifier: MIT
// The model's state, and what all calls have in common.
#include "differ/pool_model_parts.h"

#include <string.h>

struct pp_model pp_model;

void pp_pool_model_reset(void) { memset(&pp_model, 0, offsetof(struct pp_model, pools)); }

// === Expectations ===

void pp_breaks(struct pp_expect *expect, const char *rule) {
    for (uint8_t i = 0; i < expect->rule_count; i++) {
        if (strcmp(expect->rules[i], rule) == 0) {
            return;
        }
    }
    if (expect->rule_count < PP_EXPECT_RULES) {
        expect->rules[expect->rule_count++] = rule;
    }
}

void pp_advises(struct pp_expect *expect, const char *rule) {
    for (uint8_t i = 0; i < expect->advice_count; i++) {
        if (strcmp(expect->advice[i], rule) == 0) {
            return;
        }
    }
    if (expect->advice_count < PP_EXPECT_RULES) {
        expect->advice[expect->advice_count++] = rule;
    }
}

bool pp_operand_is_right(struct pp_expect *expect, struct pp_operand operand, const char *freed) {
    switch (operand.passed) {
    case PP_PASS_RIGHT: return true;
    case PP_PASS_FREED: pp_breaks(expect, freed); return false;
    case PP_PASS_NULL:
        // What nobody made, what an allocator did not make, the NULL page: all say the same of it.
        pp_breaks(expect, "ALLOC-NULL-USE");
        pp_breaks(expect, "POOL-PRIVATE");
        pp_breaks(expect, "MEM-NULL");
        return false;
    default: pp_breaks(expect, "POOL-PRIVATE"); return false;
    }
}

bool pp_pool_is_right(struct pp_expect *expect, struct pp_operand operand, bool is_nb_pool) {
    switch (operand.passed) {
    case PP_PASS_NOTHING: return true;
    case PP_PASS_NULL: pp_breaks(expect, "POOL-NULL-USE"); return false;
    case PP_PASS_RIGHT:
    case PP_PASS_FREED:
        if (pp_model.pools[operand.id].is_nb_pool != is_nb_pool) {
            pp_breaks(expect, "POOL-KIND");
            return false;
        }
        if (operand.passed == PP_PASS_FREED) {
            pp_breaks(expect, "POOL-UAF");
        }
        return operand.passed == PP_PASS_RIGHT;
    default:
        // What is neither kind of pool has no rule of its own.
        pp_breaks(expect, "POOL-KIND");
        pp_breaks(expect, "POOL-PRIVATE");
        pp_breaks(expect, "POOL-UAF");
        return false;
    }
}

void pp_expect_made(struct pp_expect *expect, enum pp_point point, uint32_t ask_count) {
    expect->point = (int)point;
    expect->ask_count = ask_count;
    expect->result = PP_RESULT_MADE;
}

bool pp_has_room(struct pp_expect *expect, uint32_t nb_count, uint32_t mdl_count, uint32_t buffer_count,
                 uint64_t bytes) {
    expect->is_skipped |= pp_model.nbl_count + 1 >= PP_MODEL_NBLS;
    expect->is_skipped |= (uint32_t)pp_model.nb_count + nb_count >= PP_MODEL_NBS;
    expect->is_skipped |= (uint32_t)pp_model.mdl_count + mdl_count >= PP_MODEL_MDLS;
    expect->is_skipped |= (uint32_t)pp_model.buffer_count + buffer_count >= PP_MODEL_BUFFERS;
    expect->is_skipped |= pp_model.memory + bytes > PP_MODEL_MEMORY_MAX;
    return !expect->is_skipped;
}

// === New things ===

int pp_new_nbl(enum pp_nbl_kind kind, int pool) {
    int id = pp_model.nbl_count++;
    struct pp_model_nbl *nbl = &pp_model.nbls[id];
    memset(nbl, 0, sizeof(*nbl));
    nbl->kind = kind;
    nbl->pool = pool;
    nbl->parent = nbl->own_nb = nbl->nb = nbl->context = nbl->take = PP_NONE;
    if (pool != PP_NONE) {
        pp_model.pools[pool].live_count++;
        nbl->info[7] = pp_model.pools[pool].protocol;
    }
    pp_model.memory += 1024;
    return id;
}

int pp_new_nb(enum pp_nb_kind kind, int pool) {
    int id = pp_model.nb_count++;
    pp_model.nbs[id] = (struct pp_model_nb){.kind = kind,
                                            .pool = pool,
                                            .nbl = PP_NONE,
                                            .next = PP_NONE,
                                            .mdl = PP_NONE,
                                            .current = PP_NONE,
                                            .own_mdl = PP_NONE};
    if (pool != PP_NONE && pp_model.pools[pool].is_nb_pool) {
        pp_model.pools[pool].live_count++;
    }
    pp_model.memory += 512;
    return id;
}

int pp_new_mdl(enum pp_mdl_kind kind, int buffer, uint32_t start, uint32_t length) {
    int id = pp_model.mdl_count++;
    pp_model.mdls[id] = (struct pp_model_mdl){.kind = kind,
                                              .buffer = buffer,
                                              .start = start,
                                              .length = length,
                                              .length_made = length,
                                              .next = PP_NONE,
                                              .nb = PP_NONE,
                                              .owner = PP_NONE};
    pp_model.memory += 256;
    return id;
}

uint8_t pp_pool_model_pattern(int buffer, uint32_t offset) {
    return (uint8_t)((uint32_t)buffer * 37u + offset * 11u + (offset >> 7));
}

int pp_new_buffer(uint32_t size, bool is_drivers) {
    int id = pp_model.buffer_count++;
    struct pp_model_buffer *buffer = &pp_model.buffers[id];
    *buffer = (struct pp_model_buffer){
        .is_drivers = is_drivers, .size = size, .content = PP_NONE, .owner = PP_NONE};
    if (size <= PP_MODEL_CONTENT_EACH && pp_model.content_size + size <= PP_MODEL_CONTENT) {
        buffer->content = (int)pp_model.content_size;
        pp_model.content_size += size;
        for (uint32_t i = 0; i < size; i++) {
            pp_model.content[buffer->content + (int)i] = pp_pool_model_pattern(id, i);
        }
    }
    pp_model.memory += size + 256;
    return id;
}

void pp_own(int object, int change) {
    if (object != PP_NONE) {
        pp_model.objects[object].live_count += (uint32_t)change;
    }
}

// === Calls ===

struct act {
    void (*judge)(const struct pp_call *call, struct pp_expect *expect);
    int (*apply)(const struct pp_call *call);
};

static const struct act acts[] = {
#define CHOICES(...)
#define OP(id, ...) {pp_judge_##id, pp_apply_##id},
#include <poolproof/pool_op.def>
#undef OP
#undef CHOICES
};

void pp_pool_model_judge(const struct pp_call *call, struct pp_expect *ret_expect) {
    *ret_expect = (struct pp_expect){.point = PP_NONE, .id = PP_NONE};
    acts[call->kind].judge(call, ret_expect);
}

int pp_pool_model_apply(const struct pp_call *call) { return acts[call->kind].apply(call); }

// From here on; the program says how the player's memory behaves.
JUDGE(MEMORY) {
    (void)call;
    expect->is_driver = true;
}

APPLY(MEMORY) {
    pp_model.is_offset_zero = call->choice != 0;
    pp_model.is_reusing |= call->value != 0;
    return PP_NONE;
}
