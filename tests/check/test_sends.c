// SPDX-License-Identifier: MIT
// Rules about sending: what may be sent, and that it comes back as it was and is dealt with.
#include "fixture.h"

#define TWO_WRITES "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nwrite(f0)\n"

// Program: two writes, and all that is in flight comes back in one list.
#define TWO_IN_A_LIST TWO_WRITES "complete(b0, count: 2)\nclose(f0)\nunbind(b0)\n"
#define TWO_ONE_BY_ONE TWO_WRITES "complete(b0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === SEND-SOURCE ===

static NTSTATUS send_without_source(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->SourceHandle = NULL;
    fixture_send(nbl);
    return STATUS_PENDING;
}

// A chain of two; the second carries no IRP.
static NET_BUFFER_LIST *make_chain(IRP *irp, NDIS_HANDLE second_source) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->Next = NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, irp->MdlAddress, 0, 60);
    nbl->Next->SourceHandle = second_source;
    return nbl;
}

static NTSTATUS send_chain_without_second_source(IRP *irp) {
    fixture_hold();
    fixture_send(make_chain(irp, NULL));
    return STATUS_PENDING;
}

static NTSTATUS send_chain(IRP *irp) {
    fixture_hold();
    fixture_send(make_chain(irp, fixture.binding));
    return STATUS_PENDING;
}

// The one with the IRP comes first.
static void free_chain(NET_BUFFER_LIST *chain) {
    NdisFreeNetBufferList(chain->Next);
    fixture_end_send(chain);
    fixture_reached();
}

#define ONE_WRITE_OF_TWO                                                       \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0, count: 2)\nclose(f0)\nunbind(b0)\n"

// The same, one by one.
#define TWO_OF_ONE_WRITE                                                       \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === SEND-TWICE, MEM-UAF ===

static NTSTATUS send_again_in_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture_send(nbl);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static NTSTATUS send_nb_in_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER_LIST *other = fixture_make_send(irp);
    other->FirstNetBuffer = nbl->FirstNetBuffer;
    fixture_send(nbl);
    NdisSendNetBufferLists(fixture.binding, other, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static NTSTATUS send_freed(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NdisFreeNetBufferList(nbl);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

// A resend, from inside the completion.
static void send_once_more(NET_BUFFER_LIST *nbl) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = nbl;
        fixture_send(nbl);
        fixture_reached();
    } else {
        fixture_end_send(nbl);
    }
}

#define COMPLETED_TWICE                                                        \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === NB-LEN, NB-CONSIST ===

