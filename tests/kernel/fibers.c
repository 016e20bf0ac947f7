// SPDX-License-Identifier: MIT
#include "fibers.h"

#include "base/arena.h"
#include "base/emit.h"
#include "faults/injector.h"
#include "kernel/kernel.h"

#include <string.h>

static struct pp_program program;
static char notes[256];
static size_t note_count;
static int crash;

static bool on_event(const struct pp_event *event) {
    if (event->kind == PP_EVENT_CRASH) {
        crash = (int)event->args[0];
        if (pp_schedule_current() != NULL) {
            pp_fiber_end_run(pp_schedule_current());
        }
    }
    return true;
}

int fibers_begin(void **state) {
    (void)state;
    memset(&program, 0, sizeof(program));
    program.op_count = 4;
    note_count = 0;
    crash = -1;
    pp_schedule_begin(&program, NULL);
    pp_fault_arm(&program);
    pp_event_set_sink(on_event);
    return 0;
}

int fibers_end(void **state) {
    (void)state;
    pp_event_set_sink(NULL);
    pp_schedule_end();
    pp_kernel_reset();
    pp_arena_reset();
    return 0;
}

void fibers_choose(uint16_t op, uint16_t at, uint8_t target) { fibers_choose_access(op, at, 0, target); }

void fibers_choose_access(uint16_t op, uint16_t at, uint16_t accesses, uint8_t target) {
    struct pp_op *it = &program.ops[op];
    it->choices[it->choice_count++] = (struct pp_choice){at, accesses, target};
}

void fibers_fail(uint16_t op, enum pp_point point, bool for_good) {
    struct pp_op *it = &program.ops[op];
    it->faults[it->fault_count++] =
        (struct pp_fault){.point = (uint8_t)point, .nth = 1, .is_persistent = for_good};
    pp_fault_arm(&program);
}

void fibers_start(uint16_t op, pp_fiber_function run, char letter) {
    uint16_t outer = pp_now.op;
    pp_now.op = op;
    assert_true(pp_schedule_start(PP_ACTIVITY_DPC, run, NULL, (uint64_t)letter));
    pp_now.op = outer;
}

void fibers_note(char letter) {
    assert_true(note_count < sizeof(notes) - 1);
    notes[note_count++] = letter;
}

const char *fibers_notes(void) {
    notes[note_count] = '\0';
    note_count = 0;
    return notes;
}

int fibers_crash(void) { return crash; }
