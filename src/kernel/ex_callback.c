// SPDX-License-Identifier: MIT
// Executive callbacks: named objects with which some register functions that others have called.
#include "base/emit.h"
#include "base/grow.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "kernel/ex_callback.h"
#include "kernel/level.h"
#include "kernel/reference.h"
#include "kernel/schedule.h"
#include "kernel/unicode.h"

#include <wdm.h>

#define NAME_CHARS_MAX 128u

struct _CALLBACK_OBJECT {
    bool has_many;
    UNICODE_STRING name;  // empty: it has none
    WCHAR text[NAME_CHARS_MAX];
};

struct registration {
    PCALLBACK_OBJECT object;
    PCALLBACK_FUNCTION function;
    void *context;
    uint32_t running_count;
};

static PCALLBACK_OBJECT *objects;
static uint32_t object_count;
static uint32_t object_capacity;
static struct registration **registrations;  // in the order of their making
static uint32_t registration_count;
static uint32_t registration_capacity;

void pp_ex_callback_reset(void) { object_count = registration_count = 0; }

static bool is_of_windows(const UNICODE_STRING *name) {
    static const WCHAR *const names[] = {L"\\Callback\\PowerState", L"\\Callback\\SetSystemTime",
                                         L"\\Callback\\ProcessorAdd"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        UNICODE_STRING other;
        RtlInitUnicodeString(&other, names[i]);
        if (RtlEqualUnicodeString(&other, name, TRUE)) {
            return true;
        }
    }
    return false;
}

static PCALLBACK_OBJECT find(const UNICODE_STRING *name) {
    for (uint32_t i = 0; name != NULL && i < object_count; i++) {
        if (objects[i]->name.Length > 0 && RtlEqualUnicodeString(&objects[i]->name, name, TRUE)) {
            return objects[i];
        }
    }
    return NULL;
}

// The world keeps one of its references: an object stays known for the whole run.
static PCALLBACK_OBJECT make(const UNICODE_STRING *name, bool has_many) {
    PCALLBACK_OBJECT object = pp_reference_make(PP_REFERENCED_CALLBACK, sizeof(*object));
    if (object == NULL) {
        return NULL;
    }
    object->has_many = has_many;
    object->name = (UNICODE_STRING){0, sizeof(object->text), object->text};
    if (name != NULL) {
        RtlCopyUnicodeString(&object->name, name);
    }
    objects = pp_grow(objects, &object_capacity, object_count, sizeof(PCALLBACK_OBJECT));
    objects[object_count++] = object;
    return object;
}

NTSTATUS ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, OBJECT_ATTRIBUTES *ObjectAttributes,
                          BOOLEAN Create, BOOLEAN AllowMultipleCallbacks) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) || !pp_touch_write(CallbackObject, sizeof(*CallbackObject)) ||
        !pp_touch_read(ObjectAttributes, sizeof(*ObjectAttributes))) {
        return STATUS_INVALID_PARAMETER;
    }
    *CallbackObject = NULL;
    const UNICODE_STRING *name = ObjectAttributes->ObjectName;
    if (name != NULL && !pp_unicode_touch(name)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (pp_fault_fires(PP_POINT_CALLBACK_CREATE)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PCALLBACK_OBJECT object = find(name);
    if (object == NULL && (Create || (name != NULL && is_of_windows(name)))) {
        object = make(name, AllowMultipleCallbacks);
    }
    if (object == NULL) {
        return name == NULL || Create ? STATUS_UNSUCCESSFUL : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    pp_reference_add(object);
    *CallbackObject = object;
    return STATUS_SUCCESS;
}

static bool is_object(const void *it) {
    for (uint32_t i = 0; i < object_count; i++) {
        if (objects[i] == it) {
            return true;
        }
    }
    pp_touch_read(it, sizeof(struct _CALLBACK_OBJECT));
    return false;
}

static uint32_t index_of(const struct registration *registration) {
    uint32_t index = 0;
    while (index < registration_count && registrations[index] != registration) {
        index++;
    }
    return index;
}

static bool has_registration(PCALLBACK_OBJECT object) {
    for (uint32_t i = 0; i < registration_count; i++) {
        if (registrations[i]->object == object) {
            return true;
        }
    }
    return false;
}

PVOID ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                         PVOID CallbackContext) {
    pp_switch_point();
    if (!pp_level_at_most(APC_LEVEL) || !is_object(CallbackObject) ||
        (!CallbackObject->has_many && has_registration(CallbackObject))) {
        return NULL;
    }
    struct registration *registration = pp_reference_make(PP_REFERENCED_CALLBACK, sizeof(*registration));
    if (registration == NULL) {
        return NULL;
    }
    *registration = (struct registration){CallbackObject, CallbackFunction, CallbackContext, 0};
    registrations =
        pp_grow(registrations, &registration_capacity, registration_count, sizeof(*registrations));
    registrations[registration_count++] = registration;
    PP_EMIT(SERVICE_BEGIN, pp_object(registration), PP_SERVICE_REGISTRATION, 0);
    return registration;
}

// Returns when nobody is in the function any more.
VOID ExUnregisterCallback(PVOID CallbackRegistration) {
    pp_switch_point();
    struct registration *registration = CallbackRegistration;
    uint32_t index = index_of(registration);
    if (!pp_level_at_most(APC_LEVEL) ||
        !PP_EMIT(SERVICE_FREE, pp_object(registration), PP_SERVICE_REGISTRATION) ||
        index == registration_count) {
        return;
    }
    while (registration->running_count > 0) {
        pp_schedule_await(PP_AWAIT_ROUTINES, NULL, registration);
    }
    registration_count--;
    for (uint32_t i = index_of(registration); i < registration_count; i++) {
        registrations[i] = registrations[i + 1];
    }
    PP_EMIT(SERVICE_END, pp_object(registration), PP_SERVICE_REGISTRATION);
    pp_reference_release(registration);
}

static void call(struct registration *registration, void *argument1, void *argument2) {
    registration->running_count++;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_EX_CALLBACK, NULL);
    registration->function(registration->context, argument1, argument2);
    pp_callback_leave(frame, NULL, 0);
    if (--registration->running_count == 0) {
        pp_schedule_wake(registration, /*all=*/true);
    }
}

VOID ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !is_object(CallbackObject)) {
        return;
    }
    for (uint32_t i = 0; i < registration_count; i++) {
        struct registration *registration = registrations[i];
        if (registration->object == CallbackObject) {
            call(registration, Argument1, Argument2);
            i = index_of(registration);  // others may have gone meanwhile
        }
    }
}
