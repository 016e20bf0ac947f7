// SPDX-License-Identifier: MIT
// Rules about sending: what may be sent, when, and that it comes back as it was.
#include "check/family.h"
#include "check/flight.h"
#include "check/report.h"

#include "base/guard.h"

#include <ndis.h>
#include <stdio.h>

static bool judge_binding(const struct pp_event *event, const struct pp_object *binding) {
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        pp_report(PP_RULE_CLOSE_HANDLE, event, "send on something that is no binding");
        return false;
    }
    if (!binding->is_open) {
        pp_report(PP_RULE_CLOSE_HANDLE, event,
                  binding->was_closed ? "send on a closed binding" : "send before the adapter is open");
        return false;
    }
    if (binding->phase == PP_PHASE_PAUSING) {
        pp_report(PP_RULE_PAUSE_NEW_SEND, event, "new send while pausing");
    } else if (binding->phase != PP_PHASE_RUNNING && binding->phase != PP_PHASE_RESTARTING) {
        // A driver declares itself running inside its restart handler, and cannot know when that has
        // returned; what is below it runs already. See docs/decisions/0002-restarting.md.
        pp_report(PP_RULE_PAUSED_SEND, event, "send on a binding that is not running");
        return false;
    }
    return true;
}

// An offset at the end of an MDL is the same place as the beginning of the next one.
PP_READS_CLOSED static bool is_at(const NET_BUFFER *nb) {
    uint64_t before = 0;
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        if (mdl == nb->CurrentMdl) {
            return before + nb->CurrentMdlOffset == nb->DataOffset &&
                   nb->CurrentMdlOffset <= mdl->ByteCount;
        }
        before += mdl->ByteCount;
    }
    return nb->CurrentMdl == NULL && nb->MdlChain == NULL;
}

PP_READS_CLOSED static uint64_t chain_bytes(const NET_BUFFER *nb) {
    uint64_t bytes = 0;
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        bytes += mdl->ByteCount;
    }
    return bytes;
}

// Of an NBL whose lists have been walked: they end.
PP_READS_CLOSED static bool judge_nbs(const struct pp_event *event, const struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (; nb != NULL; nb = nb->Next) {
        if (nb->DataOffset + nb->stDataLength > chain_bytes(nb)) {
            pp_report(PP_RULE_NB_LEN, event, "NB sent with data beyond its MDLs");
            pp_report_line("DataOffset %u, DataLength %llu, %lu bytes in the chain", nb->DataOffset,
                           nb->stDataLength, chain_bytes(nb));
        } else if (!is_at(nb)) {
            pp_report(PP_RULE_NB_CONSIST, event, "NB sent whose CurrentMdl is not at its DataOffset");
            pp_report_line("DataOffset %u, CurrentMdlOffset %u", nb->DataOffset, nb->CurrentMdlOffset);
        } else {
            continue;
        }
        pp_report_object(nbl);
        return false;
    }
    return true;
}

// True if the chain can be followed past this NBL.
PP_READS_CLOSED static bool judge_nbl(const struct pp_event *event, uint64_t address) {
    static const enum pp_rule_index rules[] = {
        [PP_FLIGHT_ENDLESS] = PP_RULE_NBL_ACYCLIC,
        [PP_FLIGHT_FOREIGN] = PP_RULE_POOL_PRIVATE,
        [PP_FLIGHT_DEAD] = PP_RULE_MEM_UAF,
    };
    struct pp_object *nbl = pp_model_at(address);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL) {
        pp_report(PP_RULE_POOL_PRIVATE, event, "NBL sent that no allocator made");
        return false;
    }
    if (nbl->state == PP_OBJECT_IN_FLIGHT) {
        pp_report(PP_RULE_SEND_TWICE, event, "NBL sent that is in flight");
        pp_report_object(nbl);
        return false;
    }
    if (nbl->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_MEM_UAF, event, "freed NBL sent");
        pp_report_object(nbl);
        return false;
    }
    if (((const NET_BUFFER_LIST *)address)->SourceHandle != (PVOID)event->args[0]) {
        pp_report(PP_RULE_SEND_SOURCE, event, "NBL sent with another SourceHandle");
        pp_report_object(nbl);
        return false;
    }
    struct pp_flight_problem problem = pp_flight_begin(nbl);
    if (problem.what != NULL) {
        char what[96];
        snprintf(what, sizeof(what), "NBL sent with an %s", problem.what);
        pp_report(rules[problem.fault], event, what);
        pp_report_object(nbl);
        const struct pp_object *culprit = pp_model_around(problem.address, /*reach=*/0);
        if (culprit != NULL && culprit != nbl) {
            pp_report_object(culprit);
        }
        return false;
    }
    if (!pp_flight_has_data(nbl)) {
        pp_report(PP_RULE_SEND_HAS_NB, event, "NBL sent without data");
    }
    return judge_nbs(event, nbl);
}

// An NBL that is met twice in one chain is not in flight yet: the walk would not end.
PP_READS_CLOSED static bool is_cyclic(uint64_t first) {
    const NET_BUFFER_LIST *slow = (const NET_BUFFER_LIST *)first;
    const NET_BUFFER_LIST *fast = slow;
    for (;;) {
        for (int step = 0; step < 2; step++) {
            const struct pp_object *nbl = pp_model_at((uintptr_t)fast);
            if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE) {
                return false;
            }
            fast = fast->Next;
        }
        slow = slow->Next;
        if (slow == fast) {
            return fast != NULL;
        }
    }
}

PP_READS_CLOSED static void judge_send(const struct pp_event *event) {
    if (!judge_binding(event, pp_model_at(event->args[0]))) {
        return;
    }
    uint64_t first = event->args[1];
    if (first == 0) {
        pp_report(PP_RULE_POOL_PRIVATE, event, "NULL sent instead of an NBL");
        return;
    }
    if (is_cyclic(first)) {
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
