// SPDX-License-Identifier: MIT
// Events, waiting and sleeping, as drivers call them. Waiting blocks the fiber; time is virtual.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/dispatcher.h"
#include "kernel/level.h"
#include "kernel/schedule.h"

#include <ndis.h>

// Timers of the real kernel are no finer; without this a polling loop could wait for ever in no time.
#define SLEEP_TICKS_MIN PP_TICKS_PER_MS

static bool use_event(KEVENT *event) {
    pp_switch_point();
    return pp_dispatcher_use(event, PP_NOTIFICATION_EVENT, PP_SYNCHRONIZATION_EVENT);
}

static LONG set_event(KEVENT *event) {
    if (!pp_level_at_most(DISPATCH_LEVEL) || !use_event(event)) {
        return 0;
    }
    PP_EMIT(EVENT_SET, pp_object(event));
    LONG old_state = event->Header.SignalState;
    event->Header.SignalState = 1;
    pp_dispatcher_signal(&event->Header);
    pp_switch_point();
    return old_state;
}

static LONG reset_event(KEVENT *event) {
    if (!use_event(event)) {
        return 0;
    }
    LONG old_state = event->Header.SignalState;
    event->Header.SignalState = 0;
    PP_EMIT(EVENT_RESET, pp_object(event), old_state != 0);
    return old_state;
}

static void sleep_ticks(uint64_t ticks) {
    pp_switch_point();
    PP_EMIT(WAIT, 0, ticks / PP_TICKS_PER_MS, 1);
    uint64_t least = ticks < SLEEP_TICKS_MIN ? SLEEP_TICKS_MIN : ticks;
    uint64_t now = pp_schedule_ticks();
    pp_schedule_block(NULL, least < PP_NEVER - now ? now + least : PP_NEVER);
    PP_EMIT(WAIT_END, 0, 1);
}

// === Events ===

static void init_event(KEVENT *event, enum pp_dispatcher_type type, bool is_set) {
    if (pp_dispatcher_init(event, type, sizeof(*event), is_set)) {
        PP_EMIT(EVENT_INIT, pp_object(event), is_set);
    }
}

VOID NdisInitializeEvent(NDIS_EVENT *Event) {
    init_event(&Event->Event, PP_NOTIFICATION_EVENT, /*is_set=*/false);
}

VOID NdisSetEvent(NDIS_EVENT *Event) { set_event(&Event->Event); }

VOID NdisResetEvent(NDIS_EVENT *Event) { reset_event(&Event->Event); }

VOID KeInitializeEvent(KEVENT *Event, EVENT_TYPE Type, BOOLEAN State) {
    init_event(Event, Type == NotificationEvent ? PP_NOTIFICATION_EVENT : PP_SYNCHRONIZATION_EVENT,
               State != FALSE);
}

LONG KeSetEvent(KEVENT *Event, KPRIORITY Increment, BOOLEAN Wait) {
    (void)Increment;  // fibers have no priorities
    (void)Wait;
    return set_event(Event);
}

LONG KeResetEvent(KEVENT *Event) { return reset_event(Event); }

VOID KeClearEvent(KEVENT *Event) { reset_event(Event); }

LONG KePulseEvent(KEVENT *Event, KPRIORITY Increment, BOOLEAN Wait) {
    LONG old_state = KeSetEvent(Event, Increment, Wait);
    reset_event(Event);
    return old_state;
}

LONG KeReadStateEvent(KEVENT *Event) { return use_event(Event) ? Event->Header.SignalState : 0; }

// === Waiting ===

static NTSTATUS wait_for_one(PVOID object, uint64_t ticks) {
    return pp_dispatcher_wait(&object, 1, /*is_for_all=*/false, ticks);
}

BOOLEAN NdisWaitEvent(NDIS_EVENT *Event, UINT MsToWait) {
    uint64_t ticks = MsToWait == 0 ? PP_NEVER : (uint64_t)MsToWait * PP_TICKS_PER_MS;
    return wait_for_one(&Event->Event, ticks) == STATUS_SUCCESS;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                               BOOLEAN Alertable, LARGE_INTEGER *Timeout) {
    (void)WaitReason;
    (void)WaitMode;
    (void)Alertable;
    return wait_for_one(Object, pp_dispatcher_ticks(Timeout));
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
                                  KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                  LARGE_INTEGER *Timeout, KWAIT_BLOCK *WaitBlockArray) {
    (void)WaitReason;
    (void)WaitMode;
    (void)Alertable;
    // Without an array for the rest there is room for three.
    ULONG most = WaitBlockArray == NULL ? THREAD_WAIT_OBJECTS : MAXIMUM_WAIT_OBJECTS;
    if (Count == 0 || Count > most) {
        PP_EMIT(CRASH, PP_CRASH_BUGCHECK, MAXIMUM_WAIT_OBJECTS_EXCEEDED);
        return STATUS_INVALID_PARAMETER;
    }
    if (!pp_touch_read(Object, Count * sizeof(Object[0]))) {
        return STATUS_INVALID_PARAMETER;
    }
    return pp_dispatcher_wait(Object, Count, WaitType == WaitAll, pp_dispatcher_ticks(Timeout));
}

VOID NdisMSleep(ULONG MicrosecondsToSleep) { sleep_ticks((uint64_t)MicrosecondsToSleep * 10); }

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, LARGE_INTEGER *Interval) {
    (void)WaitMode;
    (void)Alertable;
    sleep_ticks(pp_dispatcher_ticks(Interval));
    return STATUS_SUCCESS;
}
