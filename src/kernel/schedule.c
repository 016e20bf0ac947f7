// SPDX-License-Identifier: MIT
#include "kernel/schedule.h"

#include "base/emit.h"
#include "base/expect.h"

#include <string.h>

// Beyond these the driver is taken to loop: memory accesses and switch points without a switch, and
// switches without time passing.
#define ACCESSES_MAX (1u << 27)
#define POINTS_MAX (1u << 20)
#define SWITCHES_MAX (1u << 20)

// However many fibers a program leaves blocked, the world can still deliver what it owes them.
#define FIBERS_OF_THE_WORLD 8u

// How far the fibers of an op have come; the last entry is for the world's own set-up and tear-down.
struct op_progress {
    uint32_t points;       // switch points reached
    uint32_t choice_next;  // index of the first choice that is still to come
};

static struct pp_fiber fibers[PP_FIBER_COUNT];
static uint32_t fiber_used_count;      // fibers behind this were never used in this run
static uint8_t ready[PP_FIBER_COUNT];  // indexes of ready fibers, next to run first
static uint32_t ready_count;
static struct pp_fiber *current;
static const struct pp_program *program;
static struct op_progress progress[PP_PROGRAM_OPS_MAX + 1];
static uint32_t countdown_loaded;  // pp_now.switch_countdown when the fiber was resumed
static uint64_t now_ticks;
static uint64_t block_order;  // of fibers that block, for "longest waiting"
static uint64_t blocked_since[PP_FIBER_COUNT];
static uint64_t alarm_ticks;
static void (*alarm_ring)(void);
static bool program_is_chosen;  // a choice handed over to the program

static void switch_due(void);

void pp_schedule_begin(const struct pp_program *new_program) {
    program = new_program;
    memset(progress, 0, program->op_count * sizeof(progress[0]));
    progress[PP_PROGRAM_OPS_MAX] = (struct op_progress){0, 0};
    ready_count = 0;
    now_ticks = 0;
    block_order = 0;
    alarm_ticks = PP_NEVER;
    program_is_chosen = false;
    current = NULL;
    pp_now = (struct pp_now){.op = PP_OP_NONE, .switch_due = switch_due};
}

void pp_schedule_end(void) {
    current = NULL;
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        if (fibers[i].state != PP_FIBER_UNUSED) {
            pp_fiber_drop(&fibers[i]);
        }
    }
    fiber_used_count = 0;
}

struct pp_fiber *pp_schedule_current(void) { return current; }

uint64_t pp_schedule_ticks(void) { return now_ticks; }

static void put_ready(uint32_t position, uint32_t fiber_index) {
    memmove(&ready[position + 1], &ready[position], ready_count - position);
    ready[position] = (uint8_t)fiber_index;
    ready_count++;
    fibers[fiber_index].state = PP_FIBER_READY;
}

static uint32_t take_ready(uint32_t position) {
    uint32_t fiber_index = ready[position];
    ready_count--;
    memmove(&ready[position], &ready[position + 1], ready_count - position);
    return fiber_index;
}

bool pp_schedule_start(enum pp_activity activity, pp_fiber_function run, void *subject,
                       uint64_t detail) {
    uint32_t index = 0;
    while (index < fiber_used_count && fibers[index].state != PP_FIBER_UNUSED) {
        index++;
    }
    if (index >= PP_FIBER_COUNT - (pp_now.op == PP_OP_NONE ? 0 : FIBERS_OF_THE_WORLD)) {
        return false;
    }
    fiber_used_count = index == fiber_used_count ? index + 1 : fiber_used_count;
    struct pp_fiber *fiber = &fibers[index];
    fiber->number = (uint8_t)(index + 1);
    fiber->activity = activity;
    fiber->run = run;
    fiber->subject = subject;
    fiber->detail = detail;
    fiber->thread = NULL;
    fiber->op = pp_now.op;
    fiber->callback = PP_CALLBACK_NONE;
    fiber->irql = 0;
    put_ready(0, index);
    return true;
}

static struct op_progress *progress_of(uint16_t op) {
    return &progress[op == PP_OP_NONE ? PP_PROGRAM_OPS_MAX : op];
}

static const struct pp_choice *choice_next(uint16_t op) {
    if (op == PP_OP_NONE) {
        return NULL;
    }
    uint32_t next = progress[op].choice_next;
    return next < program->ops[op].choice_count ? &program->ops[op].choices[next] : NULL;
}

static void load_countdown(uint16_t op) {
    const struct pp_choice *choice = choice_next(op);
    countdown_loaded = choice != NULL ? choice->at - progress_of(op)->points : POINTS_MAX;
    pp_now.switch_countdown = countdown_loaded;
}

// Whom the choice names: one of the ready fibers, or (NULL) the program.
static struct pp_fiber *follow(const struct pp_choice *choice) {
    uint32_t target = choice->target % (ready_count + 1);
    if (target == ready_count) {
        return NULL;
    }
    uint32_t fiber_index = take_ready(target);
    put_ready(0, fiber_index);
    return &fibers[fiber_index];
}

