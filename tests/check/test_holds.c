// SPDX-License-Identifier: MIT
// Rules about mutexes, semaphores, read/write locks and the like.
#include "fixture.h"

static KMUTEX mutex;
static FAST_MUTEX fast_mutex;
static KSEMAPHORE semaphore;
static EX_SPIN_LOCK spin_lock;

static NTSTATUS release_free_mutex(void) {
    KeInitializeMutex(&mutex, 0);
    KeReleaseMutex(&mutex, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS hold_mutex_twice(void) {
    KeInitializeMutex(&mutex, 0);
    for (int i = 0; i < 2; i++) {
        KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
    }
    for (int i = 0; i < 2; i++) {
        KeReleaseMutex(&mutex, FALSE);
    }
    if (KeReadStateMutex(&mutex) == 1) {
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS acquire_own_fast_mutex(void) {
    ExInitializeFastMutex(&fast_mutex);
    ExAcquireFastMutex(&fast_mutex);
    ExAcquireFastMutex(&fast_mutex);
    return STATUS_SUCCESS;
}

static NTSTATUS use_fast_mutex(void) {
    ExInitializeFastMutex(&fast_mutex);
    for (int i = 0; i < 2; i++) {
        ExAcquireFastMutex(&fast_mutex);
        if (KeGetCurrentIrql() == APC_LEVEL && !ExTryToAcquireFastMutex(&fast_mutex)) {
            fixture_reached();
        }
        ExReleaseFastMutex(&fast_mutex);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS release_semaphore_twice(void) {
    KeInitializeSemaphore(&semaphore, 0, 1);
    KeReleaseSemaphore(&semaphore, 0, 1, FALSE);
    KeReleaseSemaphore(&semaphore, 0, 1, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS release_semaphore_in_turn(void) {
    KeInitializeSemaphore(&semaphore, 0, 1);
    for (int i = 0; i < 2; i++) {
        KeReleaseSemaphore(&semaphore, 0, 1, FALSE);
        KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, NULL);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS release_rw_lock_twice(void) {
    LOCK_STATE_EX state;
    NDIS_RW_LOCK_EX *lock = NdisAllocateRWLock(fixture.protocol);
    NdisAcquireRWLockRead(lock, &state, 0);
    NdisReleaseRWLock(lock, &state);
    NdisReleaseRWLock(lock, &state);
    return STATUS_SUCCESS;
}

static NTSTATUS write_in_write(void) {
    LOCK_STATE_EX state;
    NDIS_RW_LOCK_EX *lock = NdisAllocateRWLock(fixture.protocol);
    NdisAcquireRWLockWrite(lock, &state, 0);
    NdisAcquireRWLockRead(lock, &state, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS use_rw_lock(void) {
    LOCK_STATE_EX outer, inner;
    NDIS_RW_LOCK_EX *lock = NdisAllocateRWLock(fixture.protocol);
    if (lock == NULL) {
        return STATUS_SUCCESS;
    }
    NdisAcquireRWLockRead(lock, &outer, 0);
    NdisAcquireRWLockRead(lock, &inner, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(lock, &inner);
    NdisReleaseRWLock(lock, &outer);
    NdisAcquireRWLockWrite(lock, &outer, 0);
    NdisReleaseRWLock(lock, &outer);
    NdisFreeRWLock(lock);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS write_in_shared_spin_lock(void) {
    spin_lock = 0;
    ExAcquireSpinLockExclusive(&spin_lock);
    ExAcquireSpinLockExclusive(&spin_lock);
    return STATUS_SUCCESS;
}

static NTSTATUS use_shared_spin_lock(void) {
    spin_lock = 0;
    KIRQL irql = ExAcquireSpinLockShared(&spin_lock);
    ExReleaseSpinLockShared(&spin_lock, irql);
    irql = ExAcquireSpinLockExclusive(&spin_lock);
    ExReleaseSpinLockExclusive(&spin_lock, irql);
    fixture_reached();
    return STATUS_SUCCESS;
}

static const struct check_case cases[] = {
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: mutex released that is not held in DriverEntry",
     .catches.load = release_free_mutex,
     .silent.load = hold_mutex_twice},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: fast mutex acquired again by its holder in DriverEntry",
     .catches.load = acquire_own_fast_mutex,
     .silent.load = use_fast_mutex},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: semaphore released beyond its limit in DriverEntry",
     .catches.load = release_semaphore_twice,
     .silent.load = release_semaphore_in_turn},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: read/write lock released that is not held in DriverEntry",
     .catches.load = release_rw_lock_twice,
     .silent.load = use_rw_lock},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: read/write lock acquired again by its holder in DriverEntry",
     .catches.load = write_in_write,
     .silent.load = use_rw_lock},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: spin lock acquired again by its holder in DriverEntry",
     .catches.load = write_in_shared_spin_lock,
     .silent.load = use_shared_spin_lock},
};

int main(void) { return CHECK_RUN("holds", cases); }
