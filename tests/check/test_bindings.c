// SPDX-License-Identifier: MIT
// Rules about bindings, pause and restart, and about what never ends.
#include "fixture.h"

#define UP_TO_WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
#define BIND_ONLY "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\n"

// === BIND-FAIL-CLEAN ===

static NDIS_STATUS fail_bind_with_open_adapter(NDIS_HANDLE bind_context,
                                               NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    return NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS fail_bind_after_close(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    if (fixture_open(bind_context, parameters) == NDIS_STATUS_SUCCESS) {
        fixture_close();
        fixture_reached();
    }
    return NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS fail_bind_with_close_pending(NDIS_HANDLE bind_context,
                                                NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    NdisCloseAdapterEx(fixture.binding);
    return NDIS_STATUS_RESOURCES;
}

// The results of the open that is not waited for go where there is room for them.
static NDIS_STATUS open_without_wait(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_OPEN_PARAMETERS open;
    NDIS_MEDIUM medium = NdisMedium802_3;
    NdisZeroMemory(&open, sizeof(open));
    open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open.AdapterName = parameters->AdapterName;
    open.MediumArray = &medium;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = (UINT *)&fixture.kept[0];
    return NdisOpenAdapterEx(fixture.protocol, &fixture, &open, bind_context, &fixture.binding);
}

static NDIS_STATUS fail_bind_while_open_pends(NDIS_HANDLE bind_context,
                                              NDIS_BIND_PARAMETERS *parameters) {
    open_without_wait(bind_context, parameters);
    return NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS bind_while_open_pends(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    open_without_wait(bind_context, parameters);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS unbind_what_never_opened(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS bind_pending(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture.kept[0] = bind_context;
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    NdisCompleteBindAdapterEx(bind_context, status);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS bind_and_never_complete(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    (void)bind_context, (void)parameters;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS unbind_reached(NDIS_HANDLE unbind_context) {
    fixture_reached();
    return fixture_unbind(unbind_context);
}

#define BIND_FAILS "a0 = adapter()\nb0 = bind(a0)\n"
#define BIND_FAILS_CLOSE_PENDS \
    "a0 = adapter()\nb0 = bind(a0)                  (outcome: close = pending)\n"
#define BIND_FAILS_CLOSE_ENDS BIND_FAILS_CLOSE_PENDS "finish_close(b0)\n"
#define OPEN_PENDS "a0 = adapter()\nb0 = bind(a0)                  (outcome: open = pending)\n"
#define OPEN_ENDS OPEN_PENDS "finish_open(b0)\n"

// === CLOSE-* ===

// The sends are not waited for; the program's pause finds none.
static NDIS_STATUS pause_at_once(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture.is_running = false;
    fixture.holds--;
    return NDIS_STATUS_SUCCESS;
}

// A close out of turn: at the write, with the send out.
static NTSTATUS send_and_close(IRP *irp) {
    NTSTATUS status = fixture_write(irp);
    NdisCloseAdapterEx(fixture.binding);
    return status;
}

static NDIS_STATUS unbind_after_sends(NDIS_HANDLE unbind_context) {
    fixture_reached();
    return fixture_unbind(unbind_context);
}

static NDIS_STATUS close_null(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    NdisCloseAdapterEx(NULL);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS close_protocol(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    NdisCloseAdapterEx(fixture.protocol);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS close_before_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    (void)bind_context, (void)parameters;
    NdisCloseAdapterEx((NDIS_HANDLE)0x5d0200000000);  // what the open would give
    return NDIS_STATUS_FAILURE;
}

// No rule but this one is broken: nothing is out.
static NTSTATUS close_in_write(IRP *irp) {
    NdisCloseAdapterEx(fixture.binding);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// A close is part of a bind, too, and another open may follow it.
static NDIS_STATUS open_again(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_open(bind_context, parameters);
    fixture_close();
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS bind_reached(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS close_twice(NDIS_HANDLE unbind_context) {
    NdisCloseAdapterEx(fixture.binding);
    return fixture_unbind(unbind_context);
}

// Sends on a binding once its close has begun.
static NDIS_STATUS close_and_send(NDIS_HANDLE unbind_context) {
    NDIS_HANDLE binding = fixture.binding;
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    nbl->SourceHandle = binding;
    fixture_close();
    NdisSendNetBufferLists(binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    NdisFreeNetBufferList(nbl);
    fixture_free_pools();
    (void)unbind_context;
    return NDIS_STATUS_SUCCESS;
}

static NTSTATUS send_on_null(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NdisSendNetBufferLists(NULL, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static NTSTATUS write_reached(IRP *irp) {
    fixture_reached();
    return fixture_write(irp);
}

// Binds, closes and opens the adapter again in one bind: two lives of one binding.
static NDIS_STATUS send_before_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    fixture.binding = (NDIS_HANDLE)0x5d0200000000;
    nbl->SourceHandle = fixture.binding;
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    (void)bind_context, (void)parameters;
    return NDIS_STATUS_FAILURE;
}

// === UNBIND-* ===

static NDIS_STATUS fail_unbind(NDIS_HANDLE unbind_context) {
    fixture_unbind(unbind_context);
    return NDIS_STATUS_FAILURE;
}

static NDIS_STATUS unbind_without_close(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    fixture_free_pools();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS unbind_without_wait(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    NdisCloseAdapterEx(fixture.binding);
    fixture_free_pools();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS complete_unbind_without_wait(NDIS_HANDLE unbind_context) {
    NdisCloseAdapterEx(fixture.binding);
    fixture_free_pools();
    NdisCompleteUnbindAdapterEx(unbind_context);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS unbind_pending(NDIS_HANDLE unbind_context) {
    fixture.kept[0] = unbind_context;
    if (NdisCloseAdapterEx(fixture.binding) != NDIS_STATUS_PENDING) {
        fixture_free_pools();
        return NDIS_STATUS_SUCCESS;
    }
    return NDIS_STATUS_PENDING;
}

// The unbind ends where the close does.
static void end_unbind(void) {
    fixture_free_pools();
    NdisCompleteUnbindAdapterEx(fixture.kept[0]);
    fixture_reached();
}

static NDIS_STATUS unbind_and_never_complete(NDIS_HANDLE unbind_context) {
    fixture_unbind(unbind_context);
    return NDIS_STATUS_PENDING;
}

static void forget_close(void) {}

#define CLOSE_PENDS "a0 = adapter()\nb0 = bind(a0)\nunbind(b0) (outcome: close = pending)\n"
#define CLOSE_ENDS CLOSE_PENDS "finish_close(b0)\n"

// === PAUSE-*, PAUSED-SEND ===

static NDIS_STATUS fail_pause(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    return NDIS_STATUS_FAILURE;
}

static NDIS_STATUS pause_pending_and_fail(NET_PNP_EVENT_NOTIFICATION *notification) {
    fixture_stop();
    NdisCompleteNetPnPEvent(fixture.binding, notification, NDIS_STATUS_RESOURCES);
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS pause_and_never_complete(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    return NDIS_STATUS_PENDING;
}

// Answers PENDING; the last completion, or this itself, says that the pause is over.
static NDIS_STATUS pause_pending(NET_PNP_EVENT_NOTIFICATION *notification) {
    fixture.kept[0] = notification;
    NdisAcquireSpinLock(&fixture.lock);
    fixture.is_running = false;
    bool is_over = --fixture.holds == 0;
    NdisReleaseSpinLock(&fixture.lock);
    fixture_reached();
    return is_over ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

static void end_pause_at_last_send(NET_BUFFER_LIST *nbl) {
    fixture_end_send(nbl);
    if (fixture.kept[0] != NULL && fixture.holds == 0) {
        NdisCompleteNetPnPEvent(fixture.binding, fixture.kept[0], NDIS_STATUS_SUCCESS);
        fixture.kept[0] = NULL;
    }
}

static NDIS_STATUS unbind_stopped(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    fixture_close();
    fixture_free_pools();
    return NDIS_STATUS_SUCCESS;
}

static void lose_completion(NET_BUFFER_LIST *nbl) {
    fixture.holds++;  // one too many, so that the pause waits for ever
    fixture_end_send(nbl);
}

static NTSTATUS send_at_any_time(IRP *irp) {
    fixture.holds++;
    fixture_send(fixture_make_send(irp));
    return STATUS_PENDING;
}

#define PAUSE_WITH_SEND UP_TO_WRITE "pause(b0)\ncomplete(b0, irql: passive)\nclose(f0)\nunbind(b0)\n"
#define PAUSE_AFTER_SEND UP_TO_WRITE "complete(b0)\npause(b0)\nclose(f0)\nunbind(b0)\n"
#define WRITE_WHILE_PAUSING \
    UP_TO_WRITE "pause(b0)\nwrite(f0)\ncomplete(b0, count: 2)\nclose(f0)\nunbind(b0)\n"
#define WRITE_BEGUN_BEFORE_PAUSE                                                                       \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0) (at: 3 -> 0)\npause(b0)\n" \
    "complete(b0)\nclose(f0)\nunbind(b0)\n"
#define WRITE_WHILE_RESTARTED UP_TO_WRITE "complete(b0)\npause(b0)\nrestart(b0)\nwrite(f0)\nclose(f0)\n"
#define WRITE_BEFORE_RESTART \
    "a0 = adapter()\nb0 = bind(a0)\nf0 = create(a0)\nwrite(f0)\nclose(f0)\nunbind(b0)\n"
#define WRITE_WHEN_PAUSED                                                                            \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\npause(b0)\nwrite(f0)\nclose(f0)\n" \
    "unbind(b0)\n"

static NDIS_STATUS send_in_restart(void) {
    fixture_start();
    fixture_hold();
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    nbl->SourceHandle = fixture.binding;
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    fixture_reached();
    return NDIS_STATUS_SUCCESS;
}

static void free_and_release(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBufferList(nbl);
    fixture_release();
}

#define SEND_IN_RESTART "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\ncomplete(b0)\nunbind(b0)\n"

// === STUCK ===

static NTSTATUS wait_for_ever(void) {
    NdisWaitEvent(&fixture.sends_done, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_in_vain(void) {
    if (!NdisWaitEvent(&fixture.sends_done, 20000)) {
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

// At PASSIVE_LEVEL a completion may wait, but not for ever.
static void wait_in_completion(NET_BUFFER_LIST *nbl) {
    fixture_end_send(nbl);
    NdisResetEvent(&fixture.adapter_done);
    NdisWaitEvent(&fixture.adapter_done, 0);
}

static void sleep_in_completion(NET_BUFFER_LIST *nbl) {
    NdisMSleep(1000);
    fixture_end_send(nbl);
    fixture_reached();
}

#define COMPLETE_AT_PASSIVE UP_TO_WRITE "complete(b0, irql: passive)\n"

static NDIS_STATUS restart_and_wait(void) {
    NdisWaitEvent(&fixture.sends_done, 0);
    return NDIS_STATUS_SUCCESS;
}

static void unload_and_wait(void) { NdisWaitEvent(&fixture.sends_done, 0); }

static NTSTATUS write_late(IRP *irp) {
    NdisMSleep(29000 * 1000);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static const struct check_case cases[] = {
    {.rule = "BIND-FAIL-CLEAN",
     .title = "poolproof: BIND-FAIL-CLEAN: failed bind with the adapter open in BindAdapter",
     .catches.bind = fail_bind_with_open_adapter,
     .silent.bind = fail_bind_after_close,
     .program = BIND_FAILS},
    {.rule = "BIND-FAIL-CLEAN",
     .title = "poolproof: BIND-FAIL-CLEAN: failed bind with the adapter open in BindAdapter",
     .catches.bind = fail_bind_with_close_pending,
     .silent.bind = fail_bind_after_close,
     .program = BIND_FAILS_CLOSE_PENDS,
     .silent_program = BIND_FAILS_CLOSE_ENDS},
    {.rule = "BIND-FAIL-CLEAN",
     .title = "poolproof: BIND-FAIL-CLEAN: failed bind while the open pends in BindAdapter",
     .catches.bind = fail_bind_while_open_pends,
     .silent.bind = fail_bind_after_close,
     .program = OPEN_ENDS},
    {.rule = "CLOSE-SENDS-OUT",
     .title = "poolproof: CLOSE-SENDS-OUT: binding closed with sends out in IRP_MJ_WRITE",
     .detail = "1 sends out:\n  NBL n0: in flight\n",
     .catches.write = send_and_close,
     .silent.unbind = unbind_after_sends,
     .program = check_one_write},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: something closed that is no binding in UnbindAdapter",
     .catches.unbind = close_null,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: something closed that is no binding in UnbindAdapter",
     .catches.unbind = close_protocol,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: binding closed that is not open in BindAdapter",
     .catches.bind = close_before_open,
     .silent.bind = bind_reached,
     .program = BIND_FAILS},
    {.rule = "CLOSE-CONTEXT",
     .title = "poolproof: CLOSE-CONTEXT: binding closed outside of bind and unbind in IRP_MJ_WRITE",
     .catches.write = close_in_write,
     .silent.bind = open_again,
     .program = UP_TO_WRITE,
     .silent_program = BIND_ONLY},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: send on something that is no binding in IRP_MJ_WRITE",
     .catches.write = send_on_null,
     .silent.write = write_reached,
     .program = check_one_write},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: send on a closed binding in UnbindAdapter",
     .catches.unbind = close_and_send,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: send before the adapter is open in BindAdapter",
     .catches.bind = send_before_open,
     .silent.bind = bind_reached,
     .program = BIND_FAILS},
    {.rule = "CLOSE-TWICE",
     .title = "poolproof: CLOSE-TWICE: binding closed again in UnbindAdapter",
     .catches.unbind = close_twice,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "UNBIND-RETURN",
     .title = "poolproof: UNBIND-RETURN: unbind failed in UnbindAdapter",
     .catches.unbind = fail_unbind,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "UNBIND-CLOSES",
     .title = "poolproof: UNBIND-CLOSES: unbind finished without a close in UnbindAdapter",
     .catches.unbind = unbind_without_close,
     .silent.unbind = unbind_reached,
     .program = BIND_ONLY},
    {.rule = "UNBIND-CLOSES",
     .title = "poolproof: UNBIND-CLOSES: unbind finished while the open pends in UnbindAdapter",
     .catches = {.bind = bind_while_open_pends, .unbind = unbind_what_never_opened},
     .silent.unbind = unbind_reached,
     .program = OPEN_PENDS "unbind(b0)\n",
     .silent_program = OPEN_ENDS "unbind(b0)\n"},
    {.rule = "UNBIND-WAIT-CLOSE",
     .title = "poolproof: UNBIND-WAIT-CLOSE: unbind finished before its close in UnbindAdapter",
     .catches.unbind = unbind_without_wait,
     .silent = {.unbind = unbind_pending, .close_complete = end_unbind},
     .program = CLOSE_PENDS,
     .silent_program = CLOSE_ENDS},
    {.rule = "UNBIND-WAIT-CLOSE",
     .title = "poolproof: UNBIND-WAIT-CLOSE: unbind finished before its close in UnbindAdapter",
     .catches.unbind = complete_unbind_without_wait,
     .silent = {.unbind = unbind_pending, .close_complete = end_unbind},
     .program = CLOSE_PENDS,
     .silent_program = CLOSE_ENDS},
    {.rule = "UNBIND-DEADLINE",
     .title = "poolproof: UNBIND-DEADLINE: unbind never finishes, waits for an event that nobody sets "
              "in UnbindAdapter",
     .catches.close_complete = forget_close,
     .silent = {.unbind = unbind_pending, .close_complete = end_unbind},
     .program = CLOSE_PENDS,
     .silent_program = CLOSE_ENDS},
    {.rule = "UNBIND-DEADLINE",
     .title = "poolproof: UNBIND-DEADLINE: unbind never finishes, NdisCompleteUnbindAdapterEx not "
              "called after PENDING in UnbindAdapter",
     .catches.unbind = unbind_and_never_complete,
     .silent = {.unbind = unbind_pending, .close_complete = end_unbind},
     .program = BIND_ONLY,
     .silent_program = CLOSE_ENDS},
    {.rule = "PAUSE-NOFAIL",
     .title = "poolproof: PAUSE-NOFAIL: pause failed in NetPnPEvent(Pause)",
     .catches.pause = fail_pause,
     .silent = {.pause = pause_pending,
                .send_complete = end_pause_at_last_send,
                .unbind = unbind_stopped},
     .program = PAUSE_AFTER_SEND,
     .silent_program = PAUSE_WITH_SEND},
    {.rule = "PAUSE-NOFAIL",
     .title = "poolproof: PAUSE-NOFAIL: pause failed in NetPnPEvent(Pause)",
     .catches.pause = pause_pending_and_fail,
     .silent = {.pause = pause_pending,
                .send_complete = end_pause_at_last_send,
                .unbind = unbind_stopped},
     .program = PAUSE_AFTER_SEND,
     .silent_program = PAUSE_WITH_SEND},
    {.rule = "PAUSE-SENDS-OUT",
     .title = "poolproof: PAUSE-SENDS-OUT: pause finished with sends out in NetPnPEvent(Pause)",
     .catches.pause = pause_at_once,
     .silent = {.pause = pause_pending,
                .send_complete = end_pause_at_last_send,
                .unbind = unbind_stopped},
     .program = PAUSE_WITH_SEND},
    {.rule = "PAUSE-NEW-SEND",
     .advice_count = 1,
     .catches.write = send_at_any_time,
     .silent.write = write_reached,
     .program = WRITE_WHILE_PAUSING,
     .silent_program = WRITE_BEGUN_BEFORE_PAUSE},
    {.rule = "PAUSED-SEND",
     .title = "poolproof: PAUSED-SEND: send on a binding that is not running in IRP_MJ_WRITE",
     .catches.write = send_at_any_time,
     .silent.write = write_reached,
     .program = WRITE_BEFORE_RESTART,
     .silent_program = WRITE_WHILE_RESTARTED},
    {.rule = "PAUSED-SEND",
     .title = "poolproof: PAUSED-SEND: send on a binding that is not running in IRP_MJ_WRITE",
     .catches.write = send_at_any_time,
     .silent = {.restart = send_in_restart, .send_complete = free_and_release},
     .program = WRITE_WHEN_PAUSED,
     .silent_program = SEND_IN_RESTART},
    {.rule = "PAUSE-DEADLINE",
     .title = "poolproof: PAUSE-DEADLINE: pause never finishes, waits for an event that nobody sets in "
              "NetPnPEvent(Pause)",
     .detail = "      NdisWaitEvent",
     .catches.send_complete = lose_completion,
     .silent = {.pause = pause_pending,
                .send_complete = end_pause_at_last_send,
                .unbind = unbind_stopped},
     .program = PAUSE_WITH_SEND},
    {.rule = "PAUSE-DEADLINE",
     .title = "poolproof: PAUSE-DEADLINE: pause never finishes, NdisCompleteNetPnPEvent not called "
              "after PENDING in NetPnPEvent(Pause)",
     .catches.pause = pause_and_never_complete,
     .silent = {.pause = pause_pending,
                .send_complete = end_pause_at_last_send,
                .unbind = unbind_stopped},
     .program = PAUSE_AFTER_SEND,
     .silent_program = PAUSE_WITH_SEND},
    {.rule = "STUCK",
     .title =
         "poolproof: STUCK: load never finishes, waits for an event that nobody sets in DriverEntry",
     .catches.load = wait_for_ever,
     .silent.load = wait_in_vain},
    {.rule = "STUCK",
     .title =
         "poolproof: STUCK: unload never finishes, waits for an event that nobody sets in DriverUnload",
     .catches.unload = unload_and_wait,
     .silent.load = wait_in_vain},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: bind never finishes, NdisCompleteBindAdapterEx not called after "
              "PENDING in BindAdapter",
     .catches.bind = bind_and_never_complete,
     .silent = {.bind = bind_pending, .unbind = unbind_reached},
     .program = BIND_FAILS,
     .silent_program = BIND_ONLY},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: restart never finishes, waits for an event that nobody sets in "
              "NetPnPEvent(Restart)",
     .catches.restart = restart_and_wait,
     .silent.write = write_late,
     .program = UP_TO_WRITE},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: completion never returns, waits for an event that nobody sets in "
              "SendNetBufferListsComplete",
     .catches.send_complete = wait_in_completion,
     .silent.send_complete = sleep_in_completion,
     .program = COMPLETE_AT_PASSIVE},
};

int main(void) { return CHECK_RUN("bindings", cases); }
