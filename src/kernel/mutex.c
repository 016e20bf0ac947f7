// SPDX-License-Identifier: MIT
// What threads hold and wait for at PASSIVE_LEVEL: mutexes, fast mutexes, semaphores.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/dispatcher.h"
#include "kernel/level.h"
#include "kernel/schedule.h"
#include "kernel/thread.h"

#include <ndis.h>
#include <string.h>

static PKTHREAD self(void) { return pp_thread_of(pp_schedule_current()); }

static enum pp_lock_state state_of(bool is_free, const void *owner) {
    return is_free ? PP_LOCK_FREE : owner == (const void *)self() ? PP_LOCK_OWN : PP_LOCK_OTHERS;
}

// === Mutexes ===

VOID KeInitializeMutex(KMUTEX *Mutex, ULONG Level) {
    (void)Level;
    if (pp_dispatcher_init(Mutex, PP_MUTANT, sizeof(*Mutex), 1)) {
        Mutex->OwnerThread = NULL;
    }
}

static bool use_mutex(KMUTEX *mutex) {
    pp_switch_point();
    return pp_dispatcher_use(mutex, PP_MUTANT, PP_MUTANT);
}

LONG KeReleaseMutex(KMUTEX *Mutex, BOOLEAN Wait) {
    (void)Wait;
    if (!use_mutex(Mutex) || !PP_EMIT(UNHOLD, pp_object(Mutex), PP_HOLD_MUTEX,
                                      state_of(Mutex->OwnerThread == NULL, Mutex->OwnerThread))) {
        return 0;
    }
    LONG old_state = Mutex->Header.SignalState++;
    if (Mutex->Header.SignalState == 1) {
        Mutex->OwnerThread = NULL;
        pp_dispatcher_signal(&Mutex->Header);
    }
    pp_switch_point();
    return old_state;
}

LONG KeReadStateMutex(KMUTEX *Mutex) { return use_mutex(Mutex) ? Mutex->Header.SignalState : 0; }

// === Semaphores ===

VOID KeInitializeSemaphore(KSEMAPHORE *Semaphore, LONG Count, LONG Limit) {
    if (pp_dispatcher_init(Semaphore, PP_SEMAPHORE, sizeof(*Semaphore), Count)) {
        Semaphore->Limit = Limit;
    }
}

static bool use_semaphore(KSEMAPHORE *semaphore) {
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL) && pp_dispatcher_use(semaphore, PP_SEMAPHORE, PP_SEMAPHORE);
}

LONG KeReleaseSemaphore(KSEMAPHORE *Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) {
    (void)Increment;
    (void)Wait;
    if (!use_semaphore(Semaphore)) {
        return 0;
    }
    LONG old_state = Semaphore->Header.SignalState;
    bool is_beyond = Adjustment <= 0 || Adjustment > Semaphore->Limit - old_state;
    if (!PP_EMIT(UNHOLD, pp_object(Semaphore), PP_HOLD_SEMAPHORE,
                 is_beyond ? PP_LOCK_FREE : PP_LOCK_OWN)) {
        return old_state;
    }
    if (!is_beyond) {
        Semaphore->Header.SignalState += Adjustment;
        pp_dispatcher_signal(&Semaphore->Header);
    }
    pp_switch_point();
    return old_state;
}

LONG KeReadStateSemaphore(KSEMAPHORE *Semaphore) {
    return use_semaphore(Semaphore) ? Semaphore->Header.SignalState : 0;
}

// === Fast mutexes ===
//
// They raise to APC_LEVEL, and are not recursive. Count is 1 if free; the event is only a mark here.

VOID ExInitializeFastMutex(FAST_MUTEX *FastMutex) {
    if (pp_touch_write(FastMutex, sizeof(*FastMutex))) {
        memset(FastMutex, 0, sizeof(*FastMutex));
        FastMutex->Count = 1;
        pp_dispatcher_init(&FastMutex->Event, PP_SYNCHRONIZATION_EVENT, sizeof(FastMutex->Event), 0);
    }
}

static bool use_fast_mutex(FAST_MUTEX *mutex) {
    pp_switch_point();
    return pp_level_at_most(APC_LEVEL) && pp_touch_write(mutex, sizeof(*mutex)) &&
           pp_dispatcher_use(&mutex->Event, PP_SYNCHRONIZATION_EVENT, PP_SYNCHRONIZATION_EVENT);
}

static bool acquire_fast_mutex(FAST_MUTEX *mutex, uint64_t how) {
    if (!use_fast_mutex(mutex) || !PP_EMIT(HOLD, pp_object(mutex), PP_HOLD_FAST_MUTEX,
                                           state_of(mutex->Owner == NULL, mutex->Owner), how)) {
        return false;
    }
    bool must_wait = mutex->Owner != NULL;
    while (mutex->Owner != NULL) {
        pp_schedule_block(mutex, PP_NEVER);
        if (!pp_touch_write(mutex, sizeof(*mutex))) {
            return false;
        }
    }
    mutex->Count = 0;
    mutex->Owner = self();
    if (must_wait) {
        PP_EMIT(HELD, pp_object(mutex), PP_HOLD_FAST_MUTEX, how);
    }
    return true;
}

static bool release_fast_mutex(FAST_MUTEX *mutex) {
    if (!use_fast_mutex(mutex) || !PP_EMIT(UNHOLD, pp_object(mutex), PP_HOLD_FAST_MUTEX,
                                           state_of(mutex->Owner == NULL, mutex->Owner))) {
        return false;
    }
    mutex->Count = 1;
    mutex->Owner = NULL;
    pp_schedule_wake(mutex, /*all=*/false);
    return true;
}

static void acquire_raising(FAST_MUTEX *mutex, uint64_t how) {
    KIRQL old_irql = pp_now.irql;
    if (acquire_fast_mutex(mutex, how)) {
        mutex->OldIrql = old_irql;
        pp_now.irql = APC_LEVEL;
    }
}

VOID ExAcquireFastMutex(FAST_MUTEX *FastMutex) { acquire_raising(FastMutex, 0); }

BOOLEAN ExTryToAcquireFastMutex(FAST_MUTEX *FastMutex) {
    if (!use_fast_mutex(FastMutex) || FastMutex->Owner != NULL) {
        return FALSE;
    }
    acquire_raising(FastMutex, PP_HOLD_TRY);
    return TRUE;
}

VOID ExReleaseFastMutex(FAST_MUTEX *FastMutex) {
    if (release_fast_mutex(FastMutex)) {
        pp_now.irql = (KIRQL)FastMutex->OldIrql;
    }
    pp_switch_point();
}

VOID ExAcquireFastMutexUnsafe(FAST_MUTEX *FastMutex) { acquire_fast_mutex(FastMutex, 0); }

VOID ExReleaseFastMutexUnsafe(FAST_MUTEX *FastMutex) {
    release_fast_mutex(FastMutex);
    pp_switch_point();
}
