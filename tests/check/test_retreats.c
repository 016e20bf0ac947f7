// SPDX-License-Identifier: MIT
// Where the data of an NB starts: retreats and advances, and what is left in front of an NB that goes.
#include "fixture.h"

#define HEADER 14u  // bytes

#define UP_TO_FILE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
#define ONE_FAILS \
    UP_TO_FILE "write(f0) (fail: retreat.allocate 1)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"
#define ONE_FAILS_UNSENT UP_TO_FILE "write(f0) (fail: retreat.allocate 1)\nclose(f0)\nunbind(b0)\n"
#define TWO_WRITES UP_TO_FILE "write(f0)\ncomplete(b0)\nwrite(f0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"
#define ONE_SENT UP_TO_FILE "write(f0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === What NBs are made of ===

// An NB over 64 bytes of memory of its own, all of it data.
static NET_BUFFER *make_nb(void) {
    fixture.kept[0] = fixture_make_nb_pool(0);
    fixture.kept[1] = fixture_take_memory(64);
    fixture.kept[2] = NdisAllocateMdl(fixture.protocol, fixture.kept[1], 64);
    return NdisAllocateNetBuffer(fixture.kept[0], fixture.kept[2], 0, 64);
}

static void free_nb(NET_BUFFER *nb) {
    NdisFreeNetBuffer(nb);
    NdisFreeMdl(fixture.kept[2]);
    NdisFreeMemory(fixture.kept[1], 0, 0);
    NdisFreeNetBufferPool(fixture.kept[0]);
}

// An NBL with its NB, and with a second one, none of which has room in front.
static NET_BUFFER_LIST *make_nbl(void) {
    NET_BUFFER *second = make_nb();
    fixture.kept[3] = fixture_make_nbl_pool(/*has_nb=*/true, 0);
    NET_BUFFER_LIST *nbl =
        NdisAllocateNetBufferAndNetBufferList(fixture.kept[3], 0, 0, fixture.kept[2], 0, 64);
    nbl->FirstNetBuffer->Next = second;
    return nbl;
}

static void free_nbl(NET_BUFFER_LIST *nbl) {
    NET_BUFFER *second = nbl->FirstNetBuffer->Next;
    nbl->FirstNetBuffer->Next = NULL;
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(fixture.kept[3]);
    free_nb(second);
}

static MDL *make_front(ULONG *size) {
    return NdisAllocateMdl(fixture.protocol, fixture_take_memory(*size), *size);
}

static void free_front(MDL *mdl) {
    void *memory = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    NdisFreeMdl(mdl);
    NdisFreeMemory(memory, 0, 0);
}

// === POOL-PRIVATE, MEM-UAF, SEND-TOUCH: what is retreated ===

static NTSTATUS retreat_null(void) {
    return NdisRetreatNetBufferDataStart(NULL, HEADER, 0, NULL) == NDIS_STATUS_SUCCESS;
}

