// SPDX-License-Identifier: MIT
// Rules about circles of waits, about polls, and what a report says of a hang.
#include "fixture.h"

#define UP_TO_FILE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
#define TWO_WRITES UP_TO_FILE "write(f0)\nwrite(f0)\nadvance()\nclose(f0)\nunbind(b0)\n"
#define TWO_WRITES_SWITCHED UP_TO_FILE "write(f0) (at: 2 -> 0)\nwrite(f0)\nclose(f0)\nunbind(b0)\n"
#define ONE_WRITE UP_TO_FILE "write(f0)\nadvance()\nclose(f0)\nunbind(b0)\n"
#define HERE " in IRP_MJ_WRITE"

static NDIS_SPIN_LOCK spin_locks[2];
static FAST_MUTEX fast_mutexes[2];
static KMUTEX mutexes[2];
static ERESOURCE resources[2];
static EX_SPIN_LOCK shared_lock;
static EX_RUNDOWN_REF rundown;
static KEVENT event;

static NTSTATUS init(void) {
    for (int i = 0; i < 2; i++) {
        NdisAllocateSpinLock(&spin_locks[i]);
        ExInitializeFastMutex(&fast_mutexes[i]);
        KeInitializeMutex(&mutexes[i], 0);
        ExInitializeResourceLite(&resources[i]);
    }
    shared_lock = 0;
    ExInitializeRundownProtection(&rundown);
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    return STATUS_SUCCESS;
}

static void end(void) {
    ExDeleteResourceLite(&resources[0]);
    ExDeleteResourceLite(&resources[1]);
}

// The number of the write, from 0.
static int next_number(void) {
    int number = fixture.kept[0] == NULL ? 0 : 1;
    fixture.kept[0] = &fixture;
    return number;
}

static NTSTATUS end_write(IRP *irp) {
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void wait_for(void *object) { KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL); }

// === DEADLOCK: locks ===

static NTSTATUS take_spin_locks(IRP *irp, int first) {
    NdisAcquireSpinLock(&spin_locks[first]);
    NdisDprAcquireSpinLock(&spin_locks[1 - first]);
    NdisDprReleaseSpinLock(&spin_locks[1 - first]);
    NdisReleaseSpinLock(&spin_locks[first]);
    return end_write(irp);
}

static NTSTATUS take_spin_locks_crossed(IRP *irp) { return take_spin_locks(irp, next_number()); }
static NTSTATUS take_spin_locks_in_order(IRP *irp) { return take_spin_locks(irp, 0); }

static NTSTATUS take_queued_locks(IRP *irp, int first) {
    KLOCK_QUEUE_HANDLE outer, inner;
    KeAcquireInStackQueuedSpinLock(&spin_locks[first].SpinLock, &outer);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&spin_locks[1 - first].SpinLock, &inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&inner);
    KeReleaseInStackQueuedSpinLock(&outer);
    return end_write(irp);
}

static NTSTATUS take_queued_locks_crossed(IRP *irp) { return take_queued_locks(irp, next_number()); }
static NTSTATUS take_queued_locks_in_order(IRP *irp) { return take_queued_locks(irp, 0); }

static NTSTATUS take_fast_mutexes(IRP *irp, int first) {
    ExAcquireFastMutex(&fast_mutexes[first]);
    NdisMSleep(1000);
    ExAcquireFastMutex(&fast_mutexes[1 - first]);
    ExReleaseFastMutex(&fast_mutexes[1 - first]);
    ExReleaseFastMutex(&fast_mutexes[first]);
    return end_write(irp);
}

static NTSTATUS take_fast_mutexes_crossed(IRP *irp) { return take_fast_mutexes(irp, next_number()); }
static NTSTATUS take_fast_mutexes_in_order(IRP *irp) { return take_fast_mutexes(irp, 0); }

// A mutex, which is waited for, and a resource.
static NTSTATUS take_mutex_and_resource(IRP *irp, bool is_crossed) {
    if (is_crossed) {
        ExAcquireResourceExclusiveLite(&resources[0], TRUE);
        NdisMSleep(1000);
        wait_for(&mutexes[0]);
    } else {
        wait_for(&mutexes[0]);
        NdisMSleep(1000);
        ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    }
    KeReleaseMutex(&mutexes[0], FALSE);
    ExReleaseResourceLite(&resources[0]);
    return end_write(irp);
}

static NTSTATUS take_mixed_crossed(IRP *irp) { return take_mutex_and_resource(irp, next_number() == 1); }
static NTSTATUS take_mixed_in_order(IRP *irp) { return take_mutex_and_resource(irp, false); }

