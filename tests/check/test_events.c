// SPDX-License-Identifier: MIT
// Rules about PnP and power events, restarts and resets, and about the IRQL of OID requests.
#include "fixture.h"

#define BOUND "a0 = adapter()\nb0 = bind(a0)\n"
#define RUNNING BOUND "restart(b0)\n"
#define WRITTEN RUNNING "f0 = create(a0)\nwrite(f0)\n"

static NET_PNP_EVENT_CODE code_of(const NET_PNP_EVENT_NOTIFICATION *notification) {
    return notification->NetPnPEvent.NetEvent;
}

// The driver's own handler of what is not a pause.
static NDIS_STATUS answer(NET_PNP_EVENT_NOTIFICATION *notification) {
    if (code_of(notification) == NetEventRestart) {
        fixture_start();
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS event_reached(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    fixture_reached();
    return answer(notification);
}

// === PNP-COMPLETE ===

static void complete(NDIS_HANDLE binding, void *notification, NDIS_STATUS status) {
    NdisCompleteNetPnPEvent(binding, notification, status);
}

static NDIS_STATUS pend_and_complete(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) != NetEventReconfigure) {
        return answer(notification);
    }
    complete(fixture.binding, notification, NDIS_STATUS_SUCCESS);
    fixture_reached();
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS complete_and_answer(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) == NetEventReconfigure) {
        complete(fixture.binding, notification, NDIS_STATUS_SUCCESS);
    }
    return answer(notification);
}

static NDIS_STATUS complete_twice(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    NDIS_STATUS status = pend_and_complete(context, notification);
    if (status == NDIS_STATUS_PENDING) {
        complete(fixture.binding, notification, NDIS_STATUS_SUCCESS);
    }
    return status;
}

static NDIS_STATUS complete_a_copy(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    static NET_PNP_EVENT_NOTIFICATION copy;
    if (code_of(notification) != NetEventReconfigure) {
        return answer(notification);
    }
    copy = *notification;
    complete(fixture.binding, &copy, NDIS_STATUS_SUCCESS);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS complete_for_another(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) != NetEventReconfigure) {
        return answer(notification);
    }
    complete(fixture.protocol, notification, NDIS_STATUS_SUCCESS);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS complete_with_pending(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) != NetEventReconfigure) {
        return answer(notification);
    }
    complete(fixture.binding, notification, NDIS_STATUS_PENDING);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS never_complete(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    return code_of(notification) == NetEventReconfigure ? NDIS_STATUS_PENDING : answer(notification);
}

#define RECONFIGURE BOUND "pnp(b0, event: reconfigure)\nunbind(b0)\n"

// === PNP-NOTSUPPORTED, PNP-MUST-SUCCEED ===

static NDIS_STATUS not_supported(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    return code_of(notification) == NetEventPnPCapabilities ? NDIS_STATUS_NOT_SUPPORTED
                                                            : answer(notification);
}

static NDIS_STATUS fail_list(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    return code_of(notification) == NetEventBindList ? NDIS_STATUS_FAILURE : answer(notification);
}

static NDIS_STATUS fail_restart(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    return code_of(notification) == NetEventRestart ? NDIS_STATUS_RESOURCES : answer(notification);
}

// A removal may be vetoed, and ports not be wanted.
static NDIS_STATUS veto(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) == NetEventQueryRemoveDevice ||
        code_of(notification) == NetEventPortActivation) {
        fixture_reached();
        return NDIS_STATUS_FAILURE;
    }
    return answer(notification);
}

#define QUERY_REMOVE BOUND "pnp(b0, event: query_remove)\npnp(b0, event: port_activation)\nunbind(b0)\n"

// === POWER-NOWAIT, POWER-OID ===

static NDIS_STATUS wait_for_sends(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) == NetEventSetPower) {
        fixture_reached();
        NdisWaitEvent(&fixture.sends_done, 10);
    }
    return answer(notification);
}

#define WAKE "power(b0, to: d0)\nadvance(ms: 20)\nclose(f0)\nunbind(b0)\n"
#define SLEEP_WITH_SEND WRITTEN "power(b0)\nadvance(ms: 20)\ncomplete(b0)\n" WAKE
#define SLEEP_AFTER_SEND WRITTEN "complete(b0)\npower(b0)\nadvance(ms: 20)\n" WAKE

