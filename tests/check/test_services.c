// SPDX-License-Identifier: MIT
// Rules about timers, DPCs, work items, threads and objects that the kernel allocates.
#include "fixture.h"

#include <string.h>

#define MS 10000

static KTIMER timer;
static KDPC dpc;
static KEVENT event;
static WORK_QUEUE_ITEM ex_item;
static PIO_WORKITEM io_item;

static LARGE_INTEGER in_ms(LONGLONG ms) { return (LARGE_INTEGER){.QuadPart = -ms * MS}; }

static void note_dpc(KDPC *it, PVOID context, PVOID argument1, PVOID argument2) {
    (void)it, (void)context, (void)argument1, (void)argument2;
    if (KeGetCurrentIrql() == DISPATCH_LEVEL) {
        fixture_reached();
    }
}

// === Timers and DPCs ===

static NTSTATUS set_timer(void) {
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, note_dpc, NULL);
    KeSetTimerEx(&timer, in_ms(50000), 0, &dpc);
    return STATUS_SUCCESS;
}

static void cancel_timer(void) {
    if (KeCancelTimer(&timer)) {
        fixture_reached();
    }
}

static NTSTATUS set_timer_that_comes(void) {
    set_timer();
    KeSetTimer(&timer, in_ms(1), &dpc);
    KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS init_timer_again(void) {
    set_timer();
    KeInitializeTimer(&timer);
    return STATUS_SUCCESS;
}

static NTSTATUS init_timer_after_cancel(void) {
    set_timer();
    KeCancelTimer(&timer);
    KeInitializeTimer(&timer);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS set_timer_in_memory(void) {
    fixture.kept[0] = fixture_take_memory(sizeof(timer));
    KeInitializeTimer(fixture.kept[0]);
    KeSetTimer(fixture.kept[0], in_ms(1000), NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS free_timer_that_is_set(void) {
    set_timer_in_memory();
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_timer_that_is_cancelled(void) {
    set_timer_in_memory();
    KeCancelTimer(fixture.kept[0]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS free_queued_dpc(void) {
    KDPC *it = fixture_take_memory(sizeof(*it));
    KeInitializeDpc(it, note_dpc, NULL);
    KeInsertQueueDpc(it, NULL, NULL);
    NdisFreeMemory(it, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_flushed_dpc(void) {
    KDPC *it = fixture_take_memory(sizeof(*it));
    KeInitializeDpc(it, note_dpc, NULL);
    KeInsertQueueDpc(it, NULL, NULL);
    KeFlushQueuedDpcs();
    NdisFreeMemory(it, 0, 0);
    return STATUS_SUCCESS;
}

static void queue_dpc(void) {
    KeInitializeDpc(&dpc, note_dpc, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static void queue_and_remove_dpc(void) {
    queue_dpc();
    if (KeRemoveQueueDpc(&dpc)) {
        fixture_reached();
    }
}

static NTSTATUS queue_garbage_dpc(void) {
    KDPC *it = fixture_take_memory(sizeof(*it));
    NdisZeroMemory(it, sizeof(*it));
    KeInsertQueueDpc(it, NULL, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_for_garbage(void) {
    KEVENT *it = fixture_take_memory(sizeof(*it));
    NdisZeroMemory(it, sizeof(*it));
    KeSetEvent(it, 0, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_for_event(void) {
    KEVENT it;
    LARGE_INTEGER timeout = in_ms(1);
    KeInitializeEvent(&it, SynchronizationEvent, FALSE);
    if (KeWaitForSingleObject(&it, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT) {
        KeInitializeEvent(&it, SynchronizationEvent, TRUE);
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

// === Timer objects ===

static void on_timer(PVOID specific1, PVOID context, PVOID specific2, PVOID specific3) {
    (void)specific1, (void)context, (void)specific2, (void)specific3;
    fixture_reached();
}

static NTSTATUS make_timer_object(void) {
    NDIS_TIMER_CHARACTERISTICS characteristics;
    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    characteristics.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    characteristics.TimerFunction = on_timer;
    NdisAllocateTimerObject(fixture.protocol, &characteristics, &fixture.kept[0]);
    return STATUS_SUCCESS;
}

static void free_timer_object(void) { NdisFreeTimerObject(fixture.kept[0]); }

static void free_timer_object_twice(void) {
    free_timer_object();
    free_timer_object();
}

static void free_set_timer_object(void) {
    NdisSetTimerObject(fixture.kept[0], in_ms(5), 0, NULL);
    free_timer_object();
}

// The time has come, but the function has not run yet.
static void free_due_timer_object(void) {
    NdisSetTimerObject(fixture.kept[0], in_ms(0), 0, NULL);
    NdisCancelTimerObject(fixture.kept[0]);
    free_timer_object();
}

static void use_timer_object(void) {
    NdisSetTimerObject(fixture.kept[0], in_ms(5), 5, NULL);
    NdisMSleep(12 * 1000);
    NdisCancelTimerObject(fixture.kept[0]);
    free_timer_object();
}

static void set_no_timer_object(void) { NdisSetTimerObject(NULL, in_ms(5), 0, NULL); }

// === Work items ===

static void do_work(DEVICE_OBJECT *device, PVOID context) {
    if (device == fixture.device && context == &event) {
        fixture_reached();
        KeSetEvent(&event, 0, FALSE);
    }
}

static void do_work_and_free(DEVICE_OBJECT *device, PVOID context) {
    IoFreeWorkItem(io_item);
    do_work(device, context);
}

static NTSTATUS make_work_item(void) {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    io_item = IoAllocateWorkItem(fixture.device);
    return STATUS_SUCCESS;
}

static void queue_work_twice(void) {
    IoQueueWorkItem(io_item, do_work, DelayedWorkQueue, &event);
    IoQueueWorkItem(io_item, do_work, DelayedWorkQueue, &event);
}

static void queue_work_and_wait(void) {
    IoQueueWorkItem(io_item, do_work, DelayedWorkQueue, &event);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    KeClearEvent(&event);
    IoQueueWorkItem(io_item, do_work_and_free, DelayedWorkQueue, &event);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

// The driver stays until its work items are done.
static void queue_work_and_go(void) {
    IoQueueWorkItem(io_item, do_work_and_free, DelayedWorkQueue, &event);
}

static void free_queued_work(void) {
    IoQueueWorkItem(io_item, do_work, DelayedWorkQueue, &event);
    IoFreeWorkItem(io_item);
}

static void keep_work_item(void) {}

static void do_ex_work(PVOID parameter) { KeSetEvent(parameter, 0, FALSE); }

static void queue_ex_work(void) {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ExInitializeWorkItem(&ex_item, do_ex_work, &event);
    ExQueueWorkItem(&ex_item, DelayedWorkQueue);
}

static void queue_ex_work_and_wait(void) {
    queue_ex_work();
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    NdisMSleep(1);
    fixture_reached();
}

// === Threads and handles ===

static void run_until_event(PVOID context) {
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS start_thread(void) {
    HANDLE handle;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_until_event, &event);
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &fixture.kept[0],
                              NULL);
    fixture.kept[1] = handle;
    return ZwClose(handle);
}

static NTSTATUS start_thread_keep_handle(void) {
    HANDLE handle;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    return PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_until_event, &event);
}

static NTSTATUS close_handle_twice(void) {
    start_thread();
    ZwClose(fixture.kept[1]);
    return STATUS_SUCCESS;
}

static void set_event_and_go(void) {
    KeSetEvent(&event, 0, FALSE);
    ObDereferenceObject(fixture.kept[0]);
}

static void stop_thread(void) {
    KeSetEvent(&event, 0, FALSE);
    if (KeWaitForSingleObject(fixture.kept[0], Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS) {
        fixture_reached();
    }
    ObDereferenceObject(fixture.kept[0]);
}

static NTSTATUS create_thread_at_dispatch(void) {
    HANDLE handle;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_until_event, &event);
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

// === Lookaside lists ===

static NPAGED_LOOKASIDE_LIST lookaside;

static NTSTATUS make_lookaside(void) {
    NdisInitializeNPagedLookasideList(&lookaside, NULL, NULL, 0, 64, 'tseT', 0);
    return STATUS_SUCCESS;
}

static void use_and_delete_lookaside(void) {
    void *entry = NdisAllocateFromNPagedLookasideList(&lookaside);
    if (entry != NULL) {
        memset(entry, 0, 64);
        NdisFreeToNPagedLookasideList(&lookaside, entry);
        fixture_reached();
    }
    NdisDeleteNPagedLookasideList(&lookaside);
}

static void delete_lookaside_first(void) {
    void *entry = NdisAllocateFromNPagedLookasideList(&lookaside);
    NdisDeleteNPagedLookasideList(&lookaside);
    NdisFreeToNPagedLookasideList(&lookaside, entry);
}

// === Configuration ===

static NTSTATUS open_configuration(void) {
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
                   NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = fixture.protocol,
    };
    return NdisOpenConfigurationEx(&object, &fixture.kept[0]);
}

static void close_configuration(void) {
    NdisCloseConfiguration(fixture.kept[0]);
    fixture_reached();
}

static void read_closed_configuration(void) {
    NDIS_STATUS status;
    NDIS_CONFIGURATION_PARAMETER *parameter;
    NDIS_STRING keyword = RTL_CONSTANT_STRING(L"Depth");
    close_configuration();
    NdisReadConfiguration(&status, &parameter, fixture.kept[0], &keyword, NdisParameterInteger);
}

static const struct check_case cases[] = {
    {.rule = "UNLOAD-ACTIVE",
     .title =
         "poolproof: UNLOAD-ACTIVE: timer still set when the driver is unloaded, begun in DriverEntry",
     .catches.load = set_timer,
     .silent = {.load = set_timer, .unload = cancel_timer}},
    {.rule = "UNLOAD-ACTIVE",
     .title =
         "poolproof: UNLOAD-ACTIVE: timer still set when the driver is unloaded, begun in DriverEntry",
     .catches.load = set_timer,
     .silent.load = set_timer_that_comes},
    {.rule = "UNLOAD-ACTIVE",
     .title =
         "poolproof: UNLOAD-ACTIVE: DPC still queued when the driver is unloaded, begun in DriverUnload",
     .catches.unload = queue_dpc,
     .silent.unload = queue_and_remove_dpc},
    {.rule = "UNLOAD-ACTIVE",
     .title = "poolproof: UNLOAD-ACTIVE: work item still queued when the driver is unloaded, begun in "
              "DriverUnload",
     .catches.unload = queue_ex_work,
     .silent.unload = queue_ex_work_and_wait},
    {.rule = "UNLOAD-ACTIVE",
     .title = "poolproof: UNLOAD-ACTIVE: system thread still running when the driver is unloaded, begun "
              "in DriverEntry",
     .catches = {.load = start_thread, .unload = set_event_and_go},
     .silent = {.load = start_thread, .unload = stop_thread}},
    {.rule = "UNLOAD-ACTIVE",
     .title = "poolproof: UNLOAD-ACTIVE: lookaside list still in use when the driver is unloaded, begun "
              "in DriverEntry",
     .catches.load = make_lookaside,
     .silent = {.load = make_lookaside, .unload = use_and_delete_lookaside}},
    {.rule = "LEAK-OBJECT",
     .title = "poolproof: LEAK-OBJECT: timer object never freed, made in DriverEntry",
     .catches.load = make_timer_object,
     .silent = {.load = make_timer_object, .unload = use_timer_object}},
    {.rule = "LEAK-OBJECT",
     .title = "poolproof: LEAK-OBJECT: work item never freed, made in DriverEntry",
     .catches = {.load = make_work_item, .unload = keep_work_item},
     .silent = {.load = make_work_item, .unload = queue_work_and_go}},
    {.rule = "LEAK-OBJECT",
     .title = "poolproof: LEAK-OBJECT: handle never freed, made in DriverEntry",
     .catches.load = start_thread_keep_handle,
     .silent = {.load = start_thread, .unload = stop_thread}},
    {.rule = "LEAK-OBJECT",
     .title = "poolproof: LEAK-OBJECT: configuration handle never freed, made in DriverEntry",
     .catches.load = open_configuration,
     .silent = {.load = open_configuration, .unload = close_configuration}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: configuration handle used after it was freed in DriverUnload",
     .catches = {.load = open_configuration, .unload = read_closed_configuration},
     .silent = {.load = open_configuration, .unload = close_configuration}},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: memory freed with a timer in it that is set in DriverEntry",
     .catches.load = free_timer_that_is_set,
     .silent.load = free_timer_that_is_cancelled},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: memory freed with a DPC in it that is queued in DriverEntry",
     .catches.load = free_queued_dpc,
     .silent.load = free_flushed_dpc},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: timer object freed that is set in DriverUnload",
     .catches = {.load = make_timer_object, .unload = free_set_timer_object},
     .silent = {.load = make_timer_object, .unload = use_timer_object}},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: timer object freed whose function is due in DriverUnload",
     .catches = {.load = make_timer_object, .unload = free_due_timer_object},
     .silent = {.load = make_timer_object, .unload = use_timer_object}},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: work item freed that is queued in DriverUnload",
     .catches = {.load = make_work_item, .unload = free_queued_work},
     .silent = {.load = make_work_item, .unload = queue_work_and_wait}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: timer object freed again in DriverUnload",
     .catches = {.load = make_timer_object, .unload = free_timer_object_twice},
     .silent = {.load = make_timer_object, .unload = use_timer_object}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: NULL instead of a timer object in DriverUnload",
     .catches.unload = set_no_timer_object,
     .silent = {.load = make_timer_object, .unload = use_timer_object}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: handle freed again in DriverEntry",
     .catches.load = close_handle_twice,
     .silent = {.load = start_thread, .unload = stop_thread}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: something else instead of a lookaside list in DriverUnload",
     .catches = {.load = make_lookaside, .unload = delete_lookaside_first},
     .silent = {.load = make_lookaside, .unload = use_and_delete_lookaside}},
    {.rule = "OBJECT-INIT",
     .title = "poolproof: OBJECT-INIT: timer initialised while it is set in DriverEntry",
     .catches.load = init_timer_again,
     .silent.load = init_timer_after_cancel},
    {.rule = "OBJECT-INIT",
     .title = "poolproof: OBJECT-INIT: object used that was never initialised in DriverEntry",
     .catches.load = queue_garbage_dpc,
     .silent.load = free_flushed_dpc},
    {.rule = "OBJECT-INIT",
     .title = "poolproof: OBJECT-INIT: object used that was never initialised in DriverEntry",
     .catches.load = wait_for_garbage,
     .silent.load = wait_for_event},
    {.rule = "WORK-TWICE",
     .title = "poolproof: WORK-TWICE: work item queued that is queued already in DriverUnload",
     .catches = {.load = make_work_item, .unload = queue_work_twice},
     .silent = {.load = make_work_item, .unload = queue_work_and_wait}},
    {.rule = "IRQL-SERVICE",
     .title = "poolproof: IRQL-SERVICE: call above PASSIVE_LEVEL in DriverEntry",
     .catches.load = create_thread_at_dispatch,
     .silent = {.load = start_thread, .unload = stop_thread}},
};

int main(void) { return CHECK_RUN("services", cases); }
