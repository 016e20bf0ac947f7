// SPDX-License-Identifier: MIT
// Memory that was touched and should not have been, and everything else that stops a driver's code.
#include "check/family.h"
#include "check/flight.h"
#include "check/receipt.h"
#include "check/report.h"
#include "check/request.h"
#include "check/told.h"
#include "check/usable.h"

#include "base/guard.h"
#include "base/handle.h"
#include "base/names.h"

#include <ndis.h>
#include <stdio.h>

#define REACH_BYTES 64u  // an access this near to an object is blamed on its bounds
#define HANDLES_END (PP_HANDLE_BASE + ((uint64_t)16 << PP_HANDLE_KIND_SHIFT))

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

static bool is_data_given_back(uint64_t address, struct pp_object *object) {
    const struct pp_object *nbl = pp_model_whole(object);
    struct pp_object *nb = pp_model_data_nb(address);
    return nbl->receipt != 0 && nbl->state == PP_OBJECT_FREED && nb != NULL && pp_model_whole(nb) == nbl;
}

// Of received data.
static bool is_in_several_mdls(struct pp_object *object) {
    const struct pp_object *nbl = pp_model_whole(object);
    if (object->kind != PP_OBJECT_BUFFER || nbl->receipt == 0) {
        return false;
    }
    const struct pp_object *first = pp_receipt_part(nbl, pp_model_index(nbl), PP_OBJECT_MDL);
    return pp_receipt_part(nbl, pp_model_index(first), PP_OBJECT_MDL) != NULL;
}

static void report_object_access(const struct pp_event *event, struct pp_object *object) {
    const char *act = event->args[2] ? "written" : "read";
    const struct pp_object *flight = pp_model_whole(object)->state == PP_OBJECT_IN_FLIGHT
                                         ? pp_model_whole(object)
                                         : pp_flight_with(event->args[0], event->args[1]);
    bool is_inside = event->args[0] - object->address < object->size;
    char what[96];
    if (flight != NULL && pp_model_data_nb(event->args[0]) != NULL && is_inside) {
        snprintf(what, sizeof(what), "data of NdisGetDataBuffer %s after its NBL was sent", act);
        pp_report(PP_RULE_GDB_LIFE, event, what);
    } else if (is_inside && is_data_given_back(event->args[0], object)) {
        snprintf(what, sizeof(what), "data of NdisGetDataBuffer %s after its NBL was given back", act);
        pp_report(PP_RULE_GDB_LIFE, event, what);
    } else if (is_inside && pp_model_whole(object)->state == PP_OBJECT_FREED) {
        pp_usable_report_freed(event, object, pp_object_word(object), act);
    } else if (flight != NULL) {
        snprintf(what, sizeof(what), "%s %s while in flight", pp_object_word(object), act);
        pp_report(PP_RULE_SEND_TOUCH, event, what);
    } else if (is_inside && object->kind == PP_OBJECT_CONTEXT) {
        snprintf(what, sizeof(what), "context %s that the driver has not taken", act);
        pp_report(PP_RULE_CTX_BOUNDS, event, what);
    } else if (!is_inside && event->args[0] > object->address && is_in_several_mdls(object)) {
        snprintf(what, sizeof(what), "received data %s past the end of its MDL", act);
        pp_report(PP_RULE_RX_MULTIMDL, event, what);
    } else {
        snprintf(what, sizeof(what), "%s %s outside its bounds", pp_object_word(object), act);
        pp_report(PP_RULE_MEM_UAF, event, what);
    }
    report_where(object, event->args[0], event->args[1], event->args[2] != 0);
    pp_report_object(pp_model_whole(object));
    if (flight != NULL && flight != pp_model_whole(object)) {
        pp_report_object(flight);
    }
}

static bool is_handle(uint64_t address) { return address >= PP_HANDLE_BASE && address < HANDLES_END; }

// Where NET_BUFFER_LIST_CONTEXT_DATA_START and _SIZE look into a block that is not there.
static bool is_context_field(uint64_t address) {
    return address == offsetof(NET_BUFFER_LIST_CONTEXT, Offset) ||
           address == offsetof(NET_BUFFER_LIST_CONTEXT, Size);
}

// Where a driver looks into the parameters of a restart, or into their list, that there is none of.
static bool is_of_restart(const struct pp_event *event, uint64_t address) {
    const struct pp_told_event *told = pp_told_here(event);
    return told != NULL && ((told->lacks_buffer && address < sizeof(NDIS_PROTOCOL_RESTART_PARAMETERS)) ||
                            (told->lacks_list && address < sizeof(NDIS_RESTART_ATTRIBUTES)));
}

// NULL may be what the function that uses it, or one that it called, was answered a moment ago.
static void report_null(const struct pp_event *event, uint64_t address, const char *what) {
    static const struct {
        enum pp_rule_index rule;
        const char *what;
    } answers[] = {
        [PP_NULL_ALLOCATION] = {PP_RULE_ALLOC_NULL_USE, "result of a failed allocation used"},
        [PP_NULL_DATA] = {PP_RULE_GDB_NULL, "NULL of NdisGetDataBuffer used"},
        [PP_NULL_MAPPING] = {PP_RULE_MDL_MAP_NULL, "NULL of a mapping used"},
    };
    const struct pp_null *null = pp_model_null();
    if (null->kind != PP_NULL_NONE && null->trail.op == event->op &&
        pp_report_is_from(event, &null->trail)) {
        pp_report(answers[null->kind].rule, event, answers[null->kind].what);
    } else if (is_of_restart(event, address)) {
        pp_report(PP_RULE_RESTART_BUFFER, event, "parameters used that a restart does not have");
    } else if (is_context_field(address)) {
        pp_report(PP_RULE_CTX_NULL, event, "context of an NBL that has none used");
    } else {
        pp_report(PP_RULE_MEM_NULL, event, what);
    }
}

// Of memory that an OID request lends to NDIS while it pends.
static bool judge_request_access(const struct pp_event *event) {
    const struct pp_request *request = pp_request_with(event->args[0], event->args[1]);
    if (request == NULL) {
        return false;
    }
    bool is_buffer = event->args[0] - request->buffer < request->buffer_size;
    char what[96];
    snprintf(what, sizeof(what), "%s %s while it pends",
             is_buffer ? "buffer of an OID request" : "OID request",
             event->args[2] ? "written" : "read");
    pp_report_at(PP_RULE_OID_LIFE, event, what, ", made in", &request->trail);
    return true;
}

static void judge_access(const struct pp_event *event) {
    uint64_t address = event->args[0];
    if (judge_request_access(event)) {
        return;
    }
    struct pp_object *object = pp_model_around(address, REACH_BYTES);
    if (object != NULL) {
        report_object_access(event, object);
    } else if (address < PP_NULL_PAGE_BYTES) {
        report_null(event, address, event->args[2] ? "NULL written to" : "NULL read from");
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
        report_null(event, address, "NULL used");
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
    case PP_CRASH_BREAK: pp_report(PP_RULE_ASSERT, event, "breakpoint reached"); break;
    case PP_CRASH_ENDLESS: pp_report(PP_RULE_ENDLESS, event, "endless loop"); break;
    }
}

void pp_check_access(const struct pp_event *event) {
    if (event->kind == PP_EVENT_ACCESS) {
        judge_access(event);
    } else if (event->kind == PP_EVENT_SHIFT) {
        pp_report(PP_RULE_SHIFT_RANGE, event, "shift by too many bits");
        pp_report_line("by %lu", event->args[0]);
    } else {
        judge_crash(event);
    }
}
