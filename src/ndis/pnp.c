// SPDX-License-Identifier: MIT
// PnP events: what ProtocolNetPnPEvent is told, and the pauses and restarts that follow. What an event
// comes with is closed to the driver once it has answered for good.
#include "base/emit.h"
#include "base/expect.h"
#include "base/guard.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

#include <string.h>

#define NOTICE_COUNT_MAX (PP_FIBER_COUNT + 1)
#define FILTERS_BYTES 24u
#define OID_UNKNOWN_ATTRIBUTE 0xFF010203u
#define WAKE_UP_ENABLED 1u
#define VERSION_WITHOUT_REASONS 40  // from NDIS 6.40 on a pause does not say why

// An entry of the list that a restart comes with, and its data.
struct general_attributes {
    NDIS_RESTART_ATTRIBUTES entry;
    NDIS_RESTART_GENERAL_ATTRIBUTES more;  // Data, which begins in the entry, ends in here
};

struct notice {
    NET_PNP_EVENT_NOTIFICATION notification;
    union {
        NET_DEVICE_POWER_STATE power;
        NDIS_PROTOCOL_PAUSE_PARAMETERS pause;
        NDIS_PORT port;
        NDIS_PORT_NUMBER port_number;
        ULONG wake_up;
        WCHAR bind_list[4];
        struct {
            NDIS_PROTOCOL_RESTART_PARAMETERS parameters;
            WCHAR filters[FILTERS_BYTES / sizeof(WCHAR)];
            NDIS_RESTART_ATTRIBUTES unknown;
            struct general_attributes general;
        } restart;
    } buffer;
    bool is_used;
};

static struct notice notices[NOTICE_COUNT_MAX];
static uint32_t notice_count;  // those behind were never used in this run

void pp_pnp_reset(void) {
    for (uint32_t i = 0; i < notice_count; i++) {
        notices[i].is_used = false;
    }
    notice_count = 0;
}

// === Telling ===

// There are as many as fibers that could be telling.
static struct notice *take_notice(NET_PNP_EVENT_CODE code) {
    uint32_t index = 0;
    while (index < notice_count && notices[index].is_used) {
        index++;
    }
    pp_expect(index < NOTICE_COUNT_MAX, "%u events at once", index);
    notice_count = index == notice_count ? index + 1 : notice_count;
    struct notice *notice = &notices[index];
    pp_guard_open(notice, offsetof(struct notice, is_used));
    memset(notice, 0, sizeof(*notice));
    notice->is_used = true;
    NET_PNP_EVENT_NOTIFICATION *notification = &notice->notification;
    notification->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    notification->Header.Revision = NET_PNP_EVENT_NOTIFICATION_REVISION_1;
    notification->Header.Size = NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1;
    notification->NetPnPEvent.NetEvent = code;
    return notice;
}

static void give_notice(struct notice *notice) {
    notice->is_used = false;
    pp_guard_close(notice, offsetof(struct notice, is_used));
}

static void attach(struct notice *notice, ULONG bytes) {
    notice->notification.NetPnPEvent.Buffer = &notice->buffer;
    notice->notification.NetPnPEvent.BufferLength = bytes;
}

// Of an event that is neither a pause nor a restart.
static void fill_notice(struct notice *notice, NET_DEVICE_POWER_STATE power) {
    switch (notice->notification.NetPnPEvent.NetEvent) {
    case NetEventSetPower:
    case NetEventQueryPower:
        notice->buffer.power = power;
        attach(notice, sizeof(notice->buffer.power));
        break;
    case NetEventPnPCapabilities:
        notice->buffer.wake_up = WAKE_UP_ENABLED;
        attach(notice, sizeof(notice->buffer.wake_up));
        break;
    case NetEventBindList: attach(notice, sizeof(notice->buffer.bind_list)); break;  // nothing is bound
    case NetEventPortActivation:
        notice->buffer.port.PortCharacteristics.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        notice->buffer.port.PortCharacteristics.PortNumber = 1;
        attach(notice, sizeof(notice->buffer.port));
        break;
    case NetEventPortDeactivation:
        notice->buffer.port_number = 1;
        attach(notice, sizeof(notice->buffer.port_number));
        break;
    default: break;
    }
}

