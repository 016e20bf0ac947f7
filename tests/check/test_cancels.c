// SPDX-License-Identifier: MIT
// Rules about cancelling sends, and about the flags and headers of what is sent.
#include "fixture.h"

#define UP_TO_WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
#define WRITE_ENDS UP_TO_WRITE "complete(b0)\nclose(f0)\nunbind(b0)\n"

// Sends the write with this cancel id.
static NTSTATUS send_with_id(IRP *irp, ULONG_PTR id) {
    if (!fixture_hold()) {
        return fixture_end_irp(irp, STATUS_DEVICE_NOT_READY);
    }
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, (PVOID)id);
    fixture_reached();
    fixture_send(nbl);
    return STATUS_PENDING;
}

// === CANCEL-ID ===

static NTSTATUS send_with_any_id(IRP *irp) { return send_with_id(irp, 7); }

static NTSTATUS send_with_own_id(IRP *irp) {
    return send_with_id(irp, (ULONG_PTR)NdisGeneratePartialCancelId() << 56 | 7);
}

static NTSTATUS send_without_id(IRP *irp) { return send_with_id(irp, 0); }

// === CANCEL-HANDLE, CLOSE-HANDLE ===

static NTSTATUS cancel_in_write(IRP *irp) {
    NdisCancelSendNetBufferLists(fixture.binding, (PVOID)7);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS cancel_on_null(IRP *irp) {
    NdisCancelSendNetBufferLists(NULL, (PVOID)7);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define CANCEL_MEETS_UNBIND                                         \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)  (at: 2 -> 1)\nunbind(b0)\nclose(f0)\n"
#define CANCEL_ONLY UP_TO_WRITE "unbind(b0)\nclose(f0)\n"

// === SEND-FLAGS ===

static NTSTATUS send_with_flags(IRP *irp, ULONG flags) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    IoMarkIrpPending(irp);
    fixture_reached();
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, flags);
    return STATUS_PENDING;
}

