// SPDX-License-Identifier: MIT
// Locks that many hold to read, or one to write: those of NDIS, and the executive's shared spin locks.
// Of each, one word says who holds it: 0 nobody, n readers, or the writer's fiber number, negative.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/schedule.h"
#include "kernel/service.h"

#include <ndis.h>
#include <string.h>

#define READERS_MAX 65536

enum { HELD_NOT, HELD_TO_READ, HELD_TO_WRITE };  // LOCK_STATE.LockState

static LONG own_mark(void) { return -(LONG)pp_schedule_current()->number; }

static enum pp_lock_state state_of(LONG word) {
    if (word == 0) {
        return PP_LOCK_FREE;
    }
    if (word < -(LONG)PP_FIBER_COUNT || word > READERS_MAX) {
        return PP_LOCK_GARBAGE;
    }
    return word == own_mark() ? PP_LOCK_OWN : PP_LOCK_OTHERS;
}

static bool is_free(LONG word, bool is_to_write) { return is_to_write ? word == 0 : word >= 0; }

static bool acquire(LONG *word, enum pp_hold kind, bool is_to_write) {
    pp_switch_point();
    pp_guard_define(word, sizeof(*word));  // garbage in it is found by the rule
    enum pp_lock_state state = state_of(*word);
    bool must_wait = !is_free(*word, is_to_write);
    uint64_t how = is_to_write ? 0 : PP_HOLD_SHARED;
    state = state == PP_LOCK_OTHERS && !must_wait ? PP_LOCK_FREE : state;
    if (!PP_EMIT(HOLD, pp_object(word), kind, state, how)) {
        return false;
    }
    while (!is_free(*word, is_to_write)) {
        pp_schedule_block(word, PP_NEVER);
        if (!pp_touch_write(word, sizeof(*word))) {
            return false;
        }
    }
    *word = is_to_write ? own_mark() : *word + 1;
    if (must_wait) {
        PP_EMIT(HELD, pp_object(word), kind, how);
    }
    return true;
}

// What is released to read is some reader's; which one cannot be told.
static bool release(LONG *word, enum pp_hold kind, bool is_to_write) {
    enum pp_lock_state state = state_of(*word);
    if (!is_to_write && *word > 0 && state == PP_LOCK_OTHERS) {
        state = PP_LOCK_OWN;
    }
    if (!PP_EMIT(UNHOLD, pp_object(word), kind, state)) {
        return false;
    }
    *word = is_to_write || *word <= 0 ? 0 : *word - 1;
    pp_schedule_wake(word, /*all=*/true);
    return true;
}

static void lower(KIRQL irql) {
    pp_now.irql = irql;
    pp_switch_point();
}

// === NDIS, allocated ===

struct _NDIS_RW_LOCK_EX {
    LONG word;
};

NDIS_RW_LOCK_EX *NdisAllocateRWLock(NDIS_HANDLE NdisHandle) {
    (void)NdisHandle;
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL)
               ? pp_service_make(PP_SERVICE_RW_LOCK, PP_POINT_RW_LOCK_ALLOCATE, sizeof(NDIS_RW_LOCK_EX))
               : NULL;
}

VOID NdisFreeRWLock(NDIS_RW_LOCK_EX *Lock) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_service_end(Lock, PP_SERVICE_RW_LOCK)) {
        pp_service_give(Lock);
    }
}

static void acquire_rw(NDIS_RW_LOCK_EX *lock, LOCK_STATE_EX *ret_state, UCHAR flags, bool is_to_write) {
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(ret_state, sizeof(*ret_state)) ||
        !pp_service_use(lock, PP_SERVICE_RW_LOCK)) {
        return;
    }
    ret_state->OldIrql = pp_now.irql;
    ret_state->Flags = flags;
    pp_now.irql = DISPATCH_LEVEL;
    bool is_held = acquire(&lock->word, PP_HOLD_RW_LOCK, is_to_write);
    ret_state->LockState = !is_held ? HELD_NOT : is_to_write ? HELD_TO_WRITE : HELD_TO_READ;
}

