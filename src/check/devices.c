// SPDX-License-Identifier: MIT
// Rules about devices.
#include "check/family.h"
#include "check/report.h"

void pp_check_devices(const struct pp_event *event) {
    const struct pp_object *device = pp_model_at(event->args[0]);
    if (device == NULL || device->kind != PP_OBJECT_DEVICE) {
        pp_report(PP_RULE_DEVICE_ONCE, event,
                  event->args[0] == 0 ? "NULL instead of a device deleted"
                                      : "something that is no device deleted");
    } else if (device->was_deleted) {
        pp_report(PP_RULE_DEVICE_ONCE, event, "device deleted again");
        pp_report_object(device);
    } else if (event->args[1] > 0) {
        pp_report(PP_RULE_DEVICE_OPEN, event, "device deleted with a file open");
    }
}
