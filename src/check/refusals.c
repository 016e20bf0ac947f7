// SPDX-License-Identifier: MIT
// Rules about what was refused: to code that cannot fail itself, and to binds, which can be tried again.
#include "check/family.h"
#include "check/report.h"

#include <ndis.h>
#include <poolproof/program.h>

// Binds of one adapter, the last ones.
static struct {
    uint64_t adapter;
    bool has_succeeded;   // one of them
    uint16_t bind_op;     // the last one
    uint16_t refused_op;  // that was refused something, or answered otherwise
    uint16_t failed_op;   // a bind that was, and failed
} binds;

void pp_refusals_reset(void) {
    binds.has_succeeded = false;
    binds.refused_op = binds.failed_op = binds.bind_op = PP_OP_NONE;
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

// === Binds ===

static void begin_bind(const struct pp_event *event) {
    if (event->args[5] != binds.adapter) {
        pp_refusals_reset();
        binds.adapter = event->args[5];
    }
    binds.bind_op = event->op;
}

// A driver can have another reason to fail, but not if it has succeeded before, and nothing came
// between.
static void judge_end(const struct pp_event *event) {
    if ((NDIS_STATUS)event->args[1] == NDIS_STATUS_SUCCESS) {
        return;  // of an unbind
    }
    if (event->op == binds.refused_op) {
        binds.failed_op = event->op;
    } else if (binds.has_succeeded && event->op == binds.failed_op + 1) {
        pp_report(PP_RULE_BIND_RETRY, event, "bind fails again, though nothing was refused this time");
        pp_report_object(pp_model_at(event->args[0]));
    }
}

void pp_check_refusals(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_BINDING_BEGIN: begin_bind(event); break;
    case PP_EVENT_BINDING_PAUSED: binds.has_succeeded |= event->op == binds.bind_op; break;
    case PP_EVENT_BINDING_END: judge_end(event); break;
    default:
        binds.refused_op = event->op;
        if (event->kind == PP_EVENT_FAULT_FIRED) {
            judge_request(event);
        }
    }
}
