// SPDX-License-Identifier: MIT
// Memory that was touched and should not have been, and everything else that stops a driver's code.
#include "check/family.h"
#include "check/flight.h"
#include "check/report.h"

#include "base/guard.h"
#include "base/handle.h"
#include "base/names.h"

#include <stdio.h>

#define REACH_BYTES 64u  // an access this near to an object is blamed on its bounds
#define HANDLES_END (PP_HANDLE_BASE + ((uint64_t)16 << PP_HANDLE_KIND_SHIFT))

static const struct pp_object *whole(const struct pp_object *object) {
    return object->is_part ? pp_model_object(object->parent) : object;
}

static void report_where(const struct pp_object *object, uint64_t address, uint64_t size,
                         bool is_write) {
    const char *act = is_write ? "write" : "read";
    if (address < object->address) {
        pp_report_line("%s of %lu bytes, %lu bytes before %s", act, size, object->address - address,
                       pp_name_text(object->address));
    } else {
        pp_report_line("%s of %lu bytes at byte %lu of %s, which has %lu", act, size,
                       address - object->address, pp_name_text(object->address), object->size);
    }
}

static void report_object_access(const struct pp_event *event, const struct pp_object *object) {
    const char *act = event->args[2] ? "written" : "read";
    const struct pp_object *flight = whole(object)->state == PP_OBJECT_IN_FLIGHT
                                         ? whole(object)
                                         : pp_flight_with(event->args[0], event->args[1]);
    bool is_inside = event->args[0] - object->address < object->size;
    char what[96];
    if (is_inside && whole(object)->state == PP_OBJECT_FREED) {
        snprintf(what, sizeof(what), "freed %s %s", pp_object_word(object), act);
        pp_report(PP_RULE_MEM_UAF, event, what);
    } else if (flight != NULL) {
        snprintf(what, sizeof(what), "%s %s while in flight", pp_object_word(object), act);
        pp_report(PP_RULE_SEND_TOUCH, event, what);
    } else {
        snprintf(what, sizeof(what), "%s %s outside its bounds", pp_object_word(object), act);
        pp_report(PP_RULE_MEM_UAF, event, what);
    }
    report_where(object, event->args[0], event->args[1], event->args[2] != 0);
    pp_report_object(whole(object));
    if (flight != NULL && flight != whole(object)) {
        pp_report_object(flight);
    }
}

static bool is_handle(uint64_t address) { return address >= PP_HANDLE_BASE && address < HANDLES_END; }

static void judge_access(const struct pp_event *event) {
    uint64_t address = event->args[0];
    const struct pp_object *object = pp_model_around(address, REACH_BYTES);
    if (object != NULL) {
        report_object_access(event, object);
    } else if (address < PP_NULL_PAGE_BYTES) {
        pp_report(PP_RULE_MEM_NULL, event, event->args[2] ? "NULL written to" : "NULL read from");
    } else if (is_handle(address)) {
        pp_report(PP_RULE_MEM_WILD, event, "a handle used as a pointer");
    } else {
        pp_report(PP_RULE_MEM_WILD, event,
                  event->args[2] ? "memory written that is not the driver's"
                                 : "memory read that is not the driver's");
    }
}

static void judge_crash_access(const struct pp_event *event) {
    uint64_t address = event->args[1];
    if (address < PP_NULL_PAGE_BYTES) {
        pp_report(PP_RULE_MEM_NULL, event, "NULL used");
    } else if (is_handle(address)) {
        pp_report(PP_RULE_MEM_WILD, event, "a handle used as a pointer");
    } else {
        pp_report(PP_RULE_MEM_WILD, event, "memory used that does not exist");
    }
}

static void judge_crash(const struct pp_event *event) {
    switch ((enum pp_crash)event->args[0]) {
    case PP_CRASH_ACCESS: judge_crash_access(event); break;
    case PP_CRASH_STACK: pp_report(PP_RULE_STACK, event, "kernel stack overrun"); break;
    case PP_CRASH_UNDEFINED: pp_report(PP_RULE_UNDEFINED, event, "undefined behaviour"); break;
    case PP_CRASH_ASSERT:
        pp_report(PP_RULE_ASSERT, event, "assert failed");
        pp_report_line("%.200s", (const char *)event->args[1]);
        break;
    case PP_CRASH_BUGCHECK:
        pp_report(PP_RULE_BUGCHECK, event, "KeBugCheckEx called");
        pp_report_line("code 0x%lX", event->args[1]);
        break;
    case PP_CRASH_ENDLESS: pp_report(PP_RULE_ENDLESS, event, "endless loop"); break;
    }
}

void pp_check_access(const struct pp_event *event) {
    if (event->kind == PP_EVENT_ACCESS) {
        judge_access(event);
    } else {
        judge_crash(event);
    }
}
