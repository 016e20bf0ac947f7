// SPDX-License-Identifier: MIT
// The bytes of NBs: looked at through NdisGetDataBuffer, and copied from NB to NB.
#include "fixture.h"

#define WRITE_BYTES 60u  // of a write
#define ROOM 100u        // bytes in an NB that is copied to
#define ONE_SENT                                                                             \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\ncomplete(b0)\n" \
    "close(f0)\nunbind(b0)\n"
#define ONE_FAILS                                                   \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0) (fail: data.copy 1)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === What is looked at ===

// An NB over two MDLs with 40 bytes each.
static NET_BUFFER *make_nb(void) {
    fixture.kept[0] = fixture_make_nb_pool(0);
    UCHAR *memory = fixture.kept[1] = fixture_take_memory(80);
    NdisZeroMemory(memory, 80);
    MDL *first = NdisAllocateMdl(fixture.protocol, memory, 40);
    first->Next = NdisAllocateMdl(fixture.protocol, memory + 40, 40);
    return NdisAllocateNetBuffer(fixture.kept[0], first, 0, 80);
}

static void free_nb(NET_BUFFER *nb) {
    MDL *first = nb->MdlChain;
    NdisFreeNetBuffer(nb);
    NdisFreeMdl(first->Next);
    NdisFreeMdl(first);
    NdisFreeMemory(fixture.kept[1], 0, 0);
    NdisFreeNetBufferPool(fixture.kept[0]);
}

static NTSTATUS get(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT multiple) {
    return NdisGetDataBuffer(nb, bytes, storage, multiple, 0) == NULL ? STATUS_UNSUCCESSFUL
                                                                      : STATUS_SUCCESS;
}

static NTSTATUS get_of_null(void) { return get(NULL, 14, NULL, 1); }

static NTSTATUS get_of_freed_nb(void) {
    NET_BUFFER *nb = make_nb();
    free_nb(nb);
    return get(nb, 14, NULL, 1);
}

static NTSTATUS get_beyond_mdls(void) {
    NET_BUFFER *nb = make_nb();
    nb->stDataLength = 81;
    return get(nb, 14, NULL, 1);
}

static NTSTATUS get_at_wrong_offset(void) {
    NET_BUFFER *nb = make_nb();
    nb->DataOffset = 1;
    nb->stDataLength = 79;
    return get(nb, 14, NULL, 1);
}

static NTSTATUS get_into_small_storage(void) { return get(make_nb(), 60, fixture_take_memory(59), 1); }

static NTSTATUS get_into_small_stack(void) {
    UCHAR storage[16];
    return get(make_nb(), 60, storage, 1);
}

static NTSTATUS get_with_multiple_of_three(void) { return get(make_nb(), 14, NULL, 3); }

static NTSTATUS get_without_multiple(void) { return get(make_nb(), 14, NULL, 0); }

// In one MDL, across two of them, and more than there is.
static NTSTATUS get_what_is_there(void) {
    NET_BUFFER *nb = make_nb();
    UCHAR on_stack[60];
    PVOID storage = fixture_take_memory(60);
    if (get(nb, 14, NULL, 4) == STATUS_SUCCESS && get(nb, 60, storage, 1) == STATUS_SUCCESS &&
        get(nb, 60, on_stack, 1) == STATUS_SUCCESS && get(nb, 60, NULL, 1) != STATUS_SUCCESS &&
        get(nb, 81, NULL, 1) != STATUS_SUCCESS && get(nb, 0, NULL, 64) == STATUS_SUCCESS) {
        fixture_reached();
    }
    NdisAdvanceNetBufferDataStart(nb, 80, FALSE, NULL);
    (void)get(nb, 1, NULL, 1);
    NdisFreeMemory(storage, 0, 0);
    free_nb(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS get_in_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    fixture_send(nbl);
    (void)get(nb, 14, NULL, 1);
    return STATUS_PENDING;
}

static NTSTATUS get_before_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    if (get(nbl->FirstNetBuffer, 14, NULL, 1) == STATUS_SUCCESS) {
        fixture_reached();
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

// === Copies ===

static NTSTATUS copy(NET_BUFFER *to, const NET_BUFFER *from) {
    ULONG copied;
    return NdisCopyFromNetBufferToNetBuffer(to, 0, 14, from, 0, &copied) == NDIS_STATUS_SUCCESS;
}

static NTSTATUS copy_to_null(void) { return copy(NULL, make_nb()); }

static NTSTATUS copy_from_stack(void) {
    NET_BUFFER from;
    NdisZeroMemory(&from, sizeof(from));
    return copy(make_nb(), &from);
}

static NTSTATUS copy_to_wrong_offset(void) {
    NET_BUFFER *nb = make_nb();
    nb->CurrentMdlOffset = 1;
    return copy(nb, nb);
}

static NTSTATUS copy_from_beyond_mdls(void) {
    NET_BUFFER *from = make_nb();
    from->stDataLength = 81;
    return copy(make_nb(), from);
}

static NTSTATUS copy_from_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NET_BUFFER *to = NdisAllocateNetBuffer(fixture.nb_pool, NULL, 0, 0);
    fixture_send(nbl);
    (void)copy(to, nb);
    return STATUS_PENDING;
}

static NTSTATUS copy_between_nbs(void) {
    NET_BUFFER *from = make_nb();
    NET_BUFFER *to = NdisAllocateNetBuffer(fixture.kept[0], NULL, 0, 0);
    NET_BUFFER *half = NdisAllocateNetBuffer(fixture.kept[0], from->MdlChain, 40, 40);
    (void)copy(to, from);
    (void)copy(half, from);
    if (RtlEqualMemory(fixture.kept[1], (UCHAR *)fixture.kept[1] + 40, 14)) {
        fixture_reached();
    }
    NdisFreeNetBuffer(half);
    NdisFreeNetBuffer(to);
    free_nb(from);
    return STATUS_SUCCESS;
}

// === COPY-RESULT ===

// An NBL whose data is behind its whole buffer, and the NB of a write to copy from.
static NET_BUFFER_LIST *make_copy(IRP *irp, NET_BUFFER **ret_from) {
    fixture_hold();
    NDIS_HANDLE pool = fixture.kept[0] = fixture_make_nbl_pool(/*has_nb=*/true, ROOM);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    nbl->SourceHandle = fixture.binding;
    fixture.kept[1] = irp;
    *ret_from = fixture.kept[2] =
        NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, WRITE_BYTES);
    return nbl;
}

