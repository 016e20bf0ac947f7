// SPDX-License-Identifier: MIT
#include "kernel/schedule.h"

#include "base/emit.h"
#include "base/expect.h"
#include "kernel/choice.h"

#include <string.h>

// Beyond these switches without time passing the driver is taken to loop.
#define SWITCHES_MAX (1u << 20)

// So often a fiber is let go on that does not switch, and so much more often if it calls: 2^27 accesses
// or blocks of code, 2^20 calls.
#define SPINS_MAX (1u << 11)
#define SPINS_OF_CALLS 32u
#define SPIN_MS_MAX 1024u

// However many fibers a program leaves blocked, the world can still deliver what it owes them.
#define FIBERS_OF_THE_WORLD 8u

static struct pp_fiber fibers[PP_FIBER_COUNT];
static uint32_t fiber_used_count;      // fibers behind this were never used in this run
static uint8_t ready[PP_FIBER_COUNT];  // indexes of ready fibers, next to run first
static uint32_t ready_count;
static struct pp_fiber *current;
static uint32_t serial_last;  // of the fibers started
static uint64_t now_ticks;
static uint64_t block_order;  // of fibers that block, for "longest waiting"
static uint64_t blocked_since[PP_FIBER_COUNT];
static uint64_t alarm_ticks;
static void (*alarm_ring)(void);
static bool program_is_chosen;  // a choice handed over to the program
static bool time_is_chosen;     // a choice lets time pass
static bool has_next_op;        // what is being played is not the program's last op
static uint32_t op_count;

static void call_due(void);
static void access_due(uintptr_t address);
static void block_due(void);

void pp_schedule_begin(const struct pp_program *program, const struct pp_search *search) {
    pp_choice_begin(program, search);
    op_count = program->op_count;
    ready_count = 0;
    now_ticks = 0;
    block_order = 0;
    alarm_ticks = PP_NEVER;
    serial_last = 0;
    program_is_chosen = time_is_chosen = has_next_op = false;
    current = NULL;
    pp_now = (struct pp_now){
        .op = PP_OP_NONE, .switch_due = call_due, .access_due = access_due, .block_due = block_due};
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

static void set_time(uint64_t ticks) {
    now_ticks = ticks > now_ticks ? ticks : now_ticks;
    pp_now.ms = (uint32_t)(now_ticks / PP_TICKS_PER_MS);
}

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

static uint32_t find_unused(void) {
    uint32_t index = 0;
    while (index < fiber_used_count && fibers[index].state != PP_FIBER_UNUSED) {
        index++;
    }
    return index;
}

bool pp_schedule_is_full(void) { return find_unused() == PP_FIBER_COUNT; }

bool pp_schedule_start(enum pp_activity activity, pp_fiber_function run, void *subject,
                       uint64_t detail) {
    uint32_t index = find_unused();
    if (index >= PP_FIBER_COUNT - (pp_now.op == PP_OP_NONE ? 0 : FIBERS_OF_THE_WORLD)) {
        return false;
    }
    fiber_used_count = index == fiber_used_count ? index + 1 : fiber_used_count;
    struct pp_fiber *fiber = &fibers[index];
    fiber->number = (uint8_t)(index + 1);
    fiber->serial = ++serial_last;
    fiber->activity = activity;
    fiber->run = run;
    fiber->subject = subject;
    fiber->detail = detail;
    fiber->thread = NULL;
    fiber->is_spinning = fiber->is_given_up = false;
    fiber->spin_count = 0;
    fiber->op = pp_now.op;
    fiber->callback = PP_CALLBACK_NONE;
    fiber->irql = 0;
    put_ready(0, index);
    return true;
}

// Whom the target names goes on; the fiber that runs waits behind all, or, if the program is to go on,
// until that has played an op.
static void hand_over(uint8_t target) {
    struct pp_fiber *self = current;
    uint32_t self_index = (uint32_t)(self - fibers);
    if (target == PP_TARGET_TIME) {
        time_is_chosen = true;
        put_ready(ready_count, self_index);
    } else if (target % (ready_count + 1) == ready_count) {
        program_is_chosen = true;
        put_ready(0, self_index);
    } else {
        put_ready(0, take_ready(target % (ready_count + 1)));
        put_ready(ready_count, self_index);
    }
    pp_fiber_leave(self);
}

static bool block(const void *object, uint64_t wake_ticks) {
    struct pp_fiber *self = current;
    self->state = PP_FIBER_BLOCKED;
    self->wait_object = object;
    self->wake_ticks = wake_ticks;
    self->is_timed_out = false;
    self->wait_frame = (uintptr_t)__builtin_frame_address(0);
    blocked_since[self - fibers] = block_order++;
    pp_fiber_leave(self);
    return !self->is_timed_out;
}

// Who goes on for long without a switch may wait for another processor: the others go on, and time
// passes. When nobody can help any more, it has the rest of its time before it is taken to loop for
// ever.
static void spin(uint32_t count) {
    struct pp_fiber *self = current;
    self->spin_count += count;
    if (!self->is_given_up) {
        uint32_t rounds = self->spin_count / count;
        uint32_t ms = rounds < 10 ? 1u << rounds : SPIN_MS_MAX;
        self->is_spinning = true;
        block(NULL, now_ticks + ms * PP_TICKS_PER_MS);
        self->is_spinning = false;
    } else if (self->spin_count >= SPINS_MAX) {
        PP_EMIT(CRASH, PP_CRASH_ENDLESS);
    }
}

bool pp_schedule_give_up_spinning(void) {
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        struct pp_fiber *fiber = &fibers[i];
        if (fiber->state == PP_FIBER_BLOCKED && fiber->is_spinning && !fiber->is_given_up) {
            fiber->is_given_up = true;
            pp_schedule_wake_fiber(fiber);
            return true;
        }
    }
    return false;
}

