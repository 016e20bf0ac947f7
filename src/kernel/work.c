// SPDX-License-Identifier: MIT
// Work items: calls of the driver at PASSIVE_LEVEL, each on a fiber of its own, as if there were a
// worker thread for it.
#include "kernel/work.h"

#include "base/emit.h"
#include "base/grow.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "kernel/deferred.h"
#include "kernel/level.h"
#include "kernel/schedule.h"
#include "kernel/service.h"

#include <ndis.h>
#include <string.h>

// How a routine is called.
enum work_kind { WORK_IO, WORK_IO_EX, WORK_NDIS_IO, WORK_EX, WORK_NDIS };

union routine {
    PIO_WORKITEM_ROUTINE io;
    PIO_WORKITEM_ROUTINE_EX io_ex;
    NDIS_IO_WORKITEM_ROUTINE ndis_io;
    PWORKER_THREAD_ROUTINE ex;
    NDIS_PROC ndis;
};

// In memory of the kernel's or, with IoInitializeWorkItem, in the driver's.
struct _IO_WORKITEM {
    void *object;  // device or driver
    ULONG signature;
};

#define IO_WORK_SIGNATURE 0x6b576f49u  // 'IoWk'

enum call_state { CALL_UNUSED, CALL_QUEUED, CALL_RUNS };

struct call {
    enum call_state state;
    enum work_kind kind;
    union routine routine;
    void *item;
    void *object;
    void *context;
};

static struct call *calls;
static uint32_t call_count;
static uint32_t call_capacity;
static const char ended;  // what pp_work_wait waits for

void pp_work_reset(void) { call_count = 0; }

static bool is_queued(const void *item) {
    for (uint32_t i = 0; i < call_count; i++) {
        if (calls[i].state == CALL_QUEUED && calls[i].item == item) {
            return true;
        }
    }
    return false;
}

static bool keeps_driver(const struct call *call) {
    return call->state != CALL_UNUSED && call->kind <= WORK_NDIS_IO;
}

void pp_work_wait(void) {
    for (uint32_t i = 0; i < call_count; i++) {
        while (keeps_driver(&calls[i])) {
            pp_schedule_await(PP_AWAIT_ROUTINES, NULL, &ended);
        }
    }
}

static void call_driver(const struct call *call) {
    switch (call->kind) {
    case WORK_IO: call->routine.io(call->object, call->context); break;
    case WORK_IO_EX: call->routine.io_ex(call->object, call->context, call->item); break;
    case WORK_NDIS_IO: call->routine.ndis_io(call->context, call->item); break;
    case WORK_EX: call->routine.ex(call->context); break;
    case WORK_NDIS: call->routine.ndis(call->item, call->context); break;
    }
}

static void run(void *subject, uint64_t detail) {
    (void)subject;
    struct call mine = calls[detail];
    calls[detail].state = CALL_RUNS;
    PP_EMIT(SERVICE_END, pp_object(mine.item), PP_SERVICE_WORK);
    PP_EMIT(SERVICE_BEGIN, pp_object(mine.item), PP_SERVICE_WORK_ROUTINE, 0);
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_WORK, mine.item);
    call_driver(&mine);
    pp_callback_leave(frame, mine.item, 0);
    PP_EMIT(SERVICE_END, pp_object(mine.item), PP_SERVICE_WORK_ROUTINE);
    calls[detail].state = CALL_UNUSED;
    pp_schedule_wake(&ended, /*all=*/true);
}

static uint32_t unused_call(void) {
    uint32_t index = 0;
    while (index < call_count && calls[index].state != CALL_UNUSED) {
        index++;
    }
    if (index == call_count) {
        calls = pp_grow(calls, &call_capacity, call_count++, sizeof(*calls));
    }
    return index;
}

// `size` is that of an item in the driver's memory.
static void queue(const struct call *call, size_t size) {
    if (!PP_EMIT(SERVICE_BEGIN, pp_object(call->item), PP_SERVICE_WORK, size) || is_queued(call->item)) {
        return;
    }
    uint32_t index = unused_call();
    calls[index] = *call;
    calls[index].state = CALL_QUEUED;
    pp_deferred_start(PP_ACTIVITY_WORK, run, NULL, index);
    pp_switch_point();
}

// === Of the I/O manager ===

