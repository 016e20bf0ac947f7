// SPDX-License-Identifier: MIT
// Timers of the kernel. A timer that is set is in a list here, in order of the time at which it is due;
// the scheduler's alarm is that of the first one.
#include "kernel/timer.h"

#include "base/emit.h"
#include "base/grow.h"
#include "base/touch.h"
#include "kernel/dispatcher.h"
#include "kernel/dpc.h"
#include "kernel/level.h"
#include "kernel/schedule.h"

#include <string.h>

// As for sleeping: a timer is no finer.
#define DUE_TICKS_MIN PP_TICKS_PER_MS

struct set_timer {
    KTIMER *timer;
    KDPC *dpc;  // or NULL
    uint64_t due_ticks;
    uint64_t period_ticks;  // 0: once
    uint16_t op;            // that has set it
};

static struct set_timer *set_timers;  // the first one is due first
static uint32_t set_count;
static uint32_t set_capacity;

void pp_timer_reset(void) { set_count = 0; }

static void ring(void);

static void set_alarm(void) {
    pp_schedule_set_alarm(set_count > 0 ? set_timers[0].due_ticks : PP_NEVER, ring);
}

static void insert(struct set_timer timer) {
    set_timers = pp_grow(set_timers, &set_capacity, set_count, sizeof(*set_timers));
    uint32_t index = set_count++;
    while (index > 0 && set_timers[index - 1].due_ticks > timer.due_ticks) {
        set_timers[index] = set_timers[index - 1];
        index--;
    }
    set_timers[index] = timer;
    set_alarm();
}

static uint32_t index_of(const KTIMER *timer) {
    uint32_t index = 0;
    while (index < set_count && set_timers[index].timer != timer) {
        index++;
    }
    return index;
}

static void remove_at(uint32_t index) {
    set_count--;
    memmove(&set_timers[index], &set_timers[index + 1], (set_count - index) * sizeof(*set_timers));
    set_alarm();
}

// Of a timer whose time has come.
static void fire(KTIMER *timer, KDPC *dpc) {
    if (pp_touch_write(timer, sizeof(*timer))) {
        timer->Header.SignalState = 1;
        pp_dispatcher_signal(&timer->Header);
        if (dpc != NULL) {
            LARGE_INTEGER now = {.QuadPart = (LONGLONG)pp_schedule_ticks()};
            pp_dpc_queue(dpc, (void *)(ULONG_PTR)now.LowPart, (void *)(LONG_PTR)now.HighPart);
        }
    }
}

static void ring(void) {
    uint16_t op = pp_now.op;
    while (set_count > 0 && set_timers[0].due_ticks <= pp_schedule_ticks()) {
        struct set_timer first = set_timers[0];
        remove_at(0);
        pp_now.op = first.op;
        if (first.period_ticks != 0) {
            first.due_ticks += first.period_ticks;
            insert(first);
        } else {
            PP_EMIT(SERVICE_END, pp_object(first.timer), PP_SERVICE_TIMER);
        }
        fire(first.timer, first.dpc);
    }
    pp_now.op = op;
    set_alarm();
}

static bool use(KTIMER *timer) {
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL) &&
           pp_dispatcher_use(timer, PP_NOTIFICATION_TIMER, PP_SYNCHRONIZATION_TIMER);
}

static bool cancel(KTIMER *timer) {
    uint32_t index = index_of(timer);
    if (index == set_count) {
        return false;
    }
    remove_at(index);
    PP_EMIT(SERVICE_END, pp_object(timer), PP_SERVICE_TIMER);
    return true;
}

VOID KeInitializeTimerEx(KTIMER *Timer, TIMER_TYPE Type) {
    pp_dispatcher_init(Timer,
                       Type == NotificationTimer ? PP_NOTIFICATION_TIMER : PP_SYNCHRONIZATION_TIMER,
                       sizeof(*Timer), 0);
}

VOID KeInitializeTimer(KTIMER *Timer) { KeInitializeTimerEx(Timer, NotificationTimer); }

BOOLEAN KeSetTimerEx(KTIMER *Timer, LARGE_INTEGER DueTime, LONG Period, KDPC *Dpc) {
    if (!use(Timer) || (Dpc != NULL && !pp_touch_read(Dpc, sizeof(*Dpc)))) {
        return FALSE;
    }
    bool was_set = cancel(Timer);
    Timer->Header.SignalState = 0;
    Timer->Dpc = Dpc;
    Timer->Period = (ULONG)Period;
    uint64_t ticks = pp_dispatcher_ticks(&DueTime);
    uint64_t period = Period > 0 ? (uint64_t)Period * PP_TICKS_PER_MS : 0;
    if (ticks == 0 && period == 0) {
        fire(Timer, Dpc);
    } else {
        uint64_t due = pp_schedule_ticks() + (ticks < DUE_TICKS_MIN ? DUE_TICKS_MIN : ticks);
        Timer->DueTime.QuadPart = due;
        PP_EMIT(SERVICE_BEGIN, pp_object(Timer), PP_SERVICE_TIMER, sizeof(*Timer));
        insert((struct set_timer){Timer, Dpc, due < ticks ? PP_NEVER - 1 : due, period, pp_now.op});
    }
    pp_switch_point();
    return was_set;
}

BOOLEAN KeSetTimer(KTIMER *Timer, LARGE_INTEGER DueTime, KDPC *Dpc) {
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

BOOLEAN KeSetCoalescableTimer(KTIMER *Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay,
                              KDPC *Dpc) {
    (void)TolerableDelay;  // it comes on time
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

BOOLEAN KeCancelTimer(KTIMER *Timer) { return use(Timer) && cancel(Timer); }

BOOLEAN KeReadStateTimer(KTIMER *Timer) { return use(Timer) && Timer->Header.SignalState != 0; }
