// SPDX-License-Identifier: MIT
// PnP events of a binding: what ProtocolNetPnPEvent is told, and the pauses and restarts that follow.
#include "base/emit.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

static NDIS_STATUS send_event(struct pp_binding *binding, NET_PNP_EVENT_CODE code,
                              enum pp_callback callback) {
    NET_PNP_EVENT_NOTIFICATION *notification = &binding->notification;
    *notification = (NET_PNP_EVENT_NOTIFICATION){0};
    notification->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    notification->Header.Revision = NET_PNP_EVENT_NOTIFICATION_REVISION_1;
    notification->Header.Size = NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1;
    notification->NetPnPEvent.NetEvent = code;
    binding->event.is_due = true;
    struct pp_callback_frame frame = pp_callback_enter(callback, binding->handle);
    NDIS_STATUS status = binding->protocol->entries.NetPnPEventHandler(binding->context, notification);
    pp_callback_leave(frame, binding->handle, status);
    return pp_answer_settle(&binding->event, status);
}

VOID NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle,
                             NET_PNP_EVENT_NOTIFICATION *NetPnPEventNotification, NDIS_STATUS Status) {
    pp_switch_point();
    PP_EMIT(PNP_COMPLETE, pp_object(NdisBindingHandle), pp_object(NetPnPEventNotification),
            (uint32_t)Status);
    struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    if (binding != NULL) {
        pp_answer_give(&binding->event, Status);
    }
}

static void restart(struct pp_binding *binding) {
    pp_binding_move(binding, PP_STEP_RESTART);
    PP_EMIT(BINDING_RESTARTING, pp_object(binding->handle));
    NDIS_STATUS status = send_event(binding, NetEventRestart, PP_CALLBACK_RESTART);
    if (status == NDIS_STATUS_SUCCESS) {
        pp_binding_move(binding, PP_STEP_RESTART_DONE);
        PP_EMIT(BINDING_RUNNING, pp_object(binding->handle));
    } else {
        pp_binding_move(binding, PP_STEP_RESTART_FAILED);
        PP_EMIT(BINDING_PAUSED, pp_object(binding->handle));
    }
}

void pp_binding_pause(struct pp_binding *binding) {
    pp_binding_move(binding, PP_STEP_PAUSE);
    PP_EMIT(BINDING_PAUSING, pp_object(binding->handle));
    NDIS_STATUS status = send_event(binding, NetEventPause, PP_CALLBACK_PAUSE);
    PP_EMIT(PAUSE_ANSWERED, pp_object(binding->handle), (uint32_t)status);
    pp_receive_wait_for_returns(binding);  // A16: the adapter pauses too
    pp_binding_move(binding, PP_STEP_PAUSE_DONE);
    PP_EMIT(BINDING_PAUSED, pp_object(binding->handle));
}

static void run_restart(void *subject, uint64_t detail) {
    (void)detail;
    restart(subject);
    pp_schedule_wake(subject, /*all=*/true);
}

static void run_pause(void *subject, uint64_t detail) {
    (void)detail;
    pp_binding_pause(subject);
    pp_schedule_wake(subject, /*all=*/true);
}

bool pp_ndis_restart(uint32_t number) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return pp_binding_can(binding, PP_STEP_RESTART) &&
           pp_schedule_start(PP_ACTIVITY_RESTART, run_restart, binding, 0);
}

bool pp_ndis_pause(uint32_t number) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return pp_binding_can(binding, PP_STEP_PAUSE) &&
           pp_schedule_start(PP_ACTIVITY_PAUSE, run_pause, binding, 0);
}
