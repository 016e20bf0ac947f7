// SPDX-License-Identifier: MIT
// Rules about the arguments with which memory is allocated and freed.
#include "check/family.h"
#include "check/report.h"

static void judge_free(const struct pp_event *event) {
    const struct pp_object *memory = pp_model_at(event->args[0]);
    uint64_t tag = event->args[2];
    uint64_t owner = event->args[3];
    if (event->args[1] != 0) {
        pp_report(PP_RULE_MEM_FREE_ARGS, event, "memory freed with flags");
    } else if (tag != 0 && tag != memory->tag) {
        pp_report(PP_RULE_MEM_FREE_ARGS, event, "memory freed with another tag");
    } else if (owner != 0 && owner != memory->owner) {
        pp_report(PP_RULE_MEM_FREE_ARGS, event, "memory freed with another handle");
    }
}

void pp_check_tags(const struct pp_event *event) {
    if (event->kind == PP_EVENT_MEMORY_FREE) {
        judge_free(event);
    } else if (event->args[0] != 0 && event->args[2] == 0) {
        pp_report(PP_RULE_MEM_TAG, event, "memory allocated without a tag");
    }
}
