// SPDX-License-Identifier: MIT
// Rules about IRQL and spin locks.
#include "fixture.h"

// === IRQL-WAIT ===

static NTSTATUS wait_with_lock_held(void) {
    NdisSetEvent(&fixture.sends_done);  // even if it need not wait long
    NdisAcquireSpinLock(&fixture.lock);
    NdisWaitEvent(&fixture.sends_done, 0);
    NdisReleaseSpinLock(&fixture.lock);
    return STATUS_SUCCESS;
}

static NTSTATUS sleep_at_dispatch(void) {
    KIRQL old_irql;
    KeRaiseIrql(DISPATCH_LEVEL, &old_irql);
    NdisMSleep(1);
    KeLowerIrql(old_irql);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_after_release(void) {
    NdisSetEvent(&fixture.sends_done);
    NdisAcquireSpinLock(&fixture.lock);
    NdisReleaseSpinLock(&fixture.lock);
    NdisWaitEvent(&fixture.sends_done, 0);
    NdisMSleep(1);
    fixture_reached();
    return STATUS_SUCCESS;
}

static void wait_in_completion(NET_BUFFER_LIST *chain) {
    NdisWaitEvent(&fixture.adapter_done, 1);
    fixture_end_send(chain);
}

// A look at an event, which is a wait of no length, is allowed up to DISPATCH_LEVEL.
static void look_in_completion(NET_BUFFER_LIST *chain) {
    LARGE_INTEGER no_time = {.QuadPart = 0};
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    if (KeGetCurrentIrql() == DISPATCH_LEVEL &&
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &no_time) == STATUS_SUCCESS) {
        fixture_reached();
    }
    fixture_end_send(chain);
}

// === IRQL-BALANCE ===

static NTSTATUS stay_at_dispatch(void) {
    KIRQL old_irql;
    KeRaiseIrql(DISPATCH_LEVEL, &old_irql);
    return STATUS_SUCCESS;
}

static NTSTATUS keep_lock(void) {
    NdisAcquireSpinLock(&fixture.lock);
    return STATUS_SUCCESS;
}

static void lower_irql_of_completion(NET_BUFFER_LIST *chain) {
    fixture_end_send(chain);
    KeLowerIrql(PASSIVE_LEVEL);
}

static NTSTATUS raise_and_lower(void) {
    KIRQL old_irql;
    KeRaiseIrql(DISPATCH_LEVEL, &old_irql);
    KeLowerIrql(old_irql);
    fixture_reached();
    return STATUS_SUCCESS;
}

static void nest_locks_in_completion(NET_BUFFER_LIST *chain) {
    KSPIN_LOCK inner;
    KIRQL irql;
    KeInitializeSpinLock(&inner);
    NdisAcquireSpinLock(&fixture.lock);
    KeAcquireSpinLock(&inner, &irql);
    KeReleaseSpinLock(&inner, irql);
    NdisReleaseSpinLock(&fixture.lock);
    fixture_end_send(chain);
    fixture_reached();
}

// The IRQL is the same before and after.
static void keep_lock_of_completion(NET_BUFFER_LIST *chain) {
    fixture_end_send(chain);
    NdisDprAcquireSpinLock(&fixture.lock);
}

// A completion inside the send returns while its caller holds a lock.
static NTSTATUS send_with_lock_held(IRP *irp) {
    KSPIN_LOCK *lock = (KSPIN_LOCK *)&fixture.kept[0];
    KIRQL irql;
    KeAcquireSpinLock(lock, &irql);
    NTSTATUS status = fixture_write(irp);
    KeReleaseSpinLock(lock, irql);
    fixture_reached();
    return status;
}

#define COMPLETED_INSIDE                                            \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)  (outcome: send = success)\nclose(f0)\nunbind(b0)\n"

// === LOCK-PAIR ===

static void take_as_dpr_release_as_other(NET_BUFFER_LIST *chain) {
    fixture_end_send(chain);
    fixture.lock.OldIrql = DISPATCH_LEVEL;  // as if it were well
    NdisDprAcquireSpinLock(&fixture.lock);
    NdisReleaseSpinLock(&fixture.lock);
}

static void take_as_other_release_as_dpr(NET_BUFFER_LIST *chain) {
    fixture_end_send(chain);
    NdisAcquireSpinLock(&fixture.lock);
    NdisDprReleaseSpinLock(&fixture.lock);
}

static void take_and_release_as_dpr(NET_BUFFER_LIST *chain) {
    NdisDprAcquireSpinLock(&fixture.lock);
    NdisDprReleaseSpinLock(&fixture.lock);
    fixture_end_send(chain);
    fixture_reached();
}

static NTSTATUS take_as_dpr_at_passive(void) {
    NdisDprAcquireSpinLock(&fixture.lock);
    NdisDprReleaseSpinLock(&fixture.lock);
    return STATUS_SUCCESS;
}

static NTSTATUS lower_irql_with_lock_held(void) {
    KIRQL irql;
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &irql);
    KeLowerIrql(irql);
    KeReleaseSpinLock(&lock, irql);
    return STATUS_SUCCESS;
}

