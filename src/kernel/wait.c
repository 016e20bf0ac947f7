// SPDX-License-Identifier: MIT
// What drivers wait with: NDIS events, kernel events, sleeping. Waiting blocks the fiber; time is
// virtual.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/schedule.h"

#include <ndis.h>

// Timers of the real kernel are no finer; without this a polling loop could wait for ever in no time.
#define SLEEP_TICKS_MIN PP_TICKS_PER_MS

static void init_event(KEVENT *event, EVENT_TYPE type, bool is_set) {
    pp_touch_write(event, sizeof(*event));
    event->Header.Type = (UCHAR)type;
    event->Header.SignalState = is_set;
    event->Header.WaitListHead.Flink = event->Header.WaitListHead.Blink = &event->Header.WaitListHead;
}

static LONG set_event(KEVENT *event) {
    pp_switch_point();
    pp_touch_write(event, sizeof(*event));
    PP_EMIT(EVENT_SET, pp_object(event));
    LONG old_state = event->Header.SignalState;
    if (event->Header.Type == NotificationEvent) {
        event->Header.SignalState = 1;
        pp_schedule_wake(event, /*all=*/true);
    } else if (pp_schedule_wake(event, /*all=*/false) == 0) {
        event->Header.SignalState = 1;
    }
    pp_switch_point();
    return old_state;
}

static LONG reset_event(KEVENT *event) {
    pp_switch_point();
    pp_touch_write(event, sizeof(*event));
    LONG old_state = event->Header.SignalState;
    event->Header.SignalState = 0;
    return old_state;
}

// True if the event was signalled, false if the time was up first.
static bool wait_event(KEVENT *event, uint64_t ticks) {
    pp_switch_point();
    pp_touch_write(event, sizeof(*event));
    if (ticks != 0) {  // a wait of no length is a look at the event, allowed up to DISPATCH_LEVEL
        PP_EMIT(WAIT, pp_object(event), ticks == PP_NEVER ? 0 : ticks / PP_TICKS_PER_MS);
    }
    if (event->Header.SignalState != 0) {
        event->Header.SignalState = event->Header.Type == NotificationEvent;
        return true;
    }
    if (ticks == 0) {
        return false;
    }
    return pp_schedule_block(event, ticks == PP_NEVER ? PP_NEVER : pp_schedule_ticks() + ticks);
}

static void sleep_ticks(uint64_t ticks) {
    pp_switch_point();
    PP_EMIT(WAIT, 0, ticks / PP_TICKS_PER_MS);
    uint64_t least = ticks < SLEEP_TICKS_MIN ? SLEEP_TICKS_MIN : ticks;
    pp_schedule_block(NULL, pp_schedule_ticks() + least);
}

VOID NdisInitializeEvent(NDIS_EVENT *Event) { init_event(&Event->Event, NotificationEvent, false); }

VOID NdisSetEvent(NDIS_EVENT *Event) { set_event(&Event->Event); }

VOID NdisResetEvent(NDIS_EVENT *Event) { reset_event(&Event->Event); }

BOOLEAN NdisWaitEvent(NDIS_EVENT *Event, UINT MsToWait) {
    return wait_event(&Event->Event, MsToWait == 0 ? PP_NEVER : (uint64_t)MsToWait * PP_TICKS_PER_MS);
}

VOID NdisMSleep(ULONG MicrosecondsToSleep) { sleep_ticks((uint64_t)MicrosecondsToSleep * 10); }

VOID KeInitializeEvent(KEVENT *Event, EVENT_TYPE Type, BOOLEAN State) {
    init_event(Event, Type, State != FALSE);
}

LONG KeSetEvent(KEVENT *Event, KPRIORITY Increment, BOOLEAN Wait) {
    (void)Increment;  // fibers have no priorities
    (void)Wait;
    return set_event(Event);
}

LONG KeResetEvent(KEVENT *Event) { return reset_event(Event); }

VOID KeClearEvent(KEVENT *Event) { reset_event(Event); }

LONG KeReadStateEvent(KEVENT *Event) {
    pp_switch_point();
    pp_touch_read(Event, sizeof(*Event));
    return Event->Header.SignalState;
}

// Negative: from now on; else a point in time. NULL: for ever.
static uint64_t ticks_of(const LARGE_INTEGER *timeout) {
    if (timeout == NULL) {
        return PP_NEVER;
    }
    pp_touch_read(timeout, sizeof(*timeout));
    if (timeout->QuadPart <= 0) {
        return (uint64_t)-timeout->QuadPart;
    }
    uint64_t until = (uint64_t)timeout->QuadPart;
    return until > pp_schedule_ticks() ? until - pp_schedule_ticks() : 0;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                               BOOLEAN Alertable, LARGE_INTEGER *Timeout) {
    (void)WaitReason;
    (void)WaitMode;
    (void)Alertable;
    return wait_event(Object, ticks_of(Timeout)) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, LARGE_INTEGER *Interval) {
    (void)WaitMode;
    (void)Alertable;
    sleep_ticks(ticks_of(Interval));
    return STATUS_SUCCESS;
}
