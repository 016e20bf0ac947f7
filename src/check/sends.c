// SPDX-License-Identifier: MIT
// Rules about sending: what may be sent, when, and that it comes back as it was.
#include "check/family.h"
#include "check/chain.h"
#include "check/flight.h"
#include "check/frames.h"
#include "check/life.h"
#include "check/report.h"
#include "check/usable.h"

#include "base/guard.h"

static bool judge_binding(const struct pp_event *event) {
    const struct pp_object *binding = pp_check_handle(event, "send");
    if (binding == NULL) {
        return false;
    }
    if (pp_life_is_given_up(binding, event)) {
        pp_report(PP_RULE_UNBINDADAPTER_HANDLE, event, "send after NdisUnbindAdapter");
        pp_report_object(binding);
        return false;
    }
    if (binding->phase == PP_PHASE_PAUSING) {
        if (event->op > binding->told_op) {
            pp_report(PP_RULE_PAUSE_NEW_SEND, event, "new send while pausing");
        }
    } else if (binding->phase != PP_PHASE_RUNNING && binding->phase != PP_PHASE_RESTARTING) {
        // A driver declares itself running inside its restart handler, and cannot know when that has
        // returned; what is below it runs already. See docs/decisions/0002-restarting.md.
        pp_report(PP_RULE_PAUSED_SEND, event, "send on a binding that is not running");
        return false;
    }
    return true;
}

// Of an NBL whose lists have been walked: they end.
PP_READS_CLOSED static bool judge_nbs(const struct pp_event *event, const struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (; nb != NULL; nb = nb->Next) {
        const struct pp_object *other = pp_flight_of(pp_model_at((uintptr_t)nb));
        if (other != NULL) {
            pp_report(PP_RULE_SEND_TWICE, event, "NB sent that is in flight");
            pp_report_object(other);
            return false;
        }
        if (!pp_chain_judge_place(event, nb, "sent")) {
            pp_report_object(nbl);
            return false;
        }
    }
    return true;
}

// What lower drivers put in front of the data and into the context needs no allocation. What an NBL was
// derived from was made by others, or for something else.
PP_READS_CLOSED static void judge_room(const struct pp_event *event, const NET_BUFFER_LIST *nbl) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    const struct pp_object *context = pp_model_at((uintptr_t)nbl->Context);
    bool has_context =
        context != NULL && context->kind == PP_OBJECT_CONTEXT && context->state != PP_OBJECT_FREED;
    uint32_t context_room = has_context ? nbl->Context->Offset : 0;
    bool is_derived = pp_model_at((uintptr_t)nbl)->derivation != PP_DERIVED_NOT;
    bool is_short = !is_derived && nbl->FirstNetBuffer != NULL &&
                    nbl->FirstNetBuffer->DataOffset < binding->data_backfill;
    if (is_short || context_room < binding->context_backfill) {
        pp_report(PP_RULE_POOL_SIZED, event, "NBL sent without the backfill asked for");
    }
}

static void judge_flags(const struct pp_event *event) {
    const ULONG known = NDIS_SEND_FLAGS_DISPATCH_LEVEL | NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK |
                        NDIS_SEND_FLAGS_SINGLE_QUEUE | NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE |
                        NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP;
    if ((event->args[2] & ~(uint64_t)known) != 0) {
        pp_report(PP_RULE_SEND_FLAGS, event, "send with flags that do not exist");
    } else if ((event->args[2] & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0 && event->irql < DISPATCH_LEVEL) {
        pp_report(PP_RULE_SEND_FLAGS, event, "send that claims DISPATCH_LEVEL");
    }
}

// True if the chain can be followed past this NBL.
PP_READS_CLOSED static bool judge_nbl(const struct pp_event *event, uint64_t address) {
    struct pp_object *nbl = pp_model_at(address);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL) {
        pp_report(PP_RULE_SEND_ORIGIN, event, "NBL sent that no allocator made");
        return false;
    }
    if (nbl->state == PP_OBJECT_IN_FLIGHT) {
        pp_report(PP_RULE_SEND_TWICE, event, "NBL sent that is in flight");
        pp_report_object(nbl);
        return false;
    }
    if (nbl->state == PP_OBJECT_FREED) {
        pp_usable_report_freed(event, nbl, "NBL", "sent");
        pp_report_object(nbl);
        return false;
    }
    if (nbl->receipt != 0) {
        pp_report(PP_RULE_SEND_RX_NBL, event, "received NBL sent");
        pp_report_object(nbl);
        return false;
    }
    if (((const NET_BUFFER_LIST *)address)->SourceHandle != (PVOID)event->args[0]) {
        pp_report(PP_RULE_SEND_SOURCE, event, "NBL sent with another SourceHandle");
        pp_report_object(nbl);
        return false;
    }
    struct pp_chain_problem problem =
        pp_chain_judge_nbs(((const NET_BUFFER_LIST *)address)->FirstNetBuffer, PP_CHAIN_DATA);
    if (problem.what != NULL) {
        pp_chain_report(event, &problem, "NBL sent", nbl);
        return false;
    }
    if (!pp_flight_has_data(nbl)) {
        pp_report(PP_RULE_SEND_HAS_NB, event, "NBL sent without data");
    }
    judge_room(event, (const NET_BUFFER_LIST *)address);
    if (!judge_nbs(event, nbl)) {
        return false;
    }
    pp_frames_judge(event, (const NET_BUFFER_LIST *)address);
    return true;
}

PP_READS_CLOSED static void judge_send(const struct pp_event *event) {
    if (!judge_binding(event)) {
        return;
    }
    judge_flags(event);
    uint64_t first = event->args[1];
    if (first == 0) {
        pp_report(PP_RULE_SEND_ORIGIN, event, "NULL sent instead of an NBL");
        return;
    }
    if (pp_chain_is_cyclic(first)) {
        pp_report(PP_RULE_NBL_ACYCLIC, event, "NBL chain sent that does not end");
        return;
    }
    uint64_t at = first;
    while (at != 0 && judge_nbl(event, at)) {
        at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next;
    }
}

static void judge_return(const struct pp_event *event) {
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        const struct pp_object *nbl = pp_model_at(at);
        if (nbl != NULL && !pp_flight_is_intact(nbl)) {
            pp_report_at(PP_RULE_SEND_TOUCH, event, "NBL changed while in flight", ", sent in",
                         &nbl->sent);
            pp_report_object(nbl);
            return;
        }
    }
}

void pp_check_sends(const struct pp_event *event) {
    if (event->kind == PP_EVENT_SEND) {
        judge_send(event);
    } else {
        judge_return(event);
    }
}
