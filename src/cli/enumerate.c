// SPDX-License-Identifier: MIT
#include "enumerate.h"

#include "faults/injector.h"

#include <string.h>

// What the ops of a run could have been told, one row for each run on the way to the current one.
static struct pp_fault_chances chances[PP_ENUMERATE_DEPTH_MAX][PP_PROGRAM_OPS_MAX];

struct enumeration {
    const struct pp_subject *subject;
    struct pp_program *program;
    struct pp_verdict *verdict;
    struct pp_enumerated *count;
    uint64_t depth;  // so many faults of ours at once
};

static void try_from(const struct enumeration *all, uint64_t depth);

// With one fault more there are as many as this round is about; all others are on the way only.
static bool is_last(const struct enumeration *all, uint64_t depth) { return depth + 1 == all->depth; }

// Plays the program with one more fault in it. A run that is on the way was judged before.
static void try_this(const struct enumeration *all, uint64_t depth) {
    all->count->run_count += is_last(all, depth);
    pp_subject_play(all->subject, all->program, all->verdict);
    if (!all->verdict->is_finding) {
        try_from(all, depth + 1);
    }
}

static void try_fault(const struct enumeration *all, struct pp_op *op, struct pp_fault fault,
                      uint64_t depth) {
    for (uint32_t i = 0; i < op->fault_count; i++) {
        if (op->faults[i].point == fault.point && op->faults[i].nth == fault.nth) {
            return;
        }
    }
    if (op->fault_count == PP_OP_FAULTS_MAX) {
        all->count->left_out_count += is_last(all, depth);
        return;
    }
    op->faults[op->fault_count++] = fault;
    try_this(all, depth);
    op->fault_count -= !all->verdict->is_finding;
}

static void try_faults(const struct enumeration *all, uint32_t number, uint64_t depth) {
    struct pp_op *op = &all->program->ops[number];

    for (unsigned point = 0; point < PP_POINT_COUNT; point++) {
        uint32_t calls = chances[depth][number].points[point];
        // Not told apart from more calls, whose numbers no fault can have.
        all->count->left_out_count += calls == UINT8_MAX && is_last(all, depth);
        for (uint32_t i = 0; i < 2 * calls && !all->verdict->is_finding; i++) {
            const struct pp_fault fault = {
                .point = (uint8_t)point, .nth = (uint8_t)(i / 2 + 1), .is_persistent = i % 2};
            try_fault(all, op, fault, depth);
        }
    }
}

static bool has_outcome(const struct pp_op *op, unsigned point) {
    for (uint32_t i = 0; i < op->outcome_count; i++) {
        if (op->outcomes[i].point == point) {
            return true;
        }
    }
    return false;
}

static void try_outcome(const struct enumeration *all, struct pp_op *op, struct pp_outcome outcome,
                        uint64_t depth) {
    if (op->outcome_count == PP_OP_OUTCOMES_MAX) {
        all->count->left_out_count += is_last(all, depth);
        return;
    }
    op->outcomes[op->outcome_count++] = outcome;
    try_this(all, depth);
    op->outcome_count -= !all->verdict->is_finding;
}

static void try_outcomes(const struct enumeration *all, uint32_t number, uint64_t depth) {
    struct pp_op *op = &all->program->ops[number];

    for (unsigned point = 0; point < PP_OUTCOME_COUNT; point++) {
        if (!(chances[depth][number].outcomes >> point & 1) || has_outcome(op, point)) {
            continue;
        }
        for (unsigned status = 0; status < PP_STATUS_COUNT && !all->verdict->is_finding; status++) {
            if (pp_outcome_infos[point].statuses >> status & 1) {
                const struct pp_outcome outcome = {(uint8_t)point, (uint8_t)status};
                try_outcome(all, op, outcome, depth);
            }
        }
    }
}

// With one fault more than in the last run, which had `depth` of ours.
static void try_from(const struct enumeration *all, uint64_t depth) {
    if (depth == all->depth) {
        return;
    }
    for (uint32_t i = 0; i < all->program->op_count; i++) {
        chances[depth][i] = *pp_fault_chances(i);
    }
    for (uint32_t i = 0; i < all->program->op_count && !all->verdict->is_finding; i++) {
        try_faults(all, i, depth);
        try_outcomes(all, i, depth);
    }
}

void pp_enumerate_faults(const struct pp_subject *subject, struct pp_program *program,
                         struct pp_verdict *ret_verdict, struct pp_enumerated *ret_count) {
    struct enumeration all = {subject, program, ret_verdict, ret_count, 0};

    memset(ret_count, 0, sizeof *ret_count);
    do {
        pp_subject_play(subject, program, ret_verdict);
        if (!ret_verdict->is_finding) {
            try_from(&all, 0);
        }
    } while (!ret_verdict->is_finding && all.depth++ < subject->options->depth);
}
