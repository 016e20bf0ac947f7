// SPDX-License-Identifier: MIT
#include "kernel/dispatcher.h"

#include "base/emit.h"
#include "base/touch.h"
#include "kernel/clock.h"
#include "kernel/schedule.h"
#include "kernel/thread.h"

#include <string.h>

#define SIZE_UNIT 4u  // of DISPATCHER_HEADER.Size

struct wait {
    struct pp_fiber *fiber;  // NULL: no wait
    uint64_t order;          // of waits that began: the longest waiting is served first
    uint32_t count;
    bool is_for_all;
    NTSTATUS result;
    DISPATCHER_HEADER *objects[MAXIMUM_WAIT_OBJECTS];
};

static struct wait waits[PP_FIBER_COUNT + 1];  // by fiber number
static uint64_t next_order;

void pp_dispatcher_reset(void) {
    for (size_t i = 0; i <= PP_FIBER_COUNT; i++) {
        waits[i].fiber = NULL;
    }
    next_order = 0;
}

static bool waits_for(const struct wait *wait, const DISPATCHER_HEADER *object) {
    for (uint32_t i = 0; wait->fiber != NULL && i < wait->count; i++) {
        if (wait->objects[i] == object) {
            return true;
        }
    }
    return false;
}

static bool is_waited_for(const DISPATCHER_HEADER *object) {
    for (size_t i = 0; i <= PP_FIBER_COUNT; i++) {
        if (waits_for(&waits[i], object)) {
            return true;
        }
    }
    return false;
}

bool pp_dispatcher_init(void *object, enum pp_dispatcher_type type, size_t size, int32_t signal_state) {
    DISPATCHER_HEADER *header = object;
    if (!pp_touch_write(object, size)) {
        return false;
    }
    bool is_waited = is_waited_for(header);
    if ((is_waited || type >= PP_NOTIFICATION_TIMER) &&
        !PP_EMIT(SERVICE_INIT, pp_object(object), PP_SERVICE_TIMER, is_waited)) {
        return false;
    }
    memset(object, 0, size);
    header->Type = (UCHAR)type;
    header->Size = (UCHAR)(size / SIZE_UNIT);
    header->SignalState = signal_state;
    header->WaitListHead.Flink = header->WaitListHead.Blink = &header->WaitListHead;
    return true;
}

static size_t size_of(uint8_t type) {
    switch (type) {
    case PP_NOTIFICATION_EVENT:
    case PP_SYNCHRONIZATION_EVENT: return sizeof(KEVENT);
    case PP_MUTANT: return sizeof(KMUTEX);
    case PP_SEMAPHORE: return sizeof(KSEMAPHORE);
    case PP_THREAD: return sizeof(DISPATCHER_HEADER);
    case PP_NOTIFICATION_TIMER:
    case PP_SYNCHRONIZATION_TIMER: return sizeof(KTIMER);
    default: return 0;
    }
}

bool pp_dispatcher_use(void *object, enum pp_dispatcher_type first, enum pp_dispatcher_type last) {
    const DISPATCHER_HEADER *header = object;
    if (!pp_touch_write(object, sizeof(*header))) {
        return false;
    }
    pp_guard_define(header, sizeof(*header));  // garbage in it is found by the rule
    size_t size = size_of(header->Type);
    bool is_good = size != 0 && header->Size == size / SIZE_UNIT && header->Type >= first &&
                   header->Type <= last && pp_touch_write(object, size);
    if (!is_good) {
        PP_EMIT(SERVICE_GARBAGE, pp_object(object));
    }
    return is_good;
}

static bool is_mutex_of(const DISPATCHER_HEADER *object, const struct pp_fiber *fiber) {
    return object->Type == PP_MUTANT &&
           ((const KMUTEX *)object)->OwnerThread == (PKTHREAD)pp_thread_of(fiber);
}

static bool is_signalled(const DISPATCHER_HEADER *object, const struct pp_fiber *fiber) {
    return object->SignalState > 0 || is_mutex_of(object, fiber);
}

// What the end of a wait does to the object.
static void take(DISPATCHER_HEADER *object, const struct pp_fiber *fiber) {
    switch (object->Type) {
    case PP_SYNCHRONIZATION_EVENT:
    case PP_SYNCHRONIZATION_TIMER: object->SignalState = 0; break;
    case PP_SEMAPHORE: object->SignalState--; break;
    case PP_MUTANT:
        object->SignalState--;
        ((KMUTEX *)object)->OwnerThread = (PKTHREAD)pp_thread_of(fiber);
        break;
    default: break;
    }
}

