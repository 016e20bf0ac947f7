// SPDX-License-Identifier: MIT
// Rules about freeing: the right thing, once, by its owner.
#include "check/family.h"
#include "check/flight.h"
#include "check/report.h"

#include <stdio.h>

struct free_rules {
    enum pp_object_kind kind;
    enum pp_rule_index twice;
    enum pp_rule_index foreign;  // nothing of this kind was ever at that address
    enum pp_rule_index part;     // it came with something else
    const char *word;
};

static const struct free_rules *rules_of(uint16_t event_kind) {
    static const struct free_rules nbl = {PP_OBJECT_NBL, PP_RULE_FREE_NBL_DOUBLE, PP_RULE_POOL_PRIVATE,
                                          PP_RULE_POOL_PRIVATE, "NBL"};
    static const struct free_rules nb = {PP_OBJECT_NB, PP_RULE_FREE_NB_DOUBLE, PP_RULE_POOL_PRIVATE,
                                         PP_RULE_FREE_NB_PREALLOC, "NB"};
    static const struct free_rules mdl = {PP_OBJECT_MDL, PP_RULE_MDL_DOUBLE, PP_RULE_POOL_PRIVATE,
                                          PP_RULE_FREE_MDL_POOLOWNED, "MDL"};
    static const struct free_rules memory = {PP_OBJECT_MEMORY, PP_RULE_MEM_UAF, PP_RULE_MEM_UAF,
                                             PP_RULE_FREE_MDL_POOLOWNED, "memory"};
    static const struct free_rules irp = {PP_OBJECT_IRP, PP_RULE_IRP_ONCE, PP_RULE_IRP_ONCE,
                                          PP_RULE_IRP_ONCE, "IRP"};
    static const struct free_rules device = {PP_OBJECT_DEVICE, PP_RULE_DEVICE_ONCE, PP_RULE_DEVICE_ONCE,
                                             PP_RULE_DEVICE_ONCE, "device"};
    switch (event_kind) {
    case PP_EVENT_NBL_FREE:
    case PP_EVENT_DERIVED_FREE: return &nbl;
    case PP_EVENT_NB_FREE: return &nb;
    case PP_EVENT_MDL_FREE: return &mdl;
    case PP_EVENT_MEMORY_FREE: return &memory;
    case PP_EVENT_DEVICE_GONE: return &device;
    default: return &irp;
    }
}

// "<before>NBL freed<after>"
static void report(enum pp_rule_index rule, const struct pp_event *event, const struct free_rules *rules,
                   const char *before, const char *after, const struct pp_object *object) {
    char title[96];
    const char *act = rules->kind == PP_OBJECT_IRP ? "completed" : "freed";
    snprintf(title, sizeof(title), "%s%s %s%s", before, rules->word, act, after);
    pp_report(rule, event, title);
    if (object != NULL) {
        pp_report_object(object);
    }
}

static bool is_received(struct pp_object *object, const struct free_rules *rules) {
    if (object == NULL || pp_model_whole(object)->receipt == 0) {
        return false;
    }
    bool is_data = object->kind == PP_OBJECT_BUFFER && rules->kind == PP_OBJECT_MEMORY;
    return is_data || object->kind == rules->kind;
}

void pp_check_frees(const struct pp_event *event) {
    const struct free_rules *rules = rules_of(event->kind);
    struct pp_object *object = pp_model_at(event->args[0]);
    if (is_received(object, rules)) {
        report(PP_RULE_FREE_NBL_FOREIGN, event, rules, "received ", "", pp_model_whole(object));
        return;
    }
    if (object != NULL && object->kind == PP_OBJECT_BUFFER && rules->kind == PP_OBJECT_MEMORY) {
        report(rules->part, event, rules, "", " that came with another object", object);
        return;
    }
    if (object == NULL || object->kind != rules->kind) {
        const char *null = rules->kind == PP_OBJECT_MEMORY ? "NULL instead of " : "NULL instead of an ";
        report(rules->foreign, event, rules, event->args[0] == 0 ? null : "something that is no ", "",
               object);
        return;
    }
    if (object->state == PP_OBJECT_FREED) {
        report(rules->twice, event, rules, "", " again", object);
        return;
    }
    if (object->is_part || (object->kind == PP_OBJECT_MDL && object->origin == PP_ORIGIN_RETREAT)) {
        report(rules->part, event, rules, "", " that came with another object", object);
        return;
    }
    const struct pp_object *nbl = object->state == PP_OBJECT_IN_FLIGHT ? object : pp_flight_of(object);
    if (nbl != NULL) {
        report(PP_RULE_FREE_NBL_INFLIGHT, event, rules, "", " while in flight", object);
        if (nbl != object) {
            pp_report_object(nbl);
        }
    }
}
