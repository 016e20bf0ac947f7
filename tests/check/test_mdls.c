// SPDX-License-Identifier: MIT
// MDLs: what they may describe, how long they are, who may map them.
#include "fixture.h"

#include <wdm.h>

#define ONE_WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
#define ONE_UNSENT ONE_WRITE "close(f0)\nunbind(b0)\n"
#define ONE_SENT ONE_WRITE "complete(b0)\nclose(f0)\nunbind(b0)\n"

static char global[64];

static PVOID map(MDL *mdl) { return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); }

static MDL *describe(void *memory, ULONG length) {
    return NdisAllocateMdl(fixture.protocol, memory, length);
}

// An MDL of 64 bytes that it has for itself.
static MDL *make_mdl(void) {
    fixture.kept[0] = fixture_take_memory(64);
    return describe(fixture.kept[0], 64);
}

static void free_mdl(MDL *mdl) {
    NdisFreeMdl(mdl);
    NdisFreeMemory(fixture.kept[0], 0, 0);
}

// === MDL-NONPAGED ===

static NTSTATUS describe_stack(void) {
    char on_stack[64];
    return describe(on_stack, sizeof(on_stack)) == NULL;
}

static NTSTATUS describe_globals(void) { return describe(global, sizeof(global)) == NULL; }

static NTSTATUS describe_null(void) { return describe(NULL, 64) == NULL; }

