// SPDX-License-Identifier: MIT
// The life of a binding: bind and unbind. Each is one activity on a fiber of its own; where the driver
// answers PENDING the activity waits until the driver calls back.
#include "ndis/binding.h"

#include "base/emit.h"
#include "base/exercise.h"
#include "base/expect.h"
#include "base/handle.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/schedule.h"

static struct pp_binding bindings[PP_BINDING_COUNT_MAX];
static uint32_t binding_count;  // bindings behind this were never made in this run

void pp_ndis_reset(void) {
    for (uint32_t i = 0; i < binding_count; i++) {
        bindings[i] = (struct pp_binding){.state = PP_BINDING_UNBOUND};
    }
    binding_count = 0;
    pp_adapter_reset();
    pp_protocol_reset();
    pp_ndis_device_reset();
    pp_send_reset();
    pp_receive_reset();
    pp_oid_reset();
    pp_pnp_reset();
}

struct pp_binding *pp_binding_at(uint32_t index) {
    return index < binding_count ? &bindings[index] : NULL;
}

struct pp_binding *pp_binding_of_number(uint32_t number) {
    return number < binding_count && bindings[number].is_used ? &bindings[number] : NULL;
}

uint32_t pp_binding_number(const struct pp_binding *binding) { return (uint32_t)(binding - bindings); }

struct pp_binding *pp_binding_of_bind_context(NDIS_HANDLE bind_context) {
    return pp_binding_of_number(pp_handle_index(PP_HANDLE_BIND_CONTEXT, bind_context, binding_count));
}

struct pp_binding *pp_binding_of_handle(NDIS_HANDLE handle) {
    struct pp_binding *binding =
        pp_binding_of_number(pp_handle_index(PP_HANDLE_BINDING, handle, binding_count));
    return binding != NULL && binding->is_open ? binding : NULL;
}

void pp_binding_move(struct pp_binding *binding, enum pp_binding_step step) {
    enum pp_binding_state next = pp_binding_next(binding->state, step);
    pp_expect(next != PP_BINDING_STATE_COUNT, "step %d in state %d", step, binding->state);
    pp_exercise_note(PP_EXERCISE_STEP, binding->state, step);
    binding->state = next;
}

bool pp_binding_can(const struct pp_binding *binding, enum pp_binding_step step) {
    return binding != NULL && pp_binding_next(binding->state, step) != PP_BINDING_STATE_COUNT &&
           !pp_schedule_is_busy(binding);
}

struct pp_callback_frame pp_binding_enter(struct pp_binding *binding, enum pp_callback callback) {
    binding->callback_count++;
    return pp_callback_enter(callback, binding->handle);
}

void pp_binding_leave(struct pp_binding *binding, struct pp_callback_frame frame) {
    pp_callback_leave(frame, binding->handle, NDIS_STATUS_SUCCESS);
    binding->callback_count--;
    pp_schedule_wake(&binding->callback_count, /*all=*/true);
}

void pp_binding_wait_for_callbacks(struct pp_binding *binding) {
    while (binding->callback_count > 0) {
        pp_schedule_await(PP_AWAIT_CALLBACKS, binding->handle, &binding->callback_count);
    }
}

// === Bind ===

static void fill_bind_parameters(NDIS_BIND_PARAMETERS *parameters, uint32_t adapter) {
    *parameters = (NDIS_BIND_PARAMETERS){0};
    parameters->Header.Type = NDIS_OBJECT_TYPE_BIND_PARAMETERS;
    parameters->Header.Revision = NDIS_BIND_PARAMETERS_REVISION_1;
    parameters->Header.Size = NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1;
    parameters->AdapterName = (NDIS_STRING *)pp_adapter_name(adapter);
    parameters->MediaType = NdisMedium802_3;
    parameters->MtuSize = pp_adapter_mtu(adapter);
    parameters->MacAddressLength = PP_MAC_BYTES;
    pp_adapter_mac(adapter, parameters->CurrentMacAddress);
    parameters->LookaheadSize = pp_adapter_mtu(adapter);
    parameters->MaxXmitLinkSpeed = parameters->XmitLinkSpeed = PP_LINK_SPEED;
    parameters->MaxRcvLinkSpeed = parameters->RcvLinkSpeed = PP_LINK_SPEED;
    parameters->MediaConnectState = MediaConnectStateConnected;
    parameters->MediaDuplexState = MediaDuplexStateFull;
    parameters->PhysicalMediumType = NdisPhysicalMedium802_3;
    parameters->AccessType = NET_IF_ACCESS_BROADCAST;
    parameters->DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
    parameters->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    parameters->IfType = IF_TYPE_ETHERNET_CSMACD;
    parameters->IfConnectorPresent = TRUE;
    parameters->SupportedPacketFilters = PP_PACKET_TYPES;
    parameters->MaxMulticastListSize = PP_MULTICAST_COUNT_MAX;
    parameters->MacOptions = PP_MAC_OPTIONS;
    parameters->DataBackFillSize = pp_adapter_backfill(adapter);
    parameters->BoundIfNetluid = parameters->LowestIfNetluid = pp_adapter_luid(adapter);
    parameters->BoundIfIndex = parameters->LowestIfIndex = pp_adapter_interface(adapter);
}

