// SPDX-License-Identifier: MIT
#include "faults/injector.h"

#include "base/emit.h"
#include "base/exercise.h"

#include <string.h>

// How far each fault of an op has counted. Parallel to pp_op.faults; outcomes behind them.
struct op_progress {
    uint32_t calls[PP_OP_FAULTS_MAX];
    bool has_fired[PP_OP_FAULTS_MAX + PP_OP_OUTCOMES_MAX];
};

static const struct pp_program *armed_program;
static struct op_progress progress[PP_PROGRAM_OPS_MAX];
static struct pp_fault_chances chances[PP_PROGRAM_OPS_MAX];
static struct pp_fault_counts counts;
static pp_fault_listener listener_now;

void pp_fault_listen(pp_fault_listener listener) { listener_now = listener; }

void pp_fault_arm(const struct pp_program *program) {
    armed_program = program;
    memset(progress, 0, program->op_count * sizeof(progress[0]));
    memset(chances, 0, program->op_count * sizeof(chances[0]));
    memset(&counts, 0, sizeof(counts));
    for (uint32_t i = 0; i < program->op_count; i++) {
        counts.armed += program->ops[i].fault_count + program->ops[i].outcome_count;
    }
}

static void note_fired(bool *has_fired) {
    counts.fired += !*has_fired;
    *has_fired = true;
}

static void note_way(unsigned point, unsigned answer, unsigned nth) {
    uint64_t way = armed_program->ops[pp_now.op].kind;
    way = way << 8 | point;
    way = way << 8 | answer;
    way = way << 8 | (nth < 4 ? nth : 4);
    way = way << 16 | pp_now.callback;
    way = way * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (PP_FAULT_WAYS - 1);
    counts.ways[way / 64] |= UINT64_C(1) << way % 64;
}

static uint8_t count_chance(enum pp_point point) {
    uint8_t *chance = &chances[pp_now.op].points[point];
    *chance = (uint8_t)(*chance < UINT8_MAX ? *chance + 1 : UINT8_MAX);
    return *chance;
}

bool pp_fault_fires(enum pp_point point) {
    counts.reached[point]++;
    if (pp_now.op == PP_OP_NONE) {
        return false;
    }
    const struct pp_op *op = &armed_program->ops[pp_now.op];
    uint8_t nth = count_chance(point);
    bool fires = false, is_for_good = false;
    count_chance(PP_POINT_ANY);
    for (uint32_t i = 0; i < op->fault_count; i++) {
        const struct pp_fault *fault = &op->faults[i];
        if (fault->point != point && fault->point != PP_POINT_ANY) {
            continue;
        }
        struct op_progress *so_far = &progress[pp_now.op];
        uint32_t call = ++so_far->calls[i];
        if (call == fault->nth || (fault->is_persistent && call > fault->nth)) {
            note_fired(&so_far->has_fired[i]);
            pp_exercise_note(fault->is_persistent ? PP_EXERCISE_FAIL_ALWAYS : PP_EXERCISE_FAIL, point,
                             0);
            PP_EMIT(FAULT_FIRED, point, nth);
            fires = true;
            is_for_good |= fault->is_persistent;
        }
    }
    counts.failed[point] += fires;
    if (fires) {
        note_way(point, is_for_good, nth);
    }
    if (listener_now != NULL) {
        listener_now(&(struct pp_fault_call){
            .point = (uint8_t)point, .nth = nth, .is_answered = fires, .is_for_good = is_for_good});
    }
    return fires;
}

enum pp_status pp_fault_outcome(enum pp_outcome_point point, bool *ret_is_set) {
    *ret_is_set = false;
    if (pp_now.op == PP_OP_NONE) {
        return PP_STATUS_SUCCESS;
    }
    const struct pp_op *op = &armed_program->ops[pp_now.op];
    uint32_t *asked = &chances[pp_now.op].outcomes, bit = UINT32_C(1) << point;
    enum pp_status status = PP_STATUS_SUCCESS;
    for (uint32_t i = 0; i < op->outcome_count; i++) {
        if (op->outcomes[i].point == point) {
            note_fired(&progress[pp_now.op].has_fired[PP_OP_FAULTS_MAX + i]);
            *ret_is_set = true;
            status = op->outcomes[i].status;
            note_way(PP_POINT_COUNT + point, status, 1);
            PP_EMIT(OUTCOME_GIVEN, point, pp_status_values[status]);
            pp_exercise_note(PP_EXERCISE_ANSWER, point, status);
        }
    }
    if (listener_now != NULL) {
        listener_now(&(struct pp_fault_call){.point = (uint8_t)point,
                                             .is_outcome = true,
                                             .nth = *asked & bit ? 2 : 1,
                                             .is_answered = *ret_is_set,
                                             .status = (uint8_t)status});
    }
    *asked |= bit;
    return status;
}

const struct pp_fault_counts *pp_fault_counts(void) { return &counts; }

const struct pp_fault_chances *pp_fault_chances(uint32_t op) { return &chances[op]; }
