// SPDX-License-Identifier: MIT
// Rules about registrations.
#include "fixture.h"

#define BIND_ONLY "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\n"

// === REG-CHARS ===

// Registers a second protocol, changed so.
static NTSTATUS register_changed(void (*change)(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries)) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS entries;
    fixture_fill_entries(&entries);
    change(&entries);
    NDIS_HANDLE protocol;
    if (NdisRegisterProtocolDriver(NULL, &entries, &protocol) == NDIS_STATUS_SUCCESS) {
        NdisDeregisterProtocolDriver(protocol);
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

static void clear_type(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) { entries->Header.Type = 0; }
static void shorten(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) { entries->Header.Size -= 8; }
static void ask_for_ndis5(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    entries->MajorNdisVersion = 5;
}
static void clear_receive(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    entries->ReceiveNetBufferListsHandler = NULL;
}
static void set_flags(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) { entries->Flags = 1; }

// As a driver for NDIS 6.0 does.
static void use_revision_1(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    entries->Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    entries->Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    entries->MinorNdisVersion = 0;
    entries->UninstallHandler = NULL;
}

static NTSTATUS register_without_type(void) { return register_changed(clear_type); }
static NTSTATUS register_too_short(void) { return register_changed(shorten); }
static NTSTATUS register_for_ndis5(void) { return register_changed(ask_for_ndis5); }
static NTSTATUS register_without_receive(void) { return register_changed(clear_receive); }
static NTSTATUS register_with_flags(void) { return register_changed(set_flags); }
static NTSTATUS register_revision_1(void) { return register_changed(use_revision_1); }

// === REG-FAIL-DEREG, DEREG-ONCE ===

static NTSTATUS fail_with_protocol(void) {
    IoDeleteDevice(fixture.device);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS fail_cleanly(void) {
    NdisDeregisterProtocolDriver(fixture.protocol);
    IoDeleteDevice(fixture.device);
    fixture_reached();
    return STATUS_UNSUCCESSFUL;
}

static void forget_protocol(void) { fixture.protocol = NULL; }
static void deregister_too(void) { NdisDeregisterProtocolDriver(fixture.protocol); }
static void deregister_device(void) { NdisDeregisterProtocolDriver(fixture.device); }

static void deregister_once(void) {
    NdisDeregisterProtocolDriver(fixture.protocol);
    fixture.protocol = NULL;
    fixture_reached();
}

// === DEREG-CONTEXT ===

static NDIS_STATUS deregister_in_unbind(NDIS_HANDLE unbind_context) {
    NdisDeregisterProtocolDriver(fixture.protocol);
    fixture.protocol = NULL;
    return fixture_unbind(unbind_context);
}

// === REENUM-CONTEXT ===

static NDIS_STATUS reenumerate_in_bind(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NdisReEnumerateProtocolBindings(fixture.protocol);
    return fixture_bind(bind_context, parameters);
}

// An event about one binding, or about all: then its context is NULL.
static NDIS_STATUS reenumerate_in_event(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)context;
    if (notification->NetPnPEvent.NetEvent == NetEventReconfigure) {
        NdisReEnumerateProtocolBindings(fixture.protocol);
        fixture_reached();
    }
    return NDIS_STATUS_SUCCESS;
}

#define RECONFIGURE "a0 = adapter()\nb0 = bind(a0)\npnp(b0, event: reconfigure)\nunbind(b0)\n"
#define RECONFIGURE_ALL "a0 = adapter()\nb0 = bind(a0)\npnp_all(event: reconfigure)\nunbind(b0)\n"

static NDIS_STATUS reenumerate_in_restart(void) {
    NdisReEnumerateProtocolBindings(fixture.protocol);
    return NDIS_STATUS_SUCCESS;
}

static NTSTATUS reenumerate_in_write(IRP *irp) {
    NdisReEnumerateProtocolBindings(fixture.protocol);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS reenumerate_nothing(IRP *irp) {
    NdisReEnumerateProtocolBindings(NULL);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define WRITE_ONLY "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nclose(f0)\n"
#define RESTART_ONLY "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n"

static const struct check_case cases[] = {
    {.rule = "REG-CHARS",
     .title = "poolproof: REG-CHARS: protocol registered with a wrong header in DriverEntry",
     .catches.load = register_without_type,
     .silent.load = register_revision_1},
    {.rule = "REG-CHARS",
     .title = "poolproof: REG-CHARS: protocol registered with a wrong header in DriverEntry",
     .catches.load = register_too_short,
     .silent.load = register_revision_1},
    {.rule = "REG-CHARS",
     .title = "poolproof: REG-CHARS: protocol registered for another version of NDIS in DriverEntry",
     .catches.load = register_for_ndis5,
     .silent.load = register_revision_1},
    {.rule = "REG-CHARS",
     .title =
         "poolproof: REG-CHARS: protocol registered without an entry that it must have in DriverEntry",
     .catches.load = register_without_receive,
     .silent.load = register_revision_1},
    {.rule = "REG-CHARS",
     .title = "poolproof: REG-CHARS: protocol registered with Flags that are not 0 in DriverEntry",
     .catches.load = register_with_flags,
     .silent.load = register_revision_1},
    {.rule = "REG-FAIL-DEREG",
     .title = "poolproof: REG-FAIL-DEREG: DriverEntry failed with a protocol registered in DriverEntry",
     .catches.load = fail_with_protocol,
     .silent.load = fail_cleanly},
    {.rule = "DEREG-ONCE",
     .title = "poolproof: DEREG-ONCE: protocol still registered at unload, registered in DriverEntry",
     .catches.unload = forget_protocol,
     .silent.unload = deregister_once},
    {.rule = "DEREG-ONCE",
     .title = "poolproof: DEREG-ONCE: protocol deregistered again in DriverUnload",
     .catches.unload = deregister_too,
     .silent.unload = deregister_once},
    {.rule = "DEREG-ONCE",
     .title = "poolproof: DEREG-ONCE: something deregistered that is no protocol in DriverUnload",
     .catches.unload = deregister_device,
     .silent.unload = deregister_once},
    {.rule = "DEREG-CONTEXT",
     .title = "poolproof: DEREG-CONTEXT: protocol deregistered inside a call of NDIS in UnbindAdapter",
     .catches.unbind = deregister_in_unbind,
     .silent.unload = deregister_once,
     .program = BIND_ONLY},
    {.rule = "DEREG-ONCE",
     .title = "poolproof: DEREG-ONCE: bindings re-enumerated of something that is no protocol in "
              "IRP_MJ_WRITE",
     .catches.write = reenumerate_nothing,
     .silent.write = reenumerate_in_write,
     .program = WRITE_ONLY},
    {.rule = "REENUM-CONTEXT",
     .title = "poolproof: REENUM-CONTEXT: bindings re-enumerated inside a call about a binding in "
              "BindAdapter",
     .catches.bind = reenumerate_in_bind,
     .silent.write = reenumerate_in_write,
     .program = BIND_ONLY,
     .silent_program = WRITE_ONLY},
    {.rule = "REENUM-CONTEXT",
     .title = "poolproof: REENUM-CONTEXT: bindings re-enumerated inside a call about a binding in "
              "NetPnPEvent(Restart)",
     .catches.restart = reenumerate_in_restart,
     .silent.write = reenumerate_in_write,
     .program = RESTART_ONLY,
     .silent_program = WRITE_ONLY},
    {.rule = "REENUM-CONTEXT",
     .title = "poolproof: REENUM-CONTEXT: bindings re-enumerated inside a call about a binding in "
              "NetPnPEvent(Reconfigure)",
     .catches.event = reenumerate_in_event,
     .silent.event = reenumerate_in_event,
     .program = RECONFIGURE,
     .silent_program = RECONFIGURE_ALL},
};

int main(void) { return CHECK_RUN("protocols", cases); }