static NTSTATUS describe_paged_memory(void) {
    return describe(ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT'), 64) == NULL;
}

static NTSTATUS describe_end_of_paged_memory(void) {
    char *memory = ExAllocatePool2(POOL_FLAG_PAGED, 200000, 'tseT');
    return describe(memory + 199000, 1000) == NULL;
}

static NTSTATUS describe_freed_memory(void) {
    void *memory = fixture_take_memory(64);
    NdisFreeMemory(memory, 0, 0);
    return describe(memory, 64) == NULL;
}

static NTSTATUS describe_too_much(void) { return describe(fixture_take_memory(64), 65) == NULL; }

static NTSTATUS describe_behind_memory(void) {
    return describe((char *)fixture_take_memory(64) + 72, 1) == NULL;
}

// Memory of each kind and parts of it; the data and the context of an NBL; nothing at all.
static NTSTATUS describe_nonpaged_memory(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(/*has_nb=*/true, 64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, MEMORY_ALLOCATION_ALIGNMENT, 0);
    char *memory = fixture_take_memory(64);
    char *other = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT');
    char on_stack[64];
    MDL *mdls[] = {
        describe(memory, 64),
        describe(memory + 63, 1),
        describe(other, 32),
        describe(map(nbl->FirstNetBuffer->MdlChain), 64),
        describe(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), MEMORY_ALLOCATION_ALIGNMENT),
        describe(on_stack, 0),
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(mdls); i++) {
        NdisFreeMdl(mdls[i]);
    }
    MDL *locked = IoAllocateMdl(on_stack, sizeof(on_stack), FALSE, FALSE, NULL);
    IoFreeMdl(locked);
    NdisFreeMemory(memory, 0, 0);
    ExFreePoolWithTag(other, 'tseT');
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS describe_irp_data(IRP *irp) {
    MDL *mdl = describe(map(irp->MdlAddress), 60);
    NdisFreeMdl(mdl);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === MDL-DOUBLE: by the function of its allocator ===

static NTSTATUS free_mdl_of_ndis_as_io(void) {
    IoFreeMdl(make_mdl());
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_io_as_ndis(void) {
    NdisFreeMdl(IoAllocateMdl(fixture_take_memory(64), 64, FALSE, FALSE, NULL));
    return STATUS_SUCCESS;
}

// === MDL-LEN-MAX, MDL-LEN-OWNER, MDL-LEN-RESTORE ===

static NTSTATUS adjust_beyond(void) {
    NdisAdjustMdlLength(make_mdl(), 65);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_mdl_of_io(void) {
    NdisAdjustMdlLength(IoAllocateMdl(fixture_take_memory(64), 64, FALSE, FALSE, NULL), 10);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_mdl_of_pool(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(/*has_nb=*/true, 64);
    NdisAdjustMdlLength(NdisAllocateNetBufferList(pool, 0, 0)->FirstNetBuffer->MdlChain, 10);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_mdl_in_memory(void) {
    MDL *mdl = fixture_take_memory(sizeof(*mdl));
    MmInitializeMdl(mdl, mdl, sizeof(*mdl));
    NdisAdjustMdlLength(mdl, 10);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_mdl_of_irp(IRP *irp) {
    NdisAdjustMdlLength(irp->MdlAddress, 10);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS adjust_freed_mdl(void) {
    MDL *mdl = make_mdl();
    free_mdl(mdl);
    NdisAdjustMdlLength(mdl, 10);
    return STATUS_SUCCESS;
}

static NTSTATUS free_adjusted_mdl(void) {
    MDL *mdl = make_mdl();
    NdisAdjustMdlLength(mdl, 10);
    free_mdl(mdl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_changed_mdl(void) {
    MDL *mdl = make_mdl();
    mdl->ByteCount = 100;
    free_mdl(mdl);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_and_restore(void) {
    MDL *mdl = make_mdl();
    NdisAdjustMdlLength(mdl, 10);
    NdisAdjustMdlLength(mdl, 0);
    NdisAdjustMdlLength(mdl, 64);
    free_mdl(mdl);
    fixture_reached();
    return STATUS_SUCCESS;
}

// An MDL for a part of another, and one that is built anew for less memory, go as they are.
static NTSTATUS free_rebuilt_mdls(void) {
    MDL *whole = make_mdl();
    MDL *part = IoAllocateMdl(fixture.kept[0], 64, FALSE, FALSE, NULL);
    IoBuildPartialMdl(whole, part, (char *)fixture.kept[0] + 16, 16);
    MmPrepareMdlForReuse(part);
    IoBuildPartialMdl(whole, part, fixture.kept[0], 32);
    IoFreeMdl(part);
    MDL *again = IoAllocateMdl(fixture.kept[0], 64, FALSE, FALSE, NULL);
    MmInitializeMdl(again, fixture.kept[0], 8);
    MmBuildMdlForNonPagedPool(again);
    IoFreeMdl(again);
    MDL *part_of_ndis = NdisAllocateMdl(fixture.protocol, fixture.kept[0], 64);
    IoBuildPartialMdl(whole, part_of_ndis, fixture.kept[0], 32);
    NdisFreeMdl(part_of_ndis);
    free_mdl(whole);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === POOL-PRIVATE, MEM-UAF, SEND-TOUCH, MDL-BUFFER-LIFE: what is mapped ===

static NTSTATUS map_null(void) { return map(NULL) == NULL; }

static NTSTATUS map_nbl(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(/*has_nb=*/true, 0);
    return map((MDL *)NdisAllocateNetBufferList(pool, 0, 0)) == NULL;
}

static NTSTATUS map_freed_mdl(void) {
    MDL *mdl = make_mdl();
    free_mdl(mdl);
    return map(mdl) == NULL;
}

static NTSTATUS build_freed_mdl(void) {
    MDL *mdl = IoAllocateMdl(fixture_take_memory(64), 64, FALSE, FALSE, NULL);
    IoFreeMdl(mdl);
    MmBuildMdlForNonPagedPool(mdl);
    return STATUS_SUCCESS;
}

static NTSTATUS map_freed_memory(void) {
    MDL *mdl = make_mdl();
    NdisFreeMemory(fixture.kept[0], 0, 0);
    return map(mdl) == NULL;
}

static NTSTATUS map_too_much(void) {
    MDL *mdl = IoAllocateMdl(fixture_take_memory(64), 65, FALSE, FALSE, NULL);
    return map(mdl) == NULL;
}

static NTSTATUS map_in_flight(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    return map(irp->MdlAddress) == NULL ? STATUS_SUCCESS : STATUS_PENDING;
}

static NTSTATUS map_before_flight(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    if (map(irp->MdlAddress) == map(nbl->FirstNetBuffer->CurrentMdl)) {
        fixture_reached();
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

// MDLs of every maker, also one in memory of the driver's, and one that is a global.
static NTSTATUS map_what_is_there(void) {
    static MDL global_mdl;
    NDIS_HANDLE pool = fixture_make_nbl_pool(/*has_nb=*/true, 64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    MDL *made = make_mdl();
    MDL *in_memory = fixture_take_memory(sizeof(*in_memory));
    MmInitializeMdl(in_memory, fixture.kept[0], 64);
    MmBuildMdlForNonPagedPool(in_memory);
    MmInitializeMdl(&global_mdl, fixture.kept[0], 64);
    MmBuildMdlForNonPagedPool(&global_mdl);
    if (map(made) == fixture.kept[0] && map(nbl->FirstNetBuffer->MdlChain) != NULL) {
        fixture_reached();
    }
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', sizeof(MDL));
    MDL *in_object = (MDL *)(object + 1);
    (void)NdisAllocateNetBufferListContext(nbl, sizeof(MDL), 0, 'tseT');
    MDL *in_context = (MDL *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    *in_object = *in_context = *in_memory;
    (void)map(in_memory);
    (void)map(in_object);
    (void)map(in_context);
    (void)map(&global_mdl);
    NdisFreeNetBufferListContext(nbl, sizeof(MDL));
    NdisFreeGenericObject(object);
    NdisFreeMemory(in_memory, 0, 0);
    free_mdl(made);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

// === MDL-ONE-THREAD ===

// The second write maps the MDL of the first one, which is doing that, too.
static NTSTATUS map_first(IRP *irp) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = irp->MdlAddress;
    }
    (void)map(fixture.kept[0]);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS map_own(IRP *irp) {
    fixture_reached();
    (void)map(irp->MdlAddress);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// Memory that is nonpaged is mapped already.
static NTSTATUS make_shared_nonpaged(void) {
    fixture.kept[1] = make_mdl();
    return STATUS_SUCCESS;
}

static NTSTATUS map_shared_nonpaged(IRP *irp) {
    (void)map(fixture.kept[1]);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void free_shared_nonpaged(void) { free_mdl(fixture.kept[1]); }

// The driver passes no switch point before it maps: the first one in a write is in there.
#define TWO_MAP                                                                             \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0) (at: 1 -> 0)\n" \
    "write(f0)\nclose(f0)\nunbind(b0)\nunload()\n"

// === MEM-TAG, MEM-FREE-ARGS ===

static NTSTATUS take_without_tag(void) {
    ExFreePool(ExAllocatePoolWithTag(NonPagedPoolNx, 64, 0));
    return STATUS_SUCCESS;
}

static NTSTATUS free_with_flags(void) {
    NdisFreeMemory(fixture_take_memory(64), 64, NDIS_MEMORY_CONTIGUOUS);
    return STATUS_SUCCESS;
}

static NTSTATUS free_with_other_tag(void) {
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT'), 'rehT');
    return STATUS_SUCCESS;
}

static NTSTATUS free_with_other_handle(void) {
    void *memory = NdisAllocateMemoryWithTagPriority(fixture.driver, 64, 'tseT', NormalPoolPriority);
    NdisFreeMemoryWithTagPriority(fixture.protocol, memory, 'tseT');
    return STATUS_SUCCESS;
}

static NTSTATUS free_with_right_arguments(void) {
    NdisFreeMemory(fixture_take_memory(64), 64, 0);
    NdisFreeMemoryWithTagPriority(fixture.protocol, fixture_take_memory(64), 'tseT');
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT'), 'tseT');
    ExFreePool(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tseT'));
    fixture_reached();
    return STATUS_SUCCESS;
}

static const struct check_case cases[] = {
    {.rule = "MDL-NONPAGED",
     .title = "poolproof: MDL-NONPAGED: MDL of a stack asked for in DriverEntry",
     .catches.load = describe_stack,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MDL-NONPAGED",
     .title = "poolproof: MDL-NONPAGED: MDL of memory outside of nonpaged pool asked for in DriverEntry",
     .catches.load = describe_globals,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MDL-NONPAGED",
     .title = "poolproof: MDL-NONPAGED: MDL of memory outside of nonpaged pool asked for in DriverEntry",
     .catches.load = describe_null,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MDL-NONPAGED",
     .title = "poolproof: MDL-NONPAGED: MDL of paged memory asked for in DriverEntry",
     .catches.load = describe_paged_memory,
     .silent.write = describe_irp_data,
     .silent_program = ONE_UNSENT},
    {.rule = "MDL-NONPAGED",
     .title = "poolproof: MDL-NONPAGED: MDL of paged memory asked for in DriverEntry",
     .catches.load = describe_end_of_paged_memory,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: MDL of freed memory asked for in DriverEntry",
     .catches.load = describe_freed_memory,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: MDL that is longer than its memory asked for in DriverEntry",
     .catches.load = describe_too_much,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: MDL of memory that is not the driver's asked for in DriverEntry",
     .catches.load = describe_behind_memory,
     .silent.load = describe_nonpaged_memory},

    {.rule = "MDL-DOUBLE",
     .title = "poolproof: MDL-DOUBLE: MDL of NdisAllocateMdl given to IoFreeMdl in DriverEntry",
     .catches.load = free_mdl_of_ndis_as_io,
     .silent.load = describe_nonpaged_memory},
    {.rule = "MDL-DOUBLE",
     .title = "poolproof: MDL-DOUBLE: MDL of IoAllocateMdl given to NdisFreeMdl in DriverEntry",
     .catches.load = free_mdl_of_io_as_ndis,
     .silent.load = describe_nonpaged_memory},

    {.rule = "MDL-LEN-MAX",
     .title = "poolproof: MDL-LEN-MAX: MDL adjusted beyond its memory in DriverEntry",
     .detail = "length 65, made for 64\n",
     .catches.load = adjust_beyond,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-OWNER",
     .title = "poolproof: MDL-LEN-OWNER: MDL adjusted that is not of NdisAllocateMdl in DriverEntry",
     .catches.load = adjust_mdl_of_io,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-OWNER",
     .title = "poolproof: MDL-LEN-OWNER: MDL adjusted that is not of NdisAllocateMdl in DriverEntry",
     .catches.load = adjust_mdl_of_pool,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-OWNER",
     .title = "poolproof: MDL-LEN-OWNER: MDL adjusted that is not of NdisAllocateMdl in DriverEntry",
     .catches.load = adjust_mdl_in_memory,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-OWNER",
     .title = "poolproof: MDL-LEN-OWNER: MDL adjusted that is not of NdisAllocateMdl in IRP_MJ_WRITE",
     .catches.write = adjust_mdl_of_irp,
     .silent.write = describe_irp_data,
     .program = ONE_UNSENT},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed MDL adjusted in DriverEntry",
     .catches.load = adjust_freed_mdl,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-RESTORE",
     .title = "poolproof: MDL-LEN-RESTORE: MDL freed with another length in DriverEntry",
     .detail = "length 10, made for 64\n",
     .catches.load = free_adjusted_mdl,
     .silent.load = adjust_and_restore},
    {.rule = "MDL-LEN-RESTORE",
     .title = "poolproof: MDL-LEN-RESTORE: MDL freed with another length in DriverEntry",
     .detail = "length 100, made for 64\n",
     .catches.load = free_changed_mdl,
     .silent.load = free_rebuilt_mdls},

    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an MDL mapped in DriverEntry",
     .catches.load = map_null,
     .silent.load = map_what_is_there},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no MDL mapped in DriverEntry",
     .catches.load = map_nbl,
     .silent.load = map_what_is_there},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed MDL mapped in DriverEntry",
     .catches.load = map_freed_mdl,
     .silent.load = map_what_is_there},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed MDL used in DriverEntry",
     .catches.load = build_freed_mdl,
     .silent.load = free_rebuilt_mdls},
    {.rule = "MDL-BUFFER-LIFE",
     .title = "poolproof: MDL-BUFFER-LIFE: MDL of freed memory mapped in DriverEntry",
     .catches.load = map_freed_memory,
     .silent.load = map_what_is_there},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: MDL that is longer than its memory mapped in DriverEntry",
     .catches.load = map_too_much,
     .silent.load = map_what_is_there},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: MDL mapped while in flight in IRP_MJ_WRITE",
     .detail = "NBL n0: in flight\n",
     .catches.write = map_in_flight,
     .silent.write = map_before_flight,
     .program = ONE_SENT},

    {.rule = "MDL-ONE-THREAD",
     .advice_count = 1,
     .catches.write = map_first,
     .silent.write = map_own,
     .program = TWO_MAP},
    {.rule = "MDL-ONE-THREAD",
     .advice_count = 1,
     .catches.write = map_first,
     .silent = {.load = make_shared_nonpaged,
                .write = map_shared_nonpaged,
                .unload = free_shared_nonpaged},
     .program = TWO_MAP},

    {.rule = "MEM-TAG",
     .advice_count = 1,
     .catches.load = take_without_tag,
     .silent.load = free_with_right_arguments},
    {.rule = "MEM-FREE-ARGS",
     .advice_count = 1,
     .catches.load = free_with_flags,
     .silent.load = free_with_right_arguments},
    {.rule = "MEM-FREE-ARGS",
     .advice_count = 1,
     .catches.load = free_with_other_tag,
     .silent.load = free_with_right_arguments},
    {.rule = "MEM-FREE-ARGS",
     .advice_count = 1,
     .catches.load = free_with_other_handle,
     .silent.load = free_with_right_arguments},
};

int main(void) { return CHECK_RUN("mdls", cases); }