static enum pp_callback callback_of(NET_PNP_EVENT_CODE code) {
    static const enum pp_callback callbacks[] = {
        [NetEventSetPower] = PP_CALLBACK_SET_POWER,
        [NetEventQueryPower] = PP_CALLBACK_QUERY_POWER,
        [NetEventQueryRemoveDevice] = PP_CALLBACK_QUERY_REMOVE,
        [NetEventCancelRemoveDevice] = PP_CALLBACK_CANCEL_REMOVE,
        [NetEventReconfigure] = PP_CALLBACK_RECONFIGURE,
        [NetEventBindList] = PP_CALLBACK_BIND_LIST,
        [NetEventBindsComplete] = PP_CALLBACK_BINDS_COMPLETE,
        [NetEventPnPCapabilities] = PP_CALLBACK_PNP_CAPABILITIES,
        [NetEventPause] = PP_CALLBACK_PAUSE,
        [NetEventRestart] = PP_CALLBACK_RESTART,
        [NetEventPortActivation] = PP_CALLBACK_PORT_ACTIVATION,
        [NetEventPortDeactivation] = PP_CALLBACK_PORT_DEACTIVATION,
        [NetEventIMReEnableDevice] = PP_CALLBACK_RE_ENABLE,
    };
    return callbacks[code];
}

// One event, from its beginning to the driver's last word about it.
static NDIS_STATUS tell(struct pp_protocol *protocol, struct pp_binding *binding,
                        struct notice *notice) {
    struct pp_told *told = binding != NULL ? &binding->told : &protocol->told;
    NDIS_HANDLE handle = binding != NULL ? binding->handle : NULL;
    NET_PNP_EVENT_CODE code = notice->notification.NetPnPEvent.NetEvent;
    *told = (struct pp_told){.answer.is_due = true, .notification = &notice->notification};
    PP_EMIT(PNP_EVENT, pp_object(handle), pp_object(told->notification), code,
            protocol->entries.MinorNdisVersion);
    struct pp_callback_frame frame = pp_callback_enter(callback_of(code), handle);
    NDIS_STATUS status = protocol->entries.NetPnPEventHandler(binding != NULL ? binding->context : NULL,
                                                              &notice->notification);
    pp_callback_leave(frame, handle, status);
    status = pp_answer_settle(&told->answer, status, PP_AWAIT_PNP_COMPLETE, handle);
    PP_EMIT(PNP_ANSWERED, pp_object(handle), pp_object(told->notification), code, (uint32_t)status);
    told->notification = NULL;
    give_notice(notice);
    return status;
}

VOID NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle,
                             NET_PNP_EVENT_NOTIFICATION *NetPnPEventNotification, NDIS_STATUS Status) {
    pp_switch_point();
    PP_EMIT(PNP_COMPLETE, pp_object(NdisBindingHandle), pp_object(NetPnPEventNotification),
            (uint32_t)Status);
    struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    struct pp_protocol *protocol = pp_protocol_first();
    if (binding != NULL && binding->told.notification == NetPnPEventNotification) {
        pp_answer_give(&binding->told.answer, Status);
    } else if (protocol != NULL && protocol->told.notification == NetPnPEventNotification) {
        pp_answer_give(&protocol->told.answer, Status);
    }
}

NDIS_STATUS pp_binding_tell(struct pp_binding *binding, NET_PNP_EVENT_CODE code,
                            NET_DEVICE_POWER_STATE power) {
    struct notice *notice = take_notice(code);
    fill_notice(notice, power);
    return tell(binding->protocol, binding, notice);
}

static void run_tell(void *subject, uint64_t code) {
    pp_binding_tell(subject, (NET_PNP_EVENT_CODE)code, NetDeviceStateD3);
    pp_schedule_wake(subject, /*all=*/true);
}

