// SPDX-License-Identifier: MIT
// Registration of protocol drivers.
#include "base/emit.h"
#include "base/handle.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "ndis/binding.h"

#define PROTOCOL_COUNT_MAX 16u

static struct pp_protocol protocols[PROTOCOL_COUNT_MAX];
static uint32_t protocol_count;

void pp_protocol_reset(void) { protocol_count = 0; }

struct pp_protocol *pp_protocol_of_handle(NDIS_HANDLE handle) {
    uint32_t index = pp_handle_index(PP_HANDLE_PROTOCOL, handle, protocol_count);
    return index != PP_HANDLE_NONE && protocols[index].is_live ? &protocols[index] : NULL;
}

struct pp_protocol *pp_protocol_first(void) {
    for (uint32_t i = 0; i < protocol_count; i++) {
        if (protocols[i].is_live && !protocols[i].is_ending) {
            return &protocols[i];
        }
    }
    return NULL;
}

static bool entries_are_complete(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    return entries->BindAdapterHandlerEx != NULL && entries->UnbindAdapterHandlerEx != NULL &&
           entries->OpenAdapterCompleteHandlerEx != NULL &&
           entries->CloseAdapterCompleteHandlerEx != NULL && entries->NetPnPEventHandler != NULL &&
           entries->OidRequestCompleteHandler != NULL && entries->ReceiveNetBufferListsHandler != NULL &&
           entries->SendNetBufferListsCompleteHandler != NULL;
}

static NDIS_STATUS judge_registration(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    if (entries->Header.Type != NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS ||
        entries->Header.Size < NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1 ||
        !entries_are_complete(entries)) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if (entries->MajorNdisVersion != 6) {
        return NDIS_STATUS_BAD_VERSION;
    }
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_REGISTER, &is_set);
    if (is_set) {
        return (NDIS_STATUS)pp_status_values[outcome];
    }
    return protocol_count < PROTOCOL_COUNT_MAX ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS set_options(const struct pp_protocol *protocol, NDIS_HANDLE handle) {
    if (protocol->entries.SetOptionsHandler == NULL) {
        return NDIS_STATUS_SUCCESS;
    }
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_SET_OPTIONS, handle);
    NDIS_STATUS status = protocol->entries.SetOptionsHandler(handle, protocol->context);
    pp_callback_leave(frame, handle, status);
    return status;
}

static struct pp_protocol *add_protocol(NDIS_HANDLE context,
                                        const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    struct pp_protocol *protocol = &protocols[protocol_count++];
    *protocol = (struct pp_protocol){.context = context};
    // A driver of an older revision passes a shorter structure.
    NdisMoveMemory(&protocol->entries, entries,
                   entries->Header.Size < sizeof(protocol->entries) ? entries->Header.Size
                                                                    : sizeof(protocol->entries));
    return protocol;
}

NDIS_STATUS NdisRegisterProtocolDriver(NDIS_HANDLE ProtocolDriverContext,
                                       NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *ProtocolCharacteristics,
                                       NDIS_HANDLE *NdisProtocolHandle) {
    pp_switch_point();
    if (!pp_touch_read(ProtocolCharacteristics,
                       NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1) ||
        !pp_touch_write(NdisProtocolHandle, sizeof(*NdisProtocolHandle)) ||
        !PP_EMIT(REGISTER, pp_object(ProtocolCharacteristics))) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    NDIS_STATUS status = judge_registration(ProtocolCharacteristics);
    if (status != NDIS_STATUS_SUCCESS) {
        PP_EMIT(REGISTERED, 0, (uint32_t)status);
        return status;
    }
    NDIS_HANDLE handle = pp_handle_make(PP_HANDLE_PROTOCOL, protocol_count);
    struct pp_protocol *protocol = add_protocol(ProtocolDriverContext, ProtocolCharacteristics);
    PP_EMIT(REGISTERED, pp_object(handle), NDIS_STATUS_SUCCESS);
    status = set_options(protocol, handle);
    if (status != NDIS_STATUS_SUCCESS) {
        PP_EMIT(REGISTER_UNDONE, pp_object(handle));
        return status;
    }
    // A27: from here on every entry may be called, before the driver knows that it is registered.
    *NdisProtocolHandle = handle;
    protocol->is_live = true;
    pp_switch_point();
    return status;
}

NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle,
                                    NDIS_DRIVER_OPTIONAL_HANDLERS *OptionalHandlers) {
    (void)NdisHandle;
    pp_switch_point();
    if (!pp_touch_read(OptionalHandlers, sizeof(*OptionalHandlers))) {
        return NDIS_STATUS_FAILURE;
    }
    bool is_set;
    return (NDIS_STATUS)pp_status_values[pp_fault_outcome(PP_OUTCOME_OPTIONS, &is_set)];
}

VOID NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle) {
    pp_switch_point();
    if (!PP_EMIT(DEREGISTER, pp_object(NdisProtocolHandle))) {
        return;
    }
    struct pp_protocol *protocol = pp_protocol_of_handle(NdisProtocolHandle);
    if (protocol == NULL) {
        return;
    }
    protocol->is_ending = true;
    struct pp_binding *binding;
    for (uint32_t i = 0; (binding = pp_binding_at(i)) != NULL; i++) {
        if (binding->protocol == protocol) {
            pp_binding_remove(binding);
        }
    }
    pp_protocol_wait_for_events(protocol);  // a bind that ended just now may have begun one
    if (protocol->entries.UninstallHandler != NULL) {
        struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_UNINSTALL, NdisProtocolHandle);
        protocol->entries.UninstallHandler();
        pp_callback_leave(frame, NdisProtocolHandle, NDIS_STATUS_SUCCESS);
    }
    protocol->is_live = false;
}