static void follow(enum pp_due due, uint8_t target, uint32_t spin_count) {
    if (due == PP_DUE_LONG) {
        spin(spin_count);
    } else if (due == PP_DUE_SWITCH) {
        hand_over(target);
    }
}

static struct pp_candidates candidates(void) {
    static uint32_t serials[PP_FIBER_COUNT];
    for (uint32_t i = 0; i < ready_count; i++) {
        serials[i] = fibers[ready[i]].serial;
    }
    return (struct pp_candidates){.self = current->serial,
                                  .serials = serials,
                                  .count = ready_count,
                                  .has_program = has_next_op,
                                  .has_time = pp_schedule_next_wake() != PP_NEVER};
}

static void call_due(void) {
    if (current == NULL) {
        pp_choice_load(pp_now.op);  // the host does not switch
        return;
    }
    uint8_t target = 0;
    struct pp_candidates others = candidates();
    follow(pp_choice_at_call(pp_now.op, &others, &target), target, SPINS_OF_CALLS);
}

static void access_due(uintptr_t address) {
    if (current == NULL) {
        pp_choice_load(pp_now.op);
        return;
    }
    uint8_t target = 0;
    struct pp_candidates others = candidates();
    follow(pp_choice_at_access(pp_now.op, address, &others, &target), target, 1);
}

static void block_due(void) {
    pp_choice_load(pp_now.op);
    if (current != NULL) {
        spin(1);
    }
}

static bool resume(uint32_t fiber_index) {
    struct pp_fiber *fiber = &fibers[fiber_index];
    current = fiber;
    pp_search_refresh();
    pp_choice_load(fiber->op);
    bool goes_on = pp_fiber_resume(fiber);
    pp_choice_store(fiber->op);
    current = NULL;
    if (fiber->state == PP_FIBER_DONE || fiber->state == PP_FIBER_LEFT) {
        pp_fiber_drop(fiber);
    }
    pp_choice_load(pp_now.op);
    return goes_on;
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

// Goes to the time at which somebody wakes or the alarm rings. Who wakes runs next.
static void pass_time(void) {
    uint64_t wake = pp_schedule_next_wake();
    if (wake == PP_NEVER) {
        return;
    }
    set_time(wake);
    if (wake == alarm_ticks) {
        alarm_ticks = PP_NEVER;
        alarm_ring();
    } else {
        struct pp_fiber *fiber = find_next_wake();
        fiber->is_timed_out = true;
        put_ready(0, (uint32_t)(fiber - fibers));
    }
}

bool pp_schedule_settle(void) {
    program_is_chosen = false;
    has_next_op = pp_now.op != PP_OP_NONE && pp_now.op + 1u < op_count;
    uint32_t switch_count = 0;
    while (ready_count > 0) {
        if (++switch_count > SWITCHES_MAX) {
            PP_EMIT(CRASH, PP_CRASH_ENDLESS);
            return false;
        }
        if (!resume(take_ready(0))) {
            return false;
        }
        if (time_is_chosen) {
            time_is_chosen = false;
            pass_time();
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
    self->is_given_up = false;
    self->spin_count = 0;
    return block(object, wake_ticks);
}

void pp_schedule_await(enum pp_await what, const void *about, const void *object) {
    PP_EMIT(AWAIT, what, pp_object(about));
    pp_schedule_block(object, PP_NEVER);
    PP_EMIT(WAIT_END, pp_object(about), 0);
}

void pp_schedule_yield(void) {
    struct pp_fiber *self = current;
    put_ready(ready_count, (uint32_t)(self - fibers));
    pp_fiber_leave(self);
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

static bool may_wait_for_ever(const struct pp_fiber *fiber) {
    return fiber->activity == PP_ACTIVITY_THREAD || fiber->activity == PP_ACTIVITY_ACTION;
}

struct pp_fiber *pp_schedule_first_blocked(void) {
    struct pp_fiber *found = NULL;
    for (uint32_t i = 0; i < fiber_used_count; i++) {
        if (fibers[i].state == PP_FIBER_BLOCKED && !may_wait_for_ever(&fibers[i]) &&
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

bool pp_schedule_advance_to(uint64_t ticks) {
    for (;;) {
        if (!pp_schedule_settle()) {
            return false;
        }
        uint64_t wake = pp_schedule_next_wake();
        if (wake == PP_NEVER || wake > ticks) {
            break;
        }
        pass_time();
    }
    set_time(ticks);
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