static bool is_io_item(PIO_WORKITEM item) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL)) {
        return false;
    }
    if (pp_touch_is_open(item, sizeof(*item))) {
        pp_guard_define(item, sizeof(*item));  // garbage in it is found by the rule
        if (item->signature == IO_WORK_SIGNATURE) {
            return true;
        }
    }
    return pp_service_use(item, PP_SERVICE_IO_WORK);
}

PIO_WORKITEM IoAllocateWorkItem(DEVICE_OBJECT *DeviceObject) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_read(DeviceObject, sizeof(*DeviceObject))) {
        return NULL;
    }
    PIO_WORKITEM item = pp_service_make(PP_SERVICE_IO_WORK, PP_POINT_WORK_ALLOCATE, sizeof(*item));
    if (item != NULL) {
        item->object = DeviceObject;
        item->signature = IO_WORK_SIGNATURE;
    }
    return item;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_service_end(IoWorkItem, PP_SERVICE_IO_WORK)) {
        pp_service_give(IoWorkItem);
    }
}

ULONG IoSizeofWorkItem(VOID) { return sizeof(struct _IO_WORKITEM); }

VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
    pp_switch_point();
    if (pp_touch_write(IoWorkItem, sizeof(*IoWorkItem)) &&
        PP_EMIT(SERVICE_INIT, pp_object(IoWorkItem), PP_SERVICE_WORK, 0)) {
        *IoWorkItem = (struct _IO_WORKITEM){.object = IoObject, .signature = IO_WORK_SIGNATURE};
    }
}

VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) {
    if (is_io_item(IoWorkItem) && PP_EMIT(SERVICE_FREE, pp_object(IoWorkItem), PP_SERVICE_WORK)) {
        IoWorkItem->signature = 0;
    }
}

static void queue_io(PIO_WORKITEM item, enum work_kind kind, union routine routine, void *context) {
    if (is_io_item(item)) {
        queue(&(struct call){.kind = kind,
                             .routine = routine,
                             .item = item,
                             .object = item->object,
                             .context = context},
              sizeof(*item));
    }
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                     WORK_QUEUE_TYPE QueueType, PVOID Context) {
    (void)QueueType;  // fibers have no priorities
    queue_io(IoWorkItem, WORK_IO, (union routine){.io = WorkerRoutine}, Context);
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                       WORK_QUEUE_TYPE QueueType, PVOID Context) {
    (void)QueueType;
    queue_io(IoWorkItem, WORK_IO_EX, (union routine){.io_ex = WorkerRoutine}, Context);
}

// === Of NDIS ===

NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle) {
    (void)NdisObjectHandle;
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL)
               ? pp_service_make(PP_SERVICE_NDIS_WORK, PP_POINT_WORK_ALLOCATE, sizeof(void *))
               : NULL;
}

VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine,
                         PVOID WorkItemContext) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_service_use(NdisIoWorkItemHandle, PP_SERVICE_NDIS_WORK)) {
        queue(&(struct call){.kind = WORK_NDIS_IO,
                             .routine.ndis_io = Routine,
                             .item = NdisIoWorkItemHandle,
                             .context = WorkItemContext},
              0);
    }
}

VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_service_end(NdisIoWorkItemHandle, PP_SERVICE_NDIS_WORK)) {
        pp_service_give(NdisIoWorkItemHandle);
    }
}

NDIS_STATUS NdisScheduleWorkItem(NDIS_WORK_ITEM *WorkItem) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_read(WorkItem, sizeof(*WorkItem)) ||
        pp_fault_fires(PP_POINT_WORK_QUEUE)) {
        return NDIS_STATUS_FAILURE;
    }
    queue(&(struct call){.kind = WORK_NDIS,
                         .routine.ndis = WorkItem->Routine,
                         .item = WorkItem,
                         .context = WorkItem->Context},
          sizeof(*WorkItem));
    return NDIS_STATUS_SUCCESS;
}

// === Of the executive ===

VOID ExQueueWorkItem(WORK_QUEUE_ITEM *WorkItem, WORK_QUEUE_TYPE QueueType) {
    (void)QueueType;
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(WorkItem, sizeof(*WorkItem))) {
        queue(&(struct call){.kind = WORK_EX,
                             .routine.ex = WorkItem->WorkerRoutine,
                             .item = WorkItem,
                             .context = WorkItem->Parameter},
              sizeof(*WorkItem));
    }
}
