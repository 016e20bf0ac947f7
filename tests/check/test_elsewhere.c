// SPDX-License-Identifier: MIT
// Rules of the contract that have no look of their own (see docs/decisions/0006): what breaks one of
// them is found as something else.
#include "fixture.h"

#define UP_TO_CREATE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
#define UP_TO_WRITE UP_TO_CREATE "write(f0)\n"
#define THE_END "close(f0)\nunbind(b0)\n"

// === REG-READY: what an entry needs is there before the registration ===

static NTSTATUS make_counter_after_registration(void) {
    fixture.kept[0] = fixture_take_memory(sizeof(ULONG));
    *(ULONG *)fixture.kept[0] = 0;
    return STATUS_SUCCESS;
}

static NDIS_STATUS count_bind(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    ++*(ULONG *)fixture.kept[0];
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

static void free_counter(void) { NdisFreeMemory(fixture.kept[0], 0, 0); }

#define BIND_DURING_LOAD "a0 = adapter()\nload()  (at: 3 -> 0)\nb0 = bind(a0)\n"
#define BIND_AFTER_LOAD "a0 = adapter()\nload()\nb0 = bind(a0)\n"

// === UNBIND-RELEASED: an unbind leaves nothing behind ===

static NDIS_STATUS bind_with_memory(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture.kept[0] = fixture_take_memory(64);
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS bind_with_cached_memory(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = fixture_take_memory(64);
    }
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

#define BOUND_TWICE "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\nb1 = bind(a0)\nunbind(b1)\n"

// === CANCEL-ASSUME: a cancelled NBL is not the driver's before it comes back ===

static NET_BUFFER_LIST *send_and_cancel(IRP *irp) {
    ULONG_PTR id = (ULONG_PTR)NdisGeneratePartialCancelId() << 56;
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, (PVOID)id);
    fixture_send(nbl);
    NdisCancelSendNetBufferLists(fixture.binding, (PVOID)id);
    return nbl;
}

static NTSTATUS cancel_and_end(IRP *irp) {
    NdisFreeNetBufferList(send_and_cancel(irp));
    return STATUS_PENDING;
}

static NTSTATUS cancel_and_wait(IRP *irp) {
    send_and_cancel(irp);
    fixture_reached();
    return STATUS_PENDING;
}

// === SC-ORDER: sends come back in any order, and before the call returns ===

static NTSTATUS send_and_queue(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    ULONG index = fixture.kept[0] != NULL;
    fixture.kept[index] = nbl;
    fixture.kept[2 + index] = irp;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void end_oldest(NET_BUFFER_LIST *chain) {
    (void)chain;
    NdisFreeNetBufferList(fixture.kept[0]);
    fixture_end_irp(fixture.kept[2], STATUS_SUCCESS);
    fixture_release();
    fixture.kept[0] = fixture.kept[1];
    fixture.kept[2] = fixture.kept[3];
    fixture_reached();
}

#define TWO_OUT UP_TO_WRITE "write(f0)\n"

static NTSTATUS send_in_lock(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NdisAcquireSpinLock(&fixture.lock);
    fixture_send(nbl);
    NdisReleaseSpinLock(&fixture.lock);
    fixture_reached();
    return STATUS_PENDING;
}

#define COMPLETED_INSIDE UP_TO_CREATE "write(f0)  (outcome: send = success)\n" THE_END

// === SC-STATUS: failed sends are over, too ===

static void forget_failed_sends(NET_BUFFER_LIST *nbl) {
    IRP *irp = *(IRP **)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    fixture_reached();
    if (nbl->Status == NDIS_STATUS_SUCCESS) {
        fixture_end_send(nbl);
    } else {
        NdisFreeNetBufferList(nbl);
        fixture_end_irp(irp, STATUS_UNSUCCESSFUL);
    }
}

// === RX-CONCURRENT: receives come on several threads ===

static void put(NET_BUFFER_LIST *nbl) {
    void *first = fixture.kept[0];
    NdisResetEvent(&fixture.sends_done);  // where the other one comes
    nbl->Next = first;
    fixture.kept[0] = nbl;
}

static void keep_without_lock(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    put(chain);
}

static void keep_in_lock(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisAcquireSpinLock(&fixture.lock);
    put(chain);
    NdisReleaseSpinLock(&fixture.lock);
    fixture_reached();
}

static NDIS_STATUS pause_returning_kept(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    fixture_return(fixture.kept[0]);
    return NDIS_STATUS_SUCCESS;
}

#define RECEIVES_MEET                              \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n" \
    "receive(b0)  (at: 1 -> 0)\nreceive(b0)\nunbind(b0)\n"

// === SEND-SHADOW-NEXT: a chain that was sent is not walked ===

static NTSTATUS send_chain(IRP *irp, bool looks_first) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->Next = NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, irp->MdlAddress, 0, 60);
    nbl->Next->SourceHandle = fixture.binding;
    NET_BUFFER_LIST *next = looks_first ? nbl->Next : NULL;
    fixture_send(nbl);
    fixture.kept[0] = looks_first ? next : nbl->Next;
    return STATUS_PENDING;
}

