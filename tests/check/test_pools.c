// SPDX-License-Identifier: MIT
// Rules about pools: what is asked of them, and when they go.
#include "fixture.h"

// === POOL-NULL-USE ===

static NTSTATUS use_pool_that_failed(void) {
    NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 0), 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_pool_that_failed(void) {
    NdisFreeNetBufferPool(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS look_at_pools_that_fail(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    fixture_reached();
    if (nbl_pool != NULL) {
        NdisFreeNetBufferListPool(nbl_pool);
    }
    if (nb_pool != NULL) {
        NdisFreeNetBufferPool(nb_pool);
    }
    return STATUS_SUCCESS;
}

#define NO_NBL_POOL "load()                         (fail: nbl_pool.allocate 1)\n"
#define NO_NB_POOL "load()                         (fail: nb_pool.allocate 1)\n"

// === POOL-KIND ===

static NTSTATUS free_nbl_pool_as_nb_pool(void) {
    NdisFreeNetBufferPool(fixture_make_nbl_pool(true, 0));
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_pool_as_nbl_pool(void) {
    NdisFreeNetBufferListPool(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_nb_from_nbl_pool(void) {
    NdisAllocateNetBuffer(fixture_make_nbl_pool(true, 0), NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_nbl_from_protocol(void) {
    NdisAllocateNetBufferList(fixture.protocol, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_wild_nb_pool(void) {
    NdisFreeNetBufferPool((NDIS_HANDLE)0x123456789);
    return STATUS_SUCCESS;
}

static NTSTATUS use_each_pool_as_what_it_is(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(nbl_pool, 0, 0));
    NdisFreeNetBuffer(NdisAllocateNetBuffer(nb_pool, NULL, 0, 0));
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === POOL-UAF ===

static NTSTATUS allocate_from_freed_pool(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NdisFreeNetBufferListPool(pool);
    NdisAllocateNetBufferList(pool, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_pool_twice(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeNetBufferPool(pool);
    NdisFreeNetBufferPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS free_and_make_pool_again(void) {
    for (int i = 0; i < 3; i++) {
        NDIS_HANDLE pool = fixture_make_nb_pool(0);
        NdisFreeNetBuffer(NdisAllocateNetBuffer(pool, NULL, 0, 0));
        NdisFreeNetBufferPool(pool);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// === POOL-FREE-LIVE-NBL, POOL-FREE-LIVE-NB ===

static NTSTATUS free_nbl_pool_before_nbl(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferList(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nbl_before_nbl_pool(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NDIS_HANDLE other = fixture_make_nbl_pool(false, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *others = NdisAllocateNetBufferList(other, 0, 0);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);  // that the other pool has a live NBL is no matter
    NdisFreeNetBufferList(others);
    NdisFreeNetBufferListPool(other);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS send_and_free_pool(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(fixture.nbl_pool);
    return STATUS_PENDING;
}

// What is in flight is of another pool than the one that goes.
static NTSTATUS send_and_free_other_pool(IRP *irp) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisAllocateNetBufferList(pool, 0, 0);
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(pool);
    return STATUS_PENDING;
}

static NTSTATUS send_and_free_empty_pool(IRP *irp) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(pool, 0, 0));
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_PENDING;
}

// The program completes the send inside the call.
static NTSTATUS send_and_free_pool_after_completion(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(fixture.nbl_pool);
    fixture.nbl_pool = NULL;
    fixture_reached();
    return STATUS_PENDING;
}

#define WRITE_INSIDE                                                \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (outcome: send = success)\nclose(f0)\nunbind(b0)\n"

static NTSTATUS free_nb_pool_before_nb(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(64);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
    NdisFreeNetBufferPool(pool);
    NdisFreeNetBuffer(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_before_nb_pool(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(64);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
    NdisFreeNetBuffer(nb);
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === ALLOC-*-KIND ===

static NTSTATUS ask_nb_of_pool_without(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nb_of_pool_with_data(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 64);
    NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nbl_pools_for_what_they_have(void) {
    NDIS_HANDLE bare = fixture_make_nbl_pool(false, 0);
    NDIS_HANDLE with_nb = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE with_data = fixture_make_nbl_pool(true, 64);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(bare, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferList(with_nb, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferAndNetBufferList(with_nb, 0, 0, NULL, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferList(with_data, 0, 0));
    NdisFreeNetBufferListPool(bare);
    NdisFreeNetBufferListPool(with_nb);
    NdisFreeNetBufferListPool(with_data);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_bare_nb_of_pool_with_data(void) {
    NdisAllocateNetBuffer(fixture_make_nb_pool(64), NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_data_of_pool_without(void) {
    NdisAllocateNetBufferMdlAndData(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS ask_bare_nb_of_bare_pool(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeNetBuffer(NdisAllocateNetBuffer(pool, NULL, 0, 0));
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_data_of_pool_with_data(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(1);
    NdisFreeNetBuffer(NdisAllocateNetBufferMdlAndData(pool));
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === ALLOC-FAIL-UNWIND ===

// Makes an NBL and a second NB for the write; fails if there is none of the latter.
static NTSTATUS write_two(IRP *irp, bool unwinds) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, 60);
    fixture_reached();
    if (nb != NULL) {
        NdisFreeNetBuffer(nb);
    }
    if (nb != NULL || unwinds) {
        NdisFreeNetBufferList(nbl);
    }
    return fixture_end_irp(irp, nb == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
}

static NTSTATUS write_without_unwinding(IRP *irp) { return write_two(irp, /*unwinds=*/false); }
static NTSTATUS write_unwinding(IRP *irp) { return write_two(irp, /*unwinds=*/true); }

// The first write loses its NBL; that a later write finds no NB has nothing to do with it.
static NTSTATUS lose_first_and_unwind_second(IRP *irp) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = fixture_make_send(irp);
        return fixture_end_irp(irp, STATUS_SUCCESS);
    }
    return write_unwinding(irp);
}

#define TWO_WRITES_SECOND_WITHOUT_NB                                           \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "write(f0)                      (fail: nb.allocate 1)\nclose(f0)\nunbind(b0)\n"

#define WRITE_WITHOUT_NB                                            \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (fail: nb.allocate 1)\nclose(f0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "POOL-NULL-USE",
     .title = "poolproof: POOL-NULL-USE: NULL pool handle used in DriverEntry",
     .catches.load = use_pool_that_failed,
     .silent.load = look_at_pools_that_fail,
     .program = NO_NBL_POOL},
    {.rule = "POOL-NULL-USE",
     .title = "poolproof: POOL-NULL-USE: NULL pool handle used in DriverEntry",
     .catches.load = free_pool_that_failed,
     .silent.load = look_at_pools_that_fail,
     .program = NO_NB_POOL},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NBL pool used as an NB pool in DriverEntry",
     .catches.load = free_nbl_pool_as_nb_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NB pool used as an NBL pool in DriverEntry",
     .catches.load = free_nb_pool_as_nbl_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NBL pool used as an NB pool in DriverEntry",
     .catches.load = allocate_nb_from_nbl_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: something else used as an NBL pool in DriverEntry",
     .catches.load = allocate_nbl_from_protocol,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: something else used as an NB pool in DriverEntry",
     .catches.load = free_wild_nb_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-UAF",
     .title = "poolproof: POOL-UAF: freed pool used in DriverEntry",
     .catches.load = allocate_from_freed_pool,
     .silent.load = free_and_make_pool_again},
    {.rule = "POOL-UAF",
     .title = "poolproof: POOL-UAF: pool freed again in DriverEntry",
     .catches.load = free_pool_twice,
     .silent.load = free_and_make_pool_again},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in DriverEntry",
     .catches.load = free_nbl_pool_before_nbl,
     .silent.load = free_nbl_before_nbl_pool},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with NBLs in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_pool,
     .silent.write = send_and_free_pool_after_completion,
     .program = check_one_write,
     .silent_program = WRITE_INSIDE},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in IRP_MJ_WRITE",
     .catches.write = send_and_free_other_pool,
     .silent.write = send_and_free_empty_pool,
     .program = check_one_write},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in UnbindAdapter",
     .catches.write = lose_first_and_unwind_second,
     .silent.write = write_unwinding,
     .program = TWO_WRITES_SECOND_WITHOUT_NB},
    {.rule = "POOL-FREE-LIVE-NB",
     .title = "poolproof: POOL-FREE-LIVE-NB: NB pool freed with live NBs in DriverEntry",
     .catches.load = free_nb_pool_before_nb,
     .silent.load = free_nb_before_nb_pool},
    {.rule = "ALLOC-NBNBL-KIND",
     .title = "poolproof: ALLOC-NBNBL-KIND: NB asked of a pool without NBs in DriverEntry",
     .catches.load = ask_nb_of_pool_without,
     .silent.load = ask_nbl_pools_for_what_they_have},
    {.rule = "ALLOC-NBNBL-KIND",
     .title = "poolproof: ALLOC-NBNBL-KIND: NB and NBL asked of a pool with data in DriverEntry",
     .catches.load = ask_nb_of_pool_with_data,
     .silent.load = ask_nbl_pools_for_what_they_have},
    {.rule = "ALLOC-NB-KIND",
     .title = "poolproof: ALLOC-NB-KIND: bare NB asked of a pool with data in DriverEntry",
     .catches.load = ask_bare_nb_of_pool_with_data,
     .silent.load = ask_bare_nb_of_bare_pool},
    {.rule = "ALLOC-MDLDATA-KIND",
     .title = "poolproof: ALLOC-MDLDATA-KIND: NB with data asked of a pool without data in DriverEntry",
     .catches.load = ask_data_of_pool_without,
     .silent.load = ask_data_of_pool_with_data},
    {.rule = "ALLOC-FAIL-UNWIND",
     .title = "poolproof: ALLOC-FAIL-UNWIND: NBL not released after a later allocation failed, "
              "made in IRP_MJ_WRITE",
     .catches.write = write_without_unwinding,
     .silent.write = write_unwinding,
     .program = WRITE_WITHOUT_NB},
};

int main(void) { return CHECK_RUN("pools", cases); }