static void switch_due(void) {
    struct op_progress *mine = progress_of(pp_now.op);
    mine->points += countdown_loaded;
    const struct pp_choice *choice = choice_next(pp_now.op);
    if (choice == NULL) {
        PP_EMIT(CRASH, PP_CRASH_ENDLESS);
        load_countdown(pp_now.op);
        return;
    }
    mine->choice_next++;
    struct pp_fiber *self = current;
    if (self != NULL) {
        bool is_program = follow(choice) == NULL;
        program_is_chosen = is_program;
        put_ready(is_program ? 0 : ready_count, (uint32_t)(self - fibers));
        countdown_loaded = 0;  // already counted
        pp_now.switch_countdown = 0;
        pp_fiber_leave(self);
    } else {
        load_countdown(pp_now.op);
    }
}

static bool resume(uint32_t fiber_index) {
    struct pp_fiber *fiber = &fibers[fiber_index];
    current = fiber;
    load_countdown(fiber->op);
    pp_now.access_countdown = ACCESSES_MAX;
    bool goes_on = pp_fiber_resume(fiber);
    progress_of(fiber->op)->points += countdown_loaded - pp_now.switch_countdown;
    current = NULL;
    if (fiber->state == PP_FIBER_DONE || fiber->state == PP_FIBER_LEFT) {
        pp_fiber_drop(fiber);
    }
    load_countdown(pp_now.op);
    return goes_on;
}

bool pp_schedule_settle(void) {
    program_is_chosen = false;
    uint32_t switch_count = 0;
    while (ready_count > 0) {
        if (++switch_count > SWITCHES_MAX) {
            PP_EMIT(CRASH, PP_CRASH_ENDLESS);
            return false;
        }
        if (!resume(take_ready(0))) {
            return false;
        }
        if (program_is_chosen && pp_now.op != PP_OP_NONE) {
            break;
        }
    }
    return true;
}

bool pp_schedule_block(const void *object, uint64_t wake_ticks) {
    struct pp_fiber *self = current;
    pp_expect(self != NULL, "the host cannot block");
    self->state = PP_FIBER_BLOCKED;
    self->wait_object = object;
    self->wake_ticks = wake_ticks;
    self->is_timed_out = false;
    self->wait_frame = (uintptr_t)__builtin_frame_address(0);
    blocked_since[self - fibers] = block_order++;
    pp_fiber_leave(self);
    return !self->is_timed_out;
}

// The longest waiting of the fibers that `object` blocks.
static struct pp_fiber *find_blocked(const void *object) {
    struct pp_fiber *found = NULL;
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        struct pp_fiber *fiber = &fibers[i];
        if (fiber->state == PP_FIBER_BLOCKED && fiber->wait_object == object &&
            (found == NULL || blocked_since[i] < blocked_since[found - fibers])) {
            found = fiber;
        }
    }
    return found;
}

uint32_t pp_schedule_wake(const void *object, bool all) {
    uint32_t woken_count = 0;
    struct pp_fiber *fiber = find_blocked(object);
    while (fiber != NULL && (all || woken_count == 0)) {
        put_ready(ready_count, (uint32_t)(fiber - fibers));
        woken_count++;
        fiber = find_blocked(object);
    }
    return woken_count;
}

void pp_schedule_wake_fiber(struct pp_fiber *fiber) {
    put_ready(ready_count, (uint32_t)(fiber - fibers));
}

struct pp_fiber *pp_schedule_first_blocked(void) {
    struct pp_fiber *found = NULL;
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        if (fibers[i].state == PP_FIBER_BLOCKED && fibers[i].activity != PP_ACTIVITY_THREAD &&
            (found == NULL || blocked_since[i] < blocked_since[found - fibers])) {
            found = &fibers[i];
        }
    }
    return found;
}

void pp_schedule_set_alarm(uint64_t ticks, void (*ring)(void)) {
    alarm_ticks = ticks;
    alarm_ring = ring;
}

static struct pp_fiber *find_next_wake(void) {
    struct pp_fiber *found = NULL;
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        struct pp_fiber *fiber = &fibers[i];
        if (fiber->state == PP_FIBER_BLOCKED && fiber->wake_ticks != PP_NEVER &&
            (found == NULL || fiber->wake_ticks < found->wake_ticks)) {
            found = fiber;
        }
    }
    return found;
}

uint64_t pp_schedule_next_wake(void) {
    const struct pp_fiber *fiber = find_next_wake();
    return fiber != NULL && fiber->wake_ticks < alarm_ticks ? fiber->wake_ticks : alarm_ticks;
}

bool pp_schedule_advance_to(uint64_t ticks) {
    for (;;) {
        if (!pp_schedule_settle()) {
            return false;
        }
        uint64_t wake = pp_schedule_next_wake();
        if (wake == PP_NEVER || wake > ticks) {
            break;
        }
        now_ticks = wake > now_ticks ? wake : now_ticks;
        if (wake == alarm_ticks) {
            alarm_ticks = PP_NEVER;
            alarm_ring();
        } else {
            struct pp_fiber *fiber = find_next_wake();
            fiber->is_timed_out = true;
            pp_schedule_wake_fiber(fiber);
        }
    }
    now_ticks = ticks > now_ticks ? ticks : now_ticks;
    return true;
}

bool pp_schedule_is_busy(const void *subject) {
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        if (fibers[i].state != PP_FIBER_UNUSED && fibers[i].subject == subject &&
            fibers[i].activity < PP_ACTIVITY_DPC) {
            return true;
        }
    }
    return false;
}