static NTSTATUS advance_nb_on_stack(void) {
    NET_BUFFER nb;
    NdisZeroMemory(&nb, sizeof(nb));
    NdisAdvanceNetBufferDataStart(&nb, 0, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS retreat_nb_as_list(void) {
    return NdisRetreatNetBufferListDataStart((NET_BUFFER_LIST *)make_nb(), HEADER, 0, NULL, NULL) ==
           NDIS_STATUS_SUCCESS;
}

static NTSTATUS retreat_freed_nb(void) {
    NET_BUFFER *nb = make_nb();
    free_nb(nb);
    return NdisRetreatNetBufferDataStart(nb, 0, 0, NULL) == NDIS_STATUS_SUCCESS;
}

static NTSTATUS advance_freed_list(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    free_nbl(nbl);
    NdisAdvanceNetBufferListDataStart(nbl, 0, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS retreat_list_with_freed_nb(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    NdisFreeNetBuffer(nbl->FirstNetBuffer->Next);
    return NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, NULL, NULL) == NDIS_STATUS_SUCCESS;
}

static NTSTATUS retreat_cyclic_list(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    nbl->FirstNetBuffer->Next->Next = nbl->FirstNetBuffer;
    return NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, NULL, NULL) == NDIS_STATUS_SUCCESS;
}

static NTSTATUS advance_over_cyclic_mdls(void) {
    NET_BUFFER *nb = make_nb();
    nb->MdlChain->Next = nb->MdlChain;
    NdisAdvanceNetBufferDataStart(nb, 1, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS read_freed_memory(void) {
    NET_BUFFER *nb = make_nb();
    NdisFreeMemory(fixture.kept[1], 0, 0);
    return NdisGetDataBuffer(nb, 1, NULL, 1, 0) == NULL;
}

// The buffer goes first, and nobody looks at it any more.
static NTSTATUS advance_over_freed_memory(void) {
    NET_BUFFER *nb = make_nb();
    NdisFreeMemory(fixture.kept[1], 0, 0);
    NdisAdvanceNetBufferDataStart(nb, 1, FALSE, NULL);
    fixture_reached();
    NdisFreeNetBuffer(nb);
    NdisFreeMdl(fixture.kept[2]);
    NdisFreeNetBufferPool(fixture.kept[0]);
    return STATUS_SUCCESS;
}

// Each NB and list in its own right, an NB over an MDL of the driver's own, and a derived NBL.
static NTSTATUS retreat_what_is_ours(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    NET_BUFFER *second = nbl->FirstNetBuffer->Next;
    if (NdisRetreatNetBufferListDataStart(nbl, HEADER, 2, NULL, NULL) != NDIS_STATUS_SUCCESS ||
        NdisRetreatNetBufferDataStart(second, 2, 0, NULL) != NDIS_STATUS_SUCCESS) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NdisAdvanceNetBufferDataStart(second, 2, TRUE, NULL);
    NdisAdvanceNetBufferListDataStart(nbl, HEADER, TRUE, NULL);
    NET_BUFFER_LIST *clone =
        NdisAllocateCloneNetBufferList(nbl, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    if (NdisRetreatNetBufferListDataStart(clone, HEADER, 0, NULL, NULL) == NDIS_STATUS_SUCCESS) {
        NdisAdvanceNetBufferListDataStart(clone, HEADER, TRUE, NULL);
        fixture_reached();
    }
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    MDL own = *(MDL *)fixture.kept[2];
    MDL *in_memory = fixture_take_memory(sizeof(own));
    *in_memory = own;
    second->MdlChain = second->CurrentMdl = in_memory;
    NdisAdvanceNetBufferDataStart(second, 64, FALSE, NULL);
    NdisFreeMemory(in_memory, 0, 0);
    free_nbl(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS retreat_in_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    fixture_send(nbl);
    NdisAdvanceNetBufferDataStart(nb, 0, FALSE, NULL);
    return STATUS_PENDING;
}

static NTSTATUS advance_list_in_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture_send(nbl);
    NdisAdvanceNetBufferListDataStart(nbl, 0, FALSE, NULL);
    return STATUS_PENDING;
}

// The NB is in flight with its own list, and hangs on another one as well.
static NTSTATUS retreat_list_beside_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER_LIST *other = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    other->FirstNetBuffer->Next = nbl->FirstNetBuffer;
    fixture_send(nbl);
    return NdisRetreatNetBufferListDataStart(other, HEADER, 0, NULL, NULL) == NDIS_STATUS_SUCCESS;
}

// Another NB over the same MDL as one that is in flight.
static NTSTATUS retreat_beside_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture_send(nbl);
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 20, 10);
    if (NdisRetreatNetBufferDataStart(nb, HEADER, 0, NULL) == NDIS_STATUS_SUCCESS) {
        NdisAdvanceNetBufferDataStart(nb, HEADER, TRUE, NULL);
        fixture_reached();
    }
    NdisFreeNetBuffer(nb);
    return STATUS_PENDING;
}

// === RA-STATUS ===

static void advance_and_end(NET_BUFFER_LIST *nbl) {
    NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, HEADER, TRUE, NULL);
    fixture_end_send(nbl);
}

static NTSTATUS ignore_failed_retreat(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 0, NULL);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS ignore_failed_list_retreat(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    (void)NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, NULL, NULL);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS retry_retreat(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    while (NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 0, NULL) != NDIS_STATUS_SUCCESS) {
        fixture_reached();
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

// Without room and memory for a header in front, the driver links one of its own there.
static NTSTATUS link_header_instead(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    if (NdisRetreatNetBufferDataStart(nb, HEADER, 0, NULL) != NDIS_STATUS_SUCCESS) {
        ULONG size = HEADER;
        MDL *header = fixture.kept[0] = make_front(&size);
        header->Next = nb->MdlChain;
        nb->MdlChain = nb->CurrentMdl = header;
        nb->stDataLength += HEADER;
        fixture_reached();
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void unlink_header_and_end(NET_BUFFER_LIST *nbl) {
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = ((MDL *)fixture.kept[0])->Next;
    nbl->FirstNetBuffer->stDataLength -= HEADER;
    free_front(fixture.kept[0]);
    fixture_end_send(nbl);
}

static NTSTATUS fail_write(NET_BUFFER_LIST *nbl, IRP *irp) {
    NdisFreeNetBufferList(nbl);
    fixture_release();
    return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
}

static NTSTATUS advance_what_failed(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 0, NULL);
    NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, HEADER, TRUE, NULL);
    return fail_write(nbl, irp);
}

// Of two headers of one size the second finds no room: the first is taken off again. The rest goes, too.
static NTSTATUS advance_what_did_not_fail(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NdisAdvanceNetBufferDataStart(nb, HEADER, FALSE, NULL);
    if (NdisRetreatNetBufferDataStart(nb, HEADER, 0, NULL) == NDIS_STATUS_SUCCESS &&
        NdisRetreatNetBufferDataStart(nb, HEADER, 0, NULL) != NDIS_STATUS_SUCCESS) {
        NdisAdvanceNetBufferDataStart(nb, HEADER, TRUE, NULL);
        fixture_reached();
    }
    NdisAdvanceNetBufferDataStart(nb, (ULONG)nb->stDataLength, TRUE, NULL);
    NdisAdvanceNetBufferDataStart(nb, (ULONG)nb->stDataLength, TRUE, NULL);
    return fail_write(nbl, irp);
}

// === RA-BALANCE ===

// A driver that keeps one NBL, with 32 bytes of data and as much room before it.
static NDIS_STATUS bind_with_nbl(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    fixture.kept[0] = fixture_take_memory(64);
    NdisZeroMemory(fixture.kept[0], 64);
    fixture.kept[1] = NdisAllocateMdl(fixture.protocol, fixture.kept[0], 64);
    NET_BUFFER_LIST *nbl =
        NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, fixture.kept[1], 32, 32);
    nbl->SourceHandle = fixture.binding;
    fixture.kept[2] = nbl;
    return status;
}

// The same, with a header in front that every packet has.
static NDIS_STATUS bind_with_header(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = bind_with_nbl(bind_context, parameters);
    NET_BUFFER_LIST *nbl = fixture.kept[2];
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 0, NULL);
    return status;
}