static void run_bind(void *subject, uint64_t detail) {
    (void)detail;
    struct pp_binding *binding = subject;
    uint32_t number = pp_binding_number(binding);
    NDIS_HANDLE bind_context = pp_handle_make(PP_HANDLE_BIND_CONTEXT, number);
    NDIS_BIND_PARAMETERS parameters;
    fill_bind_parameters(&parameters, binding->adapter);
    PP_EMIT(BINDING_BEGIN, pp_object(binding->handle), number, parameters.DataBackFillSize,
            parameters.ContextBackFillSize, pp_object(bind_context));
    binding->bind.is_due = true;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_BIND, binding->handle);
    NDIS_STATUS status = binding->protocol->entries.BindAdapterHandlerEx(binding->protocol->context,
                                                                         bind_context, &parameters);
    binding->is_bind_over = true;
    pp_callback_leave(frame, binding->handle, status);
    status = pp_answer_settle(&binding->bind, status, PP_AWAIT_BIND_COMPLETE, binding->handle);
    if (status == NDIS_STATUS_SUCCESS) {
        pp_binding_move(binding, PP_STEP_BIND_DONE);
        PP_EMIT(BINDING_PAUSED, pp_object(binding->handle));
    } else {
        pp_binding_move(binding, PP_STEP_BIND_FAILED);
        binding->is_open = false;
        binding->has_failed = true;
        PP_EMIT(BINDING_END, pp_object(binding->handle), (uint32_t)status);
    }
    pp_schedule_wake(binding, /*all=*/true);
    pp_protocol_tell_binds(binding->protocol);
}

// NDIS binds a protocol to an adapter once.
static bool is_bound(uint32_t adapter) {
    for (uint32_t i = 0; i < binding_count; i++) {
        if (bindings[i].adapter == adapter && bindings[i].state != PP_BINDING_UNBOUND) {
            return true;
        }
    }
    return false;
}

static bool begin_bind(uint32_t number, uint32_t adapter) {
    struct pp_protocol *protocol = pp_protocol_first();
    struct pp_binding *binding = &bindings[number];
    if (protocol == NULL || pp_adapter_is_gone(adapter) || is_bound(adapter) ||
        !pp_schedule_start(PP_ACTIVITY_BIND, run_bind, binding, 0)) {
        return false;
    }
    *binding = (struct pp_binding){.is_used = true,
                                   .adapter = adapter,
                                   .protocol = protocol,
                                   .handle = pp_handle_make(PP_HANDLE_BINDING, number)};
    pp_binding_move(binding, PP_STEP_BIND);
    return true;
}

bool pp_ndis_bind(uint32_t number, uint32_t adapter) {
    bool is_begun = begin_bind(number, adapter);
    binding_count = is_begun && number >= binding_count ? number + 1 : binding_count;
    return is_begun;
}

bool pp_ndis_has_failed_to_bind(uint32_t number) {
    const struct pp_binding *binding = pp_binding_of_number(number);
    return binding != NULL && binding->has_failed;
}

bool pp_binding_bind_again(struct pp_binding *binding) {
    return binding->is_used && pp_binding_can(binding, PP_STEP_BIND) && binding->callback_count == 0 &&
           begin_bind(pp_binding_number(binding), binding->adapter);
}

VOID NdisCompleteBindAdapterEx(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status) {
    pp_switch_point();
    if (!PP_EMIT(BIND_COMPLETE, pp_object(BindAdapterContext), (uint32_t)Status)) {
        return;
    }
    struct pp_binding *binding = pp_binding_of_bind_context(BindAdapterContext);
    if (binding != NULL) {
        pp_answer_give(&binding->bind, Status);
    }
}