static NTSTATUS send_beyond_mdl(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->DataLength++;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_offset_beyond_mdl(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->DataOffset = 0xFFFFFFFF;
    NdisAdjustNetBufferCurrentMdl(nbl->FirstNetBuffer);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_unadjusted(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->DataOffset += 14;
    nbl->FirstNetBuffer->DataLength -= 14;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_in_other_chain(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->CurrentMdl = NdisAllocateMdl(fixture.protocol, fixture_take_memory(14), 14);
    fixture_send(nbl);
    return STATUS_PENDING;
}

// The end of one MDL is the beginning of the next: both ways to say so are right.
static NTSTATUS send_behind_header(IRP *irp, bool is_at_end_of_header) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    MDL *header = NdisAllocateMdl(fixture.protocol, fixture_take_memory(14), 14);
    header->Next = nb->MdlChain;
    nb->MdlChain = header;
    nb->DataOffset = 14;
    nb->CurrentMdl = is_at_end_of_header ? header : header->Next;
    nb->CurrentMdlOffset = is_at_end_of_header ? 14 : 0;
    fixture.kept[0] = header;
    fixture_send(nbl);
    return STATUS_PENDING;
}

// But one that lies behind that end is not.
static NTSTATUS send_from_behind_first_mdl(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    MDL *header = NdisAllocateMdl(fixture.protocol, fixture_take_memory(14), 14);
    header->Next = nb->MdlChain;
    nb->MdlChain = nb->CurrentMdl = header;
    nb->DataOffset = nb->CurrentMdlOffset = 15;
    nb->stDataLength--;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_from_second_mdl(IRP *irp) { return send_behind_header(irp, false); }

static NTSTATUS send_from_end_of_first_mdl(IRP *irp) { return send_behind_header(irp, true); }

static void free_header(NET_BUFFER_LIST *nbl) {
    MDL *header = fixture.kept[0];
    nbl->FirstNetBuffer->MdlChain = header->Next;
    NdisFreeMemory(MmGetSystemAddressForMdlSafe(header, NormalPagePriority), 0, 0);
    NdisFreeMdl(header);
    fixture_end_send(nbl);
    fixture_reached();
}

// === SEND-HAS-NB ===

static NTSTATUS send_without_nb(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer = NULL;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_without_data(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->stDataLength = 0;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_data_in_second_nb(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, 60);
    nbl->FirstNetBuffer->stDataLength = 0;
    nbl->FirstNetBuffer->Next = nb;
    fixture.kept[0] = nb;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void free_second_nb(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBuffer(fixture.kept[0]);
    fixture_end_send(nbl);
    fixture_reached();
}

// === NBL-ACYCLIC ===

static NTSTATUS send_nbl_after_itself(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->Next = nbl;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_chain_that_closes_late(IRP *irp) {
    NET_BUFFER_LIST *first = fixture_make_send(irp);
    NET_BUFFER_LIST *last = first;
    for (int i = 0; i < 6; i++) {
        last->Next = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
        last = last->Next;
        last->SourceHandle = fixture.binding;
    }
    last->Next = first->Next->Next;
    fixture_send(first);
    return STATUS_PENDING;
}

static NTSTATUS send_chain_of_seven(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *first = fixture_make_send(irp);
    for (int i = 0; i < 6; i++) {
        NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
        nbl->SourceHandle = fixture.binding;
        nbl->Next = first->Next;
        first->Next = nbl;
    }
    fixture_send(first);
    return STATUS_PENDING;
}

static void free_chain_of_seven(NET_BUFFER_LIST *first) {
    while (first->Next != NULL) {
        NET_BUFFER_LIST *nbl = first->Next;
        first->Next = nbl->Next;
        NdisFreeNetBufferList(nbl);
    }
    fixture_end_send(first);
    fixture_reached();
}

#define ONE_WRITE_OF_SEVEN                                                     \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0, count: 7)\nclose(f0)\nunbind(b0)\n"

static NTSTATUS send_cyclic_nbs(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->Next = nbl->FirstNetBuffer;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_cyclic_mdls(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    irp->MdlAddress->Next = irp->MdlAddress;
    fixture_send(nbl);
    return STATUS_PENDING;
}

// 300 NBs over 300 MDLs each is long, and ends.
static NTSTATUS send_long(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    MDL *mdls = NULL;
    for (int i = 0; i < 300; i++) {
        MDL *mdl = NdisAllocateMdl(fixture.protocol, irp->MdlAddress->MappedSystemVa, 1);
        mdl->Next = mdls;
        mdls = mdl;
    }
    for (int i = 0; i < 300; i++) {
        NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, mdls, 0, 60);
        nb->Next = nbl->FirstNetBuffer->Next;
        nbl->FirstNetBuffer->Next = nb;
    }
    fixture.kept[0] = mdls;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void free_long(NET_BUFFER_LIST *nbl) {
    for (NET_BUFFER *nb = nbl->FirstNetBuffer->Next, *next; nb != NULL; nb = next) {
        next = nb->Next;
        NdisFreeNetBuffer(nb);
    }
    for (MDL *mdl = fixture.kept[0], *next; mdl != NULL; mdl = next) {
        next = mdl->Next;
        NdisFreeMdl(mdl);
    }
    fixture_end_send(nbl);
    fixture_reached();
}

// === POOL-PRIVATE ===

static NTSTATUS send_nbl_of_own_making(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_take_memory(sizeof(*nbl));
    RtlZeroMemory(nbl, sizeof(*nbl));
    nbl->SourceHandle = fixture.binding;
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static NTSTATUS send_null(IRP *irp) {
    NdisSendNetBufferLists(fixture.binding, NULL, NDIS_DEFAULT_PORT_NUMBER, 0);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS send_wild_nb(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer = (NET_BUFFER *)0x123456789;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_freed_nb(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->Next = NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, 60);
    NdisFreeNetBuffer(nbl->FirstNetBuffer->Next);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_mdl_on_stack(IRP *irp) {
    MDL mdl = *irp->MdlAddress;
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = &mdl;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_freed_mdl(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, fixture_take_memory(60), 60);
    NdisFreeMdl(mdl);
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = mdl;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_nbl_as_nb(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer = (NET_BUFFER *)nbl;
    fixture_send(nbl);
    return STATUS_PENDING;
}

// An MDL that the driver keeps inside memory of its own: a copy of the one that came with the write.
static NTSTATUS send_mdl_in_memory(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    char *memory = fixture_take_memory(1000);
    MDL *mdl = (MDL *)(memory + 512);
    *mdl = *irp->MdlAddress;
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = mdl;
    fixture.kept[0] = memory;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void free_mdl_in_memory(NET_BUFFER_LIST *nbl) {
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_end_send(nbl);
    fixture_reached();
}

// === MEM-UAF: data that is not there ===

// A send of other memory than the write's. IoAllocateMdl takes whatever it gets.
static NTSTATUS send_memory(IRP *irp, void *memory, ULONG length) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    MDL *mdl = IoAllocateMdl(memory, length, FALSE, FALSE, NULL);
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = fixture.kept[0] = mdl;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_freed_data(IRP *irp) {
    void *memory = fixture_take_memory(100);
    NdisFreeMemory(memory, 0, 0);
    return send_memory(irp, memory, 60);
}

static NTSTATUS send_more_than_memory(IRP *irp) {
    return send_memory(irp, (char *)fixture_take_memory(100) + 50, 60);
}

static NTSTATUS send_from_redzone(IRP *irp) {
    return send_memory(irp, (char *)fixture_take_memory(96) + 100, 60);
}

static NTSTATUS send_wild_data(IRP *irp) { return send_memory(irp, (void *)0xDDDDDDDDDDDDDDDDu, 60); }

// To the last byte; and deep inside what is large.
static NTSTATUS send_whole_memory(IRP *irp) {
    char *memory = fixture.kept[1] = fixture_take_memory(1000000);
    return send_memory(irp, memory + 999940, 60);
}

static NTSTATUS send_globals(IRP *irp) {
    static char frame[60];
    return send_memory(irp, frame, sizeof(frame));
}

static void free_mdl_and_memory(NET_BUFFER_LIST *nbl) {
    IoFreeMdl(fixture.kept[0]);
    if (fixture.kept[1] != NULL) {
        NdisFreeMemory(fixture.kept[1], 0, 0);
    }
    fixture_end_send(nbl);
    fixture_reached();
}

// === SEND-TOUCH, where no guard sees the touch itself ===

static NTSTATUS send_and_change(IRP *irp, void *ret_place, size_t size) {
    fixture_hold();
    fixture_send(fixture.kept[0]);
    (void)irp;
    RtlFillMemory(ret_place, size, 0x77);
    return STATUS_PENDING;
}

static NTSTATUS change_header(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[0] = fixture_make_send(irp);
    return send_and_change(irp, &nbl->ProtocolReserved[1], sizeof(void *));
}

static NTSTATUS change_context(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[0] = fixture_make_send(irp);
    return send_and_change(irp, (char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl) + 8, 1);
}

static NTSTATUS change_nb(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[0] = fixture_make_send(irp);
    return send_and_change(irp, &nbl->FirstNetBuffer->ProtocolReserved[0], 1);
}

static NTSTATUS change_data(IRP *irp) {
    void *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    fixture.kept[0] = fixture_make_send(irp);
    return send_and_change(irp, data, 1);
}

// Not promised to come back as they were: Next, Status, Scratch. The driver's own again: all, at once.
static void change_everything(NET_BUFFER_LIST *nbl) {
    RtlZeroMemory(nbl->ProtocolReserved, sizeof(nbl->ProtocolReserved));
    nbl->FirstNetBuffer->ProtocolReserved[0] = nbl;
    nbl->Status = nbl->Status + 0;
    fixture_end_send(nbl);
    fixture_reached();
}

// Two NBLs of one MDL, the first of which is back.
static void write_shared_data(NET_BUFFER_LIST *first) {
    UCHAR *data = fixture.kept[0];
    data[0] = 1;
    free_chain(first);
}

static NTSTATUS send_chain_of_known_data(IRP *irp) {
    fixture.kept[0] = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    return send_chain(irp);
}

static void write_shared_data_last(NET_BUFFER_LIST *nbl) {
    if (fixture.kept[1] == NULL) {
        fixture.kept[1] = nbl;
        nbl->FirstNetBuffer->ProtocolReserved[0] = nbl;
        return;
    }
    NET_BUFFER_LIST *first = fixture.kept[1];
    first->Next = nbl;
    write_shared_data(first);
}

// === SC-ALL ===

static void free_first_only(NET_BUFFER_LIST *chain) { fixture_end_send(chain); }

// Keeps all NBLs of the list for later: sends one again, and frees them when the binding goes.
static void recycle_all(NET_BUFFER_LIST *chain) {
    for (NET_BUFFER_LIST *next; chain != NULL; chain = next) {
        next = chain->Next;
        IRP **irp = (IRP **)NET_BUFFER_LIST_CONTEXT_DATA_START(chain);
        if (*irp != NULL) {
            fixture_end_irp(*irp, STATUS_SUCCESS);
            *irp = NULL;
        }
        fixture_release();
        chain->Next = fixture.kept[0];
        fixture.kept[0] = chain;
    }
}

static NTSTATUS send_recycled(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture.kept[0];
    if (nbl == NULL) {
        fixture_send(fixture_make_send(irp));
        return STATUS_PENDING;
    }
    fixture.kept[0] = nbl->Next;
    nbl->Next = NULL;
    *(IRP **)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl) = irp;
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = irp->MdlAddress;
    fixture_send(nbl);
    fixture_reached();
    return STATUS_PENDING;
}

static NDIS_STATUS unbind_with_recycled(NDIS_HANDLE unbind_context) {
    fixture_stop();
    for (NET_BUFFER_LIST *nbl = fixture.kept[0], *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        NdisFreeNetBufferList(nbl);
    }
    return fixture_unbind(unbind_context);
}

#define RECYCLED TWO_WRITES "complete(b0, count: 2)\nwrite(f0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB sent with data beyond its MDLs in IRP_MJ_WRITE",
     .catches.write = send_beyond_mdl,
     .silent = {.write = send_from_second_mdl, .send_complete = free_header},
     .program = check_one_write},
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB sent with data beyond its MDLs in IRP_MJ_WRITE",
     .catches.write = send_offset_beyond_mdl,
     .silent = {.write = send_from_second_mdl, .send_complete = free_header},
     .program = check_one_write},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB sent whose CurrentMdl is not at its DataOffset in IRP_MJ_WRITE",
     .catches.write = send_unadjusted,
     .silent = {.write = send_from_end_of_first_mdl, .send_complete = free_header},
     .program = check_one_write},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB sent whose CurrentMdl is not at its DataOffset in IRP_MJ_WRITE",
     .catches.write = send_in_other_chain,
     .silent = {.write = send_from_second_mdl, .send_complete = free_header},
     .program = check_one_write},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB sent whose CurrentMdl is not at its DataOffset in IRP_MJ_WRITE",
     .catches.write = send_from_behind_first_mdl,
     .silent = {.write = send_from_end_of_first_mdl, .send_complete = free_header},
     .program = check_one_write},
    {.rule = "SEND-SOURCE",
     .title = "poolproof: SEND-SOURCE: NBL sent with another SourceHandle in IRP_MJ_WRITE",
     .catches.write = send_without_source,
     .silent = {.write = send_chain, .send_complete = free_chain},
     .program = ONE_WRITE_OF_TWO},
    {.rule = "SEND-SOURCE",
     .title = "poolproof: SEND-SOURCE: NBL sent with another SourceHandle in IRP_MJ_WRITE",
     .catches.write = send_chain_without_second_source,
     .silent = {.write = send_chain, .send_complete = free_chain},
     .program = ONE_WRITE_OF_TWO},
    {.rule = "SEND-TWICE",
     .title = "poolproof: SEND-TWICE: NBL sent that is in flight in IRP_MJ_WRITE",
     .catches.write = send_again_in_flight,
     .silent.send_complete = send_once_more,
     .program = COMPLETED_TWICE},
    {.rule = "SEND-TWICE",
     .title = "poolproof: SEND-TWICE: NB sent that is in flight in IRP_MJ_WRITE",
     .catches.write = send_nb_in_flight,
     .silent.send_complete = send_once_more,
     .program = COMPLETED_TWICE},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL sent in IRP_MJ_WRITE",
     .catches.write = send_freed,
     .silent.send_complete = send_once_more,
     .program = COMPLETED_TWICE},
    {.rule = "MDL-BUFFER-LIFE",
     .title = "poolproof: MDL-BUFFER-LIFE: NBL sent with an MDL of freed memory in IRP_MJ_WRITE",
     .catches.write = send_freed_data,
     .silent = {.write = send_whole_memory, .send_complete = free_mdl_and_memory},
     .program = check_one_write},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: NBL sent with an MDL that is longer than its memory in IRP_MJ_WRITE",
     .catches.write = send_more_than_memory,
     .silent = {.write = send_globals, .send_complete = free_mdl_and_memory},
     .program = check_one_write},
    {.rule = "MEM-UAF",
     .title =
         "poolproof: MEM-UAF: NBL sent with an MDL of memory that is not the driver's in IRP_MJ_WRITE",
     .catches.write = send_from_redzone,
     .silent = {.write = send_whole_memory, .send_complete = free_mdl_and_memory},
     .program = check_one_write},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: NBL sent with an MDL of memory that does not exist in IRP_MJ_WRITE",
     .catches.write = send_wild_data,
     .silent = {.write = send_globals, .send_complete = free_mdl_and_memory},
     .program = check_one_write},
    {.rule = "SEND-HAS-NB",
     .advice_count = 1,
     .catches.write = send_without_nb,
     .silent = {.write = send_data_in_second_nb, .send_complete = free_second_nb},
     .program = check_one_write},
    {.rule = "SEND-HAS-NB",
     .advice_count = 2,
     .catches.write = send_without_data,
     .silent = {.write = send_data_in_second_nb, .send_complete = free_second_nb},
     .program = TWO_IN_A_LIST,
     .silent_program = check_one_write},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL chain sent that does not end in IRP_MJ_WRITE",
     .catches.write = send_nbl_after_itself,
     .silent = {.write = send_long, .send_complete = free_long},
     .program = check_one_write},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL chain sent that does not end in IRP_MJ_WRITE",
     .catches.write = send_chain_that_closes_late,
     .silent = {.write = send_chain_of_seven, .send_complete = free_chain_of_seven},
     .program = check_one_write,
     .silent_program = ONE_WRITE_OF_SEVEN},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL sent with an NB list that does not end in IRP_MJ_WRITE",
     .catches.write = send_cyclic_nbs,
     .silent = {.write = send_long, .send_complete = free_long},
     .program = check_one_write},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL sent with an MDL chain that does not end in IRP_MJ_WRITE",
     .catches.write = send_cyclic_mdls,
     .silent = {.write = send_long, .send_complete = free_long},
     .program = check_one_write},
    {.rule = "SEND-ORIGIN",
     .title = "poolproof: SEND-ORIGIN: NBL sent that no allocator made in IRP_MJ_WRITE",
     .catches.write = send_nbl_of_own_making,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NBL sent with an NB that does not exist in IRP_MJ_WRITE",
     .catches.write = send_wild_nb,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "FREE-NB-LINKED",
     .title = "poolproof: FREE-NB-LINKED: NBL sent with an NB that has been freed in IRP_MJ_WRITE",
     .catches.write = send_freed_nb,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NBL sent with an NB that does not exist in IRP_MJ_WRITE",
     .catches.write = send_nbl_as_nb,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NBL sent with an MDL that does not exist in IRP_MJ_WRITE",
     .catches.write = send_mdl_on_stack,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NBL sent with an MDL that does not exist in IRP_MJ_WRITE",
     .catches.write = send_freed_mdl,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "SEND-ORIGIN",
     .title = "poolproof: SEND-ORIGIN: NULL sent instead of an NBL in IRP_MJ_WRITE",
     .catches.write = send_null,
     .silent = {.write = send_mdl_in_memory, .send_complete = free_mdl_in_memory},
     .program = check_one_write},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL changed while in flight, sent in IRP_MJ_WRITE",
     .catches.write = change_header,
     .silent.send_complete = change_everything,
     .program = TWO_ONE_BY_ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL changed while in flight, sent in IRP_MJ_WRITE",
     .catches.write = change_context,
     .silent.send_complete = change_everything,
     .program = TWO_ONE_BY_ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL changed while in flight, sent in IRP_MJ_WRITE",
     .catches.write = change_nb,
     .silent.send_complete = change_everything,
     .program = TWO_ONE_BY_ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL changed while in flight, sent in IRP_MJ_WRITE",
     .catches.write = change_data,
     .silent.send_complete = change_everything,
     .program = TWO_ONE_BY_ONE,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: IRP data written while in flight in SendNetBufferListsComplete",
     .catches = {.write = send_chain_of_known_data, .send_complete = write_shared_data},
     .silent = {.write = send_chain_of_known_data, .send_complete = write_shared_data_last},
     .program = TWO_OF_ONE_WRITE,
     .build = CHECK_WITH_GUARD},
    {.rule = "SC-ALL",
     .title = "poolproof: SC-ALL: NBL of a completion list left alone, sent in IRP_MJ_WRITE",
     .catches.send_complete = free_first_only,
     .silent = {.write = send_recycled, .send_complete = recycle_all, .unbind = unbind_with_recycled},
     .program = TWO_IN_A_LIST,
     .silent_program = RECYCLED},
    {.rule = "SC-ALL",
     .title = "poolproof: SC-ALL: NBL of a completion list left alone, sent in IRP_MJ_WRITE",
     .catches.send_complete = free_first_only,
     .silent = {.write = send_chain, .send_complete = free_chain},
     .program = TWO_IN_A_LIST,
     .silent_program = ONE_WRITE_OF_TWO},
};

int main(void) { return CHECK_RUN("sends", cases); }
