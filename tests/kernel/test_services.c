// SPDX-License-Identifier: MIT
// Timers, DPCs, work items, threads and waits for several objects, in virtual time.
#include "fibers.h"

#define MS PP_TICKS_PER_MS

static KTIMER timer;
static KDPC dpc;
static KEVENT events[2];
static KMUTEX mutex;
static KSEMAPHORE semaphore;

static LARGE_INTEGER in_ms(LONGLONG ms) { return (LARGE_INTEGER){.QuadPart = -ms * (LONGLONG)MS}; }

static void on_dpc(KDPC *it, PVOID context, PVOID argument1, PVOID argument2) {
    (void)argument1, (void)argument2;
    assert_ptr_equal(it, &dpc);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    fibers_note(*(const char *)context);
}

static void once(pp_fiber_function function) {
    fibers_start(0, function, 'x');
    assert_true(pp_schedule_settle());
}

static void set_timer(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    KeInitializeDpc(&dpc, on_dpc, "t");
    assert_false(KeSetTimerEx(&timer, in_ms(10), 0, &dpc));
    assert_true(KeSetTimerEx(&timer, in_ms(20), 5, &dpc));
}

static void cancel_timer(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    assert_true(KeCancelTimer(&timer));
    assert_false(KeCancelTimer(&timer));
}

static void test_periodic_timer(void **state) {
    (void)state;
    once(set_timer);
    assert_true(pp_schedule_advance_to(19 * MS));
    assert_string_equal(fibers_notes(), "");
    assert_true(pp_schedule_advance_to(20 * MS));
    assert_string_equal(fibers_notes(), "t");
    assert_true(pp_schedule_advance_to(35 * MS));
    assert_string_equal(fibers_notes(), "ttt");
    once(cancel_timer);
    assert_true(pp_schedule_advance_to(100 * MS));
    assert_string_equal(fibers_notes(), "");
    assert_int_equal(pp_schedule_next_wake(), PP_NEVER);
}

// A synchronization timer lets one go, each time it comes.
static void wait_for_timer(void *subject, uint64_t letter) {
    (void)subject;
    assert_int_equal(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    fibers_note((char)letter);
}

static void test_wait_for_timer(void **state) {
    (void)state;
    once(set_timer);
    fibers_start(0, wait_for_timer, 'b');
    fibers_start(0, wait_for_timer, 'a');
    assert_true(pp_schedule_advance_to(20 * MS));
    assert_string_equal(fibers_notes(), "ta");
    assert_true(pp_schedule_advance_to(25 * MS));
    assert_string_equal(fibers_notes(), "tb");
    once(cancel_timer);
}

static NDIS_TIMER older;

static void on_older_timer(PVOID one, PVOID context, PVOID two, PVOID three) {
    (void)one, (void)two, (void)three;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    fibers_note(*(const char *)context);
}

static void set_older_timer(void *subject, uint64_t letter) {
    (void)subject;
    NdisInitializeTimer(&older, on_older_timer, "o");
    NdisSetTimer(&older, 10);
    assert_false(KeReadStateTimer(&older.Timer));
    fibers_note((char)letter);
}

static void cancel_older_timer(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    BOOLEAN was_set = TRUE;
    assert_true(KeReadStateTimer(&older.Timer));
    NdisCancelTimer(&older, &was_set);
    assert_false(was_set);
    NdisSetTimer(&older, 10);
    NdisCancelTimer(&older, &was_set);
    assert_true(was_set);
}

static void test_older_timer(void **state) {
    (void)state;
    once(set_older_timer);
    assert_true(pp_schedule_advance_to(10 * MS));
    assert_string_equal(fibers_notes(), "xo");
    once(cancel_older_timer);
    assert_true(pp_schedule_advance_to(30 * MS));
    assert_string_equal(fibers_notes(), "");
}

static void queue_dpc(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    KeInitializeDpc(&dpc, on_dpc, "d");
    assert_true(KeInsertQueueDpc(&dpc, NULL, NULL));
    assert_false(KeInsertQueueDpc(&dpc, NULL, NULL));
    assert_true(KeRemoveQueueDpc(&dpc));
    assert_false(KeRemoveQueueDpc(&dpc));
    assert_true(KeInsertQueueDpc(&dpc, NULL, NULL));
    fibers_note('q');
    KeFlushQueuedDpcs();
    fibers_note('f');
}

static void test_dpc_runs_once(void **state) {
    (void)state;
    once(queue_dpc);
    assert_string_equal(fibers_notes(), "qdf");
}

static void on_work(PVOID parameter) {
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisMSleep(1000);
    fibers_note(*(const char *)parameter);
}

static void on_ndis_work(PVOID context, NDIS_HANDLE item) {
    NdisFreeIoWorkItem(item);
    on_work(context);
}

static void queue_work(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    static WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, on_work, "w");
    ExQueueWorkItem(&item, DelayedWorkQueue);
    NdisQueueIoWorkItem(NdisAllocateIoWorkItem(NULL), on_ndis_work, "n");
    fibers_note('q');
}

