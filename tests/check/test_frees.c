// SPDX-License-Identifier: MIT
// Rules about freeing: the right thing, once, by its owner, with the function that belongs to it.
#include "fixture.h"

// === FREE-NBL-DOUBLE, FREE-NB-DOUBLE, MDL-DOUBLE, MEM-UAF ===

// With LIFO reuse the second object of each kind lies where the first did.
#define LOAD_LIFO "memory(reuse: lifo)\nload()\n"

static NTSTATUS free_nbl_twice(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 0), 0, 0);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferList(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_twice(void) {
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture_make_nb_pool(0), NULL, 0, 0);
    NdisFreeNetBuffer(nb);
    NdisFreeNetBuffer(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_twice(void) {
    MDL *mdl = NdisAllocateMdl(fixture.protocol, fixture_take_memory(64), 64);
    NdisFreeMdl(mdl);
    IoFreeMdl(mdl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_memory_twice(void) {
    void *memory = fixture_take_memory(100);
    NdisFreeMemory(memory, 0, 0);
    ExFreePoolWithTag(memory, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_what_lies_at_one_address(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    const void *first[4] = {0};
    void *data = fixture_take_memory(64);
    for (int i = 0; i < 2; i++) {
        NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(nbl_pool, 0, 0);
        NdisFreeNetBufferList(nbl);
        NET_BUFFER *nb = NdisAllocateNetBuffer(nb_pool, NULL, 0, 0);
        NdisFreeNetBuffer(nb);
        MDL *mdl = NdisAllocateMdl(fixture.protocol, data, 64);
        NdisFreeMdl(mdl);
        void *memory = fixture_take_memory(3000);
        NdisFreeMemory(memory, 0, 0);
        const void *now[4] = {nbl, nb, mdl, memory};
        if (i == 0) {
            RtlCopyMemory(first, now, sizeof(first));
        } else if (RtlEqualMemory(first, now, sizeof(first))) {
            fixture_reached();
        }
    }
    NdisFreeMemory(data, 0, 0);
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    return STATUS_SUCCESS;
}

// === POOL-PRIVATE, MEM-UAF: what nobody allocated ===

static NTSTATUS free_nbl_on_stack(void) {
    NET_BUFFER_LIST nbl;
    NdisFreeNetBufferList(&nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_null_nb(void) {
    NdisFreeNetBuffer(NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_as_nbl(void) {
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture_make_nb_pool(0), NULL, 0, 0);
    NdisFreeNetBufferList((NET_BUFFER_LIST *)nb);
    return STATUS_SUCCESS;
}

static NTSTATUS free_wild_mdl(void) {
    NdisFreeMdl((MDL *)0x123456789);
    return STATUS_SUCCESS;
}

static NTSTATUS free_inside_memory(void) {
    NdisFreeMemory((char *)fixture_take_memory(100) + 16, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_null_memory(void) {
    ExFreePool(NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS free_each_by_its_own(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(false, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    void *memory = fixture_take_memory(100);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, memory, 100);
    NET_BUFFER *nb = NdisAllocateNetBuffer(nb_pool, mdl, 0, 100);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(nbl_pool, 0, 0);
    nbl->FirstNetBuffer = nb;
    NdisFreeNetBufferList(nbl);  // its NB, MDL and memory are others' business
    NdisFreeNetBuffer(nb);
    NdisFreeMdl(mdl);
    NdisFreeMemory(memory, 0, 0);
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === FREE-NB-PREALLOC, FREE-MDL-POOLOWNED ===

static NTSTATUS free_nb_of_nbl(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 0), 0, 0);
    NdisFreeNetBuffer(nbl->FirstNetBuffer);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_nbl(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 64), 0, 0);
    NdisFreeMdl(nbl->FirstNetBuffer->MdlChain);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_nb(void) {
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(fixture_make_nb_pool(64));
    NdisFreeMdl(nb->MdlChain);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_irp(IRP *irp) {
    IoFreeMdl(irp->MdlAddress);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS free_data_of_nbl(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 64), 0, 0);
    NdisFreeMemory(MmGetSystemAddressForMdlSafe(nbl->FirstNetBuffer->MdlChain, NormalPagePriority), 0,
                   0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_retreat(void) {
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture_make_nb_pool(0), NULL, 0, 0);
    NdisRetreatNetBufferDataStart(nb, 14, 0, NULL);
    NdisFreeMdl(nb->MdlChain);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_by_advance(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NET_BUFFER *nb = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    NdisRetreatNetBufferDataStart(nb, 14, 0, NULL);
    NdisAdvanceNetBufferDataStart(nb, 14, /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBuffer(nb);
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// What the driver has hung into an NBL that brought its own NB, MDL and data comes off again.
static NTSTATUS free_what_was_added(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 64);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(nbl_pool, 0, 0);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(nb_pool);
    void *memory = fixture_take_memory(32);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, memory, 32);
    nbl->FirstNetBuffer->Next = nb;
    nbl->FirstNetBuffer->MdlChain->Next = mdl;
    nbl->FirstNetBuffer->MdlChain->Next = NULL;
    NdisFreeMdl(mdl);
    NdisFreeMemory(memory, 0, 0);
    nbl->FirstNetBuffer->Next = NULL;
    NdisFreeNetBuffer(nb);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_beside_irps(IRP *irp) {
    MDL *mdl = IoAllocateMdl(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority),
                             MmGetMdlByteCount(irp->MdlAddress), FALSE, FALSE, NULL);
    IoFreeMdl(mdl);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define ONE_WRITE_NO_SEND \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nclose(f0)\nunbind(b0)\n"

// === FREE-NBL-ATTACHED ===

// An NBL of a pool without NBs, and an NB of its own on it.
static NET_BUFFER *attach(NET_BUFFER_LIST *nbl) {
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, NULL, 0, 0);
    nb->Next = nbl->FirstNetBuffer;
    nbl->FirstNetBuffer = nb;
    return nb;
}

static NTSTATUS lose_nb_with_its_nbl(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    attach(nbl);
    NdisFreeNetBufferList(nbl);
    fixture_free_pools();
    return STATUS_SUCCESS;
}

static NTSTATUS lose_one_of_three_nbs(void) {
    NET_BUFFER_LIST *nbl;
    NET_BUFFER *nbs[3];
    fixture_make_pools();
    nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    for (int i = 0; i < 3; i++) {
        nbs[i] = attach(nbl);
    }
    NdisFreeNetBuffer(nbs[2]);
    nbl->FirstNetBuffer = nbs[1];
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBuffer(nbs[1]);
    return STATUS_SUCCESS;
}

// First the NBL, then its NBs, or the other way round; an NB that stays goes to the next NBL.
static NTSTATUS free_nbs_in_any_order(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *first = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    NET_BUFFER *stays = attach(first);
    NET_BUFFER *goes = attach(first);
    NdisFreeNetBufferList(first);
    NdisFreeNetBuffer(goes);
    NET_BUFFER_LIST *second = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    stays->Next = NULL;
    second->FirstNetBuffer->Next = stays;
    attach(second);
    NdisFreeNetBuffer(second->FirstNetBuffer);
    second->FirstNetBuffer = NULL;
    NdisFreeNetBufferList(second);
    NdisFreeNetBuffer(stays);
    fixture_free_pools();
    fixture_reached();
    return STATUS_SUCCESS;
}

// === FREE-NBL-INFLIGHT ===

// A send of a copy: memory, MDL, and a second NB over the same.
static NET_BUFFER_LIST *make_copy(IRP *irp) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    void *memory = fixture_take_memory(60);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, memory, 60);
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, mdl, 0, 60);
    nbl->FirstNetBuffer->Next = nb;
    fixture.kept[0] = memory;
    fixture.kept[1] = mdl;
    fixture.kept[2] = nb;
    fixture.kept[3] = nbl;
    return nbl;
}

static NTSTATUS send_copy(IRP *irp) {
    fixture_hold();
    fixture_send(make_copy(irp));
    return STATUS_PENDING;
}

static NTSTATUS send_and_free_memory(IRP *irp) {
    NTSTATUS status = send_copy(irp);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return status;
}

static NTSTATUS send_and_free_mdl(IRP *irp) {
    NTSTATUS status = send_copy(irp);
    NdisFreeMdl(fixture.kept[1]);
    return status;
}

static NTSTATUS send_and_free_nb(IRP *irp) {
    NTSTATUS status = send_copy(irp);
    NdisFreeNetBuffer(fixture.kept[2]);
    return status;
}

static NTSTATUS send_and_free_nbl(IRP *irp) {
    NTSTATUS status = send_copy(irp);
    NdisFreeNetBufferList(fixture.kept[3]);
    return status;
}

static void free_copy_on_completion(NET_BUFFER_LIST *nbl) {
    nbl->FirstNetBuffer->Next = NULL;
    NdisFreeNetBuffer(fixture.kept[2]);
    NdisFreeMdl(fixture.kept[1]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_end_send(nbl);
    fixture_reached();
}

// An IRP's pages go with it: it must not be completed while they are on the wire.
static NTSTATUS send_and_complete_irp(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === IRP-ONCE ===

static NTSTATUS complete_irp_twice(IRP *irp) {
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS complete_null_irp(IRP *irp) {
    IoCompleteRequest(NULL, IO_NO_INCREMENT);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS complete_each_irp(IRP *irp) {
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define TWO_WRITES_LIFO                                                                  \
    "memory(reuse: lifo)\na0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)\nwrite(f0)\nclose(f0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "FREE-NBL-DOUBLE",
     .title = "poolproof: FREE-NBL-DOUBLE: NBL freed again in DriverEntry",
     .catches.load = free_nbl_twice,
     .silent.load = free_what_lies_at_one_address,
     .silent_program = LOAD_LIFO},
    {.rule = "FREE-NB-DOUBLE",
     .title = "poolproof: FREE-NB-DOUBLE: NB freed again in DriverEntry",
     .catches.load = free_nb_twice,
     .silent.load = free_what_lies_at_one_address,
     .silent_program = LOAD_LIFO},
    {.rule = "MDL-DOUBLE",
     .title = "poolproof: MDL-DOUBLE: MDL freed again in DriverEntry",
     .catches.load = free_mdl_twice,
     .silent.load = free_what_lies_at_one_address,
     .silent_program = LOAD_LIFO},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: memory freed again in DriverEntry",
     .catches.load = free_memory_twice,
     .silent.load = free_what_lies_at_one_address,
     .silent_program = LOAD_LIFO},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: something that is no memory freed in DriverEntry",
     .catches.load = free_inside_memory,
     .silent.load = free_each_by_its_own},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: NULL instead of memory freed in DriverEntry",
     .catches.load = free_null_memory,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL freed in DriverEntry",
     .catches.load = free_nbl_on_stack,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NB freed in DriverEntry",
     .catches.load = free_null_nb,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL freed in DriverEntry",
     .catches.load = free_nb_as_nbl,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no MDL freed in DriverEntry",
     .catches.load = free_wild_mdl,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-NB-PREALLOC",
     .title = "poolproof: FREE-NB-PREALLOC: NB freed that came with another object in DriverEntry",
     .catches.load = free_nb_of_nbl,
     .silent.load = free_what_was_added},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: MDL freed that came with another object in DriverEntry",
     .catches.load = free_mdl_of_nbl,
     .silent.load = free_what_was_added},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: MDL freed that came with another object in DriverEntry",
     .catches.load = free_mdl_of_nb,
     .silent.load = free_what_was_added},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: MDL freed that came with another object in IRP_MJ_WRITE",
     .catches.write = free_mdl_of_irp,
     .silent.write = free_mdl_beside_irps,
     .program = ONE_WRITE_NO_SEND},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: memory freed that came with another object in DriverEntry",
     .catches.load = free_data_of_nbl,
     .silent.load = free_what_was_added},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: MDL freed that came with another object in DriverEntry",
     .catches.load = free_mdl_of_retreat,
     .silent.load = free_mdl_by_advance},
    {.rule = "FREE-NBL-ATTACHED",
     .title = "poolproof: FREE-NBL-ATTACHED: NB left on an NBL that was freed, made in DriverEntry",
     .catches.load = lose_nb_with_its_nbl,
     .silent.load = free_nbs_in_any_order},
    {.rule = "FREE-NBL-ATTACHED",
     .title = "poolproof: FREE-NBL-ATTACHED: NB left on an NBL that was freed, made in DriverEntry",
     .catches.load = lose_one_of_three_nbs,
     .silent.load = free_nbs_in_any_order},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: NBL freed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_nbl,
     .silent = {.write = send_copy, .send_complete = free_copy_on_completion},
     .program = check_one_write},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: NB freed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_nb,
     .silent = {.write = send_copy, .send_complete = free_copy_on_completion},
     .program = check_one_write},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: MDL freed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_mdl,
     .silent = {.write = send_copy, .send_complete = free_copy_on_completion},
     .program = check_one_write},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: memory freed while in flight in IRP_MJ_WRITE",
     .detail = "NBL n0: in flight\n",
     .catches.write = send_and_free_memory,
     .silent = {.write = send_copy, .send_complete = free_copy_on_completion},
     .program = check_one_write},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: IRP completed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_complete_irp,
     .silent = {.write = send_copy, .send_complete = free_copy_on_completion},
     .program = check_one_write},
    {.rule = "IRP-ONCE",
     .title = "poolproof: IRP-ONCE: IRP completed again in IRP_MJ_WRITE",
     .catches.write = complete_irp_twice,
     .silent.write = complete_each_irp,
     .program = TWO_WRITES_LIFO},
    {.rule = "IRP-ONCE",
     .title = "poolproof: IRP-ONCE: NULL instead of an IRP completed in IRP_MJ_WRITE",
     .catches.write = complete_null_irp,
     .silent.write = complete_each_irp,
     .program = TWO_WRITES_LIFO},
};

int main(void) { return CHECK_RUN("frees", cases); }