// A wait that ends is none for ever.
static NTSTATUS take_mixed_with_patience(IRP *irp) {
    LARGE_INTEGER patience = {.QuadPart = -50000};
    if (next_number() == 0) {
        return take_mutex_and_resource(irp, false);
    }
    ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    NdisMSleep(1000);
    if (KeWaitForSingleObject(&mutexes[0], Executive, KernelMode, FALSE, &patience) == STATUS_SUCCESS) {
        KeReleaseMutex(&mutexes[0], FALSE);
    }
    ExReleaseResourceLite(&resources[0]);
    return end_write(irp);
}

static NTSTATUS write_as_reader(IRP *irp) {
    ExAcquireResourceSharedLite(&resources[0], TRUE);
    ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    ExReleaseResourceLite(&resources[0]);
    ExReleaseResourceLite(&resources[0]);
    return end_write(irp);
}

// A writer may take it again, to read too.
static NTSTATUS read_as_writer(IRP *irp) {
    ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    ExAcquireResourceSharedLite(&resources[0], TRUE);
    ExReleaseResourceLite(&resources[0]);
    ExReleaseResourceLite(&resources[0]);
    return end_write(irp);
}

static NTSTATUS raise_shared_lock(IRP *irp) {
    KIRQL irql = ExAcquireSpinLockShared(&shared_lock);
    KIRQL inner = ExAcquireSpinLockExclusive(&shared_lock);
    ExReleaseSpinLockExclusive(&shared_lock, inner);
    ExReleaseSpinLockShared(&shared_lock, irql);
    return end_write(irp);
}

static NTSTATUS read_shared_lock_twice(IRP *irp) {
    KIRQL irql = ExAcquireSpinLockShared(&shared_lock);
    KIRQL inner = ExAcquireSpinLockShared(&shared_lock);
    ExReleaseSpinLockShared(&shared_lock, inner);
    ExReleaseSpinLockShared(&shared_lock, irql);
    return end_write(irp);
}

// === DEADLOCK: other waits ===

static bool is_thread_free;  // of the mutex

static void run_thread(void *context) {
    (void)context;
    if (!is_thread_free) {
        wait_for(&mutexes[0]);
        KeReleaseMutex(&mutexes[0], FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS wait_for_thread(IRP *irp, bool is_free) {
    HANDLE handle;
    void *thread;
    is_thread_free = is_free;
    wait_for(&mutexes[0]);
    PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, run_thread, NULL);
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &thread, NULL);
    ZwClose(handle);
    wait_for(thread);
    ObDereferenceObject(thread);
    KeReleaseMutex(&mutexes[0], FALSE);
    return end_write(irp);
}

static NTSTATUS wait_for_thread_with_mutex(IRP *irp) { return wait_for_thread(irp, false); }
static NTSTATUS wait_for_free_thread(IRP *irp) { return wait_for_thread(irp, true); }

// NdisCloseAdapterEx waits for a callback that waits for what its caller holds.
static NDIS_STATUS close_with_mutex(NDIS_HANDLE unbind_context) {
    wait_for(&mutexes[0]);
    NdisMSleep(5000);
    NDIS_STATUS status = fixture_unbind(unbind_context);
    KeReleaseMutex(&mutexes[0], FALSE);
    return status;
}

static NDIS_STATUS close_after_mutex(NDIS_HANDLE unbind_context) {
    wait_for(&mutexes[0]);
    NdisMSleep(5000);
    KeReleaseMutex(&mutexes[0], FALSE);
    return fixture_unbind(unbind_context);
}

static void receive_with_mutex(NET_BUFFER_LIST *chain, ULONG flags) {
    wait_for(&mutexes[0]);
    KeReleaseMutex(&mutexes[0], FALSE);
    fixture_receive(chain, flags);
    fixture_reached();
}

#define RECEIVE_WHILE_UNBOUND \
    "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\nreceive(b0, irql: passive)\nadvance()\n"

// The completion of what is waited for wants what the one who waits for it holds.
static ULONG lookahead = 100;

static NTSTATUS ask_with_mutex(IRP *irp) {
    NDIS_OID_REQUEST request;
    wait_for(&mutexes[0]);
    fixture_fill_oid(&request, true, OID_GEN_CURRENT_LOOKAHEAD, &lookahead, sizeof(lookahead));
    fixture_oid(&request);
    KeReleaseMutex(&mutexes[0], FALSE);
    return end_write(irp);
}

static void complete_with_mutex(NDIS_OID_REQUEST *request, NDIS_STATUS status) {
    (void)request;
    wait_for(&mutexes[0]);
    KeReleaseMutex(&mutexes[0], FALSE);
    fixture.oid_status = status;
    NdisSetEvent(&fixture.oid_done);
}

static void complete_without_mutex(NDIS_OID_REQUEST *request, NDIS_STATUS status) {
    (void)request;
    fixture.oid_status = status;
    NdisSetEvent(&fixture.oid_done);
}

#define ASK                                                                                     \
    UP_TO_FILE "write(f0) (outcome: oid = pending)\nfinish_oid(b0, irql: passive)\nclose(f0)\n" \
               "unbind(b0)\n"

// === STUCK ===

// The second write waits when the first one ends.
static NTSTATUS keep_resource(IRP *irp) {
    ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    NdisMSleep(1000);
    return end_write(irp);
}

static NTSTATUS release_resource(IRP *irp) {
    ExAcquireResourceExclusiveLite(&resources[0], TRUE);
    NdisMSleep(1000);
    ExReleaseResourceLite(&resources[0]);
    return end_write(irp);
}

static NTSTATUS clear_before_wait(IRP *irp) {
    KeSetEvent(&event, 0, FALSE);
    KeClearEvent(&event);
    wait_for(&event);
    return end_write(irp);
}

static NTSTATUS clear_before_set(IRP *irp) {
    KeClearEvent(&event);
    KeSetEvent(&event, 0, FALSE);
    wait_for(&event);
    return end_write(irp);
}

// The first write waits, with a mutex that the second one wants.
static NTSTATUS wait_with_mutex(IRP *irp) {
    bool is_first = next_number() == 0;
    wait_for(&mutexes[0]);
    if (is_first) {
        wait_for(&event);
    }
    KeReleaseMutex(&mutexes[0], FALSE);
    return end_write(irp);
}

static NTSTATUS wait_without_mutex(IRP *irp) {
    if (next_number() == 0) {
        wait_for(&event);
    }
    KeSetEvent(&event, 0, FALSE);
    wait_for(&mutexes[0]);
    KeReleaseMutex(&mutexes[0], FALSE);
    return end_write(irp);
}

static NTSTATUS run_down_while_held(IRP *irp) {
    ExAcquireRundownProtection(&rundown);
    ExWaitForRundownProtectionRelease(&rundown);
    return end_write(irp);
}

static NTSTATUS run_down(IRP *irp) {
    ExAcquireRundownProtection(&rundown);
    ExReleaseRundownProtection(&rundown);
    ExWaitForRundownProtectionRelease(&rundown);
    return end_write(irp);
}

// === STUCK-POLL ===

static LONG is_over;

static NTSTATUS poll_by_sleeping(IRP *irp) {
    while (fixture.kept[1] == NULL) {
        NdisMSleep(1000);
    }
    return end_write(irp);
}

static NTSTATUS poll_by_waiting(IRP *irp) {
    LARGE_INTEGER patience = {.QuadPart = -100000};
    while (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &patience) != STATUS_SUCCESS) {
        is_over++;
    }
    return end_write(irp);
}

