// SPDX-License-Identifier: MIT
// Threads of the driver's own, and who is running.
#include "kernel/thread.h"

#include "base/emit.h"
#include "base/handle.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "kernel/dispatcher.h"
#include "kernel/level.h"
#include "kernel/reference.h"
#include "kernel/schedule.h"

#include <ndis.h>

#define SYSTEM_PROCESS_ID 4
#define FIRST_THREAD_ID 100u
#define THREAD_PRIORITY 8

struct _KTHREAD {
    DISPATCHER_HEADER header;
    PKSTART_ROUTINE routine;
    void *context;
    KPRIORITY priority;
    struct pp_callback_frame frame;  // of the call of its routine
};

void *pp_thread_of(const struct pp_fiber *fiber) {
    return fiber->thread != NULL ? fiber->thread : pp_handle_make(PP_HANDLE_THREAD, fiber->number);
}

// The thread that runs on this fiber ends.
static void end(KTHREAD *thread) {
    pp_callback_leave(thread->frame, thread, 0);
    PP_EMIT(SERVICE_END, pp_object(thread), PP_SERVICE_THREAD);
    thread->header.SignalState = 1;
    pp_dispatcher_signal(&thread->header);
    pp_reference_release(thread);
}

static void run(void *subject, uint64_t detail) {
    (void)detail;
    KTHREAD *thread = subject;
    pp_schedule_current()->thread = thread;
    thread->frame = pp_callback_enter(PP_CALLBACK_THREAD, thread);
    thread->routine(thread->context);
    end(thread);
}

// The new thread holds itself; its handle, too.
static KTHREAD *make(PKSTART_ROUTINE routine, void *context) {
    KTHREAD *thread = pp_reference_make(PP_REFERENCED_THREAD, sizeof(*thread));
    if (thread == NULL) {
        return NULL;
    }
    pp_dispatcher_init(&thread->header, PP_THREAD, sizeof(thread->header), 0);
    thread->routine = routine;
    thread->context = context;
    thread->priority = THREAD_PRIORITY;
    if (!pp_schedule_start(PP_ACTIVITY_THREAD, run, thread, 0)) {
        pp_reference_release(thread);
        return NULL;
    }
    pp_reference_add(thread);
    return thread;
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                              OBJECT_ATTRIBUTES *ObjectAttributes, HANDLE ProcessHandle,
                              CLIENT_ID *ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) {
    (void)DesiredAccess;
    (void)ObjectAttributes;
    (void)ProcessHandle;
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) || !pp_touch_write(ThreadHandle, sizeof(*ThreadHandle))) {
        return STATUS_INVALID_PARAMETER;
    }
    KTHREAD *thread = pp_fault_fires(PP_POINT_THREAD_CREATE) ? NULL : make(StartRoutine, StartContext);
    if (thread == NULL) {
        PP_EMIT(SERVICE_MADE, 0, PP_SERVICE_HANDLE, 0);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PP_EMIT(SERVICE_BEGIN, pp_object(thread), PP_SERVICE_THREAD, 0);
    *ThreadHandle = pp_reference_open(thread);
    if (ClientId != NULL && pp_touch_write(ClientId, sizeof(*ClientId))) {
        *ClientId = (CLIENT_ID){(HANDLE)SYSTEM_PROCESS_ID, *ThreadHandle};
    }
    pp_switch_point();
    return STATUS_SUCCESS;
}

// Only a thread that was made so can end itself; another's call returns.
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
    (void)ExitStatus;
    pp_switch_point();
    struct pp_fiber *fiber = pp_schedule_current();
    if (fiber->thread == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    end(fiber->thread);
    pp_fiber_finish(fiber);
}

PKTHREAD KeGetCurrentThread(VOID) { return pp_thread_of(pp_schedule_current()); }

HANDLE PsGetCurrentThreadId(VOID) {
    return (HANDLE)(ULONG_PTR)(FIRST_THREAD_ID + 4u * pp_schedule_current()->number);
}

PEPROCESS IoGetCurrentProcess(VOID) { return pp_handle_make(PP_HANDLE_THREAD, 0); }

HANDLE PsGetCurrentProcessId(VOID) { return (HANDLE)SYSTEM_PROCESS_ID; }

// All IRPs come from one process, which has 64 bits.
ULONG IoGetRequestorProcessId(IRP *Irp) {
    pp_switch_point();
    return pp_touch_read(Irp, sizeof(*Irp)) ? SYSTEM_PROCESS_ID : 0;
}

BOOLEAN IoIs32bitProcess(IRP *Irp) {
    pp_switch_point();
    if (Irp != NULL) {
        pp_touch_read(Irp, sizeof(*Irp));
    }
    return FALSE;
}

KPRIORITY KeSetPriorityThread(KTHREAD *Thread, KPRIORITY Priority) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || Thread != pp_schedule_current()->thread) {
        return THREAD_PRIORITY;  // fibers have none
    }
    KPRIORITY old_priority = Thread->priority;
    Thread->priority = Priority;
    return old_priority;
}

KPROCESSOR_MODE ExGetPreviousMode(VOID) { return KernelMode; }

// No APCs here: nothing to keep away.
VOID KeEnterCriticalRegion(VOID) { pp_switch_point(); }

VOID KeLeaveCriticalRegion(VOID) { pp_switch_point(); }

BOOLEAN KeAreApcsDisabled(VOID) { return pp_schedule_current()->thread != NULL; }