static NTSTATUS send_copy(NET_BUFFER_LIST *nbl) {
    IoMarkIrpPending(fixture.kept[1]);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

static void end_copy(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(fixture.kept[0]);
    NdisFreeNetBuffer(fixture.kept[2]);
    fixture_end_irp(fixture.kept[1], STATUS_SUCCESS);
    fixture_release();
    fixture_reached();
}

static void end_original(NET_BUFFER_LIST *nbl) {
    nbl->FirstNetBuffer->MdlChain = fixture.kept[4];
    end_copy(nbl);
}

static UCHAR *data_of(NET_BUFFER *nb) {
    return (UCHAR *)nb->CurrentMdl->MappedSystemVa + nb->CurrentMdlOffset;
}

static NTSTATUS ignore_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, WRITE_BYTES, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, WRITE_BYTES, from, 0, &copied);
    return send_copy(nbl);
}

// There were no bytes to copy, but that is not what came of it.
static NTSTATUS ignore_copy_of_nothing(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 14, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, 14, from, WRITE_BYTES, &copied);
    return send_copy(nbl);
}

// In two parts, the second of which may be left out.
static NTSTATUS retry_in_parts(IRP *irp, bool is_whole) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, WRITE_BYTES, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nb, 0, WRITE_BYTES, from, 0, &copied);
    (void)NdisCopyFromNetBufferToNetBuffer(nb, 0, 20, from, 0, &copied);
    if (is_whole) {
        (void)NdisCopyFromNetBufferToNetBuffer(nb, 20, WRITE_BYTES - 20, from, 20, &copied);
    }
    return send_copy(nbl);
}

static NTSTATUS retry_half(IRP *irp) { return retry_in_parts(irp, /*is_whole=*/false); }

static NTSTATUS retry_both_halves(IRP *irp) { return retry_in_parts(irp, /*is_whole=*/true); }

// The NB gets the write's own MDL instead. What is copied there later, over itself, has nothing to do
// with the copy that failed.
static NTSTATUS send_original_instead(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    fixture.kept[4] = nb->MdlChain;
    (void)NdisRetreatNetBufferDataStart(nb, WRITE_BYTES, 0, NULL);
    if (NdisCopyFromNetBufferToNetBuffer(nb, 0, WRITE_BYTES, from, 0, &copied) != NDIS_STATUS_SUCCESS) {
        nb->MdlChain = nb->CurrentMdl = irp->MdlAddress;
        nb->DataOffset = nb->CurrentMdlOffset = 0;
        (void)NdisCopyFromNetBufferToNetBuffer(nb, 0, WRITE_BYTES, from, 0, &copied);
    }
    return send_copy(nbl);
}

// The bytes that were not copied are left out.
static NTSTATUS send_behind_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, ROOM, 0, NULL);
    NdisFillMemory(data_of(nb), ROOM, 0xFF);
    if (NdisCopyFromNetBufferToNetBuffer(nb, 0, 14, from, 0, &copied) != NDIS_STATUS_SUCCESS) {
        NdisAdvanceNetBufferDataStart(nb, 14, FALSE, NULL);
    }
    return send_copy(nbl);
}

