// SPDX-License-Identifier: MIT
// Rules about what is held, beside spin locks, and about the level of the services' calls.
#include "check/family.h"
#include "check/place.h"
#include "check/report.h"

#include <stdio.h>

static const char *what_is_wrong(const struct pp_event *event) {
    bool is_release = event->kind == PP_EVENT_UNHOLD;
    switch ((enum pp_lock_state)event->args[2]) {
    case PP_LOCK_GARBAGE: return "used that was never initialised";
    case PP_LOCK_FREE: return is_release ? "released that is not held" : NULL;
    case PP_LOCK_OTHERS: return is_release ? "released that another thread holds" : NULL;
    case PP_LOCK_OWN: return is_release ? NULL : "acquired again by its holder";
    }
    return NULL;
}

static void judge_hold(const struct pp_event *event) {
    const char *wrong = what_is_wrong(event);
    char what[96];
    if (wrong != NULL && event->args[1] == PP_HOLD_SEMAPHORE) {
        pp_report(PP_RULE_HOLD_PAIR, event, "semaphore released beyond its limit");
    } else if (wrong != NULL) {
        snprintf(what, sizeof(what), "%s %s", pp_place_hold_words[event->args[1]], wrong);
        pp_report(PP_RULE_HOLD_PAIR, event, what);
    }
}

void pp_check_holds(const struct pp_event *event) {
    if (event->kind == PP_EVENT_LEVEL) {
        pp_report(PP_RULE_IRQL_SERVICE, event,
                  event->args[0] == 0 ? "call above PASSIVE_LEVEL"
                                      : "call above the level that it allows");
    } else {
        judge_hold(event);
    }
}
