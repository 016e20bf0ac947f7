// SPDX-License-Identifier: MIT
// Rules about receiving: what was received goes back once, to where it came from, as it was.
#include "fixture.h"

#define RUNNING "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n"
#define ONE RUNNING "receive(b0)\nunbind(b0)\n"
#define TWO RUNNING "receive(b0, count: 2)\nunbind(b0)\n"
#define SPLIT RUNNING "receive(b0, split: 14)\nunbind(b0)\n"
#define BORROWED RUNNING "receive(b0, count: 2, lend: resources)\nunbind(b0)\n"
#define HERE " in ReceiveNetBufferLists"

static UCHAR *bytes_of(const MDL *mdl) { return mdl->MappedSystemVa; }

static void return_reached(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    fixture_reached();
}

// === FREE-NBL-FOREIGN ===

static void free_received(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeNetBufferList(chain);
}

static void free_received_as_clone(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeCloneNetBufferList(chain, 0);
}

static void free_received_nb(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeNetBuffer(chain->FirstNetBuffer);
}

static void free_received_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeMdl(chain->FirstNetBuffer->MdlChain);
}

static void free_received_data(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeMemory(bytes_of(chain->FirstNetBuffer->MdlChain), 0, 0);
}

static void free_received_nb_as_nbl(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeNetBufferList((NET_BUFFER_LIST *)chain->FirstNetBuffer);
}

static void free_received_data_as_nb(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisFreeNetBuffer((NET_BUFFER *)bytes_of(chain->FirstNetBuffer->MdlChain));
}

static void free_returned(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    NdisFreeNetBufferList(chain);
}

static NET_BUFFER_LIST *clone_of(NET_BUFFER_LIST *nbl) {
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, 0);
    clone->ParentNetBufferList = nbl;
    nbl->ChildRefCount++;
    return clone;
}

static void free_clone(NET_BUFFER_LIST *clone) {
    clone->ParentNetBufferList->ChildRefCount--;
    NdisFreeCloneNetBufferList(clone, 0);
}

static void free_clone_then_return(NET_BUFFER_LIST *chain, ULONG flags) {
    free_clone(clone_of(chain));
    return_reached(chain, flags);
}

// === NB-NEXT, MDL-CHAIN, PARENT-OVERWRITE ===

static void return_without_nb(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer = NULL;
    fixture_receive(chain, flags);
}

static void return_with_another_nb_behind(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->Next = NdisAllocateNetBuffer(fixture.nb_pool, NULL, 0, 0);
    fixture_receive(chain, flags);
}

static void take_nb_away_for_a_while(NET_BUFFER_LIST *chain, ULONG flags) {
    NET_BUFFER *nb = chain->FirstNetBuffer;
    chain->FirstNetBuffer = NULL;
    chain->FirstNetBuffer = nb;
    return_reached(chain, flags);
}

static void return_without_second_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->MdlChain->Next = NULL;
    fixture_receive(chain, flags);
}

static void return_without_first_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->MdlChain = chain->FirstNetBuffer->MdlChain->Next;
    fixture_receive(chain, flags);
}

static void return_with_shorter_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->MdlChain->ByteCount--;
    fixture_receive(chain, flags);
}

static void split_chain_for_a_while(NET_BUFFER_LIST *chain, ULONG flags) {
    MDL *first = chain->FirstNetBuffer->MdlChain;
    MDL *second = first->Next;
    first->Next = NULL;
    first->Next = second;
    return_reached(chain, flags);
}

static void return_without_parent(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->ParentNetBufferList = NULL;
    fixture_receive(chain, flags);
}

static void return_with_parent(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->ParentNetBufferList = chain;
    fixture_receive(chain, flags);
}

#define CHILD RUNNING "frames(nbl: child)\nreceive(b0)\nunbind(b0)\n"

// === RA-BALANCE, RA-RX-FREEMDL, NB-CONSIST ===

static void advance(NET_BUFFER_LIST *chain, BOOLEAN free_mdl) {
    NdisAdvanceNetBufferListDataStart(chain, 14, free_mdl, NULL);
}

static void return_advanced(NET_BUFFER_LIST *chain, ULONG flags) {
    advance(chain, FALSE);
    fixture_receive(chain, flags);
}

static void return_retreated(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisRetreatNetBufferDataStart(chain->FirstNetBuffer, 10, 0, NULL);
    fixture_receive(chain, flags);
}

static void advance_and_retreat(NET_BUFFER_LIST *chain, ULONG flags) {
    advance(chain, FALSE);
    NdisRetreatNetBufferListDataStart(chain, 14, 0, NULL, NULL);
    return_reached(chain, flags);
}

