// SPDX-License-Identifier: MIT
#include "random_program.h"

#include <string.h>

uint32_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

uint32_t random_below(uint64_t *state, uint32_t sides) { return random_next(state) % sides; }

// Limits are likelier than anything else to be wrong.
static uint32_t random_between(uint64_t *state, uint32_t min, uint32_t max) {
    switch (random_below(state, 6)) {
    case 0: return min;
    case 1: return max;
    default:
        return min +
               (max - min == UINT32_MAX ? random_below(state, max) : random_below(state, max - min + 1));
    }
}

static bool random_args(uint64_t *state, const struct pp_op_info *info, const uint32_t *named,
                        struct pp_op *op) {
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        uint32_t max = arg->max;
        if (arg->kind == PP_ARG_HANDLE) {
            if (named[arg->letter - 'a'] == 0) {
                return false;
            }
            max = named[arg->letter - 'a'] - 1;
        }
        op->args[i] = random_between(state, arg->min, max);
        if (arg->kind != PP_ARG_HANDLE && random_below(state, 3) == 0) {
            op->args[i] = arg->standard;
        }
    }
    return true;
}

static void random_faults(uint64_t *state, uint32_t point_set, struct pp_op *op) {
    uint8_t points[PP_POINT_COUNT];
    uint32_t count = 0;

    for (uint8_t point = 0; point < PP_POINT_COUNT; point++) {
        if (point_set >> point & 1) {
            points[count++] = point;
        }
    }
    if (random_below(state, 4) == 0) {
        uint32_t first = random_below(state, count);
        op->fault_count = (uint8_t)random_between(state, 1, PP_OP_FAULTS_MAX);
        for (unsigned i = 0; i < op->fault_count; i++) {
            // Distinct for at most as many as there are points; a few share one with another nth.
            op->faults[i].point = points[(first + i / 2) % count];
            op->faults[i].nth = (uint8_t)(random_between(state, 1, 127) + (i % 2 ? 128 : 0));
            op->faults[i].is_persistent = random_below(state, 2);
        }
    }
}

static void random_outcomes(uint64_t *state, struct pp_op *op) {
    if (random_below(state, 4) == 0) {
        uint32_t point = random_below(state, PP_OUTCOME_COUNT);
        op->outcome_count = (uint8_t)random_between(state, 1, PP_OP_OUTCOMES_MAX);
        for (unsigned i = 0; i < op->outcome_count; i++) {
            uint32_t status = random_below(state, PP_STATUS_COUNT);
            op->outcomes[i].point = (uint8_t)((point + i) % PP_OUTCOME_COUNT);
            while (!(pp_outcome_infos[op->outcomes[i].point].statuses >> status & 1)) {
                status = (status + 1) % PP_STATUS_COUNT;
            }
            op->outcomes[i].status = (uint8_t)status;
        }
    }
}

static void random_choices(uint64_t *state, struct pp_op *op) {
    if (random_below(state, 4) == 0) {
        uint32_t place = 0;  // at and accesses as one number
        op->choice_count = (uint8_t)random_between(state, 1, PP_OP_CHOICES_MAX);
        for (unsigned i = 0; i < op->choice_count; i++) {
            uint32_t left = op->choice_count - i - 1u;
            uint32_t step = random_below(state, 2) ? 1 + random_below(state, 9) : 0x10000;
            uint32_t last = UINT32_MAX - left;
            place = random_below(state, 16) == 0 ? random_between(state, place + 1, last)
                    : place > last - step        ? last
                                                 : place + step;
            op->choices[i].at = (uint16_t)(place >> 16);
            op->choices[i].accesses = (uint16_t)place;
            op->choices[i].target = (uint8_t)random_between(state, 0, UINT8_MAX);
        }
    }
}

void random_program(uint64_t *state, enum pp_language language, uint32_t op_count_max,
                    struct pp_program *ret_program) {
    const struct pp_language_info *info = &pp_languages[language];
    uint32_t count = random_between(state, 0, op_count_max);
    uint32_t named['z' - 'a' + 1] = {0};

    // What is not used must not matter, so it is not zero.
    memset(ret_program, 0xa5, sizeof *ret_program);
    ret_program->language = language;
    ret_program->op_count = 0;
    while (ret_program->op_count < count) {
        struct pp_op *op = &ret_program->ops[ret_program->op_count];
        op->kind = (uint8_t)random_below(state, info->op_count);
        op->fault_count = op->outcome_count = op->choice_count = 0;
        if (!random_args(state, &info->ops[op->kind], named, op)) {
            continue;
        }
        random_faults(state, info->points, op);
        if (info->attribute_count > PP_ATTRIBUTE_OUTCOME) {
            random_outcomes(state, op);
        }
        if (info->attribute_count > PP_ATTRIBUTE_CHOICE) {
            random_choices(state, op);
        }
        if (info->ops[op->kind].result) {
            named[info->ops[op->kind].result - 'a']++;
        }
        ret_program->op_count++;
    }
}
