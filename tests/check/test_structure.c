// SPDX-License-Identifier: MIT
// Rules about the fields of NBLs and NBs that are not the driver's, or not for long, and about context
// space that it has not got.
#include "fixture.h"

#include <wdm.h>

// === NBL-NDISRSVD, RSVD-AREA ===

static NTSTATUS send_with_other_pool(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->NdisPoolHandle = fixture.nb_pool;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_nb_with_ndis_fields(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->FirstNetBuffer->NdisReserved[1] = irp;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS free_nbl_with_ndis_fields(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    nbl->NdisReserved[0] = nbl;
    NdisFreeNetBufferList(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_with_other_pool(void) {
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture_make_nb_pool(0), NULL, 0, 0);
    nb->NdisPoolHandle = NULL;
    NdisFreeNetBuffer(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_with_miniport_area(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 0), 0, 0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, 0);
    clone->FirstNetBuffer->MiniportReserved[3] = nbl;
    NdisFreeCloneNetBufferList(clone, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS send_with_miniport_area(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[1] = irp;
    fixture_send(nbl);
    return STATUS_PENDING;
}

// Everything that is a protocol's: its areas, its bits of Flags, Scratch and its bits, and what it says
// about the contents.
static void use_own_fields(NET_BUFFER_LIST *nbl) {
    RtlFillMemory(nbl->ProtocolReserved, sizeof(nbl->ProtocolReserved), 0x77);
    RtlFillMemory(nbl->FirstNetBuffer->ProtocolReserved, sizeof(nbl->FirstNetBuffer->ProtocolReserved),
                  0x77);
    nbl->Scratch = nbl;
    nbl->Flags |= NBL_FLAGS_PROTOCOL_RESERVED | NBL_FLAGS_SCRATCH;
    nbl->NblFlags = NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP;
    nbl->FirstNetBuffer->ChecksumBias = 4;
    if (nbl->Scratch == nbl) {
        fixture_reached();
    }
}

static NTSTATUS send_with_own_fields(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    use_own_fields(nbl);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void free_with_own_fields(NET_BUFFER_LIST *nbl) {
    use_own_fields(nbl);
    nbl->Flags &= ~(ULONG)NBL_FLAGS_PROTOCOL_RESERVED;
    fixture_end_send(nbl);
}

static NTSTATUS free_all_with_own_fields(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(nbl, pool, nb_pool, 0);
    use_own_fields(clone);
    use_own_fields(nbl);
    NET_BUFFER *nb = NdisAllocateNetBuffer(nb_pool, NULL, 0, 0);
    RtlFillMemory(nb->ProtocolReserved, sizeof(nb->ProtocolReserved), 0x77);
    NdisFreeNetBuffer(nb);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl->FirstNetBuffer->Next = nbl->FirstNetBuffer;  // a free does not follow it
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferPool(nb_pool);
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

// === NBL-FLAGS, NBL-NBLFLAGS ===

static NTSTATUS send_with_ndis_flag(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->Flags |= 0x00000800;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void free_with_miniport_flag(NET_BUFFER_LIST *nbl) {
    nbl->Flags |= 0x00001000;
    fixture_end_send(nbl);
}

static NTSTATUS send_with_content(IRP *irp, ULONG flags) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->NblFlags = flags;
    fixture_reached();
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_as_both_ips(IRP *irp) {
    return send_with_content(irp, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_IPV6);
}

static NTSTATUS send_as_both_transports(IRP *irp) {
    return send_with_content(irp,
                             NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP);
}

static NTSTATUS send_as_udp_without_ip(IRP *irp) {
    return send_with_content(irp, NDIS_NBL_FLAGS_IS_UDP);
}

static NTSTATUS send_as_ipv6(IRP *irp) { return send_with_content(irp, NDIS_NBL_FLAGS_IS_IPV6); }

static NTSTATUS send_as_udp(IRP *irp) {
    return send_with_content(irp, NDIS_NBL_FLAGS_IS_IPV6 | NDIS_NBL_FLAGS_IS_UDP |
                                      NDIS_NBL_FLAGS_SEND_READ_ONLY);
}

// === OOB-LIFE ===

// kept[0] is what the NBL points into, if at all.
static NTSTATUS send_pointing(IRP *irp, bool is_pointing) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = fixture_take_memory(64);
    }
    if (is_pointing) {
        NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation) = (char *)fixture.kept[0] + 63;
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_and_free_info(IRP *irp) {
    NTSTATUS status = send_pointing(irp, true);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return status;
}

static NTSTATUS send_freed_info(IRP *irp) {
    fixture.kept[0] = fixture_take_memory(64);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return send_pointing(irp, true);
}

// What another NBL pointed to, or this one while it was in flight before, may go.
static NTSTATUS send_and_free_other_info(IRP *irp) {
    void *other = fixture_take_memory(64);
    NTSTATUS status = send_pointing(irp, true);
    NdisFreeMemory(other, 0, 0);
    return status;
}

static void free_info_on_completion(NET_BUFFER_LIST *nbl) {
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_end_send(nbl);
    fixture_reached();
}

// === SCRATCH ===

static void read_scratch(NET_BUFFER_LIST *nbl) {
    fixture.kept[0] = nbl->Scratch;
    fixture.kept[1] = nbl->Scratch;  // what it has seen once, it may see again
    fixture_end_send(nbl);
}

static void copy_nbl(NET_BUFFER_LIST *nbl) {
    static NET_BUFFER_LIST copy;
    RtlCopyMemory(&copy, nbl, sizeof(copy));
    fixture_end_send(nbl);
}

// Calls that look at all of an NBL, fields beside Scratch, and Scratch when it was written again.
static void use_all_but_scratch(NET_BUFFER_LIST *nbl) {
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(nbl, NULL, NULL, 0);
    NdisCopySendNetBufferListInfo(clone, nbl);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisAllocateNetBufferListContext(nbl, 16, 0, 'tseT');
    NdisFreeNetBufferListContext(nbl, 16);
    NdisRetreatNetBufferListDataStart(nbl, 14, 0, NULL, NULL);
    NdisAdvanceNetBufferListDataStart(nbl, 14, TRUE, NULL);
    nbl->MiniportReserved[1] = nbl->MiniportReserved[1];
    nbl->SourceHandle = nbl->SourceHandle;
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = nbl;
        fixture_send(nbl);
        return;
    }
    nbl->Scratch = nbl;
    if (nbl->Scratch == nbl) {
        fixture_reached();
    }
    fixture_end_send(nbl);
}

#define WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
#define COMPLETED_TWICE WRITE "complete(b0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === CTX-BOUNDS, CTX-NULL ===

static NTSTATUS write_before_context(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 32);
    volatile char *context = (volatile char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    context[-1] = 1;
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS read_context_given_back(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 32);
    NdisAllocateNetBufferListContext(nbl, 16, 0, 'tseT');
    volatile char *context = (volatile char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    context[0] = 1;
    NdisFreeNetBufferListContext(nbl, 16);
    char byte = context[0];
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    return byte == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS use_context_that_was_taken(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 32);
    RtlFillMemory(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 16, 1);
    NdisAllocateNetBufferListContext(nbl, 32, 0, 'tseT');
    RtlFillMemory(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 32 + 16, 1);
    NdisFreeNetBufferListContext(nbl, 32);
    RtlFillMemory(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 16, 1);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS use_context_of_clone(bool is_taken) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(nbl, pool, NULL, 0);
    if (is_taken) {
        NdisAllocateNetBufferListContext(clone, 16, 0, 'tseT');
    }
    RtlFillMemory(NET_BUFFER_LIST_CONTEXT_DATA_START(clone), 16, 1);
    NdisFreeNetBufferListContext(clone, 16);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS use_no_context_of_clone(void) { return use_context_of_clone(false); }

static NTSTATUS use_taken_context_of_clone(void) { return use_context_of_clone(true); }

static const struct check_case cases[] = {
    {.rule = "NBL-NDISRSVD",
     .title = "poolproof: NBL-NDISRSVD: fields of NDIS changed in an NBL in IRP_MJ_WRITE",
     .catches.write = send_with_other_pool,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write},
    {.rule = "NBL-NDISRSVD",
     .title = "poolproof: NBL-NDISRSVD: fields of NDIS changed in an NB in IRP_MJ_WRITE",
     .catches.write = send_nb_with_ndis_fields,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write},
    {.rule = "NBL-NDISRSVD",
     .title = "poolproof: NBL-NDISRSVD: fields of NDIS changed in an NBL in DriverEntry",
     .catches.load = free_nbl_with_ndis_fields,
     .silent.load = free_all_with_own_fields},
    {.rule = "NBL-NDISRSVD",
     .title = "poolproof: NBL-NDISRSVD: fields of NDIS changed in an NB in DriverEntry",
     .catches.load = free_nb_with_other_pool,
     .silent.load = free_all_with_own_fields},
    {.rule = "RSVD-AREA",
     .title = "poolproof: RSVD-AREA: MiniportReserved changed in an NB in DriverEntry",
     .catches.load = free_clone_with_miniport_area,
     .silent.load = free_all_with_own_fields},
    {.rule = "RSVD-AREA",
     .title = "poolproof: RSVD-AREA: MiniportReserved changed in an NBL in IRP_MJ_WRITE",
     .catches.write = send_with_miniport_area,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write},
    {.rule = "NBL-FLAGS",
     .title = "poolproof: NBL-FLAGS: Flags changed that are not a protocol's in IRP_MJ_WRITE",
     .detail = "Flags 0x00000800, were 0x00000000\n",
     .catches.write = send_with_ndis_flag,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write},
    {.rule = "NBL-FLAGS",
     .title = "poolproof: NBL-FLAGS: Flags changed that are not a protocol's in "
              "SendNetBufferListsComplete",
     .catches.send_complete = free_with_miniport_flag,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write},
    {.rule = "NBL-NBLFLAGS",
     .advice_count = 1,
     .catches.write = send_as_both_ips,
     .silent.write = send_as_ipv6,
     .program = check_one_write},
    {.rule = "NBL-NBLFLAGS",
     .advice_count = 1,
     .catches.write = send_as_both_transports,
     .silent.write = send_as_udp,
     .program = check_one_write},
    {.rule = "NBL-NBLFLAGS",
     .advice_count = 1,
     .catches.write = send_as_udp_without_ip,
     .silent.write = send_as_udp,
     .program = check_one_write},
    {.rule = "OOB-LIFE",
     .title = "poolproof: OOB-LIFE: memory freed that an NBL in flight points to in IRP_MJ_WRITE",
     .catches.write = send_and_free_info,
     .silent = {.write = send_and_free_other_info, .send_complete = free_info_on_completion},
     .program = check_one_write},
    {.rule = "OOB-LIFE",
     .title = "poolproof: OOB-LIFE: NBL sent that points to freed memory in IRP_MJ_WRITE",
     .catches.write = send_freed_info,
     .silent = {.write = send_and_free_other_info, .send_complete = free_info_on_completion},
     .program = check_one_write},
    {.rule = "SCRATCH",
     .advice_count = 1,
     .catches.send_complete = read_scratch,
     .silent.send_complete = use_all_but_scratch,
     .program = check_one_write,
     .silent_program = COMPLETED_TWICE,
     .build = CHECK_WITH_GUARD},
    {.rule = "SCRATCH",
     .advice_count = 1,
     .catches.send_complete = copy_nbl,
     .silent = {.write = send_with_own_fields, .send_complete = free_with_own_fields},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "CTX-BOUNDS",
     .title = "poolproof: CTX-BOUNDS: context written that the driver has not taken in DriverEntry",
     .catches.load = write_before_context,
     .silent.load = use_context_that_was_taken,
     .build = CHECK_WITH_GUARD},
    {.rule = "CTX-BOUNDS",
     .title = "poolproof: CTX-BOUNDS: context read that the driver has not taken in DriverEntry",
     .catches.load = read_context_given_back,
     .silent.load = use_context_that_was_taken,
     .build = CHECK_WITH_GUARD},
    {.rule = "CTX-NULL",
     .title = "poolproof: CTX-NULL: context of an NBL that has none used in DriverEntry",
     .catches.load = use_no_context_of_clone,
     .silent.load = use_taken_context_of_clone},
};

int main(void) { return CHECK_RUN("structure", cases); }
