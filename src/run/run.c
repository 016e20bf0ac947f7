// SPDX-License-Identifier: MIT
// pp_run: a fresh world, the program's ops, the tear-down, the verdict.
#include <poolproof/run.h>

#include "base/arena.h"
#include "base/dye.h"
#include "base/emit.h"
#include "base/exercise.h"
#include "check/check.h"
#include "faults/injector.h"
#include "kernel/choice.h"
#include "kernel/crash.h"
#include "kernel/io.h"
#include "kernel/kernel.h"
#include "kernel/learn.h"
#include "kernel/schedule.h"
#include "ndis/runtime.h"
#include "pool/pool.h"
#include "run/play.h"
#include "run/sites.h"
#include "run/trace.h"

#include <setjmp.h>
#include <string.h>

static jmp_buf end_of_run;
static const struct pp_finding *found;
static bool is_judged;
static enum pp_sites_wanted sites_wanted;

// A driver's crash is a finding with or without rules.
static bool is_crash(const struct pp_event *event) {
    return event->kind == PP_EVENT_CRASH || event->kind == PP_EVENT_ACCESS ||
           event->kind == PP_EVENT_STUCK;
}

static bool on_event(const struct pp_event *event) {
    pp_trace_add(event);
    if (sites_wanted == PP_SITES_STATES) {
        pp_sites_add(event);
    }
    if (!is_judged && !is_crash(event)) {
        return true;
    }
    found = pp_check_event(event);
    if (found == NULL) {
        return true;
    }
    struct pp_fiber *fiber = pp_schedule_current();
    if (fiber != NULL) {
        pp_fiber_end_run(fiber);
    }
    longjmp(end_of_run, 1);
}

static void reset_world(void) {
    pp_kernel_reset();
    pp_io_reset();
    pp_ndis_reset();
    pp_pool_reset();
    pp_arena_reset();
}

// What a process has at first is not in each case what a world begins with.
static void begin_process(void) {
    static bool has_begun;
    if (!has_begun) {
        has_begun = true;
        pp_crash_catch();
        reset_world();
    }
}

static void begin_world(const struct pp_driver *driver, const struct pp_program *program,
                        const struct pp_search *search) {
    begin_process();
    pp_schedule_begin(program, search);
    pp_fault_arm(program);
    pp_trace_begin();
    pp_check_begin(driver->text);
    pp_sites_begin(driver->text, program, sites_wanted);
    pp_play_begin(driver);
    pp_learn_begin(program, driver->values);
    found = NULL;
    pp_event_set_sink(on_event);
}

static void end_world(void) {
    pp_event_set_sink(NULL);
    pp_schedule_end();
    reset_world();
}

static void play(const struct pp_program *program, struct pp_verdict *verdict) {
    if (setjmp(end_of_run) != 0) {
        return;
    }
    for (uint16_t i = 0; i < program->op_count; i++) {
        bool did;
        if (!pp_play_op(program, i, &did)) {
            return;
        }
        if (did) {
            verdict->op_played_count++;
            pp_exercise_note(PP_EXERCISE_OP, PP_LANGUAGE_PROTOCOL, program->ops[i].kind);
        }
    }
    if (pp_play_tear_down() && is_judged) {
        found = pp_check_memory(pp_arena_check());
    }
}

// How far the ops came, those of each kind as far as the one that came farthest.
static void fill_reach(const struct pp_program *program, struct pp_verdict *verdict) {
    verdict->step_count = 0;
    memset(&verdict->reach, 0, sizeof(verdict->reach));
    for (uint16_t i = 0; i < program->op_count; i++) {
        uint32_t calls = pp_choice_call_count(i), accesses = pp_choice_access_count(i);
        uint32_t *calls_max = &verdict->reach.calls[program->ops[i].kind];
        uint32_t *accesses_max = &verdict->reach.accesses[program->ops[i].kind];
        uint8_t *points_max = verdict->reach.points[program->ops[i].kind];
        const struct pp_fault_chances *chances = pp_fault_chances(i);
        *calls_max = calls > *calls_max ? calls : *calls_max;
        *accesses_max = accesses > *accesses_max ? accesses : *accesses_max;
        for (uint32_t k = 0; k < PP_POINT_COUNT; k++) {
            points_max[k] = chances->points[k] > points_max[k] ? chances->points[k] : points_max[k];
        }
        verdict->reach.outcomes[program->ops[i].kind] |= chances->outcomes;
        verdict->step_count += calls + accesses;
    }
}

_Static_assert(PP_RUN_WAYS == PP_FAULT_WAYS, "bits of the one are those of the other");

const uint64_t *pp_run_ways(void) { return pp_fault_counts()->ways; }

static void fill_verdict(struct pp_verdict *verdict) {
    const struct pp_fault_counts *faults = pp_fault_counts();
    verdict->is_finding = found != NULL;
    if (found != NULL) {
        verdict->finding = *found;
    }
    verdict->digest = pp_trace_digest();
    verdict->event_count = pp_trace_event_count();
    verdict->rule_check_count = pp_check_count();
    verdict->fault_armed_count = faults->armed;
    verdict->fault_fired_count = faults->fired;
    memcpy(verdict->point_reached, faults->reached, sizeof(verdict->point_reached));
    memcpy(verdict->point_failed, faults->failed, sizeof(verdict->point_failed));
}

const uint32_t *pp_run_advice(void) { return pp_check_advice(); }

bool pp_run_has_failed(uint16_t op) { return pp_play_has_failed(op); }

const struct pp_program *pp_run_recorded(void) { return pp_choice_recorded(); }

void pp_run(const struct pp_driver *driver, const struct pp_program *program,
            const struct pp_run_options *options, struct pp_verdict *ret_verdict) {
    static const struct pp_run_options standard;
    options = options != NULL ? options : &standard;
    ret_verdict->op_played_count = 0;
    is_judged = !options->without_rules;
    sites_wanted = options->sites;
    pp_dye_begin(options->is_dyed, options->dyed_op);
    begin_world(driver, program, options->search);
    if (options->is_strict) {
        pp_check_be_strict();
    }
    play(program, ret_verdict);
    fill_verdict(ret_verdict);
    fill_reach(program, ret_verdict);
    end_world();
}