static NTSTATUS write_and_query(IRP *irp) {
    NDIS_OID_REQUEST oid;
    ULONG speed;
    fixture_fill_oid(&oid, /*is_set=*/false, OID_GEN_LINK_SPEED, &speed, sizeof(speed));
    fixture_oid(&oid);
    fixture_reached();
    return fixture_write(irp);
}

#define WRITE_ASLEEP \
    RUNNING "f0 = create(a0)\npower(b0)\nwrite(f0)\npower(b0, to: d0)\nclose(f0)\nunbind(b0)\n"
#define WRITE_AWAKE                                      \
    RUNNING "f0 = create(a0)\npower(b0)\npower(b0, to: " \
            "d0)\nwrite(f0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

static NDIS_STATUS pause_and_query(NET_PNP_EVENT_NOTIFICATION *notification) {
    NDIS_OID_REQUEST oid;
    ULONG speed;
    (void)notification;
    fixture_fill_oid(&oid, /*is_set=*/false, OID_GEN_LINK_SPEED, &speed, sizeof(speed));
    fixture_oid(&oid);
    fixture_stop();
    fixture_reached();
    return NDIS_STATUS_SUCCESS;
}

#define SLEEP RUNNING "power(b0)\nunbind(b0)\n"
#define PAUSE RUNNING "pause(b0)\nunbind(b0)\n"

// === RESTART-BUFFER ===

static NDIS_STATUS look_into_restart(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) == NetEventRestart) {
        NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = notification->NetPnPEvent.Buffer;
        for (NDIS_RESTART_ATTRIBUTES *at = parameters->RestartAttributes; at != NULL; at = at->Next) {
            if (at->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES &&
                ((NDIS_RESTART_GENERAL_ATTRIBUTES *)at->Data)->MtuSize == 1400) {
                fixture_reached();
            }
        }
    }
    return answer(notification);
}

static NDIS_STATUS look_into_list(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = notification->NetPnPEvent.Buffer;
    if (code_of(notification) == NetEventRestart && parameters != NULL) {
        fixture.kept[1] = parameters->RestartAttributes->Next;
        fixture_reached();
    }
    return answer(notification);
}

#define RESTART_WITH(what) BOUND "restart(b0" what ")\nunbind(b0)\n"

// === RESET-QUIET ===

#define RESET_AND_WRITE                                                                        \
    RUNNING                                                                                    \
    "f0 = create(a0)\nreset(b0, part: start)\nwrite(f0)\nreset(b0, part: end)\ncomplete(b0)\n" \
    "close(f0)\nunbind(b0)\n"
#define WRITE_BEGUN_BEFORE_RESET                                                                      \
    RUNNING "f0 = create(a0)\nwrite(f0) (at: 3 -> 0)\nreset(b0, part: start)\nreset(b0, part: end)\n" \
            "complete(b0)\nclose(f0)\nunbind(b0)\n"
#define WRITE_AND_RESET WRITTEN "reset(b0)\nclose(f0)\nunbind(b0)\n"
#define RESET_AND_QUERY RUNNING "f0 = create(a0)\nreset(b0, part: start)\nwrite(f0)\n"

static NTSTATUS write_reached(IRP *irp) {
    fixture_reached();
    return fixture_write(irp);
}