static void on_io_work(PVOID object, PVOID context, PIO_WORKITEM item) {
    assert_ptr_equal(object, &dpc);
    IoUninitializeWorkItem(item);
    on_work(context);
}

// In the driver's own memory; asked for twice, it runs once.
static void queue_own_item(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    static _Alignas(16) char memory[64];
    PIO_WORKITEM item = (PIO_WORKITEM)memory;
    assert_true(IoSizeofWorkItem() <= sizeof(memory));
    IoInitializeWorkItem(&dpc, item);
    IoQueueWorkItemEx(item, on_io_work, DelayedWorkQueue, "i");
    IoQueueWorkItemEx(item, on_io_work, DelayedWorkQueue, "j");
}

static void test_item_in_own_memory(void **state) {
    (void)state;
    once(queue_own_item);
    assert_true(pp_schedule_advance_to(2 * MS));
    assert_string_equal(fibers_notes(), "i");
}

static void test_work_items(void **state) {
    (void)state;
    once(queue_work);
    assert_string_equal(fibers_notes(), "q");
    assert_true(pp_schedule_advance_to(2 * MS));
    const char *notes = fibers_notes();
    assert_int_equal(strlen(notes), 2);
    assert_non_null(strchr(notes, 'w'));
    assert_non_null(strchr(notes, 'n'));
}

static void end_thread(PVOID context) {
    fibers_note(*(const char *)context);
    PsTerminateSystemThread(STATUS_SUCCESS);
    fibers_note('!');
}

static void run_thread(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    HANDLE handle;
    PVOID thread;
    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, end_thread, "t"),
                     STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    fibers_note('e');
    ObDereferenceObject(thread);
}

static void use_named_event(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    HANDLE first, second, third;
    PVOID again;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\mine");
    UNICODE_STRING other = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\other");
    KEVENT *event = IoCreateNotificationEvent(&name, &first);
    assert_non_null(event);
    assert_int_equal(KeResetEvent(event), 1);
    assert_ptr_equal(IoCreateNotificationEvent(&name, &second), event);
    assert_int_equal(KeReadStateEvent(event), 0);  // it was opened, not made
    assert_ptr_not_equal(IoCreateSynchronizationEvent(&other, &third), event);
    assert_int_equal(
        ObReferenceObjectByHandle(second, SYNCHRONIZE, *PsThreadType, KernelMode, &again, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(
        ObReferenceObjectByHandle(second, SYNCHRONIZE, *ExEventObjectType, KernelMode, &again, NULL),
        STATUS_SUCCESS);
    assert_ptr_equal(again, event);
    ObDereferenceObject(again);
    ZwClose(first);
    ZwClose(second);
    event = IoCreateNotificationEvent(&name, &first);
    assert_int_equal(KeReadStateEvent(event), 1);  // a new one
    ZwClose(first);
    ZwClose(third);
    fibers_note('e');
}

static void test_named_events(void **state) {
    (void)state;
    once(use_named_event);
    assert_string_equal(fibers_notes(), "e");
}

static void test_thread(void **state) {
    (void)state;
    once(run_thread);
    assert_string_equal(fibers_notes(), "te");
    once(run_thread);  // the fiber that was left in the middle serves again
    assert_string_equal(fibers_notes(), "te");
}

// === Several objects ===

static WAIT_TYPE wait_type;

static void wait_for_both(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    PVOID objects[] = {&events[0], &events[1]};
    LARGE_INTEGER timeout = in_ms(10);
    NTSTATUS status =
        KeWaitForMultipleObjects(2, objects, wait_type, Executive, KernelMode, FALSE, &timeout, NULL);
    fibers_note(status == STATUS_TIMEOUT ? '-' : (char)('0' + status));
}

static void set_event(void *subject, uint64_t letter) {
    (void)subject;
    KeSetEvent(&events[letter - '0'], IO_NO_INCREMENT, FALSE);
}

static void begin_both(WAIT_TYPE type) {
    wait_type = type;
    KeInitializeEvent(&events[0], SynchronizationEvent, FALSE);
    KeInitializeEvent(&events[1], SynchronizationEvent, FALSE);
    once(wait_for_both);
}

static void set(char which) {
    fibers_start(0, set_event, which);
    assert_true(pp_schedule_settle());
}

static void test_wait_for_any(void **state) {
    (void)state;
    begin_both(WaitAny);
    set('1');
    assert_string_equal(fibers_notes(), "1");
    assert_int_equal(KeReadStateEvent(&events[1]), 0);
    set('1');
    set('0');
    begin_both(WaitAny);  // sets them anew
    assert_true(pp_schedule_advance_to(pp_schedule_ticks() + 10 * MS));
    assert_string_equal(fibers_notes(), "-");
}

static void test_wait_for_all(void **state) {
    (void)state;
    begin_both(WaitAll);
    set('1');
    assert_string_equal(fibers_notes(), "");
    assert_int_equal(KeReadStateEvent(&events[1]), 1);  // not taken by a wait that goes on
    set('0');
    assert_string_equal(fibers_notes(), "0");
    assert_int_equal(KeReadStateEvent(&events[0]) + KeReadStateEvent(&events[1]), 0);
}

static void hold_mutex(void *subject, uint64_t letter) {
    (void)subject;
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
    fibers_note((char)letter);
    NdisMSleep(1000);
    fibers_note((char)(letter - 'a' + 'A'));
    KeReleaseMutex(&mutex, FALSE);
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), 0);
}

