// SPDX-License-Identifier: MIT
// Rules about IRQL and spin locks.
#include "check/family.h"
#include "check/report.h"

#include "base/names.h"

#include <stdio.h>
#include <wdm.h>

static void judge_lock(const struct pp_event *event) {
    enum pp_lock_state state = (enum pp_lock_state)event->args[2];
    bool is_release = event->kind == PP_EVENT_LOCK_RELEASE;
    bool is_low = event->irql < DISPATCH_LEVEL;
    if (state == PP_LOCK_GARBAGE) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock used that was never initialised");
    } else if (is_release && state == PP_LOCK_FREE) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock released that is not held");
    } else if (is_release && state == PP_LOCK_OTHERS) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock released that another thread holds");
    } else if (!is_release && state == PP_LOCK_OWN) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock acquired again by its holder");
    } else if (is_low) {  // where a function does not raise it itself, or it was lowered meanwhile
        pp_report(PP_RULE_LOCK_PAIR, event,
                  is_release ? "spin lock released below DISPATCH_LEVEL"
                             : "spin lock acquired below DISPATCH_LEVEL");
    }
}

// === Calls ===

struct limit {
    uint8_t rule;   // 0: none
    uint8_t level;  // the highest one that is allowed
};

#define AT_PASSIVE(rule) {PP_RULE_##rule, PASSIVE_LEVEL}
#define AT_DISPATCH(rule) {PP_RULE_##rule, DISPATCH_LEVEL}

static const struct limit limits[PP_EVENT_COUNT] = {
    [PP_EVENT_REGISTER] = AT_PASSIVE(IRQL_PROTO),
    [PP_EVENT_DEREGISTER] = AT_PASSIVE(IRQL_PROTO),
    [PP_EVENT_OPEN] = AT_PASSIVE(IRQL_PROTO),
    [PP_EVENT_CLOSE] = AT_PASSIVE(IRQL_PROTO),
    [PP_EVENT_PNP_COMPLETE] = AT_PASSIVE(IRQL_PROTO),
    [PP_EVENT_BIND_COMPLETE] = AT_DISPATCH(IRQL_PROTO),
    [PP_EVENT_UNBIND_COMPLETE] = AT_DISPATCH(IRQL_PROTO),
    [PP_EVENT_UNBIND_ADAPTER] = AT_DISPATCH(IRQL_PROTO),
    [PP_EVENT_REENUMERATE] = AT_PASSIVE(IRQL_MISC),
    [PP_EVENT_OBJECT_MADE] = AT_DISPATCH(IRQL_MISC),
    [PP_EVENT_OBJECT_FREE] = AT_DISPATCH(IRQL_MISC),
    [PP_EVENT_CANCEL_ID] = AT_DISPATCH(IRQL_MISC),
    [PP_EVENT_MEMORY_MADE] = AT_DISPATCH(IRQL_MISC),
    [PP_EVENT_MEMORY_FREE] = AT_DISPATCH(IRQL_MISC),
    [PP_EVENT_SEND] = AT_DISPATCH(IRQL_SENDRCV),
    [PP_EVENT_SEND_CANCEL] = AT_DISPATCH(IRQL_SENDRCV),
    [PP_EVENT_RETURN] = AT_DISPATCH(IRQL_SENDRCV),
    [PP_EVENT_NBL_POOL_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NB_POOL_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NBL_POOL_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NB_POOL_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NBL_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NB_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NBL_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NB_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_DERIVE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_DERIVED_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_CONTEXT_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_CONTEXT_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_RETREAT] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_ADVANCE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_DATA_GET] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_DATA_COPY] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NBL_USE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_NB_USE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_MDL_ALLOCATE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_MDL_FREE] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_MDL_ADJUST] = AT_DISPATCH(IRQL_NB),
    [PP_EVENT_MDL_MAP] = AT_DISPATCH(IRQL_NB),
};

void pp_check_irql(const struct pp_event *event) {
    const struct limit *limit = &limits[event->kind];
    if (limit->rule != 0 && event->irql > limit->level) {
        char what[96];
        snprintf(what, sizeof(what), "%s %s", pp_event_infos[event->kind].name,
                 event->irql > DISPATCH_LEVEL ? "above DISPATCH_LEVEL" : "at DISPATCH_LEVEL");
        pp_report((enum pp_rule_index)limit->rule, event, what);
    }
}

void pp_check_levels(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_WAIT:
        if (event->irql > APC_LEVEL) {
            pp_report(PP_RULE_IRQL_WAIT, event, "wait at DISPATCH_LEVEL");
            pp_report_line("waits for %s",
                           event->args[0] == 0 ? "time to pass" : pp_name_text(event->args[0]));
        }
        break;
    case PP_EVENT_CALLBACK_LEAVE:
        if (event->irql != event->args[3]) {
            pp_report_callback(PP_RULE_IRQL_BALANCE, event, "returned at another IRQL",
                               (enum pp_callback)event->args[0]);
        }
        break;
    default: judge_lock(event); break;
    }
}