static NTSTATUS query_only(IRP *irp) {
    ULONG speed;
    NDIS_OID_REQUEST oid;
    fixture_fill_oid(&oid, /*is_set=*/false, OID_GEN_LINK_SPEED, &speed, sizeof(speed));
    if (fixture_oid(&oid) == NDIS_STATUS_SUCCESS) {
        fixture_reached();
    }
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void end_reset_send(NET_BUFFER_LIST *nbl) {
    if (nbl->Status == NDIS_STATUS_RESET_IN_PROGRESS) {
        fixture_reached();
    }
    fixture_end_send(nbl);
}

// === IRQL-OID ===

static NTSTATUS query_at(IRP *irp, KIRQL irql) {
    ULONG speed;
    KIRQL old_irql;
    NDIS_OID_REQUEST oid;
    fixture_fill_oid(&oid, /*is_set=*/false, OID_GEN_LINK_SPEED, &speed, sizeof(speed));
    KeRaiseIrql(irql, &old_irql);
    NdisOidRequest(fixture.binding, &oid);
    KeLowerIrql(old_irql);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS query_at_device_level(IRP *irp) { return query_at(irp, DISPATCH_LEVEL + 1); }
static NTSTATUS query_at_dispatch(IRP *irp) { return query_at(irp, DISPATCH_LEVEL); }

static NTSTATUS cancel_at_device_level(IRP *irp) {
    KIRQL old_irql;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old_irql);
    NdisCancelOidRequest(fixture.binding, irp);
    KeLowerIrql(old_irql);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === STUCK ===

static void wait_in_status(NDIS_STATUS_INDICATION *indication) {
    (void)indication;
    NdisWaitEvent(&fixture.sends_done, 0);
}

static void look_at_status(NDIS_STATUS_INDICATION *indication) {
    if (((NDIS_LINK_STATE *)indication->StatusBuffer)->MediaConnectState == MediaConnectStateConnected) {
        fixture_reached();
    }
}

static NDIS_STATUS wait_in_event(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (code_of(notification) == NetEventReconfigure) {
        NdisWaitEvent(&fixture.sends_done, 0);
    }
    return answer(notification);
}

// === MEM-WILD ===

static void keep_status(NDIS_STATUS_INDICATION *indication) {
    fixture.kept[0] = indication;
    fixture_reached();
}

static NDIS_STATUS look_at_kept_status(NDIS_HANDLE unbind_context) {
    fixture.kept[1] = (void *)(uintptr_t)((NDIS_STATUS_INDICATION *)fixture.kept[0])->StatusCode;
    return fixture_unbind(unbind_context);
}

static NDIS_STATUS keep_event(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    fixture.kept[0] = notification;
    fixture_reached();
    return answer(notification);
}

static NDIS_STATUS look_at_kept_event(NDIS_HANDLE unbind_context) {
    fixture.kept[1] = (void *)(uintptr_t)code_of(fixture.kept[0]);
    return fixture_unbind(unbind_context);
}

static const struct check_case cases[] = {
    {.rule = "PNP-COMPLETE",
     .title =
         "poolproof: PNP-COMPLETE: PnP event completed and answered too in NetPnPEvent(Reconfigure)",
     .catches.event = complete_and_answer,
     .silent.event = pend_and_complete,
     .program = RECONFIGURE},
    {.rule = "PNP-COMPLETE",
     .title =
         "poolproof: PNP-COMPLETE: PnP event completed that does not pend in NetPnPEvent(Reconfigure)",
     .catches.event = complete_twice,
     .silent.event = pend_and_complete,
     .program = RECONFIGURE},
    {.rule = "PNP-COMPLETE",
     .title =
         "poolproof: PNP-COMPLETE: PnP event completed that does not pend in NetPnPEvent(Reconfigure)",
     .catches.event = complete_a_copy,
     .silent.event = pend_and_complete,
     .program = RECONFIGURE},
    {.rule = "PNP-COMPLETE",
     .title = "poolproof: PNP-COMPLETE: PnP event completed with the handle of another binding in "
              "NetPnPEvent(Reconfigure)",
     .catches.event = complete_for_another,
     .silent.event = pend_and_complete,
     .program = RECONFIGURE},
    {.rule = "PNP-COMPLETE",
     .title = "poolproof: PNP-COMPLETE: PnP event completed with PENDING in NetPnPEvent(Reconfigure)",
     .catches.event = complete_with_pending,
     .silent.event = pend_and_complete,
     .program = RECONFIGURE},
    {.rule = "PNP-COMPLETE",
     .title = "poolproof: PNP-COMPLETE: PnP event never completed in NetPnPEvent(Reconfigure)",
     .catches.event = never_complete,
     .silent.event = pend_and_complete,
     .program = BOUND "pnp(b0, event: reconfigure)\n"},
    {.rule = "PNP-NOTSUPPORTED",
     .advice_count = 1,
     .catches.event = not_supported,
     .silent.event = event_reached,
     .program = BOUND "pnp(b0, event: pnp_capabilities)\nunbind(b0)\n"},
    {.rule = "PNP-MUST-SUCCEED",
     .advice_count = 1,
     .catches.event = fail_list,
     .silent.event = event_reached,
     .program = BOUND "pnp_all(event: bind_list)\nunbind(b0)\n"},
    {.rule = "PNP-MUST-SUCCEED",
     .advice_count = 1,
     .catches.event = fail_restart,
     .silent.event = veto,
     .program = RUNNING,
     .silent_program = QUERY_REMOVE},
    {.rule = "POWER-NOWAIT",
     .advice_count = 1,
     .catches.event = wait_for_sends,
     .silent.event = wait_for_sends,
     .program = SLEEP_WITH_SEND,
     .silent_program = SLEEP_AFTER_SEND},
    {.rule = "POWER-OID",
     .title = "poolproof: POWER-OID: OID request to an adapter that sleeps in IRP_MJ_WRITE",
     .catches.write = write_and_query,
     .silent.write = write_and_query,
     .program = WRITE_ASLEEP,
     .silent_program = WRITE_AWAKE},
    {.rule = "POWER-OID",
     .title = "poolproof: POWER-OID: OID request to an adapter that sleeps in NetPnPEvent(Pause)",
     .catches.pause = pause_and_query,
     .silent.pause = pause_and_query,
     .program = SLEEP,
     .silent_program = PAUSE},
    {.rule = "RESTART-BUFFER",
     .title = "poolproof: RESTART-BUFFER: parameters used that a restart does not have in "
              "NetPnPEvent(Restart)",
     .catches.event = look_into_restart,
     .silent.event = look_into_restart,
     .program = RESTART_WITH(""),
     .silent_program = RESTART_WITH(", buffer: attributes, mtu: 1400")},
    {.rule = "RESTART-BUFFER",
     .title = "poolproof: RESTART-BUFFER: parameters used that a restart does not have in "
              "NetPnPEvent(Restart)",
     .catches.event = look_into_list,
     .silent.event = look_into_list,
     .program = RESTART_WITH(", buffer: filters"),
     .silent_program = RESTART_WITH(", buffer: attributes")},
    {.rule = "RESET-QUIET",
     .advice_count = 1,
     .catches.write = fixture_write,
     .silent.send_complete = end_reset_send,
     .program = RESET_AND_WRITE,
     .silent_program = WRITE_AND_RESET},
    {.rule = "RESET-QUIET",
     .advice_count = 1,
     .catches.write = query_only,
     .silent.write = query_only,
     .program = RESET_AND_QUERY,
     .silent_program = WRITTEN},
    {.rule = "RESET-QUIET",
     .advice_count = 1,
     .catches.write = fixture_write,
     .silent.write = write_reached,
     .program = RESET_AND_WRITE,
     .silent_program = WRITE_BEGUN_BEFORE_RESET},
    {.rule = "IRQL-OID",
     .title = "poolproof: IRQL-OID: OID request above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = query_at_device_level,
     .silent.write = query_at_dispatch,
     .program = WRITTEN},
    {.rule = "IRQL-OID",
     .title = "poolproof: IRQL-OID: OID request cancelled above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = cancel_at_device_level,
     .silent.write = query_at_dispatch,
     .program = WRITTEN},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: status indication never returns, waits for an event that nobody sets "
              "in StatusEx",
     .catches.status = wait_in_status,
     .silent.status = look_at_status,
     .program = BOUND "status(b0, irql: passive)\n"},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: PnP event never finishes, waits for an event that nobody sets in "
              "NetPnPEvent(Reconfigure)",
     .catches.event = wait_in_event,
     .silent.event = event_reached,
     .program = BOUND "pnp(b0, event: reconfigure)\n"},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory read that is not the driver's in UnbindAdapter",
     .catches = {.status = keep_status, .unbind = look_at_kept_status},
     .silent.status = keep_status,
     .program = BOUND "status(b0)\nunbind(b0)\n",
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory read that is not the driver's in UnbindAdapter",
     .catches = {.event = keep_event, .unbind = look_at_kept_event},
     .silent.event = keep_event,
     .program = BOUND "unbind(b0)\n",
     .build = CHECK_WITH_GUARD},
};

int main(void) { return CHECK_RUN("events", cases); }
