// SPDX-License-Identifier: MIT
// Rules about how a binding begins: its open, the completion of bind and unbind, its handle and context.
#include "fixture.h"

#define BIND_ONLY "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\n"
#define BIND_FAILS "a0 = adapter()\nb0 = bind(a0)\n"
#define OPEN_FAILS "a0 = adapter()\nb0 = bind(a0)                  (outcome: open = failure)\n"
#define OPEN_PENDS "a0 = adapter()\nb0 = bind(a0)                  (outcome: open = pending)\n"
#define OPEN_ENDS OPEN_PENDS "finish_open(b0)\nunbind(b0)\n"
#define WRITE_ONLY "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nclose(f0)\n"
#define CLOSE_ENDS \
    "a0 = adapter()\nb0 = bind(a0)\nunbind(b0) (outcome: close = pending)\nfinish_close(b0)\n"

static NDIS_STATUS bind_reached(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

// === OPEN-CONTEXT ===

static NTSTATUS keep_and_end(IRP *irp) {
    NDIS_BIND_PARAMETERS parameters = {.AdapterName = NULL};
    fixture_open(fixture.kept[0], &parameters);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NDIS_STATUS bind_and_keep(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture.kept[0] = bind_context;
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS open_with_null(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    (void)bind_context;
    return fixture_open(NULL, parameters);
}

static NDIS_STATUS open_without_protocol(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_HANDLE protocol = fixture.protocol;
    fixture.protocol = NULL;
    NDIS_STATUS status = fixture_open(bind_context, parameters);
    fixture.protocol = protocol;
    return status;
}

static NDIS_STATUS open_twice(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS open_after_close(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    fixture_close();
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

// Another open after one that has failed.
static NDIS_STATUS open_after_failure(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    NDIS_STATUS status = fixture_open(bind_context, parameters);
    fixture_reached();
    return status;
}

// === OPEN-STORAGE ===

static void fill_open(NDIS_OPEN_PARAMETERS *open, NDIS_BIND_PARAMETERS *parameters, NDIS_MEDIUM *medium,
                      UINT *selected) {
    NdisZeroMemory(open, sizeof(*open));
    open->Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open->Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open->Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open->AdapterName = parameters->AdapterName;
    *medium = NdisMedium802_3;
    open->MediumArray = medium;
    open->MediumArraySize = 1;
    open->SelectedMediumIndex = selected;
}

static void free_after_failure(NDIS_STATUS status) {
    if (status != NDIS_STATUS_SUCCESS) {
        fixture_free_pools();
    }
}

// The bind ends with the open.
static void complete_bind(NDIS_STATUS status) {
    free_after_failure(status);
    NdisCompleteBindAdapterEx(fixture.kept[0], status);
    fixture_reached();
}

static NDIS_STATUS pend_with_output(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters,
                                    UINT *selected) {
    NDIS_MEDIUM medium;
    NDIS_OPEN_PARAMETERS open;
    fixture.kept[0] = bind_context;
    fixture_make_pools();
    fill_open(&open, parameters, &medium, selected);
    return NdisOpenAdapterEx(fixture.protocol, &fixture, &open, bind_context, &fixture.binding);
}

static NDIS_STATUS pend_with_stack(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    UINT selected;
    return pend_with_output(bind_context, parameters, &selected);
}

static NDIS_STATUS pend_with_freed_memory(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    UINT *selected = fixture_take_memory(sizeof(*selected));
    NDIS_STATUS status = pend_with_output(bind_context, parameters, selected);
    NdisFreeMemory(selected, 0, 0);
    return status;
}

static NDIS_STATUS pend_with_global(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    return pend_with_output(bind_context, parameters, (UINT *)&fixture.kept[1]);
}

// === OPEN-EARLY-USE ===

static NDIS_STATUS close_after_failed_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_open(bind_context, parameters);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisCloseAdapterEx(fixture.binding);
    }
    return status;
}

static NDIS_STATUS send_while_open_pends(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = pend_with_global(bind_context, parameters);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    fixture.binding = (NDIS_HANDLE)0x5d0200000000;  // what the open is going to give
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return status;
}

static NDIS_STATUS ask_after_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    NDIS_STRING name;
    if (status == NDIS_STATUS_SUCCESS &&
        NdisQueryAdapterInstanceName(&name, fixture.binding) == NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(name.Buffer, 0, 0);
        fixture_reached();
    }
    return status;
}

static NTSTATUS ask_of_null(IRP *irp) {
    NDIS_STRING name;
    NdisQueryAdapterInstanceName(&name, NULL);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === OPEN-FRAMETYPES ===

static NDIS_STATUS open_with_types(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters,
                                   UINT count) {
    static NET_FRAME_TYPE types[NDIS_MAX_FRAME_TYPES_PER_OPEN + 1];
    NDIS_MEDIUM medium;
    UINT selected;
    NDIS_OPEN_PARAMETERS open;
    fixture_make_pools();
    fill_open(&open, parameters, &medium, &selected);
    open.FrameTypeArray = types;
    open.FrameTypeArraySize = count;
    fixture_reached();
    return NdisOpenAdapterEx(fixture.protocol, &fixture, &open, bind_context, &fixture.binding);
}

static NDIS_STATUS open_with_many_types(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    return open_with_types(bind_context, parameters, NDIS_MAX_FRAME_TYPES_PER_OPEN + 1);
}

static NDIS_STATUS open_with_enough_types(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    return open_with_types(bind_context, parameters, NDIS_MAX_FRAME_TYPES_PER_OPEN);
}

// === BIND-COMPLETE ===

static NDIS_STATUS complete_and_succeed(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    NdisCompleteBindAdapterEx(bind_context, status);
    return status;
}

static NDIS_STATUS complete_bind_twice(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    complete_and_succeed(bind_context, parameters);
    NdisCompleteBindAdapterEx(bind_context, NDIS_STATUS_SUCCESS);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS complete_bind_of_null(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NdisCompleteBindAdapterEx(NULL, NDIS_STATUS_SUCCESS);
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS complete_bind_pending(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_bind(bind_context, parameters);
    NdisCompleteBindAdapterEx(bind_context, NDIS_STATUS_PENDING);
    return NDIS_STATUS_PENDING;
}

static NTSTATUS complete_bind_in_write(IRP *irp) {
    NdisCompleteBindAdapterEx(fixture.kept[0], NDIS_STATUS_SUCCESS);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// A failure, after PENDING, with all released.
static NDIS_STATUS pend_and_fail(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    (void)parameters;
    NdisCompleteBindAdapterEx(bind_context, NDIS_STATUS_RESOURCES);
    fixture_reached();
    return NDIS_STATUS_PENDING;
}

// === UNBIND-COMPLETE ===

static NDIS_STATUS complete_and_end(NDIS_HANDLE unbind_context) {
    fixture_unbind(unbind_context);
    NdisCompleteUnbindAdapterEx(unbind_context);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS complete_unbind_twice(NDIS_HANDLE unbind_context) {
    complete_and_end(unbind_context);
    NdisCompleteUnbindAdapterEx(unbind_context);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS complete_unbind_of_null(NDIS_HANDLE unbind_context) {
    NdisCompleteUnbindAdapterEx(NULL);
    return fixture_unbind(unbind_context);
}

static NDIS_STATUS unbind_and_keep(NDIS_HANDLE unbind_context) {
    fixture.kept[0] = unbind_context;
    return fixture_unbind(unbind_context);
}

static void complete_old_unbind(void) { NdisCompleteUnbindAdapterEx(fixture.kept[0]); }

static NDIS_STATUS complete_unbind_at_once(NDIS_HANDLE unbind_context) {
    complete_and_end(unbind_context);
    fixture_reached();
    return NDIS_STATUS_PENDING;
}

// === UNBIND-CTX-LIFE ===

// Its context is a block of its own.
static NDIS_STATUS bind_with_context(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_MEDIUM medium;
    UINT selected;
    NDIS_OPEN_PARAMETERS open;
    fixture_make_pools();
    fill_open(&open, parameters, &medium, &selected);
    fixture.kept[1] = fixture_take_memory(64);
    return NdisOpenAdapterEx(fixture.protocol, (char *)fixture.kept[1] + 32, &open, bind_context,
                             &fixture.binding);
}

static NDIS_STATUS free_context_and_unbind(NDIS_HANDLE unbind_context) {
    NdisFreeMemory(fixture.kept[1], 0, 0);
    return fixture_unbind(unbind_context);
}

static NDIS_STATUS free_context_while_close_pends(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    NdisCloseAdapterEx(fixture.binding);
    NdisFreeMemory(fixture.kept[1], 0, 0);
    fixture_free_pools();
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS pend_unbind(NDIS_HANDLE unbind_context) {
    fixture.kept[0] = unbind_context;
    NdisCloseAdapterEx(fixture.binding);
    return NDIS_STATUS_PENDING;
}

static void free_context_in_completion(void) {
    NdisFreeMemory(fixture.kept[1], 0, 0);
    fixture_free_pools();
    NdisCompleteUnbindAdapterEx(fixture.kept[0]);
    fixture_reached();
}

static NDIS_STATUS unbind_and_free_context(NDIS_HANDLE unbind_context) {
    NDIS_STATUS status = fixture_unbind(unbind_context);
    NdisFreeMemory(fixture.kept[1], 0, 0);
    fixture_reached();
    return status;
}

// A close waits for the receive callback, which goes on meanwhile.
static void receive_for_long(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    NdisMSleep(10 * 1000);
    fixture_reached();
}

static void receive_and_free_context(NET_BUFFER_LIST *chain, ULONG flags) {
    receive_for_long(chain, flags);
    NdisFreeMemory(fixture.kept[1], 0, 0);
}

#define RECEIVED_DURING_CLOSE "a0 = adapter()\nb0 = bind(a0)\nreceive(b0, irql: passive)\nunbind(b0)\n"

// === UNBINDADAPTER-HANDLE ===

static NTSTATUS unbind_and_send(IRP *irp) {
    NdisUnbindAdapter(fixture.binding);
    return fixture_write(irp);
}

// The unbind is over before the call returns, and with it the handle.
static NTSTATUS unbind_and_ask(IRP *irp) {
    NDIS_STRING name;
    NdisUnbindAdapter(fixture.binding);
    NdisQueryAdapterInstanceName(&name, fixture.binding);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS ask_for_unbind(IRP *irp) {
    NdisUnbindAdapter(fixture.binding);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define UNBINDS_AT_ONCE                                             \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (outcome: unbind_adapter = success)\nclose(f0)\n"
#define UNBINDS_LATER WRITE_ONLY

static const struct check_case cases[] = {
    {.rule = "OPEN-CONTEXT",
     .title = "poolproof: OPEN-CONTEXT: adapter opened outside of its bind in IRP_MJ_WRITE",
     .catches = {.bind = bind_and_keep, .write = keep_and_end},
     .silent.bind = bind_reached,
     .program = WRITE_ONLY,
     .silent_program = BIND_ONLY},
    {.rule = "OPEN-CONTEXT",
     .title =
         "poolproof: OPEN-CONTEXT: adapter opened with something that is no BindContext in BindAdapter",
     .catches.bind = open_with_null,
     .silent.bind = bind_reached,
     .program = BIND_FAILS},
    {.rule = "OPEN-CONTEXT",
     .title =
         "poolproof: OPEN-CONTEXT: adapter opened with something that is no protocol in BindAdapter",
     .catches.bind = open_without_protocol,
     .silent.bind = bind_reached,
     .program = BIND_FAILS},
    {.rule = "OPEN-CONTEXT",
     .title = "poolproof: OPEN-CONTEXT: adapter opened twice in a bind in BindAdapter",
     .catches.bind = open_twice,
     .silent.bind = open_after_close,
     .program = BIND_ONLY},
    {.rule = "OPEN-CONTEXT",
     .title = "poolproof: OPEN-CONTEXT: adapter opened twice in a bind in BindAdapter",
     .catches.bind = open_twice,
     .silent.bind = open_after_failure,
     .program = BIND_ONLY,
     .silent_program = OPEN_FAILS},
    {.rule = "OPEN-STORAGE",
     .title = "poolproof: OPEN-STORAGE: results of a pending open on a dead stack in BindAdapter",
     .catches = {.bind = pend_with_stack, .open_complete = complete_bind},
     .silent = {.bind = pend_with_global, .open_complete = complete_bind},
     .program = OPEN_ENDS},
    {.rule = "OPEN-STORAGE",
     .title = "poolproof: OPEN-STORAGE: results of a pending open in freed memory, freed in BindAdapter",
     .catches = {.bind = pend_with_freed_memory, .open_complete = complete_bind},
     .silent.bind = bind_reached,
     .program = OPEN_ENDS},
    {.rule = "OPEN-EARLY-USE",
     .title = "poolproof: OPEN-EARLY-USE: something closed that is no binding in BindAdapter",
     .catches.bind = close_after_failed_open,
     .silent.bind = ask_after_open,
     .program = OPEN_FAILS,
     .silent_program = BIND_ONLY},
    {.rule = "OPEN-EARLY-USE",
     .title = "poolproof: OPEN-EARLY-USE: send before the adapter is open in BindAdapter",
     .catches = {.bind = send_while_open_pends, .open_complete = complete_bind},
     .silent.bind = ask_after_open,
     .program = OPEN_PENDS,
     .silent_program = OPEN_ENDS},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: name asked for on something that is no binding in IRP_MJ_WRITE",
     .catches.write = ask_of_null,
     .silent.bind = ask_after_open,
     .program = WRITE_ONLY},
    {.rule = "OPEN-FRAMETYPES",
     .advice_count = 1,
     .catches.bind = open_with_many_types,
     .silent.bind = open_with_enough_types,
     .program = BIND_ONLY},
    {.rule = "BIND-COMPLETE",
     .title = "poolproof: BIND-COMPLETE: bind completed and answered, too in BindAdapter",
     .catches.bind = complete_and_succeed,
     .silent = {.bind = pend_with_global, .open_complete = complete_bind},
     .program = BIND_ONLY,
     .silent_program = OPEN_ENDS},
    {.rule = "BIND-COMPLETE",
     .title = "poolproof: BIND-COMPLETE: bind completed again in BindAdapter",
     .catches.bind = complete_bind_twice,
     .silent.bind = pend_and_fail,
     .program = BIND_FAILS},
    {.rule = "BIND-COMPLETE",
     .title = "poolproof: BIND-COMPLETE: something completed that is no bind in BindAdapter",
     .catches.bind = complete_bind_of_null,
     .silent.bind = pend_and_fail,
     .program = BIND_FAILS},
    {.rule = "BIND-COMPLETE",
     .title = "poolproof: BIND-COMPLETE: bind completed as pending in BindAdapter",
     .catches.bind = complete_bind_pending,
     .silent.bind = pend_and_fail,
     .program = BIND_FAILS},
    {.rule = "BIND-COMPLETE",
     .title = "poolproof: BIND-COMPLETE: bind completed that did not pend in IRP_MJ_WRITE",
     .catches = {.bind = bind_and_keep, .write = complete_bind_in_write},
     .silent.bind = pend_and_fail,
     .program = WRITE_ONLY,
     .silent_program = BIND_FAILS},
    {.rule = "UNBIND-COMPLETE",
     .title = "poolproof: UNBIND-COMPLETE: unbind completed and answered, too in UnbindAdapter",
     .catches.unbind = complete_and_end,
     .silent.unbind = complete_unbind_at_once,
     .program = BIND_ONLY},
    {.rule = "UNBIND-COMPLETE",
     .title = "poolproof: UNBIND-COMPLETE: unbind completed again in UnbindAdapter",
     .catches.unbind = complete_unbind_twice,
     .silent.unbind = complete_unbind_at_once,
     .program = BIND_ONLY},
    {.rule = "UNBIND-COMPLETE",
     .title = "poolproof: UNBIND-COMPLETE: something completed that is no unbind in UnbindAdapter",
     .catches.unbind = complete_unbind_of_null,
     .silent.unbind = complete_unbind_at_once,
     .program = BIND_ONLY},
    {.rule = "UNBIND-COMPLETE",
     .title = "poolproof: UNBIND-COMPLETE: unbind completed that did not pend in DriverUnload",
     .catches = {.unbind = unbind_and_keep, .unload = complete_old_unbind},
     .silent.unbind = complete_unbind_at_once,
     .program = BIND_ONLY},
    {.rule = "UNBIND-CTX-LIFE",
     .title = "poolproof: UNBIND-CTX-LIFE: binding context freed while NDIS may call with it in "
              "UnbindAdapter",
     .catches = {.bind = bind_with_context, .unbind = free_context_and_unbind},
     .silent = {.bind = bind_with_context, .unbind = unbind_and_free_context},
     .program = BIND_ONLY},
    {.rule = "UNBIND-CTX-LIFE",
     .title = "poolproof: UNBIND-CTX-LIFE: binding context freed while NDIS may call with it in "
              "UnbindAdapter",
     .catches = {.bind = bind_with_context, .unbind = free_context_while_close_pends},
     .silent = {.bind = bind_with_context,
                .unbind = pend_unbind,
                .close_complete = free_context_in_completion},
     .program = CLOSE_ENDS},
    {.rule = "UNBIND-CTX-LIFE",
     .title = "poolproof: UNBIND-CTX-LIFE: binding context freed while NDIS may call with it in "
              "ReceiveNetBufferLists",
     .catches = {.bind = bind_with_context, .receive = receive_and_free_context},
     .silent = {.bind = bind_with_context,
                .unbind = unbind_and_free_context,
                .receive = receive_for_long},
     .program = RECEIVED_DURING_CLOSE},
    {.rule = "UNBINDADAPTER-HANDLE",
     .title = "poolproof: UNBINDADAPTER-HANDLE: send after NdisUnbindAdapter in IRP_MJ_WRITE",
     .catches.write = unbind_and_send,
     .silent.write = ask_for_unbind,
     .program = UNBINDS_LATER,
     .silent_program = UNBINDS_AT_ONCE},
    {.rule = "UNBINDADAPTER-HANDLE",
     .title = "poolproof: UNBINDADAPTER-HANDLE: name asked for on a closed binding in IRP_MJ_WRITE",
     .catches = {.write = unbind_and_ask},
     .silent.write = ask_for_unbind,
     .program = UNBINDS_AT_ONCE,
     .silent_program = UNBINDS_LATER},
};

int main(void) { return CHECK_RUN("opens", cases); }