// True if the binding is at rest between two other events.
static bool can_be_told(const struct pp_binding *binding) {
    return pp_binding_can(binding, PP_STEP_PAUSE) || pp_binding_can(binding, PP_STEP_RESTART);
}

bool pp_ndis_tell(uint32_t number, NET_PNP_EVENT_CODE code) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return can_be_told(binding) && pp_schedule_start(PP_ACTIVITY_PNP, run_tell, binding, code);
}

// === Events about all bindings ===

static void run_tell_all(void *subject, uint64_t code) {
    struct notice *notice = take_notice((NET_PNP_EVENT_CODE)code);
    fill_notice(notice, NetDeviceStateUnspecified);
    tell(subject, NULL, notice);
    pp_schedule_wake(subject, /*all=*/true);
}

static bool tell_all(struct pp_protocol *protocol, NET_PNP_EVENT_CODE code) {
    return protocol != NULL && !pp_schedule_is_busy(protocol) &&
           pp_schedule_start(PP_ACTIVITY_PNP, run_tell_all, protocol, code);
}

bool pp_ndis_tell_all(NET_PNP_EVENT_CODE code) { return tell_all(pp_protocol_first(), code); }

void pp_protocol_tell_binds(struct pp_protocol *protocol) {
    if (!protocol->knows_binds && protocol->is_live) {
        protocol->knows_binds = tell_all(protocol, NetEventBindsComplete);
    }
}

void pp_protocol_wait_for_events(struct pp_protocol *protocol) {
    while (pp_schedule_is_busy(protocol)) {
        pp_schedule_await(PP_AWAIT_PNP, NULL, protocol);
    }
}

// === Pause and restart ===

static void fill_general_attributes(struct notice *notice, const struct pp_binding *binding) {
    struct general_attributes *general = &notice->buffer.restart.general;
    NDIS_RESTART_GENERAL_ATTRIBUTES *data = (NDIS_RESTART_GENERAL_ATTRIBUTES *)general->entry.Data;
    general->entry.Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
    general->entry.DataLength = NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1;
    data->Header.Type = NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES;
    data->Header.Revision = NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_1;
    data->Header.Size = NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1;
    data->MtuSize = data->LookaheadSize = pp_adapter_mtu(binding->adapter);
    data->MaxXmitLinkSpeed = data->MaxRcvLinkSpeed = PP_LINK_SPEED;
    data->MacOptions = PP_MAC_OPTIONS;
    data->SupportedPacketFilters = PP_PACKET_TYPES;
    data->MaxMulticastListSize = PP_MULTICAST_COUNT_MAX;
    data->DataBackFillSize = pp_adapter_backfill(binding->adapter);
}

// Names of filter modules: each its length in bytes, then its characters.
static void fill_filters(struct notice *notice) {
    static const WCHAR filters[] = {6, 'l', 'w', 'f', 8, 'q', 'o', 's', '2'};
    _Static_assert(sizeof(filters) <= FILTERS_BYTES, "they fit");
    memcpy(notice->buffer.restart.filters, filters, sizeof(filters));
    notice->buffer.restart.parameters.FilterModuleNameBuffer = (PUCHAR)notice->buffer.restart.filters;
    notice->buffer.restart.parameters.FilterModuleNameBufferLength = sizeof(filters);
}

// Attributes that a driver need not know stand before those that it does.
static void fill_restart(struct notice *notice, const struct pp_binding *binding,
                         enum pp_restart_buffer buffer) {
    NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = &notice->buffer.restart.parameters;
    if (buffer == PP_RESTART_NOTHING) {
        return;
    }
    attach(notice, sizeof(*parameters));
    parameters->Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS;
    parameters->Header.Revision = NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1;
    parameters->Header.Size = NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1;
    fill_filters(notice);
    if (buffer == PP_RESTART_ATTRIBUTES) {
        notice->buffer.restart.unknown =
            (NDIS_RESTART_ATTRIBUTES){.Next = &notice->buffer.restart.general.entry,
                                      .Oid = OID_UNKNOWN_ATTRIBUTE,
                                      .DataLength = 1};
        parameters->RestartAttributes = &notice->buffer.restart.unknown;
        fill_general_attributes(notice, binding);
    }
}