static void test_mutex_is_of_one(void **state) {
    (void)state;
    KeInitializeMutex(&mutex, 0);
    fibers_start(0, hold_mutex, 'c');
    fibers_start(0, hold_mutex, 'b');
    fibers_start(0, hold_mutex, 'a');
    assert_true(pp_schedule_advance_to(10 * MS));
    assert_string_equal(fibers_notes(), "aAbBcC");
}

static void take_semaphore(void *subject, uint64_t letter) {
    (void)subject;
    KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, NULL);
    fibers_note((char)letter);
}

static void release_two(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    assert_int_equal(KeReleaseSemaphore(&semaphore, 0, 2, FALSE), 0);
}

static void test_semaphore_counts(void **state) {
    (void)state;
    KeInitializeSemaphore(&semaphore, 1, 5);
    fibers_start(0, take_semaphore, 'd');
    fibers_start(0, take_semaphore, 'c');
    fibers_start(0, take_semaphore, 'b');
    fibers_start(0, take_semaphore, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "a");
    once(release_two);
    assert_string_equal(fibers_notes(), "bc");
    assert_int_equal(KeReadStateSemaphore(&semaphore), 0);
}

// === Time ===

static void test_time(void **state) {
    (void)state;
    LARGE_INTEGER before, after, ticks;
    TIME_FIELDS fields;
    ULONG up;
    KeQuerySystemTime(&before);
    assert_true(pp_schedule_advance_to(3 * MS));
    NdisGetCurrentSystemTime(&after);
    assert_int_equal(after.QuadPart - before.QuadPart, 3 * MS);
    RtlTimeToTimeFields(&before, &fields);
    assert_int_equal(fields.Year, 2024);
    assert_int_equal(fields.Month, 1);
    assert_int_equal(fields.Day, 1);
    assert_int_equal(fields.Hour, 12);
    assert_int_equal(fields.Weekday, 1);
    after.QuadPart += 59 * 86400ll * 1000 * (LONGLONG)MS;
    RtlTimeToTimeFields(&after, &fields);
    assert_int_equal(fields.Month * 100 + fields.Day, 229);  // a leap year
    KeQueryTickCount(&ticks);
    NdisGetSystemUpTime(&up);
    assert_int_equal(up, 600003);
    assert_int_equal(ticks.QuadPart, (LONGLONG)(up * (uint64_t)MS / KeQueryTimeIncrement()));
}

static void stall(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    KeStallExecutionProcessor(50);
    fibers_note('s');
}

static void test_stall_takes_time(void **state) {
    (void)state;
    once(stall);
    assert_string_equal(fibers_notes(), "");
    assert_true(pp_schedule_advance_to(MS / 20));
    assert_string_equal(fibers_notes(), "s");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_periodic_timer),
        FIBERS_TEST(test_wait_for_timer),
        FIBERS_TEST(test_dpc_runs_once),
        FIBERS_TEST(test_older_timer),
        FIBERS_TEST(test_item_in_own_memory),
        FIBERS_TEST(test_work_items),
        FIBERS_TEST(test_named_events),
        FIBERS_TEST(test_thread),
        FIBERS_TEST(test_wait_for_any),
        FIBERS_TEST(test_wait_for_all),
        FIBERS_TEST(test_mutex_is_of_one),
        FIBERS_TEST(test_semaphore_counts),
        FIBERS_TEST(test_time),
        FIBERS_TEST(test_stall_takes_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
