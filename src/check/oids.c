// SPDX-License-Identifier: MIT
// Rules about OID requests.
#include "check/family.h"
#include "check/report.h"
#include "check/request.h"

#include "base/expect.h"
#include "base/guard.h"
#include "base/touch.h"

#include <ndis.h>

// === Asking ===

static bool judge_handle(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        pp_report(PP_RULE_OID_STATE, event, "OID request on something that is no binding");
        return false;
    }
    if (!binding->is_open) {
        pp_report(PP_RULE_OID_STATE, event,
                  binding->was_closed ? "OID request on a closed binding"
                                      : "OID request before the adapter is open");
        pp_report_object(binding);
        return false;
    }
    return true;
}

static bool judge_binding(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (!judge_handle(event)) {
        return false;
    }
    // What began before the driver was told may not know yet.
    if (binding->is_asleep && (event->op > binding->asleep_op || event->op == binding->power_op)) {
        pp_report(PP_RULE_POWER_OID, event, "OID request to an adapter that sleeps");
        pp_report_object(binding);
        return false;
    }
    if (binding->is_resetting && event->op > binding->reset_op) {
        pp_report(PP_RULE_RESET_QUIET, event, "OID request during a reset");
    }
    return true;
}

static bool is_paged(uint64_t address) {
    const struct pp_object *holder = pp_model_holding(address);
    return holder != NULL && holder->kind == PP_OBJECT_MEMORY && holder->is_paged;
}

static bool is_request_type(NDIS_REQUEST_TYPE type) {
    return type == NdisRequestQueryInformation || type == NdisRequestSetInformation ||
           type == NdisRequestQueryStatistics || type == NdisRequestMethod;
}

// What is wrong with its header or its lengths, or NULL.
PP_READS_CLOSED static const char *find_fault(const NDIS_OID_REQUEST *oid) {
    USHORT least = oid->Header.Revision == NDIS_OID_REQUEST_REVISION_2
                       ? NDIS_SIZEOF_OID_REQUEST_REVISION_2
                       : NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    if (oid->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST) {
        return "OID request with another Header.Type";
    }
    if (oid->Header.Revision < NDIS_OID_REQUEST_REVISION_1 ||
        oid->Header.Revision > NDIS_OID_REQUEST_REVISION_2) {
        return "OID request with an unknown Header.Revision";
    }
    if (oid->Header.Size < least) {
        return "OID request with a Header.Size below its revision's";
    }
    if (!is_request_type(oid->RequestType)) {
        return "OID request with an unknown RequestType";
    }
    bool has_length =
        oid->DATA.METHOD_INFORMATION.InputBufferLength > 0 ||
        (oid->RequestType == NdisRequestMethod && oid->DATA.METHOD_INFORMATION.OutputBufferLength > 0);
    return has_length && oid->DATA.METHOD_INFORMATION.InformationBuffer == NULL
               ? "OID request with a length and no buffer"
               : NULL;
}

PP_READS_CLOSED static void judge_request(const struct pp_event *event) {
    const NDIS_OID_REQUEST *oid = (const NDIS_OID_REQUEST *)event->args[1];
    const struct pp_request *pending = pp_request_at(event->args[1]);
    if (pending != NULL) {
        pp_report_at(PP_RULE_OID_REUSE, event, "OID request made again that pends", ", made first in",
                     &pending->trail);
        return;
    }
    if (!pp_touch_is_open(oid, NDIS_SIZEOF_OID_REQUEST_REVISION_1)) {
        return;  // found as what it is when it is read
    }
    const char *fault = find_fault(oid);
    if (fault != NULL) {
        pp_report(PP_RULE_OID_HEADER, event, fault);
        return;
    }
    uint64_t buffer = (uintptr_t)oid->DATA.QUERY_INFORMATION.InformationBuffer;
    uint64_t length = oid->DATA.QUERY_INFORMATION.InformationBufferLength;
    if (is_paged(event->args[1])) {
        pp_report(PP_RULE_OID_NONPAGED, event, "OID request in paged memory");
    } else if (length > 0 && is_paged(buffer)) {
        pp_report(PP_RULE_OID_NONPAGED, event, "OID request with its buffer in paged memory");
    } else if (length > 0 && (pending = pp_request_with(buffer, length)) != NULL) {
        pp_report_at(PP_RULE_OID_REUSE, event, "OID request with the buffer of one that pends",
                     ", which was made in", &pending->trail);
    }
}

