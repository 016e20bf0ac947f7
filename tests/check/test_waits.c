// SPDX-License-Identifier: MIT
// What a report says an IRP waits for that never completes: each kind of object by its word, and where
// it is.
#include "fixture.h"

#define UP_TO_FILE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
#define ONE_WRITE UP_TO_FILE "write(f0)\nadvance()\nclose(f0)\nunbind(b0)\n"

static KSEMAPHORE semaphore;
static KTIMER timers[2];
static KEVENT *event;

static NTSTATUS init(void) {
    KeInitializeSemaphore(&semaphore, 0, 1);
    KeInitializeTimer(&timers[0]);
    KeInitializeTimerEx(&timers[1], SynchronizationTimer);
    event = fixture_take_memory(sizeof(*event));
    KeInitializeEvent(event, NotificationEvent, FALSE);
    return STATUS_SUCCESS;
}

static void end(void) { NdisFreeMemory(event, 0, 0); }

static NTSTATUS wait_for(void *object, IRP *irp) {
    fixture_reached();
    KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS wait_for_semaphore(IRP *irp) { return wait_for(&semaphore, irp); }
static NTSTATUS wait_for_timer(IRP *irp) { return wait_for(&timers[1], irp); }
static NTSTATUS wait_for_event(IRP *irp) { return wait_for(event, irp); }

static NTSTATUS wait_for_local(IRP *irp) {
    KEVENT local;
    KeInitializeEvent(&local, NotificationEvent, FALSE);
    return wait_for(&local, irp);
}

static NTSTATUS wait_for_count(IRP *irp) {
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
    return wait_for(&semaphore, irp);
}

static NTSTATUS wait_for_set_timer(IRP *irp) {
    KeSetTimer(&timers[1], (LARGE_INTEGER){.QuadPart = -10000}, NULL);
    return wait_for(&timers[1], irp);
}

static NTSTATUS wait_for_set_event(IRP *irp) {
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return wait_for(event, irp);
}

static void run_thread(PVOID context) {
    if (context != NULL) {
        KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    }
}

static NTSTATUS wait_for_thread(IRP *irp, void *awaited) {
    HANDLE handle;
    PVOID thread;
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_thread, awaited);
    ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread, NULL);
    ZwClose(handle);
    NTSTATUS status = wait_for(thread, irp);
    ObDereferenceObject(thread);
    return status;
}

static NTSTATUS wait_for_stuck_thread(IRP *irp) { return wait_for_thread(irp, &semaphore); }
static NTSTATUS wait_for_ended_thread(IRP *irp) { return wait_for_thread(irp, NULL); }

static const struct check_case cases[] = {
    {.rule = "STUCK",
     .title = "poolproof: STUCK: IRP never completes, waits for what does not come in IRP_MJ_WRITE",
     .detail = "  waits for semaphore semaphore, since 0 ms",
     .catches = {.load = init, .unload = end, .write = wait_for_semaphore},
     .silent = {.load = init, .unload = end, .write = wait_for_count},
     .program = ONE_WRITE},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: IRP never completes, waits for what does not come in IRP_MJ_WRITE",
     .detail = "  waits for timer at byte 64 of timers, since 0 ms",
     .catches = {.load = init, .unload = end, .write = wait_for_timer},
     .silent = {.load = init, .unload = end, .write = wait_for_set_timer},
     .program = ONE_WRITE},
    {.rule = "STUCK",
     .title =
         "poolproof: STUCK: IRP never completes, waits for an event that nobody sets in IRP_MJ_WRITE",
     .detail = "  waits for event at byte 0 of memory mem0, since 0 ms",
     .catches = {.load = init, .unload = end, .write = wait_for_event},
     .silent = {.load = init, .unload = end, .write = wait_for_set_event},
     .program = ONE_WRITE},
    {.rule = "STUCK",
     .title =
         "poolproof: STUCK: IRP never completes, waits for an event that nobody sets in IRP_MJ_WRITE",
     .detail = "  waits for event ev3, a local variable, since 0 ms",
     .catches = {.load = init, .unload = end, .write = wait_for_local},
     .silent = {.load = init, .unload = end, .write = wait_for_set_event},
     .program = ONE_WRITE},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: system thread never ends, waits for what does not come in ThreadStart",
     .detail = "  waits for semaphore semaphore, since 0 ms",
     .catches = {.load = init, .unload = end, .write = wait_for_stuck_thread},
     .silent = {.load = init, .unload = end, .write = wait_for_ended_thread},
     .program = ONE_WRITE},
};

int main(void) { return CHECK_RUN("waits", cases); }