static NDIS_STATUS unbind_with_nbl(NDIS_HANDLE unbind_context) {
    fixture_stop();
    NdisFreeNetBufferList(fixture.kept[2]);
    NdisFreeMdl(fixture.kept[1]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return fixture_unbind(unbind_context);
}

static NTSTATUS retreat_kept_nbl(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[2];
    fixture_hold();
    fixture.kept[3] = irp;
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 0, NULL);
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

// Each packet has a header of another size.
static NTSTATUS retreat_kept_nbl_by_more(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[2];
    ULONG sent = (ULONG)NET_BUFFER_LIST_FIRST_NB(nbl)->stDataLength - 32;
    fixture_hold();
    fixture.kept[3] = irp;
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, sent == 0 ? HEADER : 4, 0, NULL);
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    fixture_reached();
    return STATUS_PENDING;
}

static void keep_nbl(NET_BUFFER_LIST *nbl) {
    fixture_end_irp(fixture.kept[3], nbl->Status);
    fixture_release();
}

static void advance_and_keep_nbl(NET_BUFFER_LIST *nbl) {
    NdisAdvanceNetBufferDataStart(nbl->FirstNetBuffer, HEADER, TRUE, NULL);
    keep_nbl(nbl);
    fixture_reached();
}

static void reset_and_keep_nbl(NET_BUFFER_LIST *nbl) {
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    nb->DataOffset = nb->CurrentMdlOffset = 32;
    nb->stDataLength = 32;
    keep_nbl(nbl);
    fixture_reached();
}