static NTSTATUS send_claiming_dispatch(IRP *irp) {
    return send_with_flags(irp, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}

static NTSTATUS send_with_unknown_flags(IRP *irp) { return send_with_flags(irp, 0x80000000); }

static NTSTATUS send_at_dispatch(IRP *irp) {
    KIRQL old_irql;
    KeRaiseIrql(DISPATCH_LEVEL, &old_irql);
    NTSTATUS status =
        send_with_flags(irp, NDIS_SEND_FLAGS_DISPATCH_LEVEL | NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    KeLowerIrql(old_irql);
    return status;
}

// === SEND-MACHDR ===

// Two MDLs, the first with so many bytes, and a second NB over the same bytes.
static NTSTATUS send_in_two(ULONG first, bool differs) {
    UCHAR *bytes = fixture_take_memory(64);
    NdisZeroMemory(bytes, 64);
    MDL *one = NdisAllocateMdl(fixture.binding, bytes, first);
    MDL *two = NdisAllocateMdl(fixture.binding, bytes + first, 64 - first);
    one->Next = two;
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, one, 0, 64);
    bytes[63] = differs ? 1 : 0;
    NET_BUFFER_LIST_FIRST_NB(nbl)->Next =
        NdisAllocateNetBuffer(fixture.nb_pool, one, differs ? 50 : 0, differs ? 14 : 64);
    nbl->SourceHandle = fixture.binding;
    fixture.kept[0] = bytes;
    fixture.kept[1] = one;
    fixture.kept[2] = two;
    fixture_hold();
    fixture_reached();
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_SUCCESS;
}

static void free_two(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBuffer(NET_BUFFER_LIST_FIRST_NB(nbl)->Next);
    NET_BUFFER_LIST_FIRST_NB(nbl)->Next = NULL;
    NdisFreeNetBufferList(nbl);
    NdisFreeMdl(fixture.kept[1]);
    NdisFreeMdl(fixture.kept[2]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_release();
}

static NTSTATUS send_split_header(IRP *irp) { return fixture_end_irp(irp, send_in_two(13, false)); }
static NTSTATUS send_two_headers(IRP *irp) { return fixture_end_irp(irp, send_in_two(14, true)); }
static NTSTATUS send_whole_header(IRP *irp) { return fixture_end_irp(irp, send_in_two(14, false)); }

// A frame of UDP.
struct packet {
    const UCHAR *bytes;
    ULONG length;
    ULONG port_at;
    ULONG own_at;  // a byte that is each packet's own: no flow is told by it
};

static const UCHAR ipv4_bytes[] = {2,    0, 0,  0,  0, 1, 2, 0, 0,  0,  0, 2, 8,  0,
                                   0x45, 0, 0,  28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0,
                                   0,    1, 10, 0,  0, 2, 0, 0, 0,  9,  0, 8, 0,  0};
static const struct packet ipv4 = {ipv4_bytes, sizeof(ipv4_bytes), 35, /*checksum*/ 24};

static const UCHAR ipv6_bytes[62] = {
    [0] = 2,     [5] = 1,     [6] = 2,     [11] = 2,  [12] = 0x86,
    [13] = 0xDD, [14] = 0x60, [19] = 8,    [20] = 17, [21] = 64,  // payload, next header, hop limit
    [22] = 0xFE, [37] = 1,    [38] = 0xFE, [53] = 2,              // addresses
    [57] = 9,    [59] = 8,                                        // to a port, so many bytes
};
static const struct packet ipv6 = {ipv6_bytes, sizeof(ipv6_bytes), 55, /*hop limit*/ 21};

// Two of them, from one port each.
static NTSTATUS send_two_packets(IRP *irp, const struct packet *packet, UCHAR first_port,
                                 UCHAR second_port) {
    UCHAR *bytes = fixture_take_memory(2 * packet->length);
    fixture.kept[0] = bytes;
    fixture.kept[1] = NdisAllocateMdl(fixture.binding, bytes, packet->length);
    fixture.kept[2] = NdisAllocateMdl(fixture.binding, bytes + packet->length, packet->length);
    NdisMoveMemory(bytes, packet->bytes, packet->length);
    NdisMoveMemory(bytes + packet->length, packet->bytes, packet->length);
    bytes[packet->port_at] = first_port;
    bytes[packet->length + packet->port_at] = second_port;
    bytes[packet->length + packet->own_at]--;
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, fixture.kept[1],
                                                                 0, packet->length);
    NET_BUFFER_LIST_FIRST_NB(nbl)->Next =
        NdisAllocateNetBuffer(fixture.nb_pool, fixture.kept[2], 0, packet->length);
    nbl->SourceHandle = fixture.binding;
    fixture_hold();
    fixture_reached();
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS send_two_flows(IRP *irp) { return send_two_packets(irp, &ipv4, 7, 8); }
static NTSTATUS send_one_flow(IRP *irp) { return send_two_packets(irp, &ipv4, 7, 7); }
static NTSTATUS send_two_flows6(IRP *irp) { return send_two_packets(irp, &ipv6, 7, 8); }
static NTSTATUS send_one_flow6(IRP *irp) { return send_two_packets(irp, &ipv6, 7, 7); }

// What was received is sent on as it came, whatever the MDLs that it lies in.
static void send_clone(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    fixture_hold();
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(chain, fixture.nbl_pool, NULL, 0);
    clone->SourceHandle = fixture.binding;
    clone->ParentNetBufferList = chain;
    chain->ChildRefCount++;
    fixture_reached();
    NdisSendNetBufferLists(fixture.binding, clone, NDIS_DEFAULT_PORT_NUMBER, 0);
}

static void free_clone(NET_BUFFER_LIST *clone) {
    NET_BUFFER_LIST *parent = clone->ParentNetBufferList;
    NdisFreeCloneNetBufferList(clone, 0);
    parent->ChildRefCount--;
    fixture_return(parent);
    fixture_release();
}

static NTSTATUS send_without_backfill(IRP *irp) {
    fixture_reached();
    return fixture_write(irp);
}

#define BACKFILL_WANTED                                                                    \
    "a0 = adapter(backfill: 16)\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0)\nclose(f0)\nunbind(b0)\n"
#define RECEIVED_WHERE_BACKFILL_IS_WANTED \
    "a0 = adapter(backfill: 16)\nb0 = bind(a0)\nrestart(b0)\nreceive(b0)\ncomplete(b0)\nunbind(b0)\n"
#define RECEIVED_SPLIT \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nreceive(b0, split: 5)\ncomplete(b0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "CANCEL-ID",
     .advice_count = 1,
     .catches.write = send_with_any_id,
     .silent.write = send_with_own_id,
     .program = WRITE_ENDS},
    {.rule = "CANCEL-ID",
     .advice_count = 1,
     .catches.write = send_with_any_id,
     .silent.write = send_without_id,
     .program = WRITE_ENDS},
    {.rule = "CANCEL-HANDLE",
     .title = "poolproof: CANCEL-HANDLE: binding closed while its sends are cancelled in UnbindAdapter",
     .catches.write = cancel_in_write,
     .silent.write = cancel_in_write,
     .program = CANCEL_MEETS_UNBIND,
     .silent_program = CANCEL_ONLY},
    {.rule = "CLOSE-HANDLE",
     .title = "poolproof: CLOSE-HANDLE: cancel on something that is no binding in IRP_MJ_WRITE",
     .catches.write = cancel_on_null,
     .silent.write = cancel_in_write,
     .program = CANCEL_ONLY},
    {.rule = "SEND-FLAGS",
     .advice_count = 1,
     .catches.write = send_claiming_dispatch,
     .silent.write = send_at_dispatch,
     .program = WRITE_ENDS},
    {.rule = "SEND-FLAGS",
     .advice_count = 1,
     .catches.write = send_with_unknown_flags,
     .silent.write = send_at_dispatch,
     .program = WRITE_ENDS},
    {.rule = "SEND-MACHDR",
     .advice_count = 1,
     .catches = {.write = send_split_header, .send_complete = free_two},
     .silent = {.write = send_whole_header, .send_complete = free_two},
     .program = WRITE_ENDS},
    {.rule = "SEND-MACHDR",
     .advice_count = 1,
     .catches = {.write = send_two_headers, .send_complete = free_two},
     .silent = {.write = send_whole_header, .send_complete = free_two},
     .program = WRITE_ENDS},
    {.rule = "SEND-MACHDR",
     .advice_count = 1,
     .catches = {.write = send_two_flows, .send_complete = free_two},
     .silent = {.write = send_one_flow, .send_complete = free_two},
     .program = WRITE_ENDS},
    {.rule = "SEND-MACHDR",
     .advice_count = 1,
     .catches = {.write = send_two_flows6, .send_complete = free_two},
     .silent = {.write = send_one_flow6, .send_complete = free_two},
     .program = WRITE_ENDS},
    {.rule = "SEND-MACHDR",
     .advice_count = 1,
     .catches = {.write = send_split_header, .send_complete = free_two},
     .silent = {.receive = send_clone, .send_complete = free_clone},
     .program = WRITE_ENDS,
     .silent_program = RECEIVED_SPLIT},
    {.rule = "POOL-SIZED",
     .advice_count = 1,
     .catches.write = send_without_backfill,
     .silent = {.receive = send_clone, .send_complete = free_clone},
     .program = BACKFILL_WANTED,
     .silent_program = RECEIVED_WHERE_BACKFILL_IS_WANTED},
};

int main(void) { return CHECK_RUN("cancels", cases); }
