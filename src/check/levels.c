// SPDX-License-Identifier: MIT
// Rules about IRQL and spin locks.
#include "check/family.h"
#include "check/report.h"

#include "base/names.h"

#include <wdm.h>

static void judge_lock(const struct pp_event *event) {
    enum pp_lock_state state = (enum pp_lock_state)event->args[2];
    bool is_release = event->kind == PP_EVENT_LOCK_RELEASE;
    if (state == PP_LOCK_GARBAGE) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock used that was never initialised");
    } else if (is_release && state == PP_LOCK_FREE) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock released that is not held");
    } else if (is_release && state == PP_LOCK_OTHERS) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock released that another thread holds");
    } else if (!is_release && state == PP_LOCK_OWN) {
        pp_report(PP_RULE_LOCK_PAIR, event, "spin lock acquired again by its holder");
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