// Out of a pool with data, which begins behind its buffer: nothing is to be undone.
static NTSTATUS retreat_into_own_data(IRP *irp) {
    fixture_hold();
    fixture.kept[3] = irp;
    NDIS_HANDLE pool = fixture.kept[4] = fixture_make_nbl_pool(/*has_nb=*/true, 64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 64, 0, NULL);
    nbl->SourceHandle = fixture.binding;
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static void free_with_own_data(NET_BUFFER_LIST *nbl) {
    NDIS_STATUS status = nbl->Status;
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(fixture.kept[4]);
    fixture_end_irp(fixture.kept[3], status);
    fixture_release();
    fixture_reached();
}

// A header for which there is no memory: the write fails, and the next one goes without.
static NTSTATUS give_up_then_send(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture.kept[2];
    fixture_hold();
    if (fixture.kept[3] == NULL) {
        fixture.kept[3] = irp;
        (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 40, 0, NULL);
        fixture_release();
        return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    fixture.kept[3] = irp;
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    fixture_reached();
    return STATUS_PENDING;
}

#define FAILS_THEN_ONE                                                                      \
    UP_TO_FILE "write(f0) (fail: retreat.allocate 1)\nwrite(f0)\ncomplete(b0)\nclose(f0)\n" \
               "unbind(b0)\n"

// === RA-OVERRUN ===

static NTSTATUS advance_too_far(void) {
    NdisAdvanceNetBufferDataStart(make_nb(), 65, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS advance_list_too_far(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    nbl->FirstNetBuffer->Next->stDataLength = 10;
    NdisAdvanceNetBufferListDataStart(nbl, 11, FALSE, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS advance_over_all_data(void) {
    NET_BUFFER *nb = make_nb();
    NdisAdvanceNetBufferDataStart(nb, 64, FALSE, NULL);
    NdisAdvanceNetBufferDataStart(nb, 0, FALSE, NULL);
    free_nb(nb);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === RA-FREEMDL, FREE-RETREAT ===

static NTSTATUS advance_behind_mdl(void) {
    NET_BUFFER *nb = make_nb();
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 2, NULL);
    NdisAdvanceNetBufferDataStart(nb, HEADER, FALSE, NULL);
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 2, NULL);
    NdisAdvanceNetBufferDataStart(nb, HEADER, TRUE, NULL);
    free_nb(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS advance_inside_mdl(void) {
    NET_BUFFER *nb = make_nb();
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 2, NULL);
    NdisAdvanceNetBufferDataStart(nb, HEADER - 1, FALSE, NULL);
    NdisAdvanceNetBufferDataStart(nb, 1, TRUE, NULL);
    NdisAdvanceNetBufferDataStart(nb, 10, FALSE, NULL);
    free_nb(nb);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_with_mdl_in_front(void) {
    NET_BUFFER *nb = make_nb();
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 2, make_front);
    MDL *front = nb->MdlChain;
    free_nb(nb);
    free_front(front);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nbl_with_mdl_in_front(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, HEADER, 2, make_front);
    MDL *front = nbl->FirstNetBuffer->MdlChain;
    free_nbl(nbl);
    free_front(front);
    return STATUS_SUCCESS;
}

// One by an advance, one by hand.
static NTSTATUS free_with_nothing_in_front(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferListDataStart(nbl, HEADER, 2, make_front, free_front);
    NdisAdvanceNetBufferDataStart(nb->Next, HEADER, TRUE, free_front);
    MDL *front = nb->MdlChain;
    nb->MdlChain = nb->CurrentMdl = front->Next;
    nb->DataOffset = nb->CurrentMdlOffset = 0;
    nb->stDataLength = 64;
    free_front(front);
    free_nbl(nbl);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === RA-HANDLER ===

static NTSTATUS advance_without_handler(void) {
    NET_BUFFER *nb = make_nb();
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 0, make_front);
    NdisAdvanceNetBufferDataStart(nb, HEADER, TRUE, NULL);
    return STATUS_SUCCESS;
}

// The first NB gets its MDL, the second one does not: the first MDL must go.
static NTSTATUS retreat_list_without_handler(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    return NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, make_front, NULL) == NDIS_STATUS_SUCCESS;
}

// The driver makes its MDLs in memory of its own.
static MDL *make_front_in_memory(ULONG *size) {
    MDL *mdl = (MDL *)((UCHAR *)fixture_take_memory(64 + sizeof(MDL)) + 64);
    MmInitializeMdl(mdl, (UCHAR *)mdl - 64, *size);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static void free_front_in_memory(MDL *mdl) { NdisFreeMemory((UCHAR *)mdl - 64, 0, 0); }

static NTSTATUS retreat_list_in_memory_without_handler(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    return NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, make_front_in_memory, NULL) ==
           NDIS_STATUS_SUCCESS;
}

static NTSTATUS retreat_list_in_memory_with_handler(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    for (int i = 0; i < 2; i++) {
        if (NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, make_front_in_memory,
                                              free_front_in_memory) == NDIS_STATUS_SUCCESS) {
            NdisAdvanceNetBufferListDataStart(nbl, HEADER, TRUE, free_front_in_memory);
            fixture_reached();
        }
    }
    free_nbl(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS retreat_list_with_handler(void) {
    NET_BUFFER_LIST *nbl = make_nbl();
    for (int i = 0; i < 2; i++) {
        if (NdisRetreatNetBufferListDataStart(nbl, HEADER, 0, make_front, free_front) ==
            NDIS_STATUS_SUCCESS) {
            NdisAdvanceNetBufferListDataStart(nbl, HEADER, TRUE, free_front);
            fixture_reached();
        }
    }
    free_nbl(nbl);
    return STATUS_SUCCESS;
}

// A free handler is for MDLs of the driver's only, and only where they are to be freed.
static NTSTATUS advance_where_no_handler_is_due(void) {
    NET_BUFFER *nb = make_nb();
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 0, NULL);
    NdisAdvanceNetBufferDataStart(nb, HEADER, TRUE, NULL);
    (void)NdisRetreatNetBufferDataStart(nb, HEADER, 0, make_front);
    NdisAdvanceNetBufferDataStart(nb, HEADER - 1, TRUE, NULL);
    NdisAdvanceNetBufferDataStart(nb, 1, TRUE, free_front);
    free_nb(nb);
    fixture_reached();
    return STATUS_SUCCESS;
}

#define LOAD_SECOND_FAILS "load() (fail: retreat.allocate 2)\n"

static const struct check_case cases[] = {
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NB retreated in DriverEntry",
     .catches.load = retreat_null,
     .silent.load = retreat_what_is_ours},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NB advanced in DriverEntry",
     .catches.load = advance_nb_on_stack,
     .silent.load = retreat_what_is_ours},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL retreated in DriverEntry",
     .catches.load = retreat_nb_as_list,
     .silent.load = retreat_what_is_ours},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NB retreated in DriverEntry",
     .catches.load = retreat_freed_nb,
     .silent.load = retreat_what_is_ours},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL advanced in DriverEntry",
     .catches.load = advance_freed_list,
     .silent.load = retreat_what_is_ours},
    {.rule = "FREE-NB-LINKED",
     .title = "poolproof: FREE-NB-LINKED: NBL retreated with an NB that has been freed in DriverEntry",
     .catches.load = retreat_list_with_freed_nb,
     .silent.load = retreat_what_is_ours},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NBL retreated with an NB list that does not end in DriverEntry",
     .catches.load = retreat_cyclic_list,
     .silent.load = retreat_what_is_ours},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NB advanced with an MDL chain that does not end in DriverEntry",
     .catches.load = advance_over_cyclic_mdls,
     .silent.load = retreat_what_is_ours},
    {.rule = "MDL-BUFFER-LIFE",
     .title = "poolproof: MDL-BUFFER-LIFE: NB read with an MDL of freed memory in DriverEntry",
     .catches.load = read_freed_memory,
     .silent.load = advance_over_freed_memory},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB advanced while in flight in IRP_MJ_WRITE",
     .detail = "NBL n0: in flight\n",
     .catches.write = retreat_in_flight,
     .silent.write = retreat_beside_flight,
     .program = ONE_SENT},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL advanced while in flight in IRP_MJ_WRITE",
     .catches.write = advance_list_in_flight,
     .silent.write = retreat_beside_flight,
     .program = ONE_SENT},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB retreated while in flight in IRP_MJ_WRITE",
     .catches.write = retreat_list_beside_flight,
     .silent.write = retreat_beside_flight,
     .program = ONE_SENT},

    {.rule = "RA-STATUS",
     .title = "poolproof: RA-STATUS: NB sent after a retreat that failed in IRP_MJ_WRITE",
     .catches.write = ignore_failed_retreat,
     .silent = {.write = retry_retreat, .send_complete = advance_and_end},
     .program = ONE_FAILS},
    {.rule = "RA-STATUS",
     .title = "poolproof: RA-STATUS: NB sent after a retreat that failed in IRP_MJ_WRITE",
     .catches.write = ignore_failed_list_retreat,
     .silent = {.write = link_header_instead, .send_complete = unlink_header_and_end},
     .program = ONE_FAILS},
    {.rule = "RA-STATUS",
     .title = "poolproof: RA-STATUS: NB advanced after a retreat that failed in IRP_MJ_WRITE",
     .catches.write = advance_what_failed,
     .silent.write = advance_what_did_not_fail,
     .program = ONE_FAILS_UNSENT},
    {.rule = "RA-STATUS",
     .title = "poolproof: RA-STATUS: NB sent after a retreat that failed in IRP_MJ_WRITE",
     .catches.write = ignore_failed_retreat,
     .silent = {.bind = bind_with_nbl,
                .unbind = unbind_with_nbl,
                .write = give_up_then_send,
                .send_complete = keep_nbl},
     .program = ONE_FAILS,
     .silent_program = FAILS_THEN_ONE},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: NB retreated again that was sent and not advanced in IRP_MJ_WRITE",
     .detail = "14 bytes of retreats are not undone\n",
     .catches = {.bind = bind_with_nbl,
                 .unbind = unbind_with_nbl,
                 .write = retreat_kept_nbl,
                 .send_complete = keep_nbl},
     .silent = {.bind = bind_with_nbl,
                .unbind = unbind_with_nbl,
                .write = retreat_kept_nbl,
                .send_complete = advance_and_keep_nbl},
     .program = TWO_WRITES},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: NB retreated again that was sent and not advanced in IRP_MJ_WRITE",
     .detail = "28 bytes of retreats are not undone\n",
     .catches = {.bind = bind_with_header,
                 .unbind = unbind_with_nbl,
                 .write = retreat_kept_nbl,
                 .send_complete = keep_nbl},
     .silent = {.bind = bind_with_header,
                .unbind = unbind_with_nbl,
                .write = retreat_kept_nbl,
                .send_complete = advance_and_keep_nbl},
     .program = TWO_WRITES},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: NB retreated again that was sent and not advanced in IRP_MJ_WRITE",
     .catches = {.bind = bind_with_nbl,
                 .unbind = unbind_with_nbl,
                 .write = retreat_kept_nbl,
                 .send_complete = keep_nbl},
     .silent = {.bind = bind_with_nbl,
                .unbind = unbind_with_nbl,
                .write = retreat_kept_nbl,
                .send_complete = reset_and_keep_nbl},
     .program = TWO_WRITES},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: NB retreated again that was sent and not advanced in IRP_MJ_WRITE",
     .catches = {.bind = bind_with_nbl,
                 .unbind = unbind_with_nbl,
                 .write = retreat_kept_nbl,
                 .send_complete = keep_nbl},
     .silent = {.write = retreat_into_own_data, .send_complete = free_with_own_data},
     .program = TWO_WRITES},
    {.rule = "RA-BALANCE",
     .title = "poolproof: RA-BALANCE: NB retreated again that was sent and not advanced in IRP_MJ_WRITE",
     .catches = {.bind = bind_with_nbl,
                 .unbind = unbind_with_nbl,
                 .write = retreat_kept_nbl,
                 .send_complete = keep_nbl},
     .silent = {.bind = bind_with_nbl,
                .unbind = unbind_with_nbl,
                .write = retreat_kept_nbl_by_more,
                .send_complete = keep_nbl},
     .program = TWO_WRITES},
    {.rule = "RA-OVERRUN",
     .title = "poolproof: RA-OVERRUN: advance beyond the data in DriverEntry",
     .detail = "DataOffsetDelta 65, DataLength 64\n",
     .catches.load = advance_too_far,
     .silent.load = advance_over_all_data},
    {.rule = "RA-OVERRUN",
     .title = "poolproof: RA-OVERRUN: advance beyond the data in DriverEntry",
     .detail = "DataOffsetDelta 11, DataLength 10\n",
     .catches.load = advance_list_too_far,
     .silent.load = advance_over_all_data},
    {.rule = "RA-FREEMDL",
     .advice_count = 1,
     .catches.load = advance_behind_mdl,
     .silent.load = advance_inside_mdl},
    {.rule = "FREE-RETREAT",
     .advice_count = 1,
     .catches.load = free_nb_with_mdl_in_front,
     .silent.load = free_with_nothing_in_front},
    {.rule = "FREE-RETREAT",
     .advice_count = 1,
     .catches.load = free_nbl_with_mdl_in_front,
     .silent.load = free_with_nothing_in_front},
    {.rule = "RA-HANDLER",
     .title = "poolproof: RA-HANDLER: advance without the free handler of an MDL in DriverEntry",
     .catches.load = advance_without_handler,
     .silent.load = advance_where_no_handler_is_due},
    {.rule = "RA-HANDLER",
     .title = "poolproof: RA-HANDLER: retreat undone without the free handler of an MDL in DriverEntry",
     .catches.load = retreat_list_without_handler,
     .silent.load = retreat_list_with_handler,
     .program = LOAD_SECOND_FAILS},
    {.rule = "RA-HANDLER",
     .title = "poolproof: RA-HANDLER: retreat undone without the free handler of an MDL in DriverEntry",
     .catches.load = retreat_list_in_memory_without_handler,
     .silent.load = retreat_list_in_memory_with_handler,
     .program = LOAD_SECOND_FAILS},
};

int main(void) { return CHECK_RUN("retreats", cases); }
