// SPDX-License-Identifier: MIT
// Who may still use something that is to go: rundown protection and remove locks.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/dispatcher.h"
#include "kernel/level.h"
#include "kernel/schedule.h"

#include <wdm.h>

// === Rundown protection: twice the holders, and 1 once it runs down ===

#define RUNS_DOWN 1u
#define HOLDER 2u
#define HOLDERS_MAX 0x10000u

VOID ExInitializeRundownProtection(EX_RUNDOWN_REF *RunRef) {
    pp_switch_point();
    if (pp_touch_write(RunRef, sizeof(*RunRef))) {
        RunRef->Count = 0;
    }
}

VOID ExReInitializeRundownProtection(EX_RUNDOWN_REF *RunRef) { ExInitializeRundownProtection(RunRef); }

VOID ExRundownCompleted(EX_RUNDOWN_REF *RunRef) {
    pp_switch_point();
    if (pp_touch_write(RunRef, sizeof(*RunRef))) {
        RunRef->Count = RUNS_DOWN;
    }
}

static bool use(EX_RUNDOWN_REF *ref) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(ref, sizeof(*ref))) {
        return false;
    }
    pp_guard_define(ref, sizeof(*ref));  // garbage in it is found by the rule
    return true;
}

BOOLEAN ExAcquireRundownProtectionEx(EX_RUNDOWN_REF *RunRef, ULONG Count) {
    if (!use(RunRef) ||
        !PP_EMIT(HOLD, pp_object(RunRef), PP_HOLD_RUNDOWN,
                 RunRef->Count > HOLDERS_MAX * HOLDER ? PP_LOCK_GARBAGE : PP_LOCK_FREE)) {
        return FALSE;
    }
    if ((RunRef->Count & RUNS_DOWN) != 0) {
        return FALSE;
    }
    RunRef->Count += (ULONG_PTR)Count * HOLDER;
    return TRUE;
}

BOOLEAN ExAcquireRundownProtection(EX_RUNDOWN_REF *RunRef) {
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

VOID ExReleaseRundownProtectionEx(EX_RUNDOWN_REF *RunRef, ULONG Count) {
    if (!use(RunRef)) {
        return;
    }
    bool is_held = RunRef->Count / HOLDER >= Count;
    if (PP_EMIT(UNHOLD, pp_object(RunRef), PP_HOLD_RUNDOWN, is_held ? PP_LOCK_OWN : PP_LOCK_FREE) &&
        is_held) {
        RunRef->Count -= (ULONG_PTR)Count * HOLDER;
        pp_schedule_wake(RunRef, /*all=*/true);
    }
    pp_switch_point();
}

VOID ExReleaseRundownProtection(EX_RUNDOWN_REF *RunRef) { ExReleaseRundownProtectionEx(RunRef, 1); }

VOID ExWaitForRundownProtectionRelease(EX_RUNDOWN_REF *RunRef) {
    if (!use(RunRef)) {
        return;
    }
    PP_EMIT(WAIT, pp_object(RunRef), 0, 1);
    RunRef->Count |= RUNS_DOWN;
    while (pp_touch_read(RunRef, sizeof(*RunRef)) && RunRef->Count / HOLDER > 0) {
        pp_schedule_await(PP_AWAIT_RUNDOWN, RunRef, RunRef);
    }
    PP_EMIT(WAIT_END, pp_object(RunRef), 0);
}

// === Remove locks: one for the device itself, and one for each who holds it ===

VOID IoInitializeRemoveLockEx(IO_REMOVE_LOCK *Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                              ULONG HighWatermark, ULONG RemlockSize) {
    (void)AllocateTag;
    (void)MaxLockedMinutes;
    (void)HighWatermark;
    (void)RemlockSize;
    pp_switch_point();
    if (pp_touch_write(Lock, sizeof(*Lock))) {
        Lock->Common.Removed = FALSE;
        Lock->Common.IoCount = 1;
        KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
    }
}

static bool use_remove_lock(IO_REMOVE_LOCK *lock) {
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(lock, sizeof(*lock)) &&
           pp_dispatcher_use(&lock->Common.RemoveEvent, PP_SYNCHRONIZATION_EVENT,
                             PP_SYNCHRONIZATION_EVENT);
}

// False if that is misuse. The device's own reference is given up by the wait only.
static bool release(IO_REMOVE_LOCK *lock) {
    bool is_held = lock->Common.IoCount > (lock->Common.Removed ? 0 : 1);
    if (!PP_EMIT(UNHOLD, pp_object(lock), PP_HOLD_REMOVE_LOCK, is_held ? PP_LOCK_OWN : PP_LOCK_FREE) ||
        !is_held) {
        return false;
    }
    lock->Common.IoCount--;
    return true;
}

NTSTATUS IoAcquireRemoveLockEx(IO_REMOVE_LOCK *RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                               ULONG RemlockSize) {
    (void)Tag;
    (void)File;
    (void)Line;
    (void)RemlockSize;
    if (!use_remove_lock(RemoveLock) ||
        !PP_EMIT(HOLD, pp_object(RemoveLock), PP_HOLD_REMOVE_LOCK, PP_LOCK_FREE) ||
        RemoveLock->Common.Removed) {
        return STATUS_DELETE_PENDING;
    }
    RemoveLock->Common.IoCount++;
    return STATUS_SUCCESS;
}

VOID IoReleaseRemoveLockEx(IO_REMOVE_LOCK *RemoveLock, PVOID Tag, ULONG RemlockSize) {
    (void)Tag;
    (void)RemlockSize;
    if (use_remove_lock(RemoveLock) && release(RemoveLock) && RemoveLock->Common.IoCount == 0) {
        KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
    }
}

// The caller holds the lock, too.
VOID IoReleaseRemoveLockAndWaitEx(IO_REMOVE_LOCK *RemoveLock, PVOID Tag, ULONG RemlockSize) {
    (void)Tag;
    (void)RemlockSize;
    if (!pp_level_at_most(PASSIVE_LEVEL) || !use_remove_lock(RemoveLock) || !release(RemoveLock)) {
        return;
    }
    bool is_first = !RemoveLock->Common.Removed;
    RemoveLock->Common.Removed = TRUE;
    RemoveLock->Common.IoCount -= is_first;
    if (RemoveLock->Common.IoCount > 0) {
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
    }
}
