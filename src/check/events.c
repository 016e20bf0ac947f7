// SPDX-License-Identifier: MIT
// Rules about PnP and power events, and about resets.
#include "check/family.h"
#include "check/receipt.h"
#include "check/report.h"
#include "check/request.h"
#include "check/told.h"

#include <ndis.h>

#define VERSION_WITHOUT_WAITS 30  // from NDIS 6.30 on NDIS itself pauses around power events

static void judge_complete(const struct pp_event *event) {
    const struct pp_told_event *told = pp_told_with(event->args[1]);
    bool is_named_rightly = told != NULL && (told->binding == 0 || told->binding == event->args[0]);
    if (told == NULL || told->was_completed) {
        pp_report(PP_RULE_PNP_COMPLETE, event, "PnP event completed that does not pend");
    } else if (!is_named_rightly) {
        pp_report(PP_RULE_PNP_COMPLETE, event, "PnP event completed with the handle of another binding");
    } else if ((NDIS_STATUS)event->args[2] == NDIS_STATUS_PENDING) {
        pp_report(PP_RULE_PNP_COMPLETE, event, "PnP event completed with PENDING");
    }
}

static void judge_leave(const struct pp_event *event) {
    const struct pp_told_event *told = pp_told_here(event);
    if (told != NULL && told->was_completed && (NDIS_STATUS)event->args[2] != NDIS_STATUS_PENDING) {
        pp_report_callback(PP_RULE_PNP_COMPLETE, event, "PnP event completed and answered too",
                           told->callback);
    }
}

static bool may_fail(NET_PNP_EVENT_CODE code) {
    return code == NetEventQueryRemoveDevice || code == NetEventPortActivation;
}

static void judge_answer(const struct pp_event *event) {
    const struct pp_told_event *told = pp_told_with(event->args[1]);
    NDIS_STATUS status = (NDIS_STATUS)event->args[3];
    if (status == NDIS_STATUS_NOT_SUPPORTED) {
        pp_report_callback(PP_RULE_PNP_NOTSUPPORTED, event, "PnP event answered with NOT_SUPPORTED",
                           told->callback);
    } else if (status != NDIS_STATUS_SUCCESS && !may_fail(told->code) && told->code != NetEventPause) {
        pp_report_callback(PP_RULE_PNP_MUST_SUCCEED, event, "PnP event failed", told->callback);
    }
}

static bool is_set(uint64_t address) {
    return address != 0 && ((const KEVENT *)address)->Header.SignalState != 0;
}

static void judge_wait(const struct pp_event *event) {
    bool is_power =
        event->callback == PP_CALLBACK_SET_POWER || event->callback == PP_CALLBACK_QUERY_POWER;
    const struct pp_told_event *told = is_power ? pp_told_here(event) : NULL;
    if (told == NULL || told->version < VERSION_WITHOUT_WAITS || is_set(event->args[0])) {
        return;
    }
    const struct pp_object *binding = pp_model_at(told->binding);
    if (binding->live_count > 0 || pp_request_of(binding) != NULL || pp_receipt_kept(binding) != NULL) {
        pp_report(PP_RULE_POWER_NOWAIT, event, "wait in a power event with I/O pending");
    }
}

static void judge_send(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding != NULL && binding->kind == PP_OBJECT_BINDING && binding->is_resetting &&
        event->op > binding->reset_op) {
        pp_report(PP_RULE_RESET_QUIET, event, "send during a reset");
    }
}

bool pp_check_event_wait(const struct pp_event *event) {
    const struct pp_told_event *told =
        event->args[0] == PP_ACTIVITY_PNP && event->callback == PP_CALLBACK_NONE
            ? pp_told_pending(event->op)
            : NULL;
    if (told != NULL) {
        pp_report_callback(PP_RULE_PNP_COMPLETE, event, "PnP event never completed", told->callback);
    }
    return told != NULL;
}

void pp_check_events(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_PNP_COMPLETE: judge_complete(event); break;
    case PP_EVENT_PNP_ANSWERED: judge_answer(event); break;
    case PP_EVENT_CALLBACK_LEAVE: judge_leave(event); break;
    case PP_EVENT_WAIT: judge_wait(event); break;
    default: judge_send(event); break;
    }
}