// On the fiber that has waited.
static void tell_held(const struct wait *wait, uint64_t ticks) {
    for (uint32_t i = 0; i < wait->count; i++) {
        bool is_taken = wait->is_for_all || wait->result == STATUS_WAIT_0 + (NTSTATUS)i;
        if (is_taken && wait->objects[i]->Type == PP_MUTANT) {
            PP_EMIT(HELD, pp_object(wait->objects[i]), PP_HOLD_MUTEX,
                    ticks == PP_NEVER ? 0 : PP_HOLD_TRY);
        }
    }
}

// True if the wait is over, with its result; then it has taken what it waited for.
static bool try_end(struct wait *wait) {
    uint32_t first_signalled = wait->count;
    uint32_t signalled_count = 0;
    for (uint32_t i = 0; i < wait->count; i++) {
        // Freed while it is waited for: the wait just does not end.
        if (pp_touch_is_open(wait->objects[i], sizeof(DISPATCHER_HEADER)) &&
            is_signalled(wait->objects[i], wait->fiber)) {
            first_signalled = i < first_signalled ? i : first_signalled;
            signalled_count++;
        }
    }
    if (wait->is_for_all ? signalled_count < wait->count : signalled_count == 0) {
        return false;
    }
    for (uint32_t i = wait->is_for_all ? 0 : first_signalled;
         i < (wait->is_for_all ? wait->count : first_signalled + 1); i++) {
        take(wait->objects[i], wait->fiber);
    }
    wait->result = STATUS_WAIT_0 + (NTSTATUS)(wait->is_for_all ? 0 : first_signalled);
    return true;
}

static struct wait *first_wait_for(const DISPATCHER_HEADER *object, uint64_t from) {
    struct wait *found = NULL;
    for (size_t i = 0; i <= PP_FIBER_COUNT; i++) {
        if (waits_for(&waits[i], object) && waits[i].order >= from &&
            (found == NULL || waits[i].order < found->order)) {
            found = &waits[i];
        }
    }
    return found;
}

void pp_dispatcher_signal(DISPATCHER_HEADER *object) {
    struct wait *wait = first_wait_for(object, 0);
    while (wait != NULL) {
        uint64_t next = wait->order + 1;
        if (try_end(wait)) {
            pp_schedule_wake_fiber(wait->fiber);
            wait->fiber = NULL;
        }
        wait = first_wait_for(object, next);
    }
}

uint64_t pp_dispatcher_ticks(const LARGE_INTEGER *timeout) {
    if (timeout == NULL || !pp_touch_read(timeout, sizeof(*timeout))) {
        return PP_NEVER;
    }
    if (timeout->QuadPart <= 0) {
        return 0 - (uint64_t)timeout->QuadPart;
    }
    uint64_t until = (uint64_t)timeout->QuadPart;
    return until > pp_clock_system_time() ? until - pp_clock_system_time() : 0;
}

NTSTATUS pp_dispatcher_wait(void *const *objects, uint32_t count, bool is_for_all, uint64_t ticks) {
    pp_switch_point();
    struct pp_fiber *fiber = pp_schedule_current();
    struct wait *wait = &waits[fiber->number];
    for (uint32_t i = 0; i < count; i++) {
        if (!pp_dispatcher_use(objects[i], PP_NOTIFICATION_EVENT, PP_SYNCHRONIZATION_TIMER)) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    // A wait of no length is a look at the object, allowed up to DISPATCH_LEVEL.
    if (ticks != 0) {
        PP_EMIT(WAIT, pp_object(objects[0]), ticks == PP_NEVER ? 0 : ticks / PP_TICKS_PER_MS,
                is_for_all ? 1 : count);
    }
    wait->count = count;
    wait->is_for_all = is_for_all;
    wait->fiber = fiber;
    wait->order = next_order++;
    for (uint32_t i = 0; i < count; i++) {
        wait->objects[i] = objects[i];
    }
    bool is_over = try_end(wait);
    if (!is_over && ticks != 0) {
        uint64_t now = pp_schedule_ticks();
        is_over = pp_schedule_block(objects[0], ticks < PP_NEVER - now ? now + ticks : PP_NEVER);
    }
    wait->fiber = NULL;
    if (ticks != 0) {
        PP_EMIT(WAIT_END, pp_object(objects[0]), !is_over);
    } else if (!is_over) {
        PP_EMIT(LOOK, pp_object(objects[0]));
    }
    if (is_over) {
        tell_held(wait, ticks);
    }
    return is_over ? wait->result : STATUS_TIMEOUT;
}
