// SPDX-License-Identifier: MIT
#include "check/check.h"

#include "check/family.h"
#include "check/report.h"

#include <stddef.h>

typedef void (*family)(const struct pp_event *event);

#define FAMILIES_MAX 3

// Who judges what; events without a family only change the model.
static const family families[PP_EVENT_COUNT][FAMILIES_MAX] = {
    [PP_EVENT_CALLBACK_LEAVE] = {pp_check_levels},
    [PP_EVENT_LOADED] = {pp_check_bindings},
    [PP_EVENT_UNLOADED] = {pp_check_bindings, pp_check_leaks},
    [PP_EVENT_NBL_POOL_FREE] = {pp_check_pools},
    [PP_EVENT_NB_POOL_FREE] = {pp_check_pools},
    [PP_EVENT_NBL_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_NB_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_NBL_FREE] = {pp_check_frees, pp_check_contexts},
    [PP_EVENT_NB_FREE] = {pp_check_frees},
    [PP_EVENT_CONTEXT_ALLOCATE] = {pp_check_contexts},
    [PP_EVENT_CONTEXT_FREE] = {pp_check_contexts},
    [PP_EVENT_MDL_FREE] = {pp_check_frees},
    [PP_EVENT_MEMORY_FREE] = {pp_check_frees},
    [PP_EVENT_IRP_COMPLETE] = {pp_check_frees},
    [PP_EVENT_DEREGISTER] = {pp_check_bindings},
    [PP_EVENT_BINDING_END] = {pp_check_bindings},
    [PP_EVENT_CLOSE] = {pp_check_bindings},
    [PP_EVENT_PAUSE_ANSWERED] = {pp_check_bindings},
    [PP_EVENT_UNBIND_ANSWERED] = {pp_check_bindings},
    [PP_EVENT_SEND] = {pp_check_sends},
    [PP_EVENT_SEND_RETURN] = {pp_check_sends},
    [PP_EVENT_WAIT] = {pp_check_levels},
    [PP_EVENT_LOCK_ACQUIRE] = {pp_check_levels},
    [PP_EVENT_LOCK_RELEASE] = {pp_check_levels},
    [PP_EVENT_STUCK] = {pp_check_bindings},
    [PP_EVENT_ACCESS] = {pp_check_access},
    [PP_EVENT_CRASH] = {pp_check_access},
};

static uint32_t check_count;

void pp_check_begin(struct pp_range driver_text) {
    check_count = 0;
    pp_model_reset();
    pp_report_begin(driver_text);
}

uint32_t pp_check_count(void) { return check_count; }

const uint32_t *pp_check_advice(void) { return pp_report_advice(); }

const struct pp_finding *pp_check_event(const struct pp_event *event) {
    const family *judges = families[event->kind];
    for (size_t i = 0; i < FAMILIES_MAX && judges[i] != NULL; i++) {
        judges[i](event);
        check_count++;
        if (pp_report_get() != NULL) {
            return pp_report_get();
        }
    }
    pp_model_apply(event);
    return NULL;
}

const struct pp_finding *pp_check_memory(const void *changed) {
    if (changed != NULL && pp_report_get() == NULL) {
        const struct pp_event event = {
            .kind = PP_EVENT_ACCESS, .op = UINT16_MAX, .args = {(uintptr_t)changed, 1, 1}};
        pp_check_access(&event);
    }
    return pp_report_get();
}