static void retreat_and_advance(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisRetreatNetBufferDataStart(chain->FirstNetBuffer, 10, 0, NULL);
    NdisAdvanceNetBufferDataStart(chain->FirstNetBuffer, 10, FALSE, NULL);
    return_reached(chain, flags);
}

#define WITH_BACKFILL RUNNING "frames(backfill: 20)\nreceive(b0)\nunbind(b0)\n"

// Without room, a retreat puts an MDL in front.
static void leave_mdl_in_front(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisRetreatNetBufferDataStart(chain->FirstNetBuffer, 10, 0, NULL);
    NdisAdvanceNetBufferDataStart(chain->FirstNetBuffer, 10, FALSE, NULL);
    fixture_receive(chain, flags);
}

static void advance_and_free_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    advance(chain, TRUE);
    fixture_receive(chain, flags);
}

static void advance_nb_and_free_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisAdvanceNetBufferDataStart(chain->FirstNetBuffer, 14, TRUE, NULL);
    fixture_receive(chain, flags);
}

static void return_unadjusted(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->CurrentMdlOffset = 7;
    fixture_receive(chain, flags);
}

static void return_adjusted(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->CurrentMdlOffset = 7;
    NdisAdjustNetBufferCurrentMdl(chain->FirstNetBuffer);
    return_reached(chain, flags);
}

static void return_longer(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->DataLength++;
    fixture_receive(chain, flags);
}

// Padding that nobody needs.
static void return_shorter(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->FirstNetBuffer->DataLength--;
    return_reached(chain, flags);
}

// === NBL-READONLY, RX-DATA-WRITE, CTX-HANDOVER ===

static void change_data(NET_BUFFER_LIST *chain, ULONG flags) {
    bytes_of(chain->FirstNetBuffer->MdlChain)[59] ^= 1;
    fixture_receive(chain, flags);
}

static void change_data_for_a_while(NET_BUFFER_LIST *chain, ULONG flags) {
    bytes_of(chain->FirstNetBuffer->MdlChain)[59] ^= 1;
    bytes_of(chain->FirstNetBuffer->MdlChain)[59] ^= 1;
    return_reached(chain, flags);
}

// Room in front of the data is for whoever owns the NBL.
static void write_in_backfill(NET_BUFFER_LIST *chain, ULONG flags) {
    bytes_of(chain->FirstNetBuffer->MdlChain)[0] ^= 1;
    return_reached(chain, flags);
}

#define READ_ONLY RUNNING "frames(nbl: read_only)\nreceive(b0)\nunbind(b0)\n"
#define READ_ONLY_WITH_BACKFILL RUNNING "frames(nbl: read_only, backfill: 60)\nreceive(b0)\nunbind(b0)\n"

static void return_with_context(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisAllocateNetBufferListContext(chain, 16, 0, 'tset');
    fixture_receive(chain, flags);
}

static void return_without_context(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisAllocateNetBufferListContext(chain, 16, 0, 'tset');
    NdisFreeNetBufferListContext(chain, 16);
    return_reached(chain, flags);
}

// What the adapter's driver keeps there.
static void free_others_context(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisFreeNetBufferListContext(chain, 16);
    fixture_receive(chain, flags);
}

static void write_others_context(NET_BUFFER_LIST *chain, ULONG flags) {
    *NET_BUFFER_LIST_CONTEXT_DATA_START(chain) = 1;
    fixture_receive(chain, flags);
}

static void write_own_context(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisAllocateNetBufferListContext(chain, 16, 0, 'tset');
    *NET_BUFFER_LIST_CONTEXT_DATA_START(chain) = 1;
    NdisFreeNetBufferListContext(chain, 16);
    return_reached(chain, flags);
}

// === NBL-FLAGS, NBL-NDISRSVD, RSVD-AREA ===

static void return_with_flags(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->Flags = 0x100;
    fixture_receive(chain, flags);
}

static void return_with_own_flags(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->Flags |= NBL_FLAGS_PROTOCOL_RESERVED;
    chain->ProtocolReserved[0] = chain;
    chain->FirstNetBuffer->ProtocolReserved[0] = chain;
    return_reached(chain, flags);
}

static void return_with_pool(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->NdisPoolHandle = fixture.nbl_pool;
    fixture_receive(chain, flags);
}

static void return_with_miniports_area(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->MiniportReserved[0] = chain;
    fixture_receive(chain, flags);
}

// === RX-MULTIMDL ===

static volatile UCHAR sink;

static void read_past_header(NET_BUFFER_LIST *chain, ULONG flags) {
    sink = bytes_of(chain->FirstNetBuffer->MdlChain)[20];
    fixture_receive(chain, flags);
}

