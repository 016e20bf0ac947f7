// SPDX-License-Identifier: MIT
// Spin locks and IRQL, as on a machine with many processors: a fiber that finds a lock held waits while
// its holder goes on. A held lock's word is the number of the fiber that holds it.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/schedule.h"

#include <ndis.h>

static ULONG_PTR own_number(void) { return pp_schedule_current()->number; }

static enum pp_lock_state state_of(const KSPIN_LOCK *lock) {
    if (*lock == 0) {
        return PP_LOCK_FREE;
    }
    if (*lock == own_number()) {
        return PP_LOCK_OWN;
    }
    return *lock <= PP_FIBER_COUNT ? PP_LOCK_OTHERS : PP_LOCK_GARBAGE;
}

static void acquire(KSPIN_LOCK *lock, enum pp_lock_way way, uint64_t how) {
    pp_switch_point();
    pp_touch_write(lock, sizeof(*lock));
    pp_guard_define(lock, sizeof(*lock));  // garbage in it is found by the rule
    PP_EMIT(LOCK_ACQUIRE, pp_object(lock), way, state_of(lock), how);
    bool must_wait = *lock != 0;
    while (*lock != 0) {
        pp_schedule_block(lock, PP_NEVER);
        pp_touch_write(lock, sizeof(*lock));
    }
    *lock = own_number();
    if (must_wait) {
        PP_EMIT(HELD, pp_object(lock), PP_HOLD_SPIN_LOCK, how);
    }
}

static void release(KSPIN_LOCK *lock, enum pp_lock_way way, KIRQL new_irql) {
    pp_touch_write(lock, sizeof(*lock));
    PP_EMIT(LOCK_RELEASE, pp_object(lock), way, state_of(lock), new_irql);
    *lock = 0;
    pp_schedule_wake(lock, /*all=*/false);
}

static KIRQL raise_irql(KIRQL irql) {
    KIRQL old_irql = pp_now.irql;
    pp_now.irql = irql > old_irql ? irql : old_irql;
    return old_irql;
}

// The IRQL goes up first and comes down last, so that nothing runs at PASSIVE_LEVEL with the lock held.
static KIRQL acquire_raising(KSPIN_LOCK *lock, enum pp_lock_way way) {
    KIRQL old_irql = raise_irql(DISPATCH_LEVEL);
    acquire(lock, way, 0);
    return old_irql;
}

static void release_lowering(KSPIN_LOCK *lock, enum pp_lock_way way, KIRQL old_irql) {
    release(lock, way, old_irql);
    pp_now.irql = old_irql;
    pp_switch_point();
}

VOID NdisAllocateSpinLock(NDIS_SPIN_LOCK *SpinLock) {
    pp_touch_write(SpinLock, sizeof(*SpinLock));
    SpinLock->SpinLock = 0;
    SpinLock->OldIrql = PASSIVE_LEVEL;
}

VOID NdisFreeSpinLock(NDIS_SPIN_LOCK *SpinLock) { (void)SpinLock; }

VOID NdisAcquireSpinLock(NDIS_SPIN_LOCK *SpinLock) {
    KIRQL old_irql = acquire_raising(&SpinLock->SpinLock, PP_LOCK_NDIS);
    SpinLock->OldIrql = old_irql;
}

VOID NdisReleaseSpinLock(NDIS_SPIN_LOCK *SpinLock) {
    pp_touch_read(SpinLock, sizeof(*SpinLock));
    release_lowering(&SpinLock->SpinLock, PP_LOCK_NDIS, SpinLock->OldIrql);
}

VOID NdisDprAcquireSpinLock(NDIS_SPIN_LOCK *SpinLock) {
    acquire(&SpinLock->SpinLock, PP_LOCK_NDIS_AT_DPC, 0);
}

VOID NdisDprReleaseSpinLock(NDIS_SPIN_LOCK *SpinLock) {
    release(&SpinLock->SpinLock, PP_LOCK_NDIS_AT_DPC, pp_now.irql);
    pp_switch_point();
}

VOID KeInitializeSpinLock(KSPIN_LOCK *SpinLock) {
    pp_touch_write(SpinLock, sizeof(*SpinLock));
    *SpinLock = 0;
}

KIRQL KeAcquireSpinLockRaiseToDpc(KSPIN_LOCK *SpinLock) { return acquire_raising(SpinLock, PP_LOCK_KE); }

VOID KeReleaseSpinLock(KSPIN_LOCK *SpinLock, KIRQL NewIrql) {
    release_lowering(SpinLock, PP_LOCK_KE, NewIrql);
}

VOID KeAcquireSpinLockAtDpcLevel(KSPIN_LOCK *SpinLock) { acquire(SpinLock, PP_LOCK_KE_AT_DPC, 0); }

BOOLEAN KeTestSpinLock(KSPIN_LOCK *SpinLock) {
    pp_switch_point();
    return pp_touch_read(SpinLock, sizeof(*SpinLock)) && *SpinLock == 0;
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(KSPIN_LOCK *SpinLock) {
    if (!KeTestSpinLock(SpinLock)) {
        return FALSE;
    }
    acquire(SpinLock, PP_LOCK_KE_AT_DPC, PP_HOLD_TRY);
    return TRUE;
}

VOID KeReleaseSpinLockFromDpcLevel(KSPIN_LOCK *SpinLock) {
    release(SpinLock, PP_LOCK_KE_AT_DPC, pp_now.irql);
    pp_switch_point();
}

KIRQL KeGetCurrentIrql(VOID) { return pp_now.irql; }

KIRQL KfRaiseIrql(KIRQL NewIrql) { return raise_irql(NewIrql); }

VOID KeLowerIrql(KIRQL NewIrql) {
    pp_now.irql = NewIrql;
    pp_switch_point();
}
