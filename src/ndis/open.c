// SPDX-License-Identifier: MIT
// Opening an adapter, inside a bind, and closing it again, inside a bind that fails or an unbind.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

// === Open ===

// What was on the stack of ProtocolBindAdapterEx is gone when that has returned.
static bool is_there(const struct pp_binding *binding, const void *output, size_t size) {
    uintptr_t at = (uintptr_t)output;
    bool is_on_stack = at >= binding->stack_low && at < binding->stack_high;
    return !(is_on_stack && binding->is_bind_over) && pp_touch_write(output, size);
}

static void finish_open(struct pp_binding *binding) {
    binding->is_open = true;
    if (is_there(binding, binding->open_handle, sizeof(*binding->open_handle))) {
        *binding->open_handle = binding->handle;
    }
    if (binding->medium_index != NULL &&
        is_there(binding, binding->medium_index, sizeof(*binding->medium_index))) {
        *binding->medium_index = binding->medium;
    }
    PP_EMIT(OPEN_OUTPUTS, pp_object(binding->handle));
}

// Where the driver's list of media has Ethernet; its length if nowhere.
static UINT find_medium(const NDIS_OPEN_PARAMETERS *parameters) {
    UINT count = parameters->MediumArraySize;
    const NDIS_MEDIUM *media = parameters->MediumArray;
    UINT index = 0;
    while (index < count && pp_touch_read(&media[index], sizeof(*media)) &&
           media[index] != NdisMedium802_3) {
        index++;
    }
    return index;
}

static NDIS_STATUS open_status(struct pp_binding *binding, const NDIS_OPEN_PARAMETERS *parameters) {
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_OPEN, &is_set);
    if (!is_set && binding->medium >= parameters->MediumArraySize) {
        return NDIS_STATUS_UNSUPPORTED_MEDIA;
    }
    return (NDIS_STATUS)pp_status_values[outcome];
}

static NDIS_STATUS open_adapter(struct pp_binding *binding, NDIS_HANDLE context,
                                const NDIS_OPEN_PARAMETERS *parameters, NDIS_HANDLE *ret_handle) {
    binding->context = context;
    binding->open_handle = ret_handle;
    binding->medium_index = parameters->SelectedMediumIndex;
    binding->medium = find_medium(parameters);
    binding->stack_low = pp_now.stack_low;
    binding->stack_high = pp_now.stack_high;
    NDIS_STATUS status = open_status(binding, parameters);
    if (status == NDIS_STATUS_SUCCESS) {
        finish_open(binding);
    }
    binding->is_open_pending = status == NDIS_STATUS_PENDING;
    return status;
}

NDIS_STATUS NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
                              NDIS_OPEN_PARAMETERS *OpenParameters, NDIS_HANDLE BindContext,
                              NDIS_HANDLE *NdisBindingHandle) {
    pp_switch_point();
    if (!pp_touch_read(OpenParameters, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1) ||
        !pp_touch_write(NdisBindingHandle, sizeof(*NdisBindingHandle)) ||
        !PP_EMIT(OPEN, pp_object(NdisProtocolHandle), pp_object(BindContext), pp_object(OpenParameters),
                 pp_object(ProtocolBindingContext), pp_object(NdisBindingHandle))) {
        return NDIS_STATUS_FAILURE;
    }
    struct pp_binding *binding = pp_binding_of_bind_context(BindContext);
    if (pp_protocol_of_handle(NdisProtocolHandle) == NULL || binding == NULL ||
        binding->state != PP_BINDING_OPENING || binding->is_bind_over || binding->is_open ||
        binding->is_open_pending || binding->is_close_pending) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status =
        open_adapter(binding, ProtocolBindingContext, OpenParameters, NdisBindingHandle);
    PP_EMIT(OPENED, pp_object(binding->handle), (uint32_t)status);
    return status;
}

static void run_finish_open(void *subject, uint64_t status) {
    struct pp_binding *binding = subject;
    PP_EMIT(OPEN_FINISH, pp_object(binding->handle), (uint32_t)status);
    if ((NDIS_STATUS)status == NDIS_STATUS_SUCCESS) {
        finish_open(binding);
    }
    PP_EMIT(OPEN_FINISHED, pp_object(binding->handle), (uint32_t)status);
    struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_OPEN_COMPLETE);
    binding->protocol->entries.OpenAdapterCompleteHandlerEx(binding->context, (NDIS_STATUS)status);
    pp_binding_leave(binding, frame);
}

bool pp_ndis_finish_open(uint32_t number, NDIS_STATUS status) {
    struct pp_binding *binding = pp_binding_of_number(number);
    if (binding == NULL || !binding->is_open_pending ||
        !pp_schedule_start(PP_ACTIVITY_DPC, run_finish_open, binding, (uint32_t)status)) {
        return false;
    }
    binding->is_open_pending = false;
    return true;
}

// === Close ===

// No callback runs any more when a close has completed, but one that closes cannot wait for itself.
static void wait_for_other_callbacks(struct pp_binding *binding) {
    if (pp_now.callback == PP_CALLBACK_RECEIVE) {
        return;
    }
    pp_receive_wait_for_callbacks(binding);
    if (pp_now.callback != PP_CALLBACK_SEND_COMPLETE && pp_now.callback != PP_CALLBACK_OPEN_COMPLETE) {
        pp_binding_wait_for_callbacks(binding);
    }
}

NDIS_STATUS NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle) {
    pp_switch_point();
    PP_EMIT(CLOSE, pp_object(NdisBindingHandle));
    struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    if (binding == NULL) {
        return NDIS_STATUS_SUCCESS;
    }
    binding->is_open = false;
    wait_for_other_callbacks(binding);
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_CLOSE, &is_set);
    NDIS_STATUS status = (NDIS_STATUS)pp_status_values[outcome];
    binding->is_close_pending = status == NDIS_STATUS_PENDING;
    PP_EMIT(CLOSE_ANSWERED, pp_object(binding->handle), (uint32_t)status);
    return status;
}

static void run_finish_close(void *subject, uint64_t detail) {
    (void)detail;
    struct pp_binding *binding = subject;
    pp_receive_wait_for_callbacks(binding);
    PP_EMIT(CLOSE_FINISHED, pp_object(binding->handle));
    struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_CLOSE_COMPLETE);
    binding->protocol->entries.CloseAdapterCompleteHandlerEx(binding->context);
    pp_binding_leave(binding, frame);
}

bool pp_ndis_finish_close(uint32_t number) {
    struct pp_binding *binding = pp_binding_of_number(number);
    if (binding == NULL || !binding->is_close_pending ||
        !pp_schedule_start(PP_ACTIVITY_DPC, run_finish_close, binding, 0)) {
        return false;
    }
    binding->is_close_pending = false;
    return true;
}