static NTSTATUS poll_by_looking(IRP *irp) {
    LARGE_INTEGER no_time = {.QuadPart = 0};
    while (KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &no_time) != STATUS_SUCCESS) {
        is_over++;
    }
    return end_write(irp);
}

static NTSTATUS poll_by_stalling(IRP *irp) {
    while (fixture.kept[1] == NULL) {
        KeStallExecutionProcessor(50);
    }
    return end_write(irp);
}

// What is asked for comes: with the next write, or with time.
static NTSTATUS poll_until_next(IRP *irp) {
    if (next_number() == 0) {
        return poll_by_sleeping(irp);
    }
    fixture.kept[1] = irp;
    return end_write(irp);
}

static NTSTATUS wait_until_next(IRP *irp) {
    if (next_number() == 0) {
        return poll_by_waiting(irp);
    }
    KeSetEvent(&event, 0, FALSE);
    return end_write(irp);
}

static NTSTATUS look_now_and_then(IRP *irp) {
    LARGE_INTEGER no_time = {.QuadPart = 0};
    for (int i = 0; i < 1000; i++) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &no_time);
    }
    return end_write(irp);
}

static NTSTATUS stall_until_next(IRP *irp) {
    if (next_number() == 0) {
        return poll_by_stalling(irp);
    }
    fixture.kept[1] = irp;
    return end_write(irp);
}

