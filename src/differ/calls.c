// SPDX-License-Identifier: MIT
// From an op of the program to a call: which objects, which addresses, which numbers.
#include "differ/player.h"

#include <string.h>

enum as { AS_RIGHT, AS_NULL, AS_STACK, AS_HEAP, AS_OTHER, AS_INSIDE };
enum edge { EDGE_NONE, EDGE_TOP, EDGE_HALF };
// The first words of derive_wrong are those of `as`.
enum derive_wrong { WRONG_START = AS_INSIDE + 1, WRONG_MAX, WRONG_DELTA, WRONG_BACKFILL, WRONG_FLAGS };
enum copy_wrong {
    COPY_RIGHT,
    COPY_TO_NULL,
    COPY_FROM_NULL,
    COPY_TO_STACK,
    COPY_FROM_STACK,
    COPY_TO_OFFSET,
    COPY_BYTES,
    COPY_FROM_OFFSET,
};
enum pools { POOLS_BOTH, POOLS_NBL, POOLS_NB, POOLS_SWAPPED };

// No allocator made it; its bytes say nothing.
static _Alignas(16) uint8_t heap[PP_STRANGER_BYTES];

static const char letters[] = "pqnkdvg";

static int8_t letter_of(char letter) {
    return letter == 0 ? PP_NONE : (int8_t)(strchr(letters, letter) - letters);
}

// === Objects ===

static enum pp_life life_of(enum pp_letter letter, int id, uint32_t *ret_freed_at) {
    switch (letter) {
    case PP_LETTER_P:
    case PP_LETTER_Q: *ret_freed_at = pp_model.pools[id].freed_at; return pp_model.pools[id].life;
    case PP_LETTER_N: *ret_freed_at = pp_model.nbls[id].freed_at; return pp_model.nbls[id].life;
    case PP_LETTER_K: *ret_freed_at = pp_model.nbs[id].freed_at; return pp_model.nbs[id].life;
    case PP_LETTER_D: *ret_freed_at = pp_model.mdls[id].freed_at; return pp_model.mdls[id].life;
    case PP_LETTER_V: *ret_freed_at = pp_model.buffers[id].freed_at; return pp_model.buffers[id].life;
    case PP_LETTER_G: *ret_freed_at = pp_model.objects[id].freed_at; return pp_model.objects[id].life;
    }
    return PP_LOST;
}

static void *place_of(enum pp_letter letter, int id) {
    switch (letter) {
    case PP_LETTER_P:
    case PP_LETTER_Q: return pp_places.pools[id];
    case PP_LETTER_N: return pp_places.nbls[id];
    case PP_LETTER_K: return pp_places.nbs[id];
    case PP_LETTER_D: return pp_places.mdls[id];
    case PP_LETTER_V: return pp_places.buffers[id];
    case PP_LETTER_G: return pp_places.objects[id];
    }
    return NULL;
}

// A live object of another kind, NULL if there is none.
static void *place_of_other(enum pp_letter letter) {
    static const uint8_t others[PP_LETTERS] = {PP_LETTER_Q, PP_LETTER_P, PP_LETTER_K, PP_LETTER_N,
                                               PP_LETTER_K, PP_LETTER_D, PP_LETTER_N};
    enum pp_letter other = others[letter];
    for (uint16_t i = pp_play.slots.counts[other]; i > 0; i--) {
        uint32_t freed_at;
        int id = pp_play.slots.ids[other][i - 1];
        if (id != PP_NONE && life_of(other, id, &freed_at) == PP_LIVE) {
            return place_of(other, id);
        }
    }
    return NULL;
}

// False: no call can be made with this.
static bool find(enum pp_letter letter, uint32_t number, enum as as, struct pp_operand *operand,
                 void **ret_address) {
    int id = pp_play.slots.ids[letter][number];
    uint32_t freed_at = 0;
    enum pp_life life = id == PP_NONE ? PP_LOST : life_of(letter, id, &freed_at);
    *operand = (struct pp_operand){.passed = PP_PASS_STRANGER, .id = PP_NONE};
    switch (as) {
    case AS_NULL: operand->passed = PP_PASS_NULL; return true;
    case AS_STACK: *ret_address = pp_play.stack; return true;
    case AS_HEAP: *ret_address = heap; return true;
    case AS_OTHER:
        *ret_address = place_of_other(letter);
        operand->passed = *ret_address != NULL ? PP_PASS_OTHER : PP_PASS_STRANGER;
        *ret_address = *ret_address != NULL ? *ret_address : heap;
        return true;
    case AS_INSIDE:
        *ret_address = life == PP_LIVE ? (uint8_t *)place_of(letter, id) + 16 : NULL;
        return life == PP_LIVE;
    case AS_RIGHT: break;
    }
    if (id == PP_NONE) {
        operand->passed = PP_PASS_NULL;
        return true;
    }
    *operand = (struct pp_operand){.passed = life == PP_LIVE ? PP_PASS_RIGHT : PP_PASS_FREED, .id = id};
    *ret_address = place_of(letter, id);
    // The memory of what was freed may be another object by now.
    return life == PP_LIVE ||
           (life == PP_FREED && (!pp_model.is_reusing || freed_at == pp_model.memory));
}

