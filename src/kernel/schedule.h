// SPDX-License-Identifier: MIT
// Which fiber runs, and what time it is. Every decision follows from the program: a fiber runs until it
// blocks or ends, unless its op has a scheduling choice for the switch point that it has reached.
#pragma once
#include "kernel/fiber.h"

#include <poolproof/program.h>
#include <poolproof/search.h>

#define PP_TICKS_PER_MS 10000u  // 100 ns each, as in Windows
#define PP_NEVER UINT64_MAX

// Begins a run: no fibers, time 0, the choices of this program and, if it is not NULL, of a search.
void pp_schedule_begin(const struct pp_program *program, const struct pp_search *search);

// Ends a run, whatever state the fibers are in.
void pp_schedule_end(void);

// Starts an activity for the current op, ahead of every fiber that is ready. False if there are too
// many.
bool pp_schedule_start(enum pp_activity activity, pp_fiber_function run, void *subject, uint64_t detail);

// Runs fibers until none is ready, or until a choice hands over to the program. Time passes only if a
// choice says so. Host only. False if the run is over.
bool pp_schedule_settle(void);

// The fiber that is running, or NULL on the host's stack.
struct pp_fiber *pp_schedule_current(void);

// Blocks the current fiber until pp_schedule_wake(object) or until that time. False if time was up.
bool pp_schedule_block(const void *object, uint64_t wake_ticks);

// Blocks the current fiber of the world, which waits for that, about that object, until
// pp_schedule_wake(object).
void pp_schedule_await(enum pp_await what, const void *about, const void *object);

// Lets everybody else who is ready go on first, as far as they can. On a fiber.
void pp_schedule_yield(void);

// Makes fibers that are blocked on the object ready: the longest waiting one, or all. Returns how many.
uint32_t pp_schedule_wake(const void *object, bool all);

// Makes this one fiber ready, which is blocked.
void pp_schedule_wake_fiber(struct pp_fiber *fiber);

// When time comes to these ticks, `ring` is called on the host's stack. There is one alarm; PP_NEVER
// takes it away.
void pp_schedule_set_alarm(uint64_t ticks, void (*ring)(void));

// Time, in ticks since the run began.
uint64_t pp_schedule_ticks(void);

// Lets time pass, waking fibers as their times come. Host only. False if the run is over.
bool pp_schedule_advance_to(uint64_t ticks);

// The earliest time at which a blocked fiber wakes by itself or the alarm rings, or PP_NEVER.
uint64_t pp_schedule_next_wake(void);

// The blocked fiber that has waited for longest, or NULL if none is blocked. The driver's own threads
// and the callers of its actions may wait for as long as they like.
struct pp_fiber *pp_schedule_first_blocked(void);

// Nobody will do any more what a fiber may spin for: the first that spins goes on until it is done, or
// is found to loop for ever. False if none spins.
bool pp_schedule_give_up_spinning(void);

// True if no fiber can be started any more.
bool pp_schedule_is_full(void);

// True if an activity about the subject is under way; completions and receives (PP_ACTIVITY_DPC and
// behind) do not count.
bool pp_schedule_is_busy(const void *subject);