// A header in front of what was not copied, in an MDL of its own, does not make it better.
static NTSTATUS ignore_copy_behind_header(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, ROOM, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, WRITE_BYTES, from, 0, &copied);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, 14, 0, NULL);
    return send_copy(nbl);
}

static NTSTATUS retry_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, WRITE_BYTES, 0, NULL);
    while (NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, WRITE_BYTES, from, 0, &copied) !=
           NDIS_STATUS_SUCCESS) {
    }
    return send_copy(nbl);
}

static NTSTATUS copy_by_hand_instead(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, WRITE_BYTES, 0, NULL);
    // The same bytes have been there before: that nothing has changed proves nothing.
    NdisMoveMemory(data_of(nb), data_of(from), WRITE_BYTES);
    if (NdisCopyFromNetBufferToNetBuffer(nb, 0, WRITE_BYTES, from, 0, &copied) != NDIS_STATUS_SUCCESS) {
        NdisMoveMemory(data_of(nb), data_of(from), WRITE_BYTES);
    }
    return send_copy(nbl);
}

static NTSTATUS send_header_only(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, ROOM, 0, NULL);
    NdisFillMemory(data_of(nb), 14, 0xFF);
    if (NdisCopyFromNetBufferToNetBuffer(nb, 14, WRITE_BYTES, from, 0, &copied) != NDIS_STATUS_SUCCESS) {
        nb->stDataLength = 14;
    }
    return send_copy(nbl);
}

// The first write fails with its copy; the second one is copied by hand into what was kept of it. The
// bytes happen to be those that fresh memory has.
static NTSTATUS give_up_then_copy_by_hand(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = fixture.kept[3];
    if (nbl == NULL) {
        nbl = fixture.kept[3] = make_copy(irp, &from);
        (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, WRITE_BYTES, 0, NULL);
        (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, WRITE_BYTES, from, 0, &copied);
        fixture_release();
        return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    fixture_hold();
    fixture.kept[1] = irp;
    NdisMoveMemory(data_of(nbl->FirstNetBuffer), irp->MdlAddress->MappedSystemVa, WRITE_BYTES);
    return send_copy(nbl);
}

#define FAILS_THEN_ONE                                                                        \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"                           \
    "write(f0, fill: 1) (fail: data.copy 1)\nwrite(f0, fill: 165)\ncomplete(b0)\nclose(f0)\n" \
    "unbind(b0)\n"

// Asks for more than the write has, and sends as much as it asked for.
static NTSTATUS ignore_short_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, ROOM, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, ROOM, from, 0, &copied);
    return send_copy(nbl);
}

static NTSTATUS send_what_was_copied(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    (void)NdisRetreatNetBufferDataStart(nbl->FirstNetBuffer, ROOM, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nbl->FirstNetBuffer, 0, ROOM, from, 0, &copied);
    nbl->FirstNetBuffer->stDataLength = copied;
    return send_copy(nbl);
}

static NTSTATUS pad_short_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, ROOM, 0, NULL);
    (void)NdisCopyFromNetBufferToNetBuffer(nb, 0, ROOM, from, 0, &copied);
    NdisFillMemory(data_of(nb) + copied, ROOM - copied, 0x20);
    return send_copy(nbl);
}

// Zeroes the buffer first, as one does for short frames.
static NTSTATUS zero_before_short_copy(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, ROOM, 0, NULL);
    NdisZeroMemory(data_of(nb), ROOM);
    (void)NdisCopyFromNetBufferToNetBuffer(nb, 0, ROOM, from, 0, &copied);
    return send_copy(nbl);
}

// Out of one NB after the other, until all is full. What comes second was there before.
static NTSTATUS gather_copies(IRP *irp) {
    NET_BUFFER *from;
    ULONG copied = 0;
    NET_BUFFER_LIST *nbl = make_copy(irp, &from);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    (void)NdisRetreatNetBufferDataStart(nb, ROOM, 0, NULL);
    NdisFillMemory(data_of(nb), ROOM, *data_of(from));
    for (ULONG done = 0; done < ROOM; done += copied) {
        (void)NdisCopyFromNetBufferToNetBuffer(nb, done, ROOM - done, from, 0, &copied);
    }
    return send_copy(nbl);
}