// === Numbers ===

static uint32_t with_edge(uint32_t number, uint32_t edge) {
    return edge == EDGE_NONE  ? number
           : edge == EDGE_TOP ? UINT32_MAX - number
                              : (UINT32_C(1) << 31) + number;
}

static void read_derive_wrong(struct pp_call *call, uint32_t wrong) {
    call->start = wrong == WRONG_START ? UINT32_MAX - call->start : call->start;
    call->max = wrong == WRONG_MAX ? UINT32_MAX - call->max : call->max;
    call->delta = wrong == WRONG_DELTA ? UINT32_MAX - call->delta : call->delta;
    call->backfill = wrong == WRONG_BACKFILL ? UINT32_MAX - call->backfill : call->backfill;
    call->flags = wrong == WRONG_FLAGS;
}

static void read_pools(struct pp_passing *passing, uint32_t pools) {
    struct pp_passing old = *passing;
    if (pools == POOLS_NB) {
        passing->call.second.passed = PP_PASS_NOTHING;
        passing->second = NULL;
    }
    if (pools == POOLS_NBL) {
        passing->call.third.passed = PP_PASS_NOTHING;
        passing->third = NULL;
    }
    if (pools == POOLS_SWAPPED) {
        passing->call.second = old.call.third;
        passing->call.third = old.call.second;
        passing->second = old.third;
        passing->third = old.second;
    }
}

// What a free function is given: what the NBL was made with, or something else.
static void read_same(struct pp_call *call, uint32_t same) {
    bool is_known = call->object.passed == PP_PASS_RIGHT;
    const struct pp_model_nbl *nbl = is_known ? &pp_model.nbls[call->object.id] : NULL;
    if (call->kind == PP_POOL_OP_FREE_CLONE) {
        call->flags = (nbl != NULL ? nbl->flags : 0) ^ (same == 0 ? 0 : same == 1 ? 2 : 4);
    } else {
        call->delta = (nbl != NULL ? nbl->delta : 0) + (same == 1);
        call->flags = same == 2;
    }
}

// The arguments behind the handles, in the order of pool_op.def, by family.

static void read_pool_numbers(const uint32_t *args, struct pp_call *call) {
    static const uint8_t protocols[] = {0, 2, 6, 7, 9};
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_MEMORY: call->value = args[0], call->choice = (uint8_t)args[1]; break;
    case PP_POOL_OP_OBJECT: call->size = args[0]; break;
    case PP_POOL_OP_BUFFER: call->size = args[0], call->has_tag = args[1] != 0; break;
    case PP_POOL_OP_BUFFER_OF: call->size = args[0], call->has_tag = true; break;
    case PP_POOL_OP_FREE_BUFFER: call->choice = (uint8_t)args[0]; break;
    case PP_POOL_OP_NBL_POOL:
        call->has_nb = args[0] != 0;
        call->size = with_edge(args[1], args[5]);
        call->context = args[2];
        call->value = protocols[args[3]];
        call->choice = (uint8_t)args[4];
        break;
    case PP_POOL_OP_NBL_POOL_OF:
        call->has_nb = args[0] != 0, call->size = args[1], call->context = args[2];
        break;
    case PP_POOL_OP_NB_POOL:
        call->size = with_edge(args[0], args[2]), call->choice = (uint8_t)args[1];
        break;
    case PP_POOL_OP_NB_POOL_OF: call->size = args[0]; break;
    case PP_POOL_OP_MDL:
        call->offset = args[0];
        call->length = with_edge(args[1], args[3]);
        call->choice = (uint8_t)args[2];
        break;
    case PP_POOL_OP_MDL_OF_OBJECT: call->length = args[0]; break;
    case PP_POOL_OP_FREE_MDL: call->is_same = args[0] == 0; break;
    case PP_POOL_OP_ADJUST_MDL: call->length = with_edge(args[0], args[1]); break;
    default: break;
    }
}

