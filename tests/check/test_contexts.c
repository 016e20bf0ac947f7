// SPDX-License-Identifier: MIT
// Rules about context space: taken and given back like a stack, none of it left when the NBL goes.
#include "fixture.h"

#define TAG 'txtC'

static NET_BUFFER_LIST *make_nbl(USHORT context_size) {
    return NdisAllocateNetBufferList(fixture.nbl_pool, context_size, 0);
}

static NDIS_STATUS take(NET_BUFFER_LIST *nbl, USHORT size) {
    return NdisAllocateNetBufferListContext(nbl, size, 0, TAG);
}

static NTSTATUS end(NET_BUFFER_LIST *nbl) {
    NdisFreeNetBufferList(nbl);
    fixture_free_pools();
    fixture_reached();
    return STATUS_SUCCESS;
}

// === CTX-ALIGN ===

static NTSTATUS take_odd_size(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    take(nbl, 12);
    NdisFreeNetBufferListContext(nbl, 12);
    return end(nbl);
}

static NTSTATUS take_odd_backfill(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    NdisAllocateNetBufferListContext(nbl, 16, 7, TAG);
    NdisFreeNetBufferListContext(nbl, 16);
    return end(nbl);
}

// Eight bytes are enough here, though the pools ask for sixteen.
static NTSTATUS take_one_pointer(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    NdisAllocateNetBufferListContext(nbl, 8, 8, TAG);
    NdisFreeNetBufferListContext(nbl, 8);
    return end(nbl);
}

// === CTX-BALANCE, CTX-STACK, CTX-FREE-INITIAL ===

static NTSTATUS give_more(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    take(nbl, 16);
    NdisFreeNetBufferListContext(nbl, 32);
    return end(nbl);
}

static NTSTATUS give_twice(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {0};
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(fixture.protocol, &parameters);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);  // no context block at all
    if (take(nbl, 16) == NDIS_STATUS_SUCCESS) {
        NdisFreeNetBufferListContext(nbl, 16);
    }
    NdisFreeNetBufferListContext(nbl, 16);
    return STATUS_SUCCESS;
}

static NTSTATUS give_in_another_order(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    take(nbl, 16);
    take(nbl, 64);
    NdisFreeNetBufferListContext(nbl, 16);
    NdisFreeNetBufferListContext(nbl, 64);
    return end(nbl);
}

static NTSTATUS give_all_at_once(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    take(nbl, 16);
    take(nbl, 16);
    NdisFreeNetBufferListContext(nbl, 32);
    return end(nbl);
}

static NTSTATUS give_initial(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(32);
    NdisFreeNetBufferListContext(nbl, 32);
    return end(nbl);
}

// In place where there is backfill, in a new block where there is not.
static NTSTATUS take_and_give_in_order(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 16, 64);
    NET_BUFFER_LIST_CONTEXT *initial = nbl->Context;
    const USHORT sizes[] = {64, 128, 8};
    for (int i = 0; i < 3; i++) {
        if (take(nbl, sizes[i]) != NDIS_STATUS_SUCCESS) {
            return STATUS_UNSUCCESSFUL;
        }
        RtlFillMemory(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), sizes[i], i);
        if (i == 0 && nbl->Context != initial) {
            return STATUS_UNSUCCESSFUL;
        }
    }
    for (int i = 2; i >= 0; i--) {
        NdisFreeNetBufferListContext(nbl, sizes[i]);
    }
    if (nbl->Context != initial) {
        return STATUS_UNSUCCESSFUL;
    }
    return end(nbl);
}

// === FREE-NBL-CONTEXT ===

static NTSTATUS free_nbl_with_context(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    take(nbl, 16);
    return end(nbl);
}

// What could not be taken is not owed.
static NTSTATUS fail_to_take(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    NET_BUFFER_LIST_CONTEXT *context = nbl->Context;
    if (take(nbl, 512) != NDIS_STATUS_RESOURCES || nbl->Context != context) {
        return STATUS_UNSUCCESSFUL;
    }
    return end(nbl);
}

// A driver that takes only NDIS_STATUS_RESOURCES for a refusal.
static NTSTATUS use_unless_out_of_resources(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    if (take(nbl, 512) != NDIS_STATUS_RESOURCES) {
        NdisFreeNetBufferListContext(nbl, 512);
    }
    return end(nbl);
}

static NTSTATUS use_what_was_taken(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    if (take(nbl, 512) == NDIS_STATUS_SUCCESS) {
        NdisFreeNetBufferListContext(nbl, 512);
    }
    return end(nbl);
}

// === POOL-PRIVATE, MEM-UAF ===

static NTSTATUS take_of_nothing(void) {
    NET_BUFFER_LIST nbl;
    RtlZeroMemory(&nbl, sizeof(nbl));
    take(&nbl, 16);
    return STATUS_SUCCESS;
}

static NTSTATUS take_of_freed_nbl(void) {
    fixture_make_pools();
    NET_BUFFER_LIST *nbl = make_nbl(16);
    NdisFreeNetBufferList(nbl);
    take(nbl, 16);
    return STATUS_SUCCESS;
}

static const struct check_case cases[] = {
    {.rule = "CTX-ALIGN",
     .title = "poolproof: CTX-ALIGN: context space of an odd size taken in DriverEntry",
     .catches.load = take_odd_size,
     .silent.load = take_one_pointer},
    {.rule = "CTX-ALIGN",
     .title = "poolproof: CTX-ALIGN: context space of an odd size taken in DriverEntry",
     .catches.load = take_odd_backfill,
     .silent.load = take_one_pointer},
    {.rule = "CTX-BALANCE",
     .title = "poolproof: CTX-BALANCE: more context space given back than was taken in DriverEntry",
     .catches.load = give_more,
     .silent.load = take_and_give_in_order},
    {.rule = "CTX-BALANCE",
     .title = "poolproof: CTX-BALANCE: more context space given back than was taken in DriverEntry",
     .catches.load = give_twice,
     .silent.load = take_and_give_in_order},
    {.rule = "CTX-STACK",
     .title = "poolproof: CTX-STACK: context space given back in another amount in DriverEntry",
     .catches.load = give_in_another_order,
     .silent.load = take_and_give_in_order},
    {.rule = "CTX-STACK",
     .title = "poolproof: CTX-STACK: context space given back in another amount in DriverEntry",
     .catches.load = give_all_at_once,
     .silent.load = take_and_give_in_order},
    {.rule = "CTX-FREE-INITIAL",
     .title =
         "poolproof: CTX-FREE-INITIAL: context space that came with the NBL given back in DriverEntry",
     .catches.load = give_initial,
     .silent.load = take_and_give_in_order},
    {.rule = "FREE-NBL-CONTEXT",
     .title = "poolproof: FREE-NBL-CONTEXT: NBL freed with context space taken in DriverEntry",
     .catches.load = free_nbl_with_context,
     .silent.load = fail_to_take,
     .silent_program = "load()  (fail: context.allocate 1)\n"},
    {.rule = "CTX-FREE-INITIAL",
     .title =
         "poolproof: CTX-FREE-INITIAL: context space that came with the NBL given back in DriverEntry",
     .catches.load = use_unless_out_of_resources,
     .silent.load = use_what_was_taken,
     .program = "load()  (outcome: context = failure)\n"},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: context space of something that is no NBL in DriverEntry",
     .catches.load = take_of_nothing,
     .silent.load = take_and_give_in_order},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: context space of a freed NBL in DriverEntry",
     .catches.load = take_of_freed_nbl,
     .silent.load = take_and_give_in_order},
};

int main(void) { return CHECK_RUN("contexts", cases); }
