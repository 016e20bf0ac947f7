// SPDX-License-Identifier: MIT
// What a driver asks NDIS to do with its bindings: to unbind one, to bind again what can be bound. Each
// is done on a fiber of its own, if at all.
#include "base/emit.h"
#include "faults/injector.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

NDIS_STATUS NdisUnbindAdapter(NDIS_HANDLE NdisBindingHandle) {
    pp_switch_point();
    if (!PP_EMIT(UNBIND_ADAPTER, pp_object(NdisBindingHandle))) {
        return NDIS_STATUS_FAILURE;
    }
    const struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    if (binding == NULL) {
        return NDIS_STATUS_FAILURE;
    }
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_UNBIND_ADAPTER, &is_set);
    if (outcome == PP_STATUS_RESOURCES) {
        PP_EMIT(UNBIND_ASKED, pp_object(NdisBindingHandle), (uint32_t)NDIS_STATUS_RESOURCES);
        return NDIS_STATUS_RESOURCES;
    }
    bool is_begun = outcome == PP_STATUS_SUCCESS && pp_ndis_unbind(pp_binding_number(binding));
    PP_EMIT(UNBIND_ASKED, pp_object(NdisBindingHandle), NDIS_STATUS_SUCCESS);
    if (is_begun && is_set) {
        pp_schedule_yield();
    }
    return NDIS_STATUS_SUCCESS;
}

VOID NdisReEnumerateProtocolBindings(NDIS_HANDLE NdisProtocolHandle) {
    pp_switch_point();
    if (!PP_EMIT(REENUMERATE, pp_object(NdisProtocolHandle))) {
        return;
    }
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_REENUMERATE, &is_set);
    struct pp_protocol *protocol = pp_protocol_of_handle(NdisProtocolHandle);
    bool is_begun = false;
    struct pp_binding *binding;
    for (uint32_t i = 0; is_set && protocol != NULL && (binding = pp_binding_at(i)) != NULL; i++) {
        is_begun |= pp_binding_bind_again(binding);
    }
    if (is_begun && outcome == PP_STATUS_SUCCESS) {
        pp_schedule_yield();
    }
}