static void write_past_header(NET_BUFFER_LIST *chain, ULONG flags) {
    bytes_of(chain->FirstNetBuffer->MdlChain)[14] = 0;
    fixture_receive(chain, flags);
}

static void read_second_mdl(NET_BUFFER_LIST *chain, ULONG flags) {
    sink = bytes_of(chain->FirstNetBuffer->MdlChain->Next)[6];
    return_reached(chain, flags);
}

static void read_past_frame(NET_BUFFER_LIST *chain, ULONG flags) {
    sink = bytes_of(chain->FirstNetBuffer->MdlChain)[60];
    fixture_receive(chain, flags);
}

static void read_last_byte(NET_BUFFER_LIST *chain, ULONG flags) {
    sink = bytes_of(chain->FirstNetBuffer->MdlChain)[59];
    return_reached(chain, flags);
}

// === RX-HDRMDL ===

#define HEADER RUNNING "frames(mdls: header)\nreceive(b0)\nunbind(b0)\n"

static NET_BUFFER_LIST *kept_nbl(void) { return fixture.kept[0]; }

static void keep_nbl(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    sink = bytes_of(chain->FirstNetBuffer->MdlChain)[13];
    fixture.kept[0] = chain;
}

static NDIS_STATUS pause_reading_byte(const UCHAR *byte) {
    fixture_stop();
    sink = *byte;
    fixture_return(kept_nbl());
    fixture_reached();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause_reading_type(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    return pause_reading_byte(bytes_of(kept_nbl()->FirstNetBuffer->MdlChain) + 13);
}

static NDIS_STATUS pause_reading_payload(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    return pause_reading_byte(bytes_of(kept_nbl()->FirstNetBuffer->MdlChain->Next));
}

// The frame is in two MDLs: it is copied.
static NDIS_STATUS pause_copying_frame(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    UCHAR storage[60];
    return pause_reading_byte(NdisGetDataBuffer(kept_nbl()->FirstNetBuffer, 60, storage, 1, 0));
}

// === GDB-LIFE, RX-RETURN-TOUCH, RX-RESOURCES-KEEP ===

static void read_got_data_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    const UCHAR *data = NdisGetDataBuffer(chain->FirstNetBuffer, 14, NULL, 1, 0);
    fixture_receive(chain, flags);
    sink = data[12];
}

static void read_got_data(NET_BUFFER_LIST *chain, ULONG flags) {
    const UCHAR *data = NdisGetDataBuffer(chain->FirstNetBuffer, 14, NULL, 1, 0);
    sink = data[12];
    return_reached(chain, flags);
}

static void read_next_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    fixture.kept[0] = chain->Next;
}

static void read_data_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    const UCHAR *data = bytes_of(chain->FirstNetBuffer->MdlChain);
    fixture_receive(chain, flags);
    sink = data[0];
}

static void write_nbl_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    chain->Scratch = NULL;
}

static void write_nbl_before_return(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->Scratch = NULL;
    return_reached(chain, flags);
}

static void write_data_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    UCHAR *data = bytes_of(chain->FirstNetBuffer->MdlChain);
    fixture_receive(chain, flags);
    data[3] = 0;
}

static void get_data_after_return(NET_BUFFER_LIST *chain, ULONG flags) {
    NET_BUFFER *nb = chain->FirstNetBuffer;
    fixture_receive(chain, flags);
    NdisGetDataBuffer(nb, 14, NULL, 1, 0);
}

static void return_one_by_one(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        nbl->Next = NULL;
        fixture_return(nbl);
    }
    fixture_reached();
}

static void remember(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture.kept[0] = chain;
    return_reached(chain, flags);
}