static const struct check_case cases[] = {
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of lock waits" HERE,
     .detail =
         "  spin lock spin_locks, which IRP_MJ_WRITE holds, is waited for in IRP_MJ_WRITE, since 0 ms:",
     .catches = {.load = init, .unload = end, .write = take_spin_locks_crossed},
     .silent = {.load = init, .unload = end, .write = take_spin_locks_in_order},
     .program = TWO_WRITES_SWITCHED},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of lock waits" HERE,
     .catches = {.load = init, .unload = end, .write = take_queued_locks_crossed},
     .silent = {.load = init, .unload = end, .write = take_queued_locks_in_order},
     .program = TWO_WRITES_SWITCHED},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of lock waits" HERE,
     .catches = {.load = init, .unload = end, .write = take_fast_mutexes_crossed},
     .silent = {.load = init, .unload = end, .write = take_fast_mutexes_in_order},
     .program = TWO_WRITES},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of lock waits" HERE,
     .detail = "  mutex mutexes, which IRP_MJ_WRITE holds, is waited for in IRP_MJ_WRITE, since 1 ms:",
     .catches = {.load = init, .unload = end, .write = take_mixed_crossed},
     .silent = {.load = init, .unload = end, .write = take_mixed_in_order},
     .program = TWO_WRITES},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of lock waits" HERE,
     .catches = {.load = init, .unload = end, .write = take_mixed_crossed},
     .silent = {.load = init, .unload = end, .write = take_mixed_with_patience},
     .program = TWO_WRITES},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: lock wanted to write by one of its readers" HERE,
     .catches = {.load = init, .unload = end, .write = write_as_reader},
     .silent = {.load = init, .unload = end, .write = read_as_writer},
     .program = ONE_WRITE},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: lock wanted to write by one of its readers" HERE,
     .catches = {.load = init, .unload = end, .write = raise_shared_lock},
     .silent = {.load = init, .unload = end, .write = read_shared_lock_twice},
     .program = ONE_WRITE},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of waits in IRP_MJ_WRITE and ThreadStart",
     .catches = {.load = init, .unload = end, .write = wait_for_thread_with_mutex},
     .silent = {.load = init, .unload = end, .write = wait_for_free_thread},
     .program = ONE_WRITE},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: circle of waits in ReceiveNetBufferLists and UnbindAdapter",
     .catches = {.load = init, .unload = end, .unbind = close_with_mutex, .receive = receive_with_mutex},
     .silent = {.load = init, .unload = end, .unbind = close_after_mutex, .receive = receive_with_mutex},
     .program = RECEIVE_WHILE_UNBOUND},
    {.rule = "DEADLOCK",
     .title = "poolproof: DEADLOCK: wait for an event with a lock held that its setter wants" HERE,
     .detail = "  holds mutex mutexes",
     .catches =
         {.load = init, .unload = end, .write = ask_with_mutex, .oid_complete = complete_with_mutex},
     .silent =
         {.load = init, .unload = end, .write = ask_with_mutex, .oid_complete = complete_without_mutex},
     .program = ASK},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: IRP never completes, waits for a lock that was never released, "
              "acquired" HERE,
     .catches = {.load = init, .unload = end, .write = keep_resource},
     .silent = {.load = init, .unload = end, .write = release_resource},
     .program = TWO_WRITES},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: IRP never completes, waits for an event that was cleared after it was "
              "set" HERE,
     .detail = "  waits for event event, since 0 ms",
     .catches = {.load = init, .unload = end, .write = clear_before_wait},
     .silent = {.load = init, .unload = end, .write = clear_before_set},
     .program = ONE_WRITE},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: IRP never completes, waits with a lock held that others want" HERE,
     .catches = {.load = init, .unload = end, .write = wait_with_mutex},
     .silent = {.load = init, .unload = end, .write = wait_without_mutex},
     .program = TWO_WRITES},
    {.rule = "STUCK",
     .title =
         "poolproof: STUCK: IRP never completes, waits for rundown protection that nobody releases" HERE,
     .catches = {.load = init, .unload = end, .write = run_down_while_held},
     .silent = {.load = init, .unload = end, .write = run_down},
     .program = ONE_WRITE},
    {.rule = "STUCK-POLL",
     .title = "poolproof: STUCK-POLL: IRP never completes, polls" HERE,
     .catches = {.load = init, .unload = end, .write = poll_by_sleeping},
     .silent = {.load = init, .unload = end, .write = poll_until_next},
     .program = ONE_WRITE,
     .silent_program = TWO_WRITES},
    {.rule = "STUCK-POLL",
     .title = "poolproof: STUCK-POLL: IRP never completes, polls" HERE,
     .detail = "  it was never set",
     .catches = {.load = init, .unload = end, .write = poll_by_waiting},
     .silent = {.load = init, .unload = end, .write = wait_until_next},
     .program = ONE_WRITE,
     .silent_program = TWO_WRITES},
    {.rule = "STUCK-POLL",
     .title = "poolproof: STUCK-POLL: polls without letting time pass" HERE,
     .detail = "  looks at event event",
     .catches = {.load = init, .unload = end, .write = poll_by_looking},
     .silent = {.load = init, .unload = end, .write = look_now_and_then},
     .program = ONE_WRITE},
    {.rule = "STUCK-POLL",
     .title = "poolproof: STUCK-POLL: IRP never completes, polls" HERE,
     .catches = {.load = init, .unload = end, .write = poll_by_stalling},
     .silent = {.load = init, .unload = end, .write = stall_until_next},
     .program = ONE_WRITE,
     .silent_program = TWO_WRITES},
};

int main(void) { return CHECK_RUN("stuck", cases); }
