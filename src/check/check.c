// SPDX-License-Identifier: MIT
#include "check/check.h"

#include "check/family.h"
#include "check/report.h"

#include <stddef.h>

typedef void (*family)(const struct pp_event *event);

#define FAMILIES_MAX 9

// Who judges what; events without a family only change the model.
static const family families[PP_EVENT_COUNT][FAMILIES_MAX] = {
    [PP_EVENT_OP_BEGIN] = {pp_check_refusals},
    [PP_EVENT_FAULT_FIRED] = {pp_check_refusals},
    [PP_EVENT_OUTCOME_GIVEN] = {pp_check_refusals},
    [PP_EVENT_CALLBACK_ENTER] = {pp_check_conduct},
    [PP_EVENT_CALLBACK_LEAVE] = {pp_check_levels, pp_check_oids, pp_check_events, pp_check_opens,
                                 pp_check_locks},
    [PP_EVENT_LOADED] = {pp_check_protocols},
    [PP_EVENT_UNLOADED] = {pp_check_protocols, pp_check_services, pp_check_leaks},
    [PP_EVENT_NBL_POOL_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_NB_POOL_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_OBJECT_FREE] = {pp_check_pools, pp_check_opens},
    [PP_EVENT_NBL_POOL_FREE] = {pp_check_pools},
    [PP_EVENT_NB_POOL_FREE] = {pp_check_pools},
    [PP_EVENT_NBL_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_NB_ALLOCATE] = {pp_check_pools},
    [PP_EVENT_NBL_FREE] = {pp_check_derived, pp_check_frees, pp_check_contexts, pp_check_structure,
                           pp_check_retreats},
    [PP_EVENT_NB_FREE] = {pp_check_frees, pp_check_structure, pp_check_retreats},
    [PP_EVENT_NBL_USE] = {pp_check_derived},
    [PP_EVENT_NB_USE] = {pp_check_derived},
    [PP_EVENT_DERIVE] = {pp_check_derived},
    [PP_EVENT_DERIVED_FREE] = {pp_check_derived, pp_check_frees, pp_check_contexts, pp_check_structure,
                               pp_check_retreats},
    [PP_EVENT_CONTEXT_ALLOCATE] = {pp_check_contexts},
    [PP_EVENT_CONTEXT_FREE] = {pp_check_contexts},
    [PP_EVENT_RETREAT] = {pp_check_retreats},
    [PP_EVENT_ADVANCE] = {pp_check_retreats, pp_check_receives},
    [PP_EVENT_MDL_ABANDONED] = {pp_check_retreats},
    [PP_EVENT_DATA_GET] = {pp_check_data},
    [PP_EVENT_DATA_COPY] = {pp_check_data},
    [PP_EVENT_MDL_ALLOCATE] = {pp_check_mdls},
    [PP_EVENT_MDL_FREE] = {pp_check_frees, pp_check_mdls},
    [PP_EVENT_MDL_USE] = {pp_check_mdls},
    [PP_EVENT_MDL_ADJUST] = {pp_check_mdls},
    [PP_EVENT_MDL_MAP] = {pp_check_mdls},
    [PP_EVENT_MEMORY_MADE] = {pp_check_tags},
    [PP_EVENT_MEMORY_FREE] = {pp_check_frees, pp_check_opens, pp_check_structure, pp_check_tags,
                              pp_check_oids, pp_check_services, pp_check_locks},
    [PP_EVENT_REGISTER] = {pp_check_protocols},
    [PP_EVENT_DEREGISTER] = {pp_check_protocols},
    [PP_EVENT_REENUMERATE] = {pp_check_protocols},
    [PP_EVENT_OPEN] = {pp_check_opens},
    [PP_EVENT_OPENED] = {pp_check_conduct},
    [PP_EVENT_OPEN_FINISH] = {pp_check_opens},
    [PP_EVENT_OPEN_OUTPUTS] = {pp_check_conduct},
    [PP_EVENT_OPEN_FINISHED] = {pp_check_conduct},
    [PP_EVENT_BIND_COMPLETE] = {pp_check_opens, pp_check_locks},
    [PP_EVENT_UNBIND_COMPLETE] = {pp_check_opens, pp_check_locks},
    [PP_EVENT_BINDING_USE] = {pp_check_opens},
    [PP_EVENT_UNBIND_ADAPTER] = {pp_check_opens},
    [PP_EVENT_IRP_MADE] = {pp_check_refusals},
    [PP_EVENT_IRP_CALL] = {pp_check_irps},
    [PP_EVENT_IRP_ANSWERED] = {pp_check_irps},
    [PP_EVENT_IRP_COMPLETE] = {pp_check_frees, pp_check_irps, pp_check_oids, pp_check_refusals},
    [PP_EVENT_IRP_KEPT] = {pp_check_irps},
    [PP_EVENT_IRP_END] = {pp_check_irps},
    [PP_EVENT_IRP_FREE] = {pp_check_irps},
    [PP_EVENT_IRP_LEFT] = {pp_check_irps},
    [PP_EVENT_CANCEL_RETURNED] = {pp_check_irps},
    [PP_EVENT_DEVICE_DELETE] = {pp_check_devices},
    [PP_EVENT_DEVICE_GONE] = {pp_check_frees, pp_check_opens, pp_check_oids, pp_check_services,
                              pp_check_locks},
    [PP_EVENT_BINDING_BEGIN] = {pp_check_conduct},
    [PP_EVENT_BINDING_RESTARTING] = {pp_check_conduct},
    [PP_EVENT_BINDING_RUNNING] = {pp_check_conduct},
    [PP_EVENT_BINDING_PAUSING] = {pp_check_conduct},
    [PP_EVENT_BINDING_CLOSING] = {pp_check_conduct},
    [PP_EVENT_BINDING_END] = {pp_check_bindings, pp_check_conduct, pp_check_refusals},
    [PP_EVENT_CLOSE] = {pp_check_bindings, pp_check_oids, pp_check_locks},
    [PP_EVENT_BINDING_PAUSED] = {pp_check_oids, pp_check_conduct},
    [PP_EVENT_PNP_EVENT] = {pp_check_conduct},
    [PP_EVENT_PNP_COMPLETE] = {pp_check_events, pp_check_locks},
    [PP_EVENT_PNP_ANSWERED] = {pp_check_events},
    [PP_EVENT_OID] = {pp_check_oids, pp_check_locks},
    [PP_EVENT_OID_RETURN] = {pp_check_oids},
    [PP_EVENT_OID_ANSWERED] = {pp_check_oids},
    [PP_EVENT_OID_CANCEL] = {pp_check_oids},
    [PP_EVENT_CLOSE_ANSWERED] = {pp_check_bindings},
    [PP_EVENT_PAUSE_ANSWERED] = {pp_check_bindings},
    [PP_EVENT_UNBIND_ANSWERED] = {pp_check_bindings},
    [PP_EVENT_SEND] = {pp_check_sends, pp_check_derived, pp_check_structure, pp_check_retreats,
                       pp_check_data, pp_check_events, pp_check_cancels, pp_check_locks,
                       pp_check_conduct},
    [PP_EVENT_SEND_TAKEN] = {pp_check_conduct},
    [PP_EVENT_SEND_ARRIVED] = {pp_check_conduct},
    [PP_EVENT_CANCEL_ID] = {pp_check_cancels},
    [PP_EVENT_SEND_CANCEL] = {pp_check_cancels, pp_check_locks},
    [PP_EVENT_SEND_RETURN] = {pp_check_conduct, pp_check_sends},
    [PP_EVENT_INDICATE] = {pp_check_conduct},
    [PP_EVENT_INDICATED] = {pp_check_receives},
    [PP_EVENT_RETURN] = {pp_check_receives, pp_check_structure, pp_check_locks},
    [PP_EVENT_WAIT] = {pp_check_levels, pp_check_events, pp_check_deadlock},
    [PP_EVENT_AWAIT] = {pp_check_deadlock},
    [PP_EVENT_LOCK_ACQUIRE] = {pp_check_levels, pp_check_deadlock, pp_check_locks},
    [PP_EVENT_LOCK_RELEASE] = {pp_check_levels, pp_check_locks},
    [PP_EVENT_HOLD] = {pp_check_holds, pp_check_deadlock, pp_check_locks},
    [PP_EVENT_HELD] = {pp_check_locks},
    [PP_EVENT_UNHOLD] = {pp_check_holds},
    [PP_EVENT_LEVEL] = {pp_check_holds},
    [PP_EVENT_SERVICE_MADE] = {pp_check_services},
    [PP_EVENT_SERVICE_FREE] = {pp_check_services},
    [PP_EVENT_SERVICE_USE] = {pp_check_services},
    [PP_EVENT_SERVICE_BEGIN] = {pp_check_services},
    [PP_EVENT_SERVICE_END] = {pp_check_services},
    [PP_EVENT_SERVICE_INIT] = {pp_check_services},
    [PP_EVENT_SERVICE_GARBAGE] = {pp_check_services},
    [PP_EVENT_AT_REST] = {pp_check_conduct},
    [PP_EVENT_STUCK] = {pp_check_stuck},
    [PP_EVENT_LOST_READ] = {pp_check_structure},
    [PP_EVENT_ACCESS] = {pp_check_access},
    [PP_EVENT_SHIFT] = {pp_check_access},
    [PP_EVENT_CRASH] = {pp_check_spin, pp_check_access},
};

static uint32_t check_count;

void pp_check_begin(struct pp_range driver_text) {
    check_count = 0;
    pp_model_reset();
    pp_services_reset();
    pp_cancels_reset();
    pp_locks_reset();
    pp_conduct_reset();
    pp_refusals_reset();
    pp_report_begin(driver_text);
}

void pp_check_be_strict(void) { pp_report_be_strict(); }

uint32_t pp_check_count(void) { return check_count; }

const uint32_t *pp_check_advice(void) { return pp_report_advice(); }

const struct pp_finding *pp_check_event(const struct pp_event *event) {
    pp_check_irql(event);
    if (pp_report_get() != NULL) {
        return pp_report_get();
    }
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

void pp_check_go_on(void) { pp_report_forget(); }

const struct pp_finding *pp_check_memory(const void *changed) {
    if (changed != NULL && pp_report_get() == NULL) {
        const struct pp_event event = {
            .kind = PP_EVENT_ACCESS, .op = UINT16_MAX, .args = {(uintptr_t)changed, 1, 1}};
        pp_check_access(&event);
    }
    return pp_report_get();
}