static void read_list_numbers(const uint32_t *args, struct pp_call *call) {
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_NBL:
    case PP_POOL_OP_TAKE_CONTEXT: call->context = args[0], call->context_backfill = args[1]; break;
    case PP_POOL_OP_NBL_WITH_NB:
        call->context = args[0], call->context_backfill = args[1];
        call->offset = args[2], call->length = args[3];
        break;
    case PP_POOL_OP_NBL_OVER:
    case PP_POOL_OP_NB_OVER: call->offset = args[0], call->length = with_edge(args[1], args[2]); break;
    case PP_POOL_OP_NB:
    case PP_POOL_OP_HANG: call->offset = args[0], call->length = args[1]; break;
    case PP_POOL_OP_NB_OF:
    case PP_POOL_OP_MDL_OF:
    case PP_POOL_OP_DETACH: call->index = args[0]; break;
    case PP_POOL_OP_ATTACH:
    case PP_POOL_OP_COPY_INFO: call->choice = (uint8_t)args[0]; break;
    case PP_POOL_OP_SET_FLAGS: call->flags = args[0]; break;
    case PP_POOL_OP_SET_INFO: call->index = args[0], call->value = args[1]; break;
    case PP_POOL_OP_GIVE_CONTEXT: call->context = args[0]; break;
    default: break;
    }
}

static void read_derive_numbers(const uint32_t *args, struct pp_passing *passing) {
    static const uint8_t clone_flags[] = {0, 2, 1, 16};
    struct pp_call *call = &passing->call;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_CLONE: call->flags = clone_flags[args[0]]; break;
    case PP_POOL_OP_CLONE_TO: read_pools(passing, args[0]), call->flags = clone_flags[args[1]]; break;
    case PP_POOL_OP_FREE_CLONE:
    case PP_POOL_OP_FREE_FRAGMENT:
    case PP_POOL_OP_FREE_REASSEMBLED: read_same(call, args[0]); break;
    case PP_POOL_OP_FRAGMENT:
        call->start = args[0], call->max = args[1], call->delta = args[2], call->backfill = args[3];
        read_derive_wrong(call, args[4]);
        break;
    case PP_POOL_OP_FRAGMENT_TO:
        read_pools(passing, args[0]);
        call->max = args[1], call->delta = args[2];
        break;
    case PP_POOL_OP_REASSEMBLE:
    case PP_POOL_OP_REASSEMBLE_TO:
        call->start = args[0], call->delta = args[1], call->backfill = args[2];
        read_derive_wrong(call, args[3]);
        break;
    default: break;
    }
}

static void read_data_numbers(const uint32_t *args, struct pp_call *call) {
    static const uint8_t aligns[] = {1, 2, 4, 8, 16, 3};
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_RETREAT:
    case PP_POOL_OP_RETREAT_LIST:
        call->delta = with_edge(args[0], args[3] == EDGE_HALF ? EDGE_HALF : EDGE_NONE);
        call->backfill = with_edge(args[1], args[3] == EDGE_TOP ? EDGE_TOP : EDGE_NONE);
        call->handler = (uint8_t)args[2];
        break;
    case PP_POOL_OP_ADVANCE:
    case PP_POOL_OP_ADVANCE_LIST:
        call->delta = with_edge(args[0], args[3]);
        call->free_mdl = args[1] != 0;
        call->handler = (uint8_t)args[2];
        break;
    case PP_POOL_OP_SET_NB:
        call->choice = (uint8_t)args[0], call->value = with_edge(args[1], args[2]);
        break;
    case PP_POOL_OP_GET_DATA:
        call->bytes = with_edge(args[0], args[3]);
        call->has_storage = args[1] != 0 && call->bytes <= PP_STORAGE_BYTES;
        call->align = aligns[args[2]];
        break;
    case PP_POOL_OP_GET_DATA_INTO:
        call->bytes = args[0];
        call->has_storage = call->second.passed != PP_PASS_NOTHING;
        call->align = aligns[args[1]];
        break;
    case PP_POOL_OP_COPY:
        call->offset = args[3] == COPY_TO_OFFSET ? UINT32_MAX - args[0] : args[0];
        call->bytes = args[3] == COPY_BYTES ? UINT32_MAX - args[1] : args[1];
        call->from_offset = args[3] == COPY_FROM_OFFSET ? UINT32_MAX - args[2] : args[2];
        break;
    default: break;
    }
}

// === Ops ===

struct pp_call_info pp_call_infos[PP_POOL_OP_COUNT];
// Index of the argument that says what is passed in place of the first object, or PP_NONE.
static int8_t as_of[PP_POOL_OP_COUNT];

