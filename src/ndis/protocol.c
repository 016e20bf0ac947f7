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
        if (protocols[i].is_live) {
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

NDIS_STATUS NdisRegisterProtocolDriver(NDIS_HANDLE ProtocolDriverContext,
                                       NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *ProtocolCharacteristics,
                                       NDIS_HANDLE *NdisProtocolHandle) {
    pp_switch_point();
    pp_touch_read(ProtocolCharacteristics, NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1);
    pp_touch_write(NdisProtocolHandle, sizeof(*NdisProtocolHandle));
    NDIS_STATUS status = judge_registration(ProtocolCharacteristics);
    if (status != NDIS_STATUS_SUCCESS) {
        PP_EMIT(REGISTERED, 0, (uint32_t)status);
        return status;
    }
    struct pp_protocol *protocol = &protocols[protocol_count];
    NDIS_HANDLE handle = pp_handle_make(PP_HANDLE_PROTOCOL, protocol_count++);
    *protocol = (struct pp_protocol){.is_live = true, .context = ProtocolDriverContext};
    // A driver of an older revision passes a shorter structure.
    NdisMoveMemory(&protocol->entries, ProtocolCharacteristics,
                   ProtocolCharacteristics->Header.Size < sizeof(protocol->entries)
                       ? ProtocolCharacteristics->Header.Size
                       : sizeof(protocol->entries));
    PP_EMIT(REGISTERED, pp_object(handle), NDIS_STATUS_SUCCESS);
    if (protocol->entries.SetOptionsHandler != NULL) {
        struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_SET_OPTIONS, handle);
        status = protocol->entries.SetOptionsHandler(handle, ProtocolDriverContext);
        pp_callback_leave(frame, handle, status);
    }
    protocol->is_live = status == NDIS_STATUS_SUCCESS;
    *NdisProtocolHandle = handle;
    return status;
}

VOID NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle) {
    pp_switch_point();
    PP_EMIT(DEREGISTER, pp_object(NdisProtocolHandle));
    struct pp_protocol *protocol = pp_protocol_of_handle(NdisProtocolHandle);
    if (protocol == NULL) {
        return;
    }
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
