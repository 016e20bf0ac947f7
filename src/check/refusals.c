// SPDX-License-Identifier: MIT
// Rules about what was refused: to code that cannot fail itself, and to what is then tried again.
#include "check/family.h"
#include "check/report.h"

#include <ndis.h>
#include <poolproof/program.h>

// The op that is played.
static struct {
    uint16_t op;
    uint64_t irp;   // that it sends
    bool is_retry;  // of the op before it, which has failed for want of something
    bool was_refused;
    bool has_failed;
} now;

void pp_refusals_reset(void) {
    now.op = PP_OP_NONE;
    now.was_refused = now.has_failed = false;
}

// === Requests ===

static bool can_fail(uint16_t callback) {
    switch (callback) {
    case PP_CALLBACK_DRIVER_UNLOAD:
    case PP_CALLBACK_UNBIND:
    case PP_CALLBACK_CLOSE_COMPLETE:
    case PP_CALLBACK_PAUSE:
    case PP_CALLBACK_SEND_COMPLETE:
    case PP_CALLBACK_OID_COMPLETE:
    case PP_CALLBACK_CLEANUP:
    case PP_CALLBACK_CLOSE: return false;
    default: return true;
    }
}

// Looking at what is there already is no request.
static bool is_request(uint64_t point) {
    switch (point) {
    case PP_POINT_MDL_MAP:
    case PP_POINT_DATA_GET:
    case PP_POINT_DATA_COPY:
    case PP_POINT_KEY_OPEN:
    case PP_POINT_VALUE_READ:
    case PP_POINT_VALUE_WRITE:
    case PP_POINT_CONFIGURATION_OPEN: return false;
    default: return true;
    }
}

static void judge_request(const struct pp_event *event) {
    if (!can_fail(event->callback) && is_request(event->args[0])) {
        pp_report(PP_RULE_ALLOC_NO_FAIL, event,
                  "something asked for, and refused, where nothing can fail");
        pp_report_line("fault point %s", pp_point_infos[event->args[0]].name);
    }
}

// === Retries ===

static void begin_op(const struct pp_event *event) {
    bool is_again = event->args[0] == PP_OP_AGAIN && event->op == now.op + 1;
    bool is_retry = is_again && now.was_refused && now.has_failed;
    pp_refusals_reset();
    now.op = event->op;
    now.irp = 0;
    now.is_retry = is_retry;
}

// Whether it could succeed at all, who wrote the program must know.
static void note_failure(const struct pp_event *event, const char *what) {
    now.has_failed = true;
    if (now.is_retry && !now.was_refused) {
        pp_report(PP_RULE_RETRY, event, what);
        pp_report_object(pp_model_at(event->args[0]));
    }
}

void pp_check_refusals(const struct pp_event *event) {
    if (event->kind == PP_EVENT_FAULT_FIRED) {
        judge_request(event);
    }
    if (event->kind == PP_EVENT_OP_BEGIN) {
        begin_op(event);
    }
    if (event->op != now.op) {
        return;  // of an op before it
    }
    switch (event->kind) {
    case PP_EVENT_IRP_MADE:
        now.irp = event->args[1] == PP_IRP_OF_PROGRAM ? event->args[0] : now.irp;
        break;
    case PP_EVENT_IRP_COMPLETE:
        if (event->args[0] == now.irp && !NT_SUCCESS((NTSTATUS)event->args[1])) {
            note_failure(event, "request fails again, though nothing was refused this time");
        }
        break;
    case PP_EVENT_BINDING_END:
        if ((NDIS_STATUS)event->args[1] != NDIS_STATUS_SUCCESS) {  // else of an unbind
            note_failure(event, "bind fails again, though nothing was refused this time");
        }
        break;
    case PP_EVENT_FAULT_FIRED:
    case PP_EVENT_OUTCOME_GIVEN: now.was_refused = true; break;
    default: break;
    }
}