VOID NdisAcquireRWLockRead(NDIS_RW_LOCK_EX *Lock, LOCK_STATE_EX *LockState, UCHAR Flags) {
    acquire_rw(Lock, LockState, Flags, /*is_to_write=*/false);
}

VOID NdisAcquireRWLockWrite(NDIS_RW_LOCK_EX *Lock, LOCK_STATE_EX *LockState, UCHAR Flags) {
    acquire_rw(Lock, LockState, Flags, /*is_to_write=*/true);
}

VOID NdisReleaseRWLock(NDIS_RW_LOCK_EX *Lock, LOCK_STATE_EX *LockState) {
    if (pp_touch_read(LockState, sizeof(*LockState)) && pp_service_use(Lock, PP_SERVICE_RW_LOCK) &&
        release(&Lock->word, PP_HOLD_RW_LOCK, LockState->LockState == HELD_TO_WRITE)) {
        lower(LockState->OldIrql);
    }
}

// === NDIS, in the driver's memory ===
//
// Its word is the first reference count, which nobody else uses.

static LONG *word_of(NDIS_RW_LOCK *lock) { return (LONG *)(void *)lock->RefCount[0]; }

VOID NdisInitializeReadWriteLock(NDIS_RW_LOCK *Lock) {
    if (pp_touch_write(Lock, sizeof(*Lock))) {
        memset(Lock, 0, sizeof(*Lock));
    }
}

VOID NdisAcquireReadWriteLock(NDIS_RW_LOCK *Lock, BOOLEAN fWrite, LOCK_STATE *LockState) {
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(Lock, sizeof(*Lock)) ||
        !pp_touch_write(LockState, sizeof(*LockState))) {
        return;
    }
    LockState->OldIrql = pp_now.irql;
    pp_now.irql = DISPATCH_LEVEL;
    bool is_held = acquire(word_of(Lock), PP_HOLD_RW_LOCK, fWrite);
    LockState->LockState = !is_held ? HELD_NOT : fWrite ? HELD_TO_WRITE : HELD_TO_READ;
}

VOID NdisReleaseReadWriteLock(NDIS_RW_LOCK *Lock, LOCK_STATE *LockState) {
    if (pp_touch_write(Lock, sizeof(*Lock)) && pp_touch_read(LockState, sizeof(*LockState)) &&
        release(word_of(Lock), PP_HOLD_RW_LOCK, LockState->LockState == HELD_TO_WRITE)) {
        lower(LockState->OldIrql);
    }
}

// === The executive's ===

static KIRQL acquire_spin(EX_SPIN_LOCK *lock, bool is_to_write) {
    KIRQL old_irql = pp_now.irql;
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(lock, sizeof(*lock))) {
        pp_now.irql = DISPATCH_LEVEL;
        acquire(lock, PP_HOLD_SHARED_SPIN_LOCK, is_to_write);
    }
    return old_irql;
}

static void release_spin(EX_SPIN_LOCK *lock, KIRQL old_irql, bool is_to_write) {
    if (pp_touch_write(lock, sizeof(*lock)) && release(lock, PP_HOLD_SHARED_SPIN_LOCK, is_to_write)) {
        lower(old_irql);
    }
}

KIRQL ExAcquireSpinLockShared(EX_SPIN_LOCK *SpinLock) {
    return acquire_spin(SpinLock, /*is_to_write=*/false);
}

VOID ExReleaseSpinLockShared(EX_SPIN_LOCK *SpinLock, KIRQL OldIrql) {
    release_spin(SpinLock, OldIrql, /*is_to_write=*/false);
}

KIRQL ExAcquireSpinLockExclusive(EX_SPIN_LOCK *SpinLock) {
    return acquire_spin(SpinLock, /*is_to_write=*/true);
}

VOID ExReleaseSpinLockExclusive(EX_SPIN_LOCK *SpinLock, KIRQL OldIrql) {
    release_spin(SpinLock, OldIrql, /*is_to_write=*/true);
}
