// SPDX-License-Identifier: MIT
#include "kernel/choice.h"

#include "base/emit.h"

#include <string.h>

// Without a switch for so long, the driver may wait for what only others can do.
#define ACCESSES_MAX (1u << 16)
#define CALLS_MAX (1u << 14)
#define BLOCKS_MAX (1u << 16)

// How far the fibers of an op have come; the last entry is for the world's own set-up and tear-down.
struct progress {
    uint32_t calls;
    uint32_t accesses;      // since the last call that was waited for
    uint32_t access_total;  // of the op
    uint32_t choice_next;   // index of the first choice that is still to come
};

static const struct pp_program *program;
static struct progress progress[PP_PROGRAM_OPS_MAX + 1];
static uint32_t calls_loaded;     // what pp_now.switch_countdown and access_countdown
static uint32_t accesses_loaded;  // began with
static uint32_t calls_in_a_row;   // since the fiber was resumed
static uint32_t accesses_in_a_row;
static bool is_searching;
static struct pp_program recorded;

void pp_choice_begin(const struct pp_program *new_program, const struct pp_search *search) {
    program = new_program;
    memset(progress, 0, program->op_count * sizeof(progress[0]));
    progress[PP_PROGRAM_OPS_MAX] = (struct progress){0};
    is_searching = search != NULL;
    if (is_searching) {
        pp_search_begin(search);
        recorded = *program;
        for (uint32_t i = 0; i < recorded.op_count; i++) {
            recorded.ops[i].choice_count = 0;
        }
    }
}

const struct pp_program *pp_choice_recorded(void) { return &recorded; }

static struct progress *progress_of(uint16_t op) {
    return &progress[op == PP_OP_NONE ? PP_PROGRAM_OPS_MAX : op];
}

uint32_t pp_choice_call_count(uint16_t op) { return progress_of(op)->calls; }

uint32_t pp_choice_access_count(uint16_t op) { return progress_of(op)->access_total; }

// The next choice whose place has not been passed, or NULL.
static const struct pp_choice *choice_next(uint16_t op) {
    if (op == PP_OP_NONE) {
        return NULL;
    }
    struct progress *mine = &progress[op];
    const struct pp_op *it = &program->ops[op];
    while (mine->choice_next < it->choice_count && it->choices[mine->choice_next].at < mine->calls) {
        mine->choice_next++;  // the call behind came before the last of its accesses
    }
    return mine->choice_next < it->choice_count ? &it->choices[mine->choice_next] : NULL;
}

static void count_down(uint32_t calls, uint32_t accesses) {
    pp_now.switch_countdown = calls_loaded = calls;
    pp_now.access_countdown = accesses_loaded = accesses;
}

static void reload(uint16_t op) {
    const struct progress *mine = progress_of(op);
    const struct pp_choice *choice = choice_next(op);
    uint32_t calls = CALLS_MAX, accesses = ACCESSES_MAX;
    if (choice != NULL && choice->at > mine->calls) {
        calls = choice->at - mine->calls;
    } else if (choice != NULL) {
        calls = 1;  // with which its time is over
        accesses = choice->accesses > mine->accesses ? choice->accesses - mine->accesses : 1;
    }
    if (is_searching && op != PP_OP_NONE) {
        uint32_t distance = pp_search_distance();
        calls = 1;
        accesses = distance < accesses ? distance : accesses;
    }
    count_down(calls, accesses);
}

void pp_choice_load(uint16_t op) {
    calls_in_a_row = accesses_in_a_row = 0;
    pp_now.block_countdown = BLOCKS_MAX;
    reload(op);
}

void pp_choice_store(uint16_t op) {
    struct progress *mine = progress_of(op);
    uint32_t accesses = accesses_loaded - pp_now.access_countdown;
    uint32_t calls = calls_loaded - pp_now.switch_countdown;
    mine->calls += calls;
    mine->accesses += accesses;
    mine->access_total += accesses;
    calls_in_a_row += calls;
    accesses_in_a_row += accesses;
    if (is_searching && op != PP_OP_NONE) {
        pp_search_count(accesses + calls);
    }
    count_down(pp_now.switch_countdown, pp_now.access_countdown);
}

// Only a choice that can be written into the program is made.
static bool record(uint16_t op, struct pp_choice choice) {
    struct pp_op *it = &recorded.ops[op];
    const struct progress *mine = progress_of(op);
    if (it->choice_count == PP_OP_CHOICES_MAX || mine->calls > UINT16_MAX ||
        mine->accesses > UINT16_MAX) {
        return false;
    }
    it->choices[it->choice_count++] = choice;
    return true;
}

static enum pp_due decide(uint16_t op, const struct pp_candidates *candidates, uint8_t *ret_target) {
    struct progress *mine = progress_of(op);
    const struct pp_choice *choice = choice_next(op);
    bool is_chosen = choice != NULL && choice->at == mine->calls && choice->accesses <= mine->accesses;
    if (is_chosen) {
        mine->choice_next++;
        *ret_target = choice->target;
    }
    if (is_searching && op != PP_OP_NONE) {
        bool is_wanted = pp_search_decide(candidates, is_chosen ? &(uint8_t){0} : ret_target);
        is_chosen |= is_wanted;
        is_chosen = is_chosen && record(op, (struct pp_choice){(uint16_t)mine->calls,
                                                               (uint16_t)mine->accesses, *ret_target});
    }
    if (!is_chosen) {
        reload(op);
    }
    return is_chosen ? PP_DUE_SWITCH : PP_DUE_NOTHING;
}

static bool is_long(uint16_t op) {
    if (calls_in_a_row < CALLS_MAX && accesses_in_a_row < ACCESSES_MAX) {
        return false;
    }
    pp_choice_load(op);
    return true;
}

enum pp_due pp_choice_at_call(uint16_t op, const struct pp_candidates *candidates, uint8_t *ret_target) {
    pp_choice_store(op);
    progress_of(op)->accesses = 0;
    if (is_searching) {
        pp_search_refresh();
    }
    return is_long(op) ? PP_DUE_LONG : decide(op, candidates, ret_target);
}

enum pp_due pp_choice_at_access(uint16_t op, uintptr_t address, const struct pp_candidates *candidates,
                                uint8_t *ret_target) {
    pp_choice_store(op);
    if (is_long(op)) {
        return PP_DUE_LONG;
    }
    if (address - pp_now.stack_low < pp_now.stack_high - pp_now.stack_low) {
        count_down(pp_now.switch_countdown, 1);
        return PP_DUE_NOTHING;
    }
    return decide(op, candidates, ret_target);
}