// === While it pends ===

static void judge_return(const struct pp_event *event) {
    const struct pp_request *request = pp_request_at(event->args[1]);
    pp_expect(request != NULL, "RT-OID-ONCE: completes an OID request that does not pend");
    if (!pp_request_is_intact(request)) {
        pp_report_at(PP_RULE_OID_LIFE, event, "OID request given up or changed while it pended",
                     ", made in", &request->trail);
    }
}

static void judge_end_of_memory(const struct pp_event *event) {
    const struct pp_object *object = pp_model_at(event->args[0]);
    const struct pp_request *request = object != NULL ? pp_request_in(object) : NULL;
    if (request != NULL) {
        pp_report_at(PP_RULE_OID_LIFE, event, "memory of an OID request freed while it pends",
                     ", made in", &request->trail);
        pp_report_object(object);
    }
}

static void judge_leave(const struct pp_event *event) {
    const struct pp_request *request = pp_request_on_stack(event);
    if (request != NULL) {
        pp_report_at(PP_RULE_OID_LIFE, event, "OID request on a stack that is left while it pends",
                     ", made in", &request->trail);
    }
}

// === Closing ===

static void judge_close(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        return;
    }
    const struct pp_request *request = pp_request_of(binding);
    if (request != NULL) {
        pp_report_at(PP_RULE_CLOSE_OIDS_OUT, event, "binding closed with an OID request out",
                     ", made in", &request->trail);
        pp_report_object(binding);
    } else if ((binding->has_filter || binding->has_multicasts) && !binding->is_asleep &&
               !binding->is_resetting) {  // else it takes no requests
        pp_report(PP_RULE_CLOSE_FILTERS, event,
                  binding->has_filter ? "binding closed with a packet filter set"
                                      : "binding closed with multicast addresses set");
    }
}

// Of a bind that has succeeded.
static void judge_bound(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding->phase == PP_PHASE_OPENING && binding->has_failed_oid && !binding->is_open) {
        pp_report_callback(PP_RULE_OID_ERROR, event,
                           "bind succeeds without an adapter after a failed OID", PP_CALLBACK_BIND);
    }
}

// A wait for what has happened already, or never will: the request that it is for was answered.
bool pp_check_oid_wait(const struct pp_event *event) {
    const struct pp_request_call *call = pp_request_last_call();
    bool is_over = call->fate == PP_FATE_ANSWERED || call->fate == PP_FATE_COMPLETED;
    if (!is_over || call->trail.op != event->op || call->wait_count > 1 ||
        event->callback == PP_CALLBACK_NONE || !pp_report_is_from(event, &call->trail)) {
        return false;
    }
    pp_report(PP_RULE_OID_SYNC, event,
              call->fate == PP_FATE_ANSWERED ? "wait for an OID request that was answered at once"
                                             : "wait for an OID request that has completed");
    return true;
}

void pp_check_oids(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_OID:
        if (event->irql > DISPATCH_LEVEL) {
            pp_report(PP_RULE_IRQL_OID, event, "OID request above DISPATCH_LEVEL");
        } else if (judge_binding(event)) {
            judge_request(event);
        }
        break;
    case PP_EVENT_OID_CANCEL:
        if (event->irql > DISPATCH_LEVEL) {
            pp_report(PP_RULE_IRQL_OID, event, "OID request cancelled above DISPATCH_LEVEL");
        } else {
            judge_handle(event);
        }
        break;
    case PP_EVENT_OID_RETURN: judge_return(event); break;
    case PP_EVENT_OID_ANSWERED:
        pp_expect((NDIS_STATUS)event->args[2] != NDIS_STATUS_PENDING,
                  "RT-OID-ONCE: completes an OID request with PENDING");
        break;
    case PP_EVENT_MEMORY_FREE:
    case PP_EVENT_DEVICE_GONE:
    case PP_EVENT_IRP_COMPLETE: judge_end_of_memory(event); break;
    case PP_EVENT_CALLBACK_LEAVE: judge_leave(event); break;
    case PP_EVENT_BINDING_PAUSED: judge_bound(event); break;
    default: judge_close(event); break;
    }
}
