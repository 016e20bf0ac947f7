// SPDX-License-Identifier: MIT
#include "draft.h"

#include "naming.h"

#include <string.h>

#define CHUNK_MAX 64

void pp_draft_open(struct pp_draft *draft, struct pp_program *program, uint32_t op_count_max) {
    // Only entries of objects that were named are ever read, so the table is not cleared.
    uint16_t op_of['z' - 'a' + 1][PP_PROGRAM_OPS_MAX];
    struct pp_naming naming = {0};

    draft->program = program;
    draft->reach = NULL;
    draft->op_count_max = op_count_max < PP_PROGRAM_OPS_MAX ? op_count_max : PP_PROGRAM_OPS_MAX;
    if (program->op_count > draft->op_count_max) {
        program->op_count = draft->op_count_max;
    }
    draft->id_count = (uint16_t)program->op_count;
    for (uint32_t i = 0; i < program->op_count; i++) {
        struct pp_op *op = &program->ops[i];
        const struct pp_op_info *info = pp_op_info(program, op);
        draft->ids[i] = (uint16_t)i;
        for (unsigned j = 0; j < info->arg_count; j++) {
            if (info->args[j].kind == PP_ARG_HANDLE) {
                op->args[j] = op_of[info->args[j].letter - 'a'][op->args[j]];
            }
        }
        if (info->result) {
            op_of[info->result - 'a'][pp_naming_count(&naming, info->result)] = (uint16_t)i;
        }
        pp_naming_add(&naming, info);
    }
}

// Returns false if the op lost an object and gets no other.
static bool bind_handles(struct pp_op *op, const struct pp_op_info *info, const uint16_t *number_of,
                         const struct pp_naming *naming, bool is_rebinding) {
    for (unsigned i = 0; i < info->arg_count; i++) {
        if (info->args[i].kind != PP_ARG_HANDLE) {
            continue;
        }
        uint32_t id = op->args[i];
        uint32_t number = id == PP_DRAFT_ID_NONE ? PP_DRAFT_ID_NONE : number_of[id];
        if (number == PP_DRAFT_ID_NONE) {
            uint32_t named = pp_naming_count(naming, info->args[i].letter);
            if (!is_rebinding || named == 0) {
                return false;
            }
            number = named - 1;
        }
        op->args[i] = number;
    }
    return true;
}

void pp_draft_close(struct pp_draft *draft, bool is_rebinding) {
    struct pp_program *program = draft->program;
    struct pp_naming naming = {0};
    uint16_t number_of[PP_DRAFT_IDS_MAX];
    uint32_t kept = 0;

    memset(number_of, 0xff, draft->id_count * sizeof number_of[0]);
    for (uint32_t i = 0; i < program->op_count; i++) {
        struct pp_op *op = &program->ops[i];
        const struct pp_op_info *info = pp_op_info(program, op);
        if (!bind_handles(op, info, number_of, &naming, is_rebinding)) {
            continue;
        }
        if (info->result) {
            number_of[draft->ids[i]] = pp_naming_count(&naming, info->result);
        }
        pp_naming_add(&naming, info);
        if (kept != i) {
            program->ops[kept] = *op;
        }
        kept++;
    }
    program->op_count = kept;
}

// Opens a gap for `count` ops with new ids; their contents are the caller's business.
static bool open_gap(struct pp_draft *draft, uint32_t at, uint32_t count) {
    struct pp_program *program = draft->program;
    uint32_t behind = program->op_count - at;

    if (draft->op_count_max - program->op_count < count ||
        PP_DRAFT_IDS_MAX - (uint32_t)draft->id_count < count) {
        return false;
    }
    memmove(&program->ops[at + count], &program->ops[at], behind * sizeof program->ops[0]);
    memmove(&draft->ids[at + count], &draft->ids[at], behind * sizeof draft->ids[0]);
    for (uint32_t i = 0; i < count; i++) {
        draft->ids[at + i] = draft->id_count++;
    }
    program->op_count += count;
    return true;
}

bool pp_draft_insert(struct pp_draft *draft, uint32_t at, const struct pp_op *op) {
    if (!open_gap(draft, at, 1)) {
        return false;
    }
    draft->program->ops[at] = *op;
    return true;
}

bool pp_draft_insert_chunk(struct pp_draft *draft, uint32_t at, const struct pp_draft *source,
                           uint32_t first, uint32_t count) {
    struct pp_op ops[CHUNK_MAX];
    uint16_t ids[CHUNK_MAX];

    count = count < CHUNK_MAX ? count : CHUNK_MAX;
    memcpy(ops, &source->program->ops[first], count * sizeof ops[0]);
    memcpy(ids, &source->ids[first], count * sizeof ids[0]);
    if (!open_gap(draft, at, count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct pp_op_info *info = pp_op_info(source->program, &ops[i]);
        for (unsigned j = 0; j < info->arg_count; j++) {
            if (info->args[j].kind != PP_ARG_HANDLE) {
                continue;
            }
            uint32_t id = source == draft ? ops[i].args[j] : PP_DRAFT_ID_NONE;
            for (uint32_t k = 0; k < i; k++) {
                id = ids[k] == ops[i].args[j] ? draft->ids[at + k] : id;
            }
            ops[i].args[j] = id;
        }
        draft->program->ops[at + i] = ops[i];
    }
    return true;
}

void pp_draft_remove(struct pp_draft *draft, uint32_t at, uint32_t count) {
    struct pp_program *program = draft->program;
    uint32_t behind = program->op_count - at - count;

    memmove(&program->ops[at], &program->ops[at + count], behind * sizeof program->ops[0]);
    memmove(&draft->ids[at], &draft->ids[at + count], behind * sizeof draft->ids[0]);
    program->op_count -= count;
}

void pp_draft_move(struct pp_draft *draft, uint32_t from, uint32_t to) {
    struct pp_op *ops = draft->program->ops;
    struct pp_op op = ops[from];
    uint16_t id = draft->ids[from];

    if (from < to) {
        memmove(&ops[from], &ops[from + 1], (to - from) * sizeof ops[0]);
        memmove(&draft->ids[from], &draft->ids[from + 1], (to - from) * sizeof draft->ids[0]);
    } else {
        memmove(&ops[to + 1], &ops[to], (from - to) * sizeof ops[0]);
        memmove(&draft->ids[to + 1], &draft->ids[to], (from - to) * sizeof draft->ids[0]);
    }
    ops[to] = op;
    draft->ids[to] = id;
}

uint16_t pp_draft_pick(const struct pp_draft *draft, struct pp_dice *dice, uint32_t at, char letter) {
    uint16_t id = PP_DRAFT_ID_NONE;

    for (uint32_t i = at; i-- > 0;) {
        if (pp_op_info(draft->program, &draft->program->ops[i])->result == letter) {
            id = draft->ids[i];
            if (!pp_dice_once_in(dice, 4)) {
                break;
            }
        }
    }
    return id;
}