// === Unbind ===

VOID NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindContext) {
    pp_switch_point();
    if (!PP_EMIT(UNBIND_COMPLETE, pp_object(UnbindContext))) {
        return;
    }
    struct pp_binding *binding =
        pp_binding_of_number(pp_handle_index(PP_HANDLE_UNBIND_CONTEXT, UnbindContext, binding_count));
    if (binding != NULL) {
        pp_answer_give(&binding->unbind, NDIS_STATUS_SUCCESS);
    }
}

static void unbind(struct pp_binding *binding) {
    pp_binding_wake(binding);
    if (binding->state == PP_BINDING_RUNNING) {
        struct pp_fiber *self = pp_schedule_current();
        enum pp_activity activity = self->activity;
        self->activity = PP_ACTIVITY_PAUSE;
        pp_binding_pause(binding, NDIS_PAUSE_UNBIND_PROTOCOL);
        self->activity = activity;
    }
    pp_binding_move(binding, PP_STEP_UNBIND);
    NDIS_HANDLE unbind_context = pp_handle_make(PP_HANDLE_UNBIND_CONTEXT, pp_binding_number(binding));
    PP_EMIT(BINDING_CLOSING, pp_object(binding->handle), pp_object(unbind_context));
    binding->unbind.is_due = true;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_UNBIND, binding->handle);
    NDIS_STATUS status =
        binding->protocol->entries.UnbindAdapterHandlerEx(unbind_context, binding->context);
    pp_callback_leave(frame, binding->handle, status);
    PP_EMIT(UNBIND_ANSWERED, pp_object(binding->handle), (uint32_t)status);
    pp_answer_settle(&binding->unbind, status, PP_AWAIT_UNBIND_COMPLETE, binding->handle);
    pp_binding_move(binding, PP_STEP_UNBIND_DONE);
    binding->is_open = false;
    PP_EMIT(BINDING_END, pp_object(binding->handle), NDIS_STATUS_SUCCESS);
}

// A driver has no say in that its adapter is pulled out.
static void run_unbind(void *subject, uint64_t is_surprise) {
    if (is_surprise) {
        pp_binding_tell(subject, NetEventQueryRemoveDevice, NetDeviceStateUnspecified);
    }
    unbind(subject);
    pp_schedule_wake(subject, /*all=*/true);
}

static bool start_unbind(struct pp_binding *binding, bool is_surprise) {
    return (pp_binding_can(binding, PP_STEP_PAUSE) || pp_binding_can(binding, PP_STEP_UNBIND)) &&
           pp_schedule_start(PP_ACTIVITY_UNBIND, run_unbind, binding, is_surprise);
}

bool pp_ndis_unbind(uint32_t number) {
    return start_unbind(pp_binding_of_number(number), /*is_surprise=*/false);
}

void pp_binding_remove_all_of(uint32_t adapter) {
    for (uint32_t i = 0; i < binding_count; i++) {
        if (bindings[i].is_used && bindings[i].adapter == adapter) {
            start_unbind(&bindings[i], /*is_surprise=*/true);
        }
    }
}

void pp_binding_remove(struct pp_binding *binding) {
    while (binding->state != PP_BINDING_UNBOUND && pp_schedule_is_busy(binding)) {
        pp_schedule_await(PP_AWAIT_BINDING, binding->handle, binding);
    }
    if (binding->state == PP_BINDING_RUNNING || binding->state == PP_BINDING_PAUSED) {
        struct pp_fiber *self = pp_schedule_current();
        void *subject = self->subject;
        enum pp_activity activity = self->activity;
        self->subject = binding;
        self->activity = PP_ACTIVITY_UNBIND;
        unbind(binding);
        self->activity = activity;
        self->subject = subject;
    }
    pp_binding_wait_for_callbacks(binding);
}

bool pp_ndis_unbind_any(void) {
    for (uint32_t i = 0; i < binding_count; i++) {
        if (pp_ndis_unbind(i)) {
            return true;
        }
    }
    return false;
}

bool pp_ndis_deliver_owed(void) {
    for (uint32_t i = 0; i < binding_count; i++) {
        if (pp_ndis_finish_open(i, NDIS_STATUS_SUCCESS) || pp_send_complete_oldest(&bindings[i]) ||
            pp_oid_complete_oldest(&bindings[i]) || pp_binding_end_reset(&bindings[i]) ||
            pp_ndis_finish_close(i)) {
            return true;
        }
    }
    return false;
}