void pp_binding_restart(struct pp_binding *binding, const struct pp_restart *restart) {
    pp_binding_move(binding, PP_STEP_RESTART);
    PP_EMIT(BINDING_RESTARTING, pp_object(binding->handle));
    if (restart->buffer == PP_RESTART_ATTRIBUTES) {
        pp_adapter_set_needs(binding->adapter, restart->mtu, restart->backfill);
        PP_EMIT(RESTART_ATTRIBUTES, pp_object(binding->handle), restart->mtu, restart->backfill);
    }
    struct notice *notice = take_notice(NetEventRestart);
    fill_restart(notice, binding, restart->buffer);
    if (tell(binding->protocol, binding, notice) == NDIS_STATUS_SUCCESS) {
        pp_binding_move(binding, PP_STEP_RESTART_DONE);
        PP_EMIT(BINDING_RUNNING, pp_object(binding->handle));
    } else {
        pp_binding_move(binding, PP_STEP_RESTART_FAILED);
        PP_EMIT(BINDING_PAUSED, pp_object(binding->handle));
    }
}

void pp_binding_pause(struct pp_binding *binding, ULONG reason) {
    pp_binding_move(binding, PP_STEP_PAUSE);
    PP_EMIT(BINDING_PAUSING, pp_object(binding->handle));
    struct notice *notice = take_notice(NetEventPause);
    bool is_told_why = binding->protocol->entries.MinorNdisVersion < VERSION_WITHOUT_REASONS;
    attach(notice, sizeof(notice->buffer.pause));
    notice->buffer.pause.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    notice->buffer.pause.Header.Revision = NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1;
    notice->buffer.pause.Header.Size = NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1;
    notice->buffer.pause.PauseReason = is_told_why ? reason : NDIS_PAUSE_NDIS_INTERNAL;
    NDIS_STATUS status = tell(binding->protocol, binding, notice);
    PP_EMIT(PAUSE_ANSWERED, pp_object(binding->handle), (uint32_t)status);
    pp_receive_wait_for_returns(binding);  // A16: the adapter pauses too
    pp_binding_move(binding, PP_STEP_PAUSE_DONE);
    PP_EMIT(BINDING_PAUSED, pp_object(binding->handle));
}

#define MTU_SHIFT 16
#define BACKFILL_SHIFT 32

static void run_restart(void *subject, uint64_t detail) {
    const struct pp_restart restart = {.buffer = (enum pp_restart_buffer)(detail & 0xFF),
                                       .mtu = detail >> MTU_SHIFT & 0xFFFF,
                                       .backfill = (uint8_t)(detail >> BACKFILL_SHIFT)};
    pp_binding_restart(subject, &restart);
    pp_schedule_wake(subject, /*all=*/true);
}

static void run_pause(void *subject, uint64_t detail) {
    (void)detail;
    pp_binding_pause(subject, NDIS_PAUSE_NDIS_INTERNAL);
    pp_schedule_wake(subject, /*all=*/true);
}

bool pp_ndis_restart(uint32_t number, const struct pp_restart *restart) {
    struct pp_binding *binding = pp_binding_of_number(number);
    uint64_t detail = restart->buffer | (uint64_t)restart->mtu << MTU_SHIFT |
                      (uint64_t)restart->backfill << BACKFILL_SHIFT;
    return pp_binding_can(binding, PP_STEP_RESTART) && !pp_binding_is_asleep(binding) &&
           pp_schedule_start(PP_ACTIVITY_RESTART, run_restart, binding, detail);
}

bool pp_ndis_pause(uint32_t number) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return pp_binding_can(binding, PP_STEP_PAUSE) &&
           pp_schedule_start(PP_ACTIVITY_PAUSE, run_pause, binding, 0);
}
