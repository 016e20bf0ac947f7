// SPDX-License-Identifier: MIT
// Rules about the context space of NBLs: a stack that each driver leaves as it found it.
#include "check/family.h"
#include "check/report.h"

#include <ndis.h>

// The NBL that a call names, or NULL after a report.
static const struct pp_object *judge_nbl(const struct pp_event *event) {
    const struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL) {
        pp_report(PP_RULE_POOL_PRIVATE, event, "context space of something that is no NBL");
        return NULL;
    }
    if (nbl->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_MEM_UAF, event, "context space of a freed NBL");
        pp_report_object(nbl);
        return NULL;
    }
    return nbl;
}

static void judge_take(const struct pp_event *event) {
    if (judge_nbl(event) != NULL &&
        (event->args[1] % sizeof(PVOID) != 0 || event->args[2] % sizeof(PVOID) != 0)) {
        pp_report(PP_RULE_CTX_ALIGN, event, "context space of an odd size taken");
        pp_report_line("%lu bytes, %lu behind them", event->args[1], event->args[2]);
    }
}

static uint32_t taken_bytes(const struct pp_object *nbl) {
    uint32_t bytes = 0;
    for (uint32_t take = nbl->last_take; take != 0; take = pp_model_take(take)->below) {
        bytes += pp_model_take(take)->size;
    }
    return bytes;
}

static void judge_give(const struct pp_event *event) {
    const struct pp_object *nbl = judge_nbl(event);
    if (nbl == NULL) {
        return;
    }
    uint32_t size = (uint32_t)event->args[1];
    bool has_initial = ((const NET_BUFFER_LIST *)nbl->address)->Context != NULL;
    if (nbl->last_take == 0 && has_initial) {
        pp_report(PP_RULE_CTX_FREE_INITIAL, event, "context space that came with the NBL given back");
    } else if (size > taken_bytes(nbl)) {
        pp_report(PP_RULE_CTX_BALANCE, event, "more context space given back than was taken");
    } else if (size != pp_model_take(nbl->last_take)->size) {
        pp_report(PP_RULE_CTX_STACK, event, "context space given back in another amount");
    } else {
        return;
    }
    pp_report_line("%u bytes given back, %u taken", size, taken_bytes(nbl));
    pp_report_object(nbl);
}

// Of an NBL that may be freed.
static void judge_nbl_free(const struct pp_event *event) {
    const struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl->last_take != 0) {
        pp_report(PP_RULE_FREE_NBL_CONTEXT, event, "NBL freed with context space taken");
        pp_report_line("%u bytes taken", taken_bytes(nbl));
        pp_report_object(nbl);
    }
}

void pp_check_contexts(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_CONTEXT_ALLOCATE: judge_take(event); break;
    case PP_EVENT_CONTEXT_FREE: judge_give(event); break;
    default: judge_nbl_free(event); break;
    }
}
