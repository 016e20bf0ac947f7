// SPDX-License-Identifier: MIT
// Events that have a name, by which a program of the user's could find them. They are gone with the last
// handle and reference.
#include "base/grow.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/level.h"
#include "kernel/named_event.h"
#include "kernel/reference.h"
#include "kernel/schedule.h"
#include "kernel/unicode.h"

#include <string.h>
#include <wdm.h>

#define NAME_CHARS_MAX 128u

struct named_event {
    KEVENT event;
    USHORT name_length;  // bytes
    WCHAR name[NAME_CHARS_MAX];
};

static struct named_event **events;  // of this run, also those that are gone
static uint32_t event_count;
static uint32_t event_capacity;

void pp_named_event_reset(void) { event_count = 0; }

static struct named_event *find(const UNICODE_STRING *name) {
    for (uint32_t i = 0; i < event_count; i++) {
        if (!pp_reference_is(events[i], PP_REFERENCED_EVENT)) {
            continue;
        }
        const UNICODE_STRING present = {events[i]->name_length, sizeof(events[i]->name),
                                        events[i]->name};
        if (RtlEqualUnicodeString(&present, name, TRUE)) {
            return events[i];
        }
    }
    return NULL;
}

static struct named_event *make(const UNICODE_STRING *name, EVENT_TYPE type) {
    if (pp_fault_fires(PP_POINT_EVENT_CREATE)) {
        return NULL;
    }
    struct named_event *made = pp_reference_make(PP_REFERENCED_EVENT, sizeof(*made));
    if (made != NULL) {
        made->name_length = name->Length;
        memcpy(made->name, name->Buffer, name->Length);
        KeInitializeEvent(&made->event, type, TRUE);
        events = pp_grow(events, &event_capacity, event_count, sizeof(events[0]));
        events[event_count++] = made;
    }
    return made;
}

static PKEVENT open(const UNICODE_STRING *name, EVENT_TYPE type, HANDLE *handle) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) || !pp_touch_write(handle, sizeof(*handle)) ||
        !pp_unicode_touch(name) || name->Length > NAME_CHARS_MAX * sizeof(WCHAR)) {
        return NULL;
    }
    struct named_event *event = find(name);
    if (event != NULL) {
        pp_reference_add(event);
    } else if ((event = make(name, type)) == NULL) {
        return NULL;
    }
    *handle = pp_reference_open(event);
    return &event->event;
}

PKEVENT IoCreateNotificationEvent(UNICODE_STRING *EventName, PHANDLE EventHandle) {
    return open(EventName, NotificationEvent, EventHandle);
}

PKEVENT IoCreateSynchronizationEvent(UNICODE_STRING *EventName, PHANDLE EventHandle) {
    return open(EventName, SynchronizationEvent, EventHandle);
}