static NDIS_STATUS pause_reading_kept(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    NET_BUFFER_LIST *nbl = fixture.kept[0];
    sink = (UCHAR)nbl->NblFlags;
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause_writing_kept(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    NET_BUFFER *nb = fixture.kept[0];
    nb->DataLength = 0;
    return NDIS_STATUS_SUCCESS;
}

static void remember_nb(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture.kept[0] = chain->FirstNetBuffer;
    return_reached(chain, flags);
}

static NDIS_STATUS pause_getting_kept(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    NdisGetDataBuffer(fixture.kept[0], 14, NULL, 1, 0);
    return NDIS_STATUS_SUCCESS;
}

// === RX-RESOURCES-RETURN, RX-RESOURCES-CHAIN ===

static void return_anyway(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    fixture_return(chain);
}

static NDIS_STATUS pause_returning_kept(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    fixture_return(fixture.kept[0]);
    return NDIS_STATUS_SUCCESS;
}

static void cut_borrowed(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    chain->Next = NULL;
}

static void cut_borrowed_for_a_while(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NET_BUFFER_LIST *next = chain->Next;
    chain->Next = NULL;
    chain->Next = next;
    fixture_reached();
}

static void advance_borrowed(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    advance(chain->Next, FALSE);
}

static void advance_and_retreat_borrowed(NET_BUFFER_LIST *chain, ULONG flags) {
    advance_and_retreat(chain->Next, flags);
}

// === RX-RETURN-ONCE, RX-RETURN-BINDING, RX-RETURN-FLAGS ===

static void return_twice(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    fixture_receive(chain, flags);
}

static void return_own(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->Next = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    fixture_receive(chain, flags);
}

static void return_all_but_own(NET_BUFFER_LIST *chain, ULONG flags) {
    NET_BUFFER_LIST *own = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    chain->Next = own;
    chain->Next = NULL;
    fixture_receive(chain, flags);
    NdisFreeNetBufferList(own);
    fixture_reached();
}

// Two bindings, which share what the fixture keeps; kept[0] and kept[1] are their handles.
static NDIS_STATUS bind_one_of_two(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_open(bind_context, parameters);
    fixture.kept[fixture.kept[0] != NULL] = fixture.binding;
    return status;
}

static NDIS_STATUS unbind_one_of_two(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    fixture.binding = fixture.kept[0] != NULL ? fixture.kept[0] : fixture.kept[1];
    fixture.kept[0] = NULL;
    fixture_close();
    return NDIS_STATUS_SUCCESS;
}

static void return_to_second(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisReturnNetBufferLists(fixture.kept[1], chain, 0);
}

static void return_to_first(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisReturnNetBufferLists(fixture.kept[0], chain, 0);
    fixture_reached();
}

#define TWO_BINDINGS                                                              \
    "a0 = adapter()\na1 = adapter()\nb0 = bind(a0)\nb1 = bind(a1)\nreceive(b0)\n" \
    "unbind(b0)\nunbind(b1)\n"

static void return_claiming_dispatch(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisReturnNetBufferLists(fixture.binding, chain, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
    fixture_reached();
}

#define AT_PASSIVE RUNNING "receive(b0, irql: passive)\nunbind(b0)\n"

// === PARENT-SENT, FREE-NBL-INFLIGHT, SEND-RX-NBL ===

static void return_with_clone(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture.kept[0] = clone_of(chain);
    fixture_receive(chain, flags);
}

static void send(NET_BUFFER_LIST *nbl) {
    fixture_hold();
    nbl->SourceHandle = fixture.binding;
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
}

static void send_received(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    send(chain);
}

static void send_returned(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    fixture_hold();
    NdisSendNetBufferLists(fixture.binding, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
}

static void send_clone(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    send(clone_of(chain));
}

static void end_clone(NET_BUFFER_LIST *clone) {
    NET_BUFFER_LIST *parent = clone->ParentNetBufferList;
    free_clone(clone);
    fixture_return(parent);
    fixture_release();
    fixture_reached();
}

#define FORWARDED RUNNING "receive(b0)\ncomplete(b0)\nunbind(b0)\n"

// An NBL of the driver's own over the MDLs that it has received.
static void send_mdls_of(NET_BUFFER_LIST *chain) {
    fixture.kept[0] = chain;
    send(NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, chain->FirstNetBuffer->MdlChain,
                                               0, 60));
}

static void return_with_mdls_out(NET_BUFFER_LIST *chain, ULONG flags) {
    send_mdls_of(chain);
    fixture_receive(chain, flags);
}

static void send_mdls(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    send_mdls_of(chain);
}

static void end_mdls(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBufferList(nbl);
    fixture_return(fixture.kept[0]);
    fixture_release();
    fixture_reached();
}

// === CLOSE-RECV-OUT, PAUSE-HELD, PAUSE-RECV, PAUSE-DEADLINE ===

static void keep(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    fixture.kept[0] = chain;
    fixture_reached();
}

static void return_kept(void) {
    if (fixture.kept[0] != NULL) {
        fixture_return(fixture.kept[0]);
        fixture.kept[0] = NULL;
    }
}

static NDIS_STATUS unbind_returning_kept(NDIS_HANDLE unbind_context) {
    return_kept();
    return fixture_unbind(unbind_context);
}

static void keep_slowly(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisMSleep(1000);
    keep(chain, flags);
}

static void return_slowly(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisMSleep(1000);
    return_reached(chain, flags);
}

#define WHILE_PAUSED "a0 = adapter()\nb0 = bind(a0)\nreceive(b0)\nunbind(b0)\n"
#define CLOSE_MEANWHILE "a0 = adapter()\nb0 = bind(a0)\nreceive(b0, irql: passive)\nunbind(b0)\n"

static NDIS_STATUS pause_keeping(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS pause_returning_all(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    return_kept();
    return NDIS_STATUS_SUCCESS;
}

// Waits, so that frames come in between; then all is back in time.
static NDIS_STATUS pause_returning_late(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    NdisMSleep(1000);
    return_kept();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS return_after_close(NDIS_HANDLE unbind_context) {
    NDIS_STATUS status = fixture_unbind(unbind_context);
    fixture_return(NULL);
    return status;
}

// A receive that begins while paused, and ends in the next pause.
#define RUNNING_MEANWHILE                                                      \
    "a0 = adapter()\nb0 = bind(a0)\nreceive(b0, irql: passive)\nrestart(b0)\n" \
    "pause(b0)\nadvance()\nunbind(b0)\n"
#define WHILE_PAUSING RUNNING "pause(b0)\nreceive(b0)\nadvance()\nunbind(b0)\n"

static NTSTATUS write_returning_kept(IRP *irp) {
    return_kept();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define KEPT_OVER_PAUSE RUNNING "f0 = create(a0)\nreceive(b0)\npause(b0)\nwrite(f0)\nunbind(b0)\n"

// === Calls with something else ===

static void return_cyclic(NET_BUFFER_LIST *chain, ULONG flags) {
    chain->Next = chain;
    fixture_receive(chain, flags);
}

static void return_nothing(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)chain, (void)flags;
    fixture_return(NULL);
}

static void return_nb(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    fixture_return((NET_BUFFER_LIST *)chain->FirstNetBuffer);
}

static void return_to_nobody(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NdisReturnNetBufferLists(fixture.protocol, chain, 0);
}

static void receive_for_ever(NET_BUFFER_LIST *chain, ULONG flags) {
    fixture_receive(chain, flags);
    NdisWaitEvent(&fixture.adapter_done, 0);
}

static void receive_for_a_second(NET_BUFFER_LIST *chain, ULONG flags) {
    NdisWaitEvent(&fixture.adapter_done, 1000);
    return_reached(chain, flags);
}

static const struct check_case cases[] = {
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received NBL freed" HERE,
     .catches = {.receive = free_received},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received NBL freed" HERE,
     .catches = {.receive = free_received_as_clone},
     .silent = {.receive = free_clone_then_return},
     .program = ONE},
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received NBL freed" HERE,
     .catches = {.receive = free_returned},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received NB freed" HERE,
     .catches = {.receive = free_received_nb},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received MDL freed" HERE,
     .catches = {.receive = free_received_mdl},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "FREE-NBL-FOREIGN",
     .title = "poolproof: FREE-NBL-FOREIGN: received memory freed" HERE,
     .catches = {.receive = free_received_data},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL freed" HERE,
     .catches = {.receive = free_received_nb_as_nbl},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NB freed" HERE,
     .catches = {.receive = free_received_data_as_nb},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "NB-NEXT",
     .title = "poolproof: NB-NEXT: received NBL given back with another NB list" HERE,
     .catches = {.receive = return_without_nb},
     .silent = {.receive = take_nb_away_for_a_while},
     .program = ONE},
    {.rule = "NB-NEXT",
     .title = "poolproof: NB-NEXT: received NBL given back with another NB list" HERE,
     .catches = {.receive = return_with_another_nb_behind},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "MDL-CHAIN",
     .title = "poolproof: MDL-CHAIN: received NBL given back with another MDL chain" HERE,
     .catches = {.receive = return_without_second_mdl},
     .silent = {.receive = split_chain_for_a_while},
     .program = SPLIT},
    {.rule = "MDL-CHAIN",
     .title = "poolproof: MDL-CHAIN: received NBL given back with another MDL chain" HERE,
     .catches = {.receive = return_without_first_mdl},
     .silent = {.receive = return_reached},
     .program = SPLIT},
    {.rule = "MDL-CHAIN",
     .title = "poolproof: MDL-CHAIN: received NBL given back with another MDL chain" HERE,
     .catches = {.receive = return_with_shorter_mdl},
     .silent = {.receive = return_reached},
     .program = SPLIT},
    {.rule = "MDL-CHAIN",
     .title = "poolproof: MDL-CHAIN: received NBL given back with another MDL chain" HERE,
     .catches = {.receive = leave_mdl_in_front},
     .silent = {.receive = retreat_and_advance},
     .program = ONE,
     .silent_program = WITH_BACKFILL},
    {.rule = "PARENT-OVERWRITE",
     .title = "poolproof: PARENT-OVERWRITE: parent of a received NBL overwritten" HERE,
     .catches = {.receive = return_without_parent},
     .silent = {.receive = free_clone_then_return},
     .program = CHILD},
    {.rule = "PARENT-OVERWRITE",
     .title = "poolproof: PARENT-OVERWRITE: parent of a received NBL overwritten" HERE,
     .catches = {.receive = return_with_parent},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: received NBL given back with another data start" HERE,
     .detail = "DataOffset 14, indicated with 0",
     .catches = {.receive = return_advanced},
     .silent = {.receive = advance_and_retreat},
     .program = ONE},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: received NBL given back with another data start" HERE,
     .catches = {.receive = return_retreated},
     .silent = {.receive = retreat_and_advance},
     .program = WITH_BACKFILL},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: received NBL given back with another data start" HERE,
     .catches = {.receive = advance_borrowed},
     .silent = {.receive = advance_and_retreat_borrowed},
     .program = BORROWED},
    {.rule = "RA-RX-FREEMDL",
     .title = "poolproof: RA-RX-FREEMDL: received NB advanced with FreeMdl TRUE" HERE,
     .catches = {.receive = advance_and_free_mdl},
     .silent = {.receive = advance_and_retreat},
     .program = SPLIT},
    {.rule = "RA-RX-FREEMDL",
     .title = "poolproof: RA-RX-FREEMDL: received NB advanced with FreeMdl TRUE" HERE,
     .catches = {.receive = advance_nb_and_free_mdl},
     .silent = {.receive = advance_and_retreat},
     .program = SPLIT},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB given back whose CurrentMdl is not at its DataOffset" HERE,
     .catches = {.receive = return_unadjusted},
     .silent = {.receive = return_adjusted},
     .program = ONE},
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB given back with data beyond its MDLs" HERE,
     .catches = {.receive = return_longer},
     .silent = {.receive = return_shorter},
     .program = ONE},
    {.rule = "CTX-FREE-INITIAL",
     .title = "poolproof: CTX-FREE-INITIAL: context space that came with the NBL given back" HERE,
     .catches = {.receive = free_others_context},
     .silent = {.receive = return_without_context},
     .program = ONE},
    {.rule = "CTX-BOUNDS",
     .title = "poolproof: CTX-BOUNDS: context written that the driver has not taken" HERE,
     .catches = {.receive = write_others_context},
     .silent = {.receive = write_own_context},
     .program = ONE,
     .build = CHECK_WITH_GUARD},
    {.rule = "NBL-READONLY",
     .title = "poolproof: NBL-READONLY: data of a read-only NBL changed" HERE,
     .catches = {.receive = change_data},
     .silent = {.receive = change_data_for_a_while},
     .program = READ_ONLY},
    {.rule = "NBL-READONLY",
     .title = "poolproof: NBL-READONLY: data of a read-only NBL changed" HERE,
     .catches = {.receive = change_data},
     .silent = {.receive = write_in_backfill},
     .program = READ_ONLY_WITH_BACKFILL,
     .silent_program = WITH_BACKFILL},
    {.rule = "RX-DATA-WRITE",
     .advice_count = 1,
     .catches = {.receive = change_data},
     .silent = {.receive = change_data_for_a_while},
     .program = ONE},
    {.rule = "CTX-HANDOVER",
     .advice_count = 1,
     .catches = {.receive = return_with_context},
     .silent = {.receive = return_without_context},
     .program = ONE},
    {.rule = "NBL-FLAGS",
     .title = "poolproof: NBL-FLAGS: Flags changed that are not a protocol's" HERE,
     .catches = {.receive = return_with_flags},
     .silent = {.receive = return_with_own_flags},
     .program = ONE},
    {.rule = "NBL-NDISRSVD",
     .title = "poolproof: NBL-NDISRSVD: fields of NDIS changed in an NBL" HERE,
     .catches = {.receive = return_with_pool},
     .silent = {.receive = return_with_own_flags},
     .program = ONE},
    {.rule = "RSVD-AREA",
     .title = "poolproof: RSVD-AREA: MiniportReserved changed in an NBL" HERE,
     .catches = {.receive = return_with_miniports_area},
     .silent = {.receive = return_with_own_flags},
     .program = ONE},
    {.rule = "RX-MULTIMDL",
     .title = "poolproof: RX-MULTIMDL: received data read past the end of its MDL" HERE,
     .catches = {.receive = read_past_header},
     .silent = {.receive = read_second_mdl},
     .program = SPLIT,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-MULTIMDL",
     .title = "poolproof: RX-MULTIMDL: received data written past the end of its MDL" HERE,
     .catches = {.receive = write_past_header},
     .silent = {.receive = read_second_mdl},
     .program = SPLIT,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: data read outside its bounds" HERE,
     .catches = {.receive = read_past_frame},
     .silent = {.receive = read_last_byte},
     .program = ONE,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-HDRMDL",
     .advice_count = 1,
     .catches = {.receive = keep_nbl, .pause = pause_reading_type},
     .silent = {.receive = keep_nbl, .pause = pause_reading_payload},
     .program = HEADER,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-HDRMDL",
     .advice_count = 1,
     .catches = {.receive = keep_nbl, .pause = pause_copying_frame},
     .silent = {.receive = keep_nbl, .pause = pause_copying_frame},
     .program = HEADER,
     .silent_program = SPLIT,
     .build = CHECK_WITH_GUARD},
    {.rule = "GDB-LIFE",
     .title = "poolproof: GDB-LIFE: data of NdisGetDataBuffer read after its NBL was given back" HERE,
     .catches = {.receive = read_got_data_after_return},
     .silent = {.receive = read_got_data},
     .program = ONE,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: NBL read after it was returned" HERE,
     .catches = {.receive = read_next_after_return},
     .silent = {.receive = return_one_by_one},
     .program = TWO,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: data read after it was returned" HERE,
     .catches = {.receive = read_data_after_return},
     .silent = {.receive = read_last_byte},
     .program = ONE,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: NBL written after it was returned in the world",
     .catches = {.receive = write_nbl_after_return},
     .silent = {.receive = write_nbl_before_return},
     .program = ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: data written after it was returned in the world",
     .catches = {.receive = write_data_after_return},
     .silent = {.receive = read_last_byte},
     .program = ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "RX-RESOURCES-KEEP",
     .title = "poolproof: RX-RESOURCES-KEEP: NB written after its RESOURCES indication in the world",
     .catches = {.receive = remember_nb, .pause = pause_writing_kept},
     .silent = {.receive = read_got_data},
     .program = BORROWED,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: NB read after it was returned" HERE,
     .catches = {.receive = get_data_after_return},
     .silent = {.receive = read_got_data},
     .program = ONE},
    {.rule = "RX-RETURN-TOUCH",
     .title = "poolproof: RX-RETURN-TOUCH: NBL sent after it was returned" HERE,
     .catches = {.receive = send_returned},
     .silent = {.receive = send_clone, .send_complete = end_clone},
     .program = ONE,
     .silent_program = FORWARDED},
    {.rule = "RX-RESOURCES-KEEP",
     .title = "poolproof: RX-RESOURCES-KEEP: NB read after its RESOURCES indication in "
              "NetPnPEvent(Pause)",
     .catches = {.receive = remember_nb, .pause = pause_getting_kept},
     .silent = {.receive = remember_nb},
     .program = BORROWED},
    {.rule = "RX-RESOURCES-KEEP",
     .title = "poolproof: RX-RESOURCES-KEEP: NBL read after its RESOURCES indication in "
              "NetPnPEvent(Pause)",
     .catches = {.receive = remember, .pause = pause_reading_kept},
     .silent = {.receive = remember},
     .program = BORROWED,
     .build = CHECK_WITH_GUARD},
    {.rule = "RX-RESOURCES-RETURN",
     .title = "poolproof: RX-RESOURCES-RETURN: NBL of a RESOURCES indication returned" HERE,
     .catches = {.receive = return_anyway},
     .silent = {.receive = return_reached},
     .program = BORROWED},
    {.rule = "RX-RESOURCES-RETURN",
     .title = "poolproof: RX-RESOURCES-RETURN: NBL of a RESOURCES indication returned in "
              "NetPnPEvent(Pause)",
     .catches = {.receive = remember, .pause = pause_returning_kept},
     .silent = {.receive = remember},
     .program = BORROWED},
    {.rule = "RX-RESOURCES-CHAIN",
     .title = "poolproof: RX-RESOURCES-CHAIN: RESOURCES chain left in another order" HERE,
     .catches = {.receive = cut_borrowed},
     .silent = {.receive = cut_borrowed_for_a_while},
     .program = BORROWED},
    {.rule = "RX-RETURN-ONCE",
     .title = "poolproof: RX-RETURN-ONCE: received NBL returned again" HERE,
     .catches = {.receive = return_twice},
     .silent = {.receive = return_one_by_one},
     .program = ONE},
    {.rule = "RX-RETURN-BINDING",
     .title = "poolproof: RX-RETURN-BINDING: NBL returned that was not received" HERE,
     .catches = {.receive = return_own},
     .silent = {.receive = return_all_but_own},
     .program = ONE},
    {.rule = "RX-RETURN-BINDING",
     .title = "poolproof: RX-RETURN-BINDING: NBL returned on another binding" HERE,
     .catches = {.bind = bind_one_of_two, .unbind = unbind_one_of_two, .receive = return_to_second},
     .silent = {.bind = bind_one_of_two, .unbind = unbind_one_of_two, .receive = return_to_first},
     .program = TWO_BINDINGS},
    {.rule = "RX-RETURN-FLAGS",
     .advice_count = 1,
     .catches = {.receive = return_claiming_dispatch},
     .silent = {.receive = return_claiming_dispatch},
     .program = AT_PASSIVE,
     .silent_program = ONE},
    {.rule = "PARENT-SENT",
     .title = "poolproof: PARENT-SENT: received NBL given back while others derived from it live" HERE,
     .catches = {.receive = return_with_clone},
     .silent = {.receive = free_clone_then_return},
     .program = ONE},
    {.rule = "PARENT-SENT",
     .title = "poolproof: PARENT-SENT: received NBL given back while others derived from it live" HERE,
     .catches = {.receive = return_with_clone},
     .silent = {.receive = free_clone_then_return},
     .program = BORROWED},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: received NBL given back while its data is in flight" HERE,
     .catches = {.receive = return_with_mdls_out},
     .silent = {.receive = send_mdls, .send_complete = end_mdls},
     .program = ONE,
     .silent_program = FORWARDED},
    {.rule = "SEND-RX-NBL",
     .title = "poolproof: SEND-RX-NBL: received NBL sent" HERE,
     .catches = {.receive = send_received},
     .silent = {.receive = send_clone, .send_complete = end_clone},
     .program = ONE,
     .silent_program = FORWARDED},
    {.rule = "CLOSE-RECV-OUT",
     .title = "poolproof: CLOSE-RECV-OUT: binding closed with received NBLs kept in UnbindAdapter",
     .catches = {.receive = keep},
     .silent = {.receive = keep, .unbind = unbind_returning_kept},
     .program = WHILE_PAUSED},
    {.rule = "CLOSE-RECV-OUT",
     .title = "poolproof: CLOSE-RECV-OUT: binding closed with received NBLs kept in UnbindAdapter",
     .catches = {.receive = keep_slowly},
     .silent = {.receive = return_slowly},
     .program = CLOSE_MEANWHILE},
    {.rule = "PAUSE-HELD",
     .advice_count = 1,
     .catches = {.receive = keep, .pause = pause_keeping, .write = write_returning_kept},
     .silent = {.receive = keep, .pause = pause_returning_all, .write = write_returning_kept},
     .program = KEPT_OVER_PAUSE},
    {.rule = "PAUSE-RECV",
     .advice_count = 1,
     .catches = {.receive = keep, .unbind = unbind_returning_kept},
     .silent = {.receive = return_reached},
     .program = WHILE_PAUSED},
    {.rule = "PAUSE-RECV",
     .advice_count = 1,
     .catches = {.receive = keep, .pause = pause_returning_late},
     .silent = {.receive = return_reached, .pause = pause_returning_late},
     .program = WHILE_PAUSING},
    {.rule = "PAUSE-RECV",
     .advice_count = 1,
     .catches = {.receive = keep, .pause = pause_returning_late},
     .silent = {.receive = keep_slowly, .pause = pause_returning_late},
     .program = WHILE_PAUSING,
     .silent_program = RUNNING_MEANWHILE},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: return on a closed binding in UnbindAdapter",
     .catches.unbind = return_after_close,
     .silent.receive = return_slowly,
     .program = WHILE_PAUSED,
     .silent_program = CLOSE_MEANWHILE},
    {.rule = "PAUSE-DEADLINE",
     .title = "poolproof: PAUSE-DEADLINE: pause never finishes, NBL not returned, received in "
              "ReceiveNetBufferLists",
     .catches = {.receive = keep},
     .silent = {.receive = keep, .pause = pause_returning_all},
     .program = ONE},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL chain returned that does not end" HERE,
     .catches = {.receive = return_cyclic},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something returned that is no NBL" HERE,
     .catches = {.receive = return_nothing},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something returned that is no NBL" HERE,
     .catches = {.receive = return_nb},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: return on something that is no binding" HERE,
     .catches = {.receive = return_to_nobody},
     .silent = {.receive = return_reached},
     .program = ONE},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: receive never returns, waits for an event that nobody sets" HERE,
     .catches = {.receive = receive_for_ever},
     .silent = {.receive = receive_for_a_second},
     .program = AT_PASSIVE},
};

int main(void) { return CHECK_RUN("receives", cases); }
