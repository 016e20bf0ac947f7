// SPDX-License-Identifier: MIT
// What can be waited for: events, timers, mutexes, semaphores, threads. Each begins with a
// DISPATCHER_HEADER in the driver's memory; who waits for it is known here only.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

// Of a dispatcher header, as in Windows.
enum pp_dispatcher_type {
    PP_NOTIFICATION_EVENT,
    PP_SYNCHRONIZATION_EVENT,
    PP_MUTANT,
    PP_SEMAPHORE = 5,
    PP_THREAD,
    PP_NOTIFICATION_TIMER = 8,
    PP_SYNCHRONIZATION_TIMER,
};

// Forgets who waits.
void pp_dispatcher_reset(void);

// Initialises an object of `size` bytes. False if that was misuse, and nothing was done.
bool pp_dispatcher_init(void *object, enum pp_dispatcher_type type, size_t size, int32_t signal_state);

// True if the object can be used as one of a type from `first` to `last`.
bool pp_dispatcher_use(void *object, enum pp_dispatcher_type first, enum pp_dispatcher_type last);

// Lets those go on whose waits are over now that the object is signalled, the longest waiting first.
void pp_dispatcher_signal(DISPATCHER_HEADER *object);

// Waits until one, or all, of the objects are signalled, or until `ticks` have passed: PP_NEVER for
// ever, 0 not at all. STATUS_WAIT_0 and the index, or STATUS_TIMEOUT.
NTSTATUS pp_dispatcher_wait(void *const *objects, uint32_t count, bool is_for_all, uint64_t ticks);

// A timeout of a driver's in ticks from now on: negative numbers count from now, others are points in
// system time; NULL is for ever.
uint64_t pp_dispatcher_ticks(const LARGE_INTEGER *timeout);
