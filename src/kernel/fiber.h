// SPDX-License-Identifier: MIT
// Fibers: stacks of their own and switching between them and the host's stack, without a system call.
// Which one runs is src/kernel/schedule.c's decision.
#pragma once
#include <poolproof/event.h>
#include <stdbool.h>
#include <stdint.h>

#define PP_FIBER_COUNT 48u

// Zero is a fiber that nobody uses.
enum pp_fiber_state {
    PP_FIBER_UNUSED,
    PP_FIBER_READY,
    PP_FIBER_BLOCKED,
    PP_FIBER_DONE,  // its function has returned; unused again when the host has seen it
    PP_FIBER_LEFT,  // the same, but its function was left in the middle
};

// What a fiber does: one call of the driver, and what the world does around it.
typedef void (*pp_fiber_function)(void *subject, uint64_t detail);

struct pp_fiber {
    enum pp_fiber_state state;
    uint8_t number;   // 1 to PP_FIBER_COUNT, always the same
    uint32_t serial;  // of what it does: counted from 1 in a run
    enum pp_activity activity;
    pp_fiber_function run;
    void *subject;  // binding, file or IRP that it is about
    uint64_t detail;
    uint16_t op;  // who is acting, while the fiber does not run
    uint16_t callback;
    uint8_t irql;
    bool is_timed_out;        // how its last wait ended
    bool is_spinning;         // while blocked: it has not asked for that
    bool is_given_up;         // nobody will do what it spins for
    uint32_t spin_count;      // since it last waited
    void *thread;             // the driver's thread that it runs, or NULL
    const void *wait_object;  // while blocked; NULL: only time wakes it
    uint64_t wake_ticks;      // while blocked; UINT64_MAX: never
    uintptr_t wait_frame;     // while blocked: where it waits
    void *context;            // NULL: starts from the top of its stack
    void *fake_stack;         // the sanitizer's
    char *stack_low;
    char *stack_high;
};

// Runs the fiber until it calls pp_fiber_leave or its function returns. Called on the host's stack.
// Returns false if the fiber asked to end the whole run.
bool pp_fiber_resume(struct pp_fiber *fiber);

// Back to the host, which may resume the fiber later. Called on the fiber.
void pp_fiber_leave(struct pp_fiber *fiber);

// Back to the host for good: what the fiber was to do is done. Called on the fiber.
_Noreturn void pp_fiber_finish(struct pp_fiber *fiber);

// Back to the host for good: pp_fiber_resume returns false. Called on the fiber, also from a signal
// handler.
_Noreturn void pp_fiber_end_run(struct pp_fiber *fiber);

// Makes a fiber that was left in the middle unused. Called on the host's stack.
void pp_fiber_drop(struct pp_fiber *fiber);
