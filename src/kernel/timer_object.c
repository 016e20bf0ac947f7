// SPDX-License-Identifier: MIT
// Timers of NDIS: a timer of the kernel's and its DPC.
#include "base/touch.h"
#include "kernel/dpc.h"
#include "kernel/level.h"
#include "kernel/schedule.h"
#include "kernel/service.h"

#include <ndis.h>

struct timer_object {
    KTIMER timer;  // first, so that the object and what is set have one address
    KDPC dpc;
    PNDIS_TIMER_FUNCTION function;
    void *context;      // of the object
    void *set_context;  // of NdisSetTimerObject, or the object's
};

static void call_function(KDPC *dpc, void *context, void *argument1, void *argument2) {
    (void)dpc;
    struct timer_object *object = context;
    object->function(argument1, object->set_context, argument2, NULL);
}

NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle,
                                    NDIS_TIMER_CHARACTERISTICS *TimerCharacteristics,
                                    NDIS_HANDLE *pTimerObject) {
    (void)NdisHandle;
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) ||
        !pp_touch_read(TimerCharacteristics, sizeof(*TimerCharacteristics)) ||
        !pp_touch_write(pTimerObject, sizeof(*pTimerObject))) {
        return NDIS_STATUS_FAILURE;
    }
    struct timer_object *object =
        pp_service_make(PP_SERVICE_TIMER_OBJECT, PP_POINT_TIMER_ALLOCATE, sizeof(*object));
    if (object == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    KeInitializeTimer(&object->timer);
    KeInitializeDpc(&object->dpc, call_function, object);
    object->function = TimerCharacteristics->TimerFunction;
    object->context = TimerCharacteristics->FunctionContext;
    *pTimerObject = object;
    return NDIS_STATUS_SUCCESS;
}

BOOLEAN NdisSetCoalescableTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime,
                                      LONG MillisecondsPeriod, PVOID FunctionContext, ULONG Tolerance) {
    pp_switch_point();
    if (!pp_service_use(TimerObject, PP_SERVICE_TIMER_OBJECT)) {
        return FALSE;
    }
    struct timer_object *object = TimerObject;
    object->set_context = FunctionContext != NULL ? FunctionContext : object->context;
    return KeSetCoalescableTimer(&object->timer, DueTime, (ULONG)MillisecondsPeriod, Tolerance,
                                 &object->dpc);
}

BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
                           PVOID FunctionContext) {
    return NdisSetCoalescableTimerObject(TimerObject, DueTime, MillisecondsPeriod, FunctionContext, 0);
}

// A periodic timer's function has returned when its cancelling does.
BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject) {
    pp_switch_point();
    if (!pp_service_use(TimerObject, PP_SERVICE_TIMER_OBJECT)) {
        return FALSE;
    }
    struct timer_object *object = TimerObject;
    bool is_periodic = object->timer.Period != 0;
    if (is_periodic && !pp_level_at_most(PASSIVE_LEVEL)) {
        return FALSE;
    }
    bool was_set = KeCancelTimer(&object->timer);
    if (is_periodic) {
        KeFlushQueuedDpcs();
    }
    return was_set;
}

VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_service_end(TimerObject, PP_SERVICE_TIMER_OBJECT)) {
        KeCancelTimer(TimerObject);
        KeRemoveQueueDpc(&((struct timer_object *)TimerObject)->dpc);
        pp_service_give(TimerObject);
    }
}

// === The older kind, in the driver's memory ===

static void call_older_function(KDPC *dpc, void *context, void *argument1, void *argument2) {
    PNDIS_TIMER_FUNCTION function = (PNDIS_TIMER_FUNCTION)dpc->DpcData;
    function(argument1, context, argument2, NULL);
}

VOID NdisInitializeTimer(NDIS_TIMER *Timer, PNDIS_TIMER_FUNCTION TimerFunction, PVOID FunctionContext) {
    pp_switch_point();
    if (pp_touch_write(Timer, sizeof(*Timer))) {
        KeInitializeTimer(&Timer->Timer);
        KeInitializeDpc(&Timer->Dpc, call_older_function, FunctionContext);
        Timer->Dpc.DpcData = (void *)TimerFunction;
    }
}

VOID NdisSetTimer(NDIS_TIMER *Timer, UINT MillisecondsToDelay) {
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(MillisecondsToDelay * (uint64_t)PP_TICKS_PER_MS)};
    KeSetTimer(&Timer->Timer, due, &Timer->Dpc);
}

VOID NdisCancelTimer(NDIS_TIMER *Timer, BOOLEAN *TimerCancelled) {
    BOOLEAN was_set = KeCancelTimer(&Timer->Timer);
    if (pp_touch_write(TimerCancelled, sizeof(*TimerCancelled))) {
        *TimerCancelled = was_set;
    }
}
