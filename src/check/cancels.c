// SPDX-License-Identifier: MIT
// Rules about cancelling sends.
#include "check/family.h"
#include "check/report.h"

#include "base/guard.h"

#include <ndis.h>
#include <string.h>

#define ID_SHIFT 56u  // A20: the byte of NdisGeneratePartialCancelId is the highest of the id

static bool is_made[256];  // by NdisGeneratePartialCancelId

void pp_cancels_reset(void) { memset(is_made, 0, sizeof(is_made)); }

// Of a chain whose NBLs have been judged.
PP_READS_CLOSED static void judge_ids(const struct pp_event *event) {
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)event->args[1];
    for (; nbl != NULL; nbl = nbl->Next) {
        uint64_t id = (uintptr_t)nbl->NetBufferListInfo[NetBufferListCancelId];
        if (id != 0 && !is_made[id >> ID_SHIFT]) {
            pp_report(PP_RULE_CANCEL_ID, event, "NBL sent with a cancel id that is not the driver's");
            pp_report_line("cancel id 0x%lX", id);
        }
    }
}

void pp_check_cancels(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_CANCEL_ID: is_made[event->args[0]] = true; break;
    case PP_EVENT_SEND_CANCEL: pp_check_handle(event, "cancel"); break;
    default: judge_ids(event); break;
    }
}