// From the outer lock to the inner one: the IRQL stays up until the last is released.
static NTSTATUS go_hand_over_hand(void) {
    KSPIN_LOCK *locks = (KSPIN_LOCK *)&fixture.kept[0];
    KIRQL irql;
    KeAcquireSpinLock(&locks[0], &irql);
    KeAcquireSpinLockAtDpcLevel(&locks[1]);
    KeReleaseSpinLockFromDpcLevel(&locks[0]);
    KeReleaseSpinLock(&locks[1], irql);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS release_outer_first(void) {
    NDIS_SPIN_LOCK *inner = (NDIS_SPIN_LOCK *)&fixture.kept[0];
    NdisAllocateSpinLock(inner);
    NdisAcquireSpinLock(&fixture.lock);
    NdisAcquireSpinLock(inner);
    NdisReleaseSpinLock(&fixture.lock);
    NdisReleaseSpinLock(inner);
    return STATUS_SUCCESS;
}

static NTSTATUS use_uninitialised_lock(void) {
    NDIS_SPIN_LOCK *lock = fixture_take_memory(sizeof(*lock));
    NdisAcquireSpinLock(lock);
    return STATUS_SUCCESS;
}

static NTSTATUS release_free_lock(void) {
    NdisReleaseSpinLock(&fixture.lock);
    return STATUS_SUCCESS;
}

static NTSTATUS release_lock_twice(void) {
    KIRQL irql;
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
    KeReleaseSpinLock(&lock, irql);
    return STATUS_SUCCESS;
}

static NTSTATUS acquire_own_lock(void) {
    NdisAcquireSpinLock(&fixture.lock);
    NdisDprAcquireSpinLock(&fixture.lock);
    return STATUS_SUCCESS;
}

static NTSTATUS use_lock_in_memory(void) {
    NDIS_SPIN_LOCK *lock = fixture_take_memory(sizeof(*lock));
    NdisAllocateSpinLock(lock);
    for (int i = 0; i < 3; i++) {
        NdisAcquireSpinLock(lock);
        NdisReleaseSpinLock(lock);
    }
    NdisFreeSpinLock(lock);
    NdisFreeMemory(lock, 0, 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

// Stays in the lock while the other write comes: `write` switches to the program inside it.
static NTSTATUS hold_or_release_lock(IRP *irp) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = irp;
        NdisAcquireSpinLock(&fixture.lock);
        NdisResetEvent(&fixture.sends_done);
        NdisReleaseSpinLock(&fixture.lock);
    } else {
        NdisDprReleaseSpinLock(&fixture.lock);
    }
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS meet_in_lock(IRP *irp) {
    NdisAcquireSpinLock(&fixture.lock);
    NdisResetEvent(&fixture.sends_done);
    NdisReleaseSpinLock(&fixture.lock);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define TWO_WRITES_MEET                                             \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (at: 2 -> 1)\nwrite(f0)\nclose(f0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "IRQL-WAIT",
     .title = "poolproof: IRQL-WAIT: wait at DISPATCH_LEVEL in DriverEntry",
     .catches.load = wait_with_lock_held,
     .silent.load = wait_after_release},
    {.rule = "IRQL-WAIT",
     .title = "poolproof: IRQL-WAIT: wait at DISPATCH_LEVEL in DriverEntry",
     .catches.load = sleep_at_dispatch,
     .silent.load = wait_after_release},
    {.rule = "IRQL-WAIT",
     .title = "poolproof: IRQL-WAIT: wait at DISPATCH_LEVEL in SendNetBufferListsComplete",
     .catches.send_complete = wait_in_completion,
     .silent.send_complete = look_in_completion,
     .program = check_one_write},
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned at another IRQL in DriverEntry",
     .catches.load = stay_at_dispatch,
     .silent.load = raise_and_lower},
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned at another IRQL in DriverEntry",
     .catches.load = keep_lock,
     .silent.load = raise_and_lower},
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned at another IRQL in SendNetBufferListsComplete",
     .catches.send_complete = lower_irql_of_completion,
     .silent.send_complete = nest_locks_in_completion,
     .program = check_one_write},
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned with a spin lock held in SendNetBufferListsComplete",
     .catches.send_complete = keep_lock_of_completion,
     .silent.write = send_with_lock_held,
     .program = check_one_write,
     .silent_program = COMPLETED_INSIDE},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: NdisDprAcquireSpinLock undone by NdisReleaseSpinLock in "
              "SendNetBufferListsComplete",
     .catches.send_complete = take_as_dpr_release_as_other,
     .silent.send_complete = take_and_release_as_dpr,
     .program = check_one_write},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: NdisAcquireSpinLock undone by NdisDprReleaseSpinLock in "
              "SendNetBufferListsComplete",
     .catches.send_complete = take_as_other_release_as_dpr,
     .silent.send_complete = take_and_release_as_dpr,
     .program = check_one_write},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock acquired below DISPATCH_LEVEL in DriverEntry",
     .catches.load = take_as_dpr_at_passive,
     .silent.load = go_hand_over_hand},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock released below DISPATCH_LEVEL in DriverEntry",
     .catches.load = lower_irql_with_lock_held,
     .silent.load = go_hand_over_hand},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: IRQL lowered with another spin lock held in DriverEntry",
     .catches.load = release_outer_first,
     .silent.load = go_hand_over_hand},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock used that was never initialised in DriverEntry",
     .catches.load = use_uninitialised_lock,
     .silent.load = use_lock_in_memory},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock released that is not held in DriverEntry",
     .catches.load = release_free_lock,
     .silent.load = use_lock_in_memory},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock released that is not held in DriverEntry",
     .catches.load = release_lock_twice,
     .silent.load = use_lock_in_memory},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock acquired again by its holder in DriverEntry",
     .catches.load = acquire_own_lock,
     .silent.load = use_lock_in_memory},
    {.rule = "LOCK-PAIR",
     .title = "poolproof: LOCK-PAIR: spin lock released that another thread holds in IRP_MJ_WRITE",
     .catches.write = hold_or_release_lock,
     .silent.write = meet_in_lock,
     .program = TWO_WRITES_MEET},
};

int main(void) { return CHECK_RUN("levels", cases); }