void pp_call_begin(void) {
    for (int kind = 0; kind < PP_POOL_OP_COUNT && pp_call_infos[kind].word == NULL; kind++) {
        const struct pp_op_info *op = &pp_pool_op_infos[kind];
        struct pp_call_info *info = &pp_call_infos[kind];
        *info = (struct pp_call_info){.word = op->word, .result = letter_of(op->result)};
        as_of[kind] = PP_NONE;
        for (uint8_t i = 0; i < op->arg_count; i++) {
            if (op->args[i].kind == PP_ARG_HANDLE) {
                info->letters[info->handle_count++] = letter_of(op->args[i].letter);
            } else if (strcmp(op->args[i].word, "as") == 0 || strcmp(op->args[i].word, "wrong") == 0) {
                as_of[kind] = (int8_t)i;
            }
        }
    }
}

// An object that may be left out.
static void make_optional(struct pp_operand *operand) {
    if (operand->passed == PP_PASS_NULL) {
        operand->passed = PP_PASS_NOTHING;
    }
}

static void read_optional(struct pp_passing *passing) {
    switch ((enum pp_pool_op_kind)passing->call.kind) {
    case PP_POOL_OP_BUFFER_OF:
    case PP_POOL_OP_NBL_POOL_OF:
    case PP_POOL_OP_NB_POOL_OF: make_optional(&passing->call.object); break;
    case PP_POOL_OP_NBL_OVER:
    case PP_POOL_OP_NB_OVER:
    case PP_POOL_OP_GET_DATA_INTO: make_optional(&passing->call.second); break;
    case PP_POOL_OP_CLONE_TO:
    case PP_POOL_OP_FRAGMENT_TO:
    case PP_POOL_OP_REASSEMBLE_TO:
        make_optional(&passing->call.second);
        make_optional(&passing->call.third);
        break;
    case PP_POOL_OP_MDL_OF_OBJECT: {
        // The owner stands first in the op, the memory in the call.
        struct pp_passing old = *passing;
        passing->call.object = old.call.second;
        passing->object = old.second;
        passing->call.second = old.call.object;
        passing->second = old.object;
        make_optional(&passing->call.second);
        break;
    }
    default: break;
    }
}

static enum as as_of_op(const struct pp_op *op) {
    int8_t index = as_of[op->kind];
    if (index == PP_NONE || op->args[index] > AS_INSIDE) {
        return AS_RIGHT;
    }
    // An MDL can begin anywhere in a block, and an object of another kind lies in one.
    if (op->kind == PP_POOL_OP_MDL && op->args[index] >= AS_OTHER) {
        return AS_RIGHT;
    }
    return op->kind == PP_POOL_OP_COPY ? AS_RIGHT : (enum as)op->args[index];
}

static void read_copy_wrong(uint32_t wrong, struct pp_passing *passing) {
    bool is_to = wrong == COPY_TO_NULL || wrong == COPY_TO_STACK;
    if (wrong == COPY_RIGHT || wrong > COPY_FROM_STACK) {
        return;
    }
    struct pp_operand *operand = is_to ? &passing->call.object : &passing->call.second;
    bool is_null = wrong == COPY_TO_NULL || wrong == COPY_FROM_NULL;
    operand->passed = is_null ? PP_PASS_NULL : PP_PASS_STRANGER;
    *(is_to ? &passing->object : &passing->second) = is_null ? NULL : pp_play.stack;
}

bool pp_call_of(const struct pp_op *op, struct pp_passing *ret_passing) {
    const struct pp_call_info *info = &pp_call_infos[op->kind];
    struct pp_call *call = &ret_passing->call;
    *ret_passing = (struct pp_passing){.call = {.kind = op->kind, .align = 1}};
    call->object.passed = call->second.passed = call->third.passed = PP_PASS_NOTHING;
    struct pp_operand *operands[] = {&call->object, &call->second, &call->third};
    void **addresses[] = {&ret_passing->object, &ret_passing->second, &ret_passing->third};
    for (uint8_t i = 0; i < info->handle_count; i++) {
        enum as as = i == 0 ? as_of_op(op) : AS_RIGHT;
        if (!find((enum pp_letter)info->letters[i], op->args[i], as, operands[i], addresses[i])) {
            return false;
        }
    }
    read_optional(ret_passing);
    const uint32_t *args = &op->args[info->handle_count];
    if (op->kind == PP_POOL_OP_COPY) {
        read_copy_wrong(args[3], ret_passing);
    }
    read_pool_numbers(args, call);
    read_list_numbers(args, call);
    read_derive_numbers(args, ret_passing);
    read_data_numbers(args, call);
    return true;
}

// === Calls that the player makes of itself ===

void pp_call_address(struct pp_passing *passing) {
    const struct pp_call_info *info = &pp_call_infos[passing->call.kind];
    passing->object = passing->second = passing->third = NULL;
    if (passing->call.object.passed == PP_PASS_RIGHT) {
        passing->object = place_of((enum pp_letter)info->letters[0], passing->call.object.id);
    }
}
