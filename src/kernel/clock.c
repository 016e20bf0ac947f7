// SPDX-License-Identifier: MIT
// What time it is. All of it is virtual: it passes when the scheduler says so, and for a driver that
// stalls.
#include "kernel/clock.h"

#include "base/emit.h"
#include "base/touch.h"
#include "kernel/schedule.h"

#include <ndis.h>

#define BEGIN_TICKS (133485840000000000ull)         // 2024-01-01T12:00:00Z
#define UPTIME_TICKS (600000ull * PP_TICKS_PER_MS)  // the machine has been up for ten minutes then
#define TICK_TICKS 156250u                          // 15.625 ms, the clock interrupt's period

#define DAYS_TO_1601 584694u  // since 0000-03-01
#define DAYS_PER_ERA 146097u  // 400 years

uint64_t pp_clock_system_time(void) { return BEGIN_TICKS + pp_schedule_ticks(); }

static uint64_t uptime(void) { return UPTIME_TICKS + pp_schedule_ticks(); }

static void set_time(LARGE_INTEGER *ret_time, uint64_t ticks) {
    pp_switch_point();
    if (pp_touch_write(ret_time, sizeof(*ret_time))) {
        ret_time->QuadPart = (LONGLONG)ticks;
    }
}

VOID KeQuerySystemTime(LARGE_INTEGER *CurrentTime) { set_time(CurrentTime, pp_clock_system_time()); }

VOID KeQuerySystemTimePrecise(LARGE_INTEGER *CurrentTime) {
    set_time(CurrentTime, pp_clock_system_time());
}

VOID KeQueryTickCount(LARGE_INTEGER *CurrentCount) { set_time(CurrentCount, uptime() / TICK_TICKS); }

ULONG KeQueryTimeIncrement(VOID) { return TICK_TICKS; }

ULONGLONG KeQueryInterruptTime(VOID) {
    pp_switch_point();
    return uptime();
}

ULONGLONG KeQueryUnbiasedInterruptTime(VOID) { return KeQueryInterruptTime(); }

LARGE_INTEGER KeQueryPerformanceCounter(LARGE_INTEGER *PerformanceFrequency) {
    if (PerformanceFrequency != NULL) {
        set_time(PerformanceFrequency, 1000ull * PP_TICKS_PER_MS);
    }
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)uptime()};
}

VOID NdisGetSystemUpTimeEx(LARGE_INTEGER *pSystemUpTime) {
    set_time(pSystemUpTime, uptime() / PP_TICKS_PER_MS);
}

VOID NdisGetSystemUpTime(ULONG *pSystemUpTime) {
    pp_switch_point();
    if (pp_touch_write(pSystemUpTime, sizeof(*pSystemUpTime))) {
        *pSystemUpTime = (ULONG)(uptime() / PP_TICKS_PER_MS);
    }
}

// The world is on UTC.
VOID ExSystemTimeToLocalTime(LARGE_INTEGER *SystemTime, LARGE_INTEGER *LocalTime) {
    if (pp_touch_read(SystemTime, sizeof(*SystemTime))) {
        set_time(LocalTime, (uint64_t)SystemTime->QuadPart);
    }
}

// The civil date of a day, in years that begin in March, so that the leap day comes last.
static void set_date(uint32_t days_since_1601, TIME_FIELDS *fields) {
    uint32_t days = days_since_1601 + DAYS_TO_1601;
    uint32_t era = days / DAYS_PER_ERA;
    uint32_t day_of_era = days % DAYS_PER_ERA;
    uint32_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * day_of_year + 2) / 153;
    fields->Day = (CSHORT)(day_of_year - (153 * month + 2) / 5 + 1);
    fields->Month = (CSHORT)(month < 10 ? month + 3 : month - 9);
    fields->Year = (CSHORT)(era * 400 + year + (month >= 10));
    fields->Weekday = (CSHORT)((days_since_1601 + 1) % 7);  // 1601 began on a Monday
}

VOID RtlTimeToTimeFields(LARGE_INTEGER *Time, TIME_FIELDS *TimeFields) {
    pp_switch_point();
    if (!pp_touch_read(Time, sizeof(*Time)) || !pp_touch_write(TimeFields, sizeof(*TimeFields))) {
        return;
    }
    uint64_t ms = (uint64_t)Time->QuadPart / PP_TICKS_PER_MS;
    set_date((uint32_t)(ms / 86400000), TimeFields);
    uint32_t ms_of_day = (uint32_t)(ms % 86400000);
    TimeFields->Hour = (CSHORT)(ms_of_day / 3600000);
    TimeFields->Minute = (CSHORT)(ms_of_day / 60000 % 60);
    TimeFields->Second = (CSHORT)(ms_of_day / 1000 % 60);
    TimeFields->Milliseconds = (CSHORT)(ms_of_day % 1000);
}

// A busy wait: this processor does nothing else, others do.
VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
    pp_switch_point();
    PP_EMIT(STALL, MicroSeconds);
    pp_schedule_block(NULL, pp_schedule_ticks() + MicroSeconds * 10ull);
}