static NTSTATUS walk_after_send(IRP *irp) { return send_chain(irp, false); }

static NTSTATUS walk_before_send(IRP *irp) {
    fixture_reached();
    return send_chain(irp, true);
}

static void end_chain(NET_BUFFER_LIST *chain) {
    NdisFreeNetBufferList(chain->Next);
    fixture_end_send(chain);
}

static const struct check_case cases[] = {
    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL read from in BindAdapter",
     .catches = {.load = make_counter_after_registration, .bind = count_bind},
     .silent = {.load = make_counter_after_registration, .bind = count_bind, .unload = free_counter},
     .program = BIND_DURING_LOAD,
     .silent_program = BIND_AFTER_LOAD,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL used in BindAdapter",
     .catches = {.load = make_counter_after_registration, .bind = count_bind},
     .silent = {.load = make_counter_after_registration, .bind = count_bind, .unload = free_counter},
     .program = BIND_DURING_LOAD,
     .silent_program = BIND_AFTER_LOAD,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "LEAK-MEM",
     .title = "poolproof: LEAK-MEM: memory never freed, made in BindAdapter",
     .catches.bind = bind_with_memory,
     .silent = {.bind = bind_with_cached_memory, .unload = free_counter},
     .program = BOUND_TWICE},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: NBL freed while in flight in IRP_MJ_WRITE",
     .catches.write = cancel_and_end,
     .silent.write = cancel_and_wait,
     .program = UP_TO_WRITE "complete(b0, status: send_aborted)\n" THE_END},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: NBL freed while in flight in SendNetBufferListsComplete",
     .catches = {.write = send_and_queue, .send_complete = end_oldest},
     .silent = {.write = send_and_queue, .send_complete = end_oldest},
     .program = TWO_OUT "complete(b0, nbl: 1)\ncomplete(b0)\n" THE_END,
     .silent_program = TWO_OUT "complete(b0)\ncomplete(b0)\n" THE_END},
    {.rule = "LOCK-PAIR",
     .title =
         "poolproof: LOCK-PAIR: spin lock acquired again by its holder in SendNetBufferListsComplete",
     .catches.write = send_in_lock,
     .silent.write = send_in_lock,
     .program = COMPLETED_INSIDE,
     .silent_program = UP_TO_WRITE "complete(b0)\n" THE_END},
    {.rule = "PAUSE-DEADLINE",
     .title = "poolproof: PAUSE-DEADLINE: pause never finishes, waits for an event that nobody sets in "
              "NetPnPEvent(Pause)",
     .catches.send_complete = forget_failed_sends,
     .silent.send_complete = forget_failed_sends,
     .program = UP_TO_WRITE "complete(b0, status: failure)\n" THE_END,
     .silent_program = UP_TO_WRITE "complete(b0)\n" THE_END},
    {.rule = "PAUSE-DEADLINE",
     .title = "poolproof: PAUSE-DEADLINE: pause never finishes, NBL not returned, received in "
              "ReceiveNetBufferLists",
     .catches = {.receive = keep_without_lock, .pause = pause_returning_kept},
     .silent = {.receive = keep_in_lock, .pause = pause_returning_kept},
     .program = RECEIVES_MEET},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL read while in flight in IRP_MJ_WRITE",
     .catches.write = walk_after_send,
     .silent = {.write = walk_before_send, .send_complete = end_chain},
     .program = UP_TO_WRITE "complete(b0, count: 2)\n" THE_END,
     .build = CHECK_WITH_GUARD},
};

int main(void) { return CHECK_RUN("elsewhere", cases); }
