// SPDX-License-Identifier: MIT
// Rules about how bindings pause, close and end.
#include "check/family.h"
#include "check/life.h"
#include "check/receipt.h"
#include "check/report.h"

#include <ndis.h>

static void add_sends_out(const struct pp_object *binding) {
    pp_report_line("%u sends out:", binding->live_count);
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->state == PP_OBJECT_IN_FLIGHT && object->binding == pp_model_index(binding)) {
            pp_report_object(object);
        }
    }
}

static void add_kept(const struct pp_object *binding) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (pp_receipt_is_kept(object, binding)) {
            pp_report_object(object);
        }
    }
}

static bool judge_kept(const struct pp_event *event, const struct pp_object *binding) {
    if (pp_receipt_kept(binding) == NULL) {
        return true;
    }
    pp_report(PP_RULE_CLOSE_RECV_OUT, event, "binding closed with received NBLs kept");
    add_kept(binding);
    return false;
}

static void judge_close(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        pp_report(pp_check_rule_of_handle(event, binding), event, "something closed that is no binding");
    } else if (binding->was_closed) {
        pp_report(PP_RULE_CLOSE_TWICE, event, "binding closed again");
        pp_report_object(binding);
    } else if (!binding->is_open) {
        pp_report(pp_check_rule_of_handle(event, binding), event, "binding closed that is not open");
        pp_report_object(binding);
    } else if (binding->cancel_count > 0) {
        pp_report(PP_RULE_CANCEL_HANDLE, event, "binding closed while its sends are cancelled");
        pp_report_object(binding);
    } else if (binding->live_count > 0) {
        pp_report(PP_RULE_CLOSE_SENDS_OUT, event, "binding closed with sends out");
        add_sends_out(binding);
    } else if (judge_kept(event, binding) && binding->phase != PP_PHASE_OPENING &&
               binding->phase != PP_PHASE_CLOSING) {
        pp_report(PP_RULE_CLOSE_CONTEXT, event, "binding closed outside of bind and unbind");
        pp_report_object(binding);
    }
}

static void judge_pause(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding->live_count > 0) {
        pp_report_callback(PP_RULE_PAUSE_SENDS_OUT, event, "pause finished with sends out",
                           PP_CALLBACK_PAUSE);
        add_sends_out(binding);
    } else if ((NDIS_STATUS)event->args[1] != NDIS_STATUS_SUCCESS) {
        pp_report_callback(PP_RULE_PAUSE_NOFAIL, event, "pause failed", PP_CALLBACK_PAUSE);
    } else if (pp_receipt_kept(binding) != NULL) {
        pp_report(PP_RULE_PAUSE_HELD, event, "pause finished with received NBLs kept");
    }
}

static void judge_unbind(const struct pp_event *event) {
    NDIS_STATUS status = (NDIS_STATUS)event->args[1];
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING) {
        pp_report_callback(PP_RULE_UNBIND_RETURN, event, "unbind failed", PP_CALLBACK_UNBIND);
    } else if (status == NDIS_STATUS_SUCCESS && binding->is_close_pending) {
        pp_report_callback(PP_RULE_UNBIND_WAIT_CLOSE, event, "unbind finished before its close",
                           PP_CALLBACK_UNBIND);
        pp_report_object(binding);
    }
}

// Of a bind that failed, or of an unbind.
static void judge_end(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    bool is_unbind = (NDIS_STATUS)event->args[1] == NDIS_STATUS_SUCCESS;
    if (pp_life_of(binding)->open == PP_OPEN_PENDING) {
        pp_report_callback(is_unbind ? PP_RULE_UNBIND_CLOSES : PP_RULE_BIND_FAIL_CLEAN, event,
                           is_unbind ? "unbind finished while the open pends"
                                     : "failed bind while the open pends",
                           is_unbind ? PP_CALLBACK_UNBIND : PP_CALLBACK_BIND);
    } else if (is_unbind && binding->is_close_pending) {
        pp_report_callback(PP_RULE_UNBIND_WAIT_CLOSE, event, "unbind finished before its close",
                           PP_CALLBACK_UNBIND);
    } else if (is_unbind && binding->is_open) {
        pp_report_callback(PP_RULE_UNBIND_CLOSES, event, "unbind finished without a close",
                           PP_CALLBACK_UNBIND);
    } else if (!is_unbind && (binding->is_open || binding->is_close_pending)) {
        pp_report_callback(PP_RULE_BIND_FAIL_CLEAN, event, "failed bind with the adapter open",
                           PP_CALLBACK_BIND);
    }
}

void pp_check_bindings(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_CLOSE: judge_close(event); break;
    case PP_EVENT_CLOSE_ANSWERED: judge_kept(event, pp_model_at(event->args[0])); break;
    case PP_EVENT_PAUSE_ANSWERED: judge_pause(event); break;
    case PP_EVENT_UNBIND_ANSWERED: judge_unbind(event); break;
    default: judge_end(event); break;
    }
}