static const struct check_case cases[] = {
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NB read in DriverEntry",
     .catches.load = get_of_null,
     .silent.load = get_what_is_there},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NB read in DriverEntry",
     .catches.load = get_of_freed_nb,
     .silent.load = get_what_is_there},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB read while in flight in IRP_MJ_WRITE",
     .catches.write = get_in_flight,
     .silent.write = get_before_flight,
     .program = ONE_SENT},
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB read with data beyond its MDLs in DriverEntry",
     .detail = "DataOffset 0, DataLength 81, 80 bytes in the chain\n",
     .catches.load = get_beyond_mdls,
     .silent.load = get_what_is_there},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB read whose CurrentMdl is not at its DataOffset in DriverEntry",
     .catches.load = get_at_wrong_offset,
     .silent.load = get_what_is_there},
    {.rule = "GDB-STORAGE",
     .title = "poolproof: GDB-STORAGE: Storage too small for BytesNeeded in DriverEntry",
     .detail = "BytesNeeded 60\n",
     .catches.load = get_into_small_storage,
     .silent.load = get_what_is_there,
     .build = CHECK_WITH_GUARD},
    {.rule = "GDB-STORAGE",
     .title = "poolproof: GDB-STORAGE: Storage too small for BytesNeeded in DriverEntry",
     .catches.load = get_into_small_stack,
     .silent.load = get_what_is_there,
     .build = CHECK_WITH_GUARD},
    {.rule = "GDB-STORAGE",
     .title = "poolproof: GDB-STORAGE: AlignMultiple that is no power of two in DriverEntry",
     .detail = "AlignMultiple 3\n",
     .catches.load = get_with_multiple_of_three,
     .silent.load = get_what_is_there},
    {.rule = "GDB-STORAGE",
     .title = "poolproof: GDB-STORAGE: AlignMultiple that is no power of two in DriverEntry",
     .detail = "AlignMultiple 0\n",
     .catches.load = get_without_multiple,
     .silent.load = get_what_is_there},

    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NB copied to in DriverEntry",
     .catches.load = copy_to_null,
     .silent.load = copy_between_nbs},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NB copied from in DriverEntry",
     .catches.load = copy_from_stack,
     .silent.load = copy_between_nbs},
    {.rule = "NB-CONSIST",
     .title =
         "poolproof: NB-CONSIST: NB copied to whose CurrentMdl is not at its DataOffset in DriverEntry",
     .catches.load = copy_to_wrong_offset,
     .silent.load = copy_between_nbs},
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB copied from with data beyond its MDLs in DriverEntry",
     .catches.load = copy_from_beyond_mdls,
     .silent.load = copy_between_nbs},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB copied from while in flight in IRP_MJ_WRITE",
     .catches.write = copy_from_flight,
     .silent.write = get_before_flight,
     .program = ONE_SENT},

    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .detail = "0 of 60 bytes copied\n",
     .catches.write = ignore_copy,
     .silent = {.write = retry_copy, .send_complete = end_copy},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .detail = "20 of 60 bytes copied\n",
     .catches.write = retry_half,
     .silent = {.write = retry_both_halves, .send_complete = end_copy},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .detail = "0 of 14 bytes copied\n",
     .catches.write = ignore_copy_of_nothing,
     .silent = {.write = send_behind_copy, .send_complete = end_copy},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .catches.write = ignore_copy,
     .silent = {.write = send_original_instead, .send_complete = end_original},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .catches.write = ignore_copy_behind_header,
     .silent = {.write = copy_by_hand_instead, .send_complete = end_copy},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .catches.write = ignore_copy,
     .silent = {.write = send_header_only, .send_complete = end_copy},
     .program = ONE_FAILS},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent after a copy into it that failed in IRP_MJ_WRITE",
     .catches.write = ignore_copy,
     .silent = {.write = give_up_then_copy_by_hand, .send_complete = end_copy},
     .program = ONE_FAILS,
     .silent_program = FAILS_THEN_ONE},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent with bytes that were not copied in IRP_MJ_WRITE",
     .detail = "60 of 100 bytes copied\n",
     .catches.write = ignore_short_copy,
     .silent = {.write = send_what_was_copied, .send_complete = end_copy},
     .program = ONE_SENT},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent with bytes that were not copied in IRP_MJ_WRITE",
     .catches.write = ignore_short_copy,
     .silent = {.write = pad_short_copy, .send_complete = end_copy},
     .program = ONE_SENT},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent with bytes that were not copied in IRP_MJ_WRITE",
     .catches.write = ignore_short_copy,
     .silent = {.write = zero_before_short_copy, .send_complete = end_copy},
     .program = ONE_SENT},
    {.rule = "COPY-RESULT",
     .title = "poolproof: COPY-RESULT: NB sent with bytes that were not copied in IRP_MJ_WRITE",
     .catches.write = ignore_short_copy,
     .silent = {.write = gather_copies, .send_complete = end_copy},
     .program = ONE_SENT},
};

int main(void) { return CHECK_RUN("data", cases); }
