// SPDX-License-Identifier: MIT
// Leaks, judged when the driver has been unloaded: the one moment at which no correct driver can still
// hold anything. Earlier moments (the end of an unbind) would accuse drivers that cache.
#include "check/family.h"
#include "check/report.h"

#include <stdio.h>

struct leak {
    enum pp_object_kind kind;
    enum pp_rule_index rule;
};

// In this order: a lost NBL says more than the pool it keeps alive.
static const struct leak leaks[] = {
    {PP_OBJECT_NBL, PP_RULE_LEAK_NBL},    {PP_OBJECT_NB, PP_RULE_LEAK_NB},
    {PP_OBJECT_MDL, PP_RULE_LEAK_MDL},    {PP_OBJECT_POOL, PP_RULE_POOL_LEAK},
    {PP_OBJECT_MEMORY, PP_RULE_LEAK_MEM}, {PP_OBJECT_GENERIC, PP_RULE_LEAK_MEM},
    {PP_OBJECT_IRP, PP_RULE_IRP_OWN},     {PP_OBJECT_DEVICE, PP_RULE_DEVICE_ONCE},
    {PP_OBJECT_LINK, PP_RULE_LINK_LEAK},
};

static bool is_lost(const struct pp_object *object, enum pp_object_kind kind) {
    return object->kind == kind && !object->is_part && object->state != PP_OBJECT_FREED;
}

static void report_leak(const struct pp_event *event, const struct leak *leak,
                        const struct pp_object *object) {
    if (pp_report_lost(event, object)) {
        return;
    }
    char what[64];
    bool is_deleted = leak->kind == PP_OBJECT_DEVICE || leak->kind == PP_OBJECT_LINK;
    snprintf(what, sizeof(what), is_deleted ? "%s never deleted" : "%s never freed",
             pp_object_word(object));
    pp_report_at(leak->rule, event, what, ", made in", &object->made);
}

static void judge(const struct pp_event *event, const struct leak *leak) {
    bool is_reported = false;
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (!is_lost(object, leak->kind)) {
            continue;
        }
        if (!is_reported) {
            report_leak(event, leak, object);
            is_reported = true;
        }
        pp_report_object(object);
    }
}

void pp_check_leaks(const struct pp_event *event) {
    for (size_t i = 0; i < sizeof(leaks) / sizeof(leaks[0]) && pp_report_get() == NULL; i++) {
        if (pp_model_live_count(leaks[i].kind) > 0) {
            judge(event, &leaks[i]);
        }
    }
}
