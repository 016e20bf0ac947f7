// SPDX-License-Identifier: MIT
// The rule about what was refused to code that cannot fail itself.
#include "check/family.h"
#include "check/report.h"

#include <poolproof/program.h>

static bool can_fail(uint16_t callback) {
    switch (callback) {
    case PP_CALLBACK_DRIVER_UNLOAD:
    case PP_CALLBACK_UNBIND:
    case PP_CALLBACK_CLOSE_COMPLETE:
    case PP_CALLBACK_PAUSE:
    case PP_CALLBACK_SEND_COMPLETE:
    case PP_CALLBACK_OID_COMPLETE:
    case PP_CALLBACK_CLEANUP:
    case PP_CALLBACK_CLOSE: return false;
    default: return true;
    }
}

// Looking at what is there already is no request.
static bool is_request(uint64_t point) {
    switch (point) {
    case PP_POINT_MDL_MAP:
    case PP_POINT_DATA_GET:
    case PP_POINT_DATA_COPY:
    case PP_POINT_KEY_OPEN:
    case PP_POINT_VALUE_READ:
    case PP_POINT_VALUE_WRITE:
    case PP_POINT_CONFIGURATION_OPEN: return false;
    default: return true;
    }
}

void pp_check_refusals(const struct pp_event *event) {
    if (!can_fail(event->callback) && is_request(event->args[0])) {
        pp_report(PP_RULE_ALLOC_NO_FAIL, event,
                  "something asked for, and refused, where nothing can fail");
        pp_report_line("fault point %s", pp_point_infos[event->args[0]].name);
    }
}
