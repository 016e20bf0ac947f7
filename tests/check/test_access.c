// SPDX-License-Identifier: MIT
// Memory that was touched and should not have been, and everything else that stops a driver's code. What
// a guard sees at the touch, a build without one sees later or not at all: such cases name their build.
#include "fixture.h"

#include <wdm.h>

#define UP_TO_WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"

void pp_driver_shift(const void *place, uintptr_t operand, uintptr_t bits);

// Not known to the compiler, so that it cannot reason about what is done with it.
static void *volatile wild_pointer;
static volatile int zero;

// === MEM-UAF ===

static NTSTATUS read_freed_memory(void) {
    volatile int *memory = fixture_take_memory(64);
    *memory = 1;
    NdisFreeMemory((void *)memory, 0, 0);
    return *memory == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS write_freed_nbl(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferList(nbl);
    nbl->Next = NULL;
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS write_nb_of_freed_nbl(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NdisFreeNetBufferList(nbl);
    nb->stDataLength = 1;
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS write_behind_memory(void) {
    volatile char *memory = fixture_take_memory(61);
    memory[61] = 1;
    NdisFreeMemory((void *)memory, 0, 0);
    return STATUS_SUCCESS;
}

// The first file cannot be opened; the second one is told so.
static NTSTATUS create_second(IRP *irp, bool is_referenced) {
    FILE_OBJECT *file = IoGetCurrentIrpStackLocation(irp)->FileObject, *first = fixture.kept[0];
    if (first == NULL) {
        fixture.kept[0] = file;
        if (is_referenced) {
            ObReferenceObject(file);
        }
        return fixture_end_irp(irp, STATUS_SHARING_VIOLATION);
    }
    file->FsContext2 = first->FsContext2;
    if (is_referenced) {
        ObDereferenceObject(first);
    }
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS create_after_failed_one(IRP *irp) { return create_second(irp, /*is_referenced=*/false); }
static NTSTATUS create_with_referenced_one(IRP *irp) {
    return create_second(irp, /*is_referenced=*/true);
}

#define TWO_CREATES "a0 = adapter()\nf0 = create(a0)\nf1 = create(a0)\n"

// Far from everything that was ever allocated.
static NTSTATUS write_far_behind_memory(void) {
    volatile char *memory = fixture_take_memory(64);
    memory[1000000] = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS read_far_behind_memory(void) {
    volatile char *memory = fixture_take_memory(64);
    return memory[1000000] == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS copy_too_much(void) {
    char *memory = fixture_take_memory(61);
    RtlZeroMemory(memory, 61 + (SIZE_T)zero + 1);
    NdisFreeMemory(memory, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS read_before_memory(void) {
    volatile char *memory = fixture_take_memory(64);
    char before = memory[-1];
    NdisFreeMemory((void *)memory, 0, 0);
    return before == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS write_between_nbl_and_context(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    ((volatile char *)(nbl + 1))[0] = 1;
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS read_completed_irp(IRP *irp) {
    fixture_end_irp(irp, STATUS_SUCCESS);
    return irp->IoStatus.Status;
}

static NTSTATUS read_data_of_completed_irp(IRP *irp) {
    volatile char *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    fixture_end_irp(irp, STATUS_SUCCESS);
    return data[0] == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS read_end_of_irp_data(IRP *irp) {
    volatile char *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    NTSTATUS status = data[59] == data[0] ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    fixture_reached();
    return fixture_end_irp(irp, status);
}

static NTSTATUS use_memory_to_its_last_byte(void) {
    volatile char *memory = fixture_take_memory(61);
    memory[0] = memory[60] = 1;
    RtlZeroMemory((void *)memory, 61);
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 3);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 0);
    char *context = (char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    char *data = MmGetSystemAddressForMdlSafe(nbl->FirstNetBuffer->MdlChain, NormalPagePriority);
    RtlFillMemory(context, nbl->Context->Size, 1);
    RtlFillMemory(data, 3, 1);
    RtlFillMemory(nbl->ProtocolReserved, sizeof(nbl->ProtocolReserved), 1);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);
    NdisFreeMemory((void *)memory, 0, 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

// Reused memory is the new owner's, whatever the old one was.
static NTSTATUS use_reused_memory(void) {
    volatile int *first = fixture_take_memory(64);
    NdisFreeMemory((void *)first, 0, 0);
    volatile int *second = fixture_take_memory(64);
    if (second == first) {
        *second = 1;
        fixture_reached();
    }
    NdisFreeMemory((void *)second, 0, 0);
    return STATUS_SUCCESS;
}

// What a function of the world's does with a driver's pointer is the driver's doing.
static NTSTATUS set_event_in_freed_memory(void) {
    NDIS_EVENT *event = fixture_take_memory(sizeof(*event));
    NdisInitializeEvent(event);
    NdisFreeMemory(event, 0, 0);
    NdisSetEvent(event);
    return STATUS_SUCCESS;
}

static NTSTATUS make_lock_in_freed_memory(void) {
    NDIS_SPIN_LOCK *lock = fixture_take_memory(sizeof(*lock));
    NdisFreeMemory(lock, 0, 0);
    NdisAllocateSpinLock(lock);
    return STATUS_SUCCESS;
}

static NTSTATUS acquire_lock_in_freed_memory(void) {
    NDIS_SPIN_LOCK *lock = fixture_take_memory(sizeof(*lock));
    NdisAllocateSpinLock(lock);
    NdisFreeMemory(lock, 0, 0);
    NdisAcquireSpinLock(lock);
    return STATUS_SUCCESS;
}

static NTSTATUS name_in_freed_memory(void) {
    WCHAR *name = fixture_take_memory(4);
    UNICODE_STRING string;
    name[0] = 'a';
    name[1] = 0;
    NdisFreeMemory(name, 0, 0);
    RtlInitUnicodeString(&string, name);
    return STATUS_SUCCESS;
}

static NTSTATUS look_at_completed_irp(IRP *irp) {
    fixture_end_irp(irp, STATUS_SUCCESS);
    return IoGetCurrentIrpStackLocation(irp) == NULL ? STATUS_SUCCESS : 1;
}

static NTSTATUS use_what_is_in_live_memory(void) {
    struct {
        NDIS_EVENT event;
        NDIS_SPIN_LOCK lock;
        WCHAR name[2];
        UNICODE_STRING string;
    } *memory = fixture_take_memory(sizeof(*memory));
    NdisInitializeEvent(&memory->event);
    NdisAllocateSpinLock(&memory->lock);
    NdisAcquireSpinLock(&memory->lock);
    NdisReleaseSpinLock(&memory->lock);
    NdisSetEvent(&memory->event);
    memory->name[0] = 'a';
    memory->name[1] = 0;
    RtlInitUnicodeString(&memory->string, memory->name);
    NdisFreeMemory(memory, 0, 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

#define LOAD_LIFO "memory(reuse: lifo)\nload()\n"
#define WRITE_AND_END UP_TO_WRITE "close(f0)\nunbind(b0)\n"

// === SEND-TOUCH ===

static NET_BUFFER_LIST *send(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture.kept[0] = nbl->FirstNetBuffer;
    fixture.kept[1] = irp->MdlAddress;
    fixture.kept[2] = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    fixture.kept[3] = NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    fixture_send(nbl);
    return nbl;
}

static NTSTATUS send_and_read_nbl(IRP *irp) {
    return send(irp)->Status == 1 ? STATUS_PENDING : STATUS_PENDING + zero;
}

static NTSTATUS send_and_write_context(IRP *irp) {
    send(irp);
    *(void *volatile *)fixture.kept[3] = NULL;
    return STATUS_PENDING;
}

static NTSTATUS send_and_write_nb(IRP *irp) {
    send(irp);
    ((NET_BUFFER *)fixture.kept[0])->stDataLength = 7;
    return STATUS_PENDING;
}

static NTSTATUS send_and_read_mdl(IRP *irp) {
    send(irp);
    return MmGetMdlByteCount((MDL *)fixture.kept[1]) == 7 ? STATUS_PENDING : STATUS_PENDING + zero;
}

static NTSTATUS send_and_write_data(IRP *irp) {
    send(irp);
    *(volatile char *)fixture.kept[2] = 7;
    return STATUS_PENDING;
}

// A buffer of its own, of which only the first half is sent: the rest stays the driver's, and so does
// every other NBL of the pool.
static NTSTATUS send_half(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER_LIST *other = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    volatile char *memory = fixture_take_memory(128);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, (void *)memory, 64);
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = mdl;
    fixture.kept[0] = mdl;
    fixture.kept[1] = (void *)memory;
    fixture_send(nbl);
    memory[64] = memory[127] = 1;
    other->Status = 1;
    NdisFreeNetBufferList(other);
    return STATUS_PENDING;
}

static void free_half(NET_BUFFER_LIST *nbl) {
    RtlZeroMemory(fixture.kept[1], 128);
    NdisFreeMdl(fixture.kept[0]);
    NdisFreeMemory(fixture.kept[1], 0, 0);
    nbl->Status = NDIS_STATUS_SUCCESS;
    nbl->FirstNetBuffer->stDataLength = 0;
    fixture_end_send(nbl);
    fixture_reached();
}

// Two NBLs over one MDL, each with half of its bytes: as a driver sends that cuts a write into frames.
static NTSTATUS send_two_over_one_mdl(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *first = fixture_make_send(irp);
    first->FirstNetBuffer->stDataLength = 30;
    fixture_send(first);
    NET_BUFFER_LIST *second =
        NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, irp->MdlAddress, 30, 30);
    second->SourceHandle = fixture.binding;
    NdisSendNetBufferLists(fixture.binding, second, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

// Frees the write's first NBL only when its second is back, too.
static void free_two_over_one_mdl(NET_BUFFER_LIST *nbl) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = nbl;
        return;
    }
    NdisFreeNetBufferList(nbl);
    fixture_end_send(fixture.kept[0]);
    fixture_reached();
}

#define TWO_OVER_ONE UP_TO_WRITE "complete(b0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n"

// === GDB-NULL, GDB-LIFE, MDL-MAP-NULL ===

static NTSTATUS fail_write(NET_BUFFER_LIST *nbl, IRP *irp) {
    NdisFreeNetBufferList(nbl);
    fixture_release();
    return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
}

static volatile UCHAR *get_data(NET_BUFFER_LIST *nbl) {
    static UCHAR storage[14];
    return NdisGetDataBuffer(nbl->FirstNetBuffer, sizeof(storage), storage, 1, 0);
}

static NTSTATUS use_data_unseen(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    *get_data(nbl) = 1;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS use_data_if_any(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    volatile UCHAR *data = get_data(nbl);
    if (data == NULL) {
        fixture_reached();
        return fail_write(nbl, irp);
    }
    *data = 1;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS map_unseen(IRP *irp) {
    volatile UCHAR *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    *data = 1;
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS map_if_possible(IRP *irp) {
    volatile UCHAR *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (data == NULL) {
        fixture_reached();
        return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    *data = 1;
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS keep_data_across_send(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    volatile UCHAR *data = get_data(nbl);
    fixture_send(nbl);
    *data = 1;
    return STATUS_PENDING;
}

// The data of more NBs than are remembered is looked at in between; the last of them counts.
static NTSTATUS keep_last_data_across_send(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    for (int i = 0; i < 20; i++) {
        UCHAR *memory = fixture_take_memory(14);
        MDL *mdl = NdisAllocateMdl(fixture.protocol, memory, 14);
        (void)NdisGetDataBuffer(NdisAllocateNetBuffer(fixture.nb_pool, mdl, 0, 14), 14, NULL, 1, 0);
    }
    volatile UCHAR *data = get_data(nbl);
    fixture_send(nbl);
    *data = 1;
    return STATUS_PENDING;
}

static NTSTATUS use_data_before_send(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    *get_data(nbl) = 1;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void use_data_after_send(NET_BUFFER_LIST *nbl) {
    *get_data(nbl) = 2;
    fixture_end_send(nbl);
    fixture_reached();
}

#define ONE_FAILS(point)                                                                   \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0) (fail: " point \
    " 1)\nclose(f0)\nunbind(b0)\n"

// === MEM-NULL, MEM-WILD ===

static NTSTATUS read_null(void) {
    NET_BUFFER_LIST *nbl = wild_pointer;
    return nbl->Status == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS write_null(void) {
    *(volatile char *)wild_pointer = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS call_null(void) {
    ((void (*volatile)(void))wild_pointer)();
    return STATUS_SUCCESS;
}

static NTSTATUS look_into_pool_handle(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    return *(volatile int *)pool == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS read_address_that_is_none(void) {
    return *(volatile int *)(0x5b0000000000 + (ULONG_PTR)zero) == 1 ? STATUS_SUCCESS
                                                                    : STATUS_UNSUCCESSFUL;
}

static NTSTATUS read_non_canonical_address(void) {
    ULONG_PTR address = 0xDDDDDDDDDDDDDDDDu + (ULONG_PTR)zero;
    return *(volatile int *)address == 1 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS use_own_globals_and_stack(void) {
    volatile char on_stack[3000];
    for (size_t i = 0; i < sizeof(on_stack); i++) {
        on_stack[i] = (char)i;
    }
    zero = on_stack[0];
    zero = 0;
    fixture_reached();
    return STATUS_SUCCESS;
}

// === STACK-OVERRUN ===

static int recurse(int depth) {
    volatile char frame[512];
    frame[0] = (char)depth;
    return depth == 0 ? frame[0] : recurse(depth - 1) + frame[0];
}

static NTSTATUS recurse_for_ever(void) { return recurse(1 << 30); }

static NTSTATUS recurse_a_little(void) {
    fixture_reached();
    return recurse(8) >= 0 ? STATUS_SUCCESS : STATUS_SUCCESS;
}

// === UNDEFINED, ASSERT, BUGCHECK ===

static NTSTATUS trap(void) {
    __builtin_trap();
    return STATUS_SUCCESS;
}

static NTSTATUS stop_at_breakpoint(void) {
    __asm__ volatile("int3");
    return STATUS_SUCCESS;
}

static NTSTATUS divide_by_zero(void) { return 7 / zero == 3 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }

static NTSTATUS shift_too_far(void) {
    pp_driver_shift(NULL, 1, 40);  // as compiled driver code does
    return STATUS_SUCCESS;
}

static NTSTATUS compute(void) {
    fixture_reached();
    return 7 / (zero + 1) == 7 && (1 << (zero + 30)) > 0 && -7 >> 1 < 0 ? STATUS_SUCCESS
                                                                        : STATUS_UNSUCCESSFUL;
}

static NTSTATUS assert_what_is_false(void) {
    pp_driver_assert("zero == 1", __FILE__, __LINE__);  // as ASSERT does in a checked build
    return STATUS_SUCCESS;
}

static NTSTATUS assert_what_is_true(void) {
    NT_ASSERT(zero == 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS bug_check(void) { KeBugCheckEx(0xE2, 1, 2, 3, 4); }

// === ENDLESS ===

// Without a call: only the accesses to memory tell.
static NTSTATUS spin_for_ever(void) {
    volatile LONG *holds = &fixture.holds;
    while (*holds == 0) {
    }
    return STATUS_SUCCESS;
}

static NTSTATUS spin_for_long(void) {
    volatile LONG *holds = &fixture.holds;
    for (ULONG i = 0; i < 1000000 && *holds == 0; i++) {
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// Without memory, too: only the blocks of its code tell.
static NTSTATUS loop_for_ever(void) {
    for (;;) {
    }
}

static NTSTATUS loop_for_long(void) {
    ULONG value = 27;
    for (ULONG i = 0; i < 10000000; i++) {
        value = value * 1664525 + 1013904223;
    }
    fixture_reached();
    return value != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS poll_for_ever(void) {
    NdisResetEvent(&fixture.sends_done);
    while (KeReadStateEvent(&fixture.sends_done.Event) == 0) {
    }
    return STATUS_SUCCESS;
}

static NTSTATUS poll_and_sleep(void) {
    for (int i = 0; i < 2000; i++) {
        if (KeReadStateEvent(&fixture.sends_done.Event) == 0) {
            NdisMSleep(10);
        }
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

static const struct check_case cases[] = {
    // A read of what is gone is seen by a guard only; a write leaves its mark.
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory read in DriverEntry",
     .catches.load = read_freed_memory,
     .silent.load = use_reused_memory,
     .silent_program = LOAD_LIFO,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL written in DriverEntry",
     .catches.load = write_freed_nbl,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NB written in DriverEntry",
     .catches.load = write_nb_of_freed_nbl,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: memory written outside its bounds in DriverEntry",
     .catches.load = write_behind_memory,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: memory written outside its bounds in DriverEntry",
     .detail = "write of 62 bytes at byte 0 of mem0, which has 61\n",
     .catches.load = copy_too_much,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: memory read outside its bounds in DriverEntry",
     .detail = "read of 1 bytes, 1 bytes before mem0\n",
     .catches.load = read_before_memory,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: NBL written outside its bounds in DriverEntry",
     .catches.load = write_between_nbl_and_context,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed IRP read in IRP_MJ_WRITE",
     .catches.write = read_completed_irp,
     .silent.write = read_end_of_irp_data,
     .program = WRITE_AND_END,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed IRP data read in IRP_MJ_WRITE",
     .catches.write = read_data_of_completed_irp,
     .silent.write = read_end_of_irp_data,
     .program = WRITE_AND_END,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory written in DriverEntry",
     .catches.load = set_event_in_freed_memory,
     .silent.load = use_what_is_in_live_memory,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory written in DriverEntry",
     .catches.load = acquire_lock_in_freed_memory,
     .silent.load = use_what_is_in_live_memory,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory read in DriverEntry",
     .catches.load = name_in_freed_memory,
     .silent.load = use_what_is_in_live_memory,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed IRP read in IRP_MJ_WRITE",
     .catches.write = look_at_completed_irp,
     .silent.write = read_end_of_irp_data,
     .program = WRITE_AND_END,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory written in the world",
     .catches.load = make_lock_in_freed_memory,
     .silent.load = use_what_is_in_live_memory,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL written in the world",
     .catches.load = write_freed_nbl,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: memory written outside its bounds in the world",
     .catches.load = write_behind_memory,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITHOUT_GUARD},

    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL read while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_read_nbl,
     .silent = {.write = send_half, .send_complete = free_half},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: context written while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_write_context,
     .silent = {.write = send_half, .send_complete = free_half},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB written while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_write_nb,
     .silent = {.write = send_half, .send_complete = free_half},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: MDL read while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_read_mdl,
     .silent = {.write = send_half, .send_complete = free_half},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: IRP data written while in flight in IRP_MJ_WRITE",
     .detail = "NBL n0: in flight\n",
     .catches.write = send_and_write_data,
     .silent = {.write = send_two_over_one_mdl, .send_complete = free_two_over_one_mdl},
     .program = check_one_write,
     .silent_program = TWO_OVER_ONE,
     .build = CHECK_WITH_GUARD},

    {.rule = "GDB-NULL",
     .title = "poolproof: GDB-NULL: NULL of NdisGetDataBuffer used in IRP_MJ_WRITE",
     .catches.write = use_data_unseen,
     .silent.write = use_data_if_any,
     .program = ONE_FAILS("data.get")},
    {.rule = "MDL-MAP-NULL",
     .title = "poolproof: MDL-MAP-NULL: NULL of a mapping used in IRP_MJ_WRITE",
     .catches.write = map_unseen,
     .silent.write = map_if_possible,
     .program = ONE_FAILS("mdl.map")},
    {.rule = "GDB-LIFE",
     .title =
         "poolproof: GDB-LIFE: data of NdisGetDataBuffer written after its NBL was sent in IRP_MJ_WRITE",
     .detail = "NBL n0: in flight\n",
     .catches.write = keep_data_across_send,
     .silent = {.write = use_data_before_send, .send_complete = use_data_after_send},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},
    {.rule = "GDB-LIFE",
     .title =
         "poolproof: GDB-LIFE: data of NdisGetDataBuffer written after its NBL was sent in IRP_MJ_WRITE",
     .catches.write = keep_last_data_across_send,
     .silent = {.write = use_data_before_send, .send_complete = use_data_after_send},
     .program = check_one_write,
     .build = CHECK_WITH_GUARD},

    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL read from in DriverEntry",
     .catches.load = read_null,
     .silent.load = use_own_globals_and_stack,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL written to in DriverEntry",
     .catches.load = write_null,
     .silent.load = use_own_globals_and_stack,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL used in DriverEntry",
     .catches.load = read_null,
     .silent.load = use_own_globals_and_stack,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "MEM-NULL",
     .title = "poolproof: MEM-NULL: NULL used in DriverEntry",
     .catches.load = call_null,
     .silent.load = use_own_globals_and_stack},

    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory read that is not the driver's in IRP_MJ_CREATE",
     .catches.create = create_after_failed_one,
     .silent.create = create_with_referenced_one,
     .program = TWO_CREATES,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory written that is not the driver's in DriverEntry",
     .catches.load = write_far_behind_memory,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory read that is not the driver's in DriverEntry",
     .catches.load = read_far_behind_memory,
     .silent.load = use_memory_to_its_last_byte,
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: a handle used as a pointer in DriverEntry",
     .catches.load = look_into_pool_handle,
     .silent.load = use_own_globals_and_stack},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory used that does not exist in DriverEntry",
     .catches.load = read_address_that_is_none,
     .silent.load = use_own_globals_and_stack},
    {.rule = "MEM-WILD",
     .title = "poolproof: MEM-WILD: memory used that does not exist in DriverEntry",
     .catches.load = read_non_canonical_address,
     .silent.load = use_own_globals_and_stack},

    {.rule = "STACK-OVERRUN",
     .title = "poolproof: STACK-OVERRUN: kernel stack overrun in DriverEntry",
     .catches.load = recurse_for_ever,
     .silent.load = recurse_a_little},
    {.rule = "UNDEFINED",
     .title = "poolproof: UNDEFINED: undefined behaviour in DriverEntry",
     .catches.load = trap,
     .silent.load = compute},
    {.rule = "UNDEFINED",
     .title = "poolproof: UNDEFINED: undefined behaviour in DriverEntry",
     .catches.load = stop_at_breakpoint,
     .silent.load = compute},
    {.rule = "UNDEFINED",
     .title = "poolproof: UNDEFINED: undefined behaviour in DriverEntry",
     .catches.load = divide_by_zero,
     .silent.load = compute},
    {.rule = "SHIFT-RANGE", .catches.load = shift_too_far, .silent.load = compute, .advice_count = 1},
    {.rule = "ASSERT",
     .title = "poolproof: ASSERT: assert failed in DriverEntry",
     .catches.load = assert_what_is_false,
     .silent.load = assert_what_is_true},
    {.rule = "BUGCHECK",
     .title = "poolproof: BUGCHECK: KeBugCheckEx called in DriverEntry",
     .catches.load = bug_check,
     .silent.load = compute},
    {.rule = "ENDLESS",
     .title = "poolproof: ENDLESS: endless loop in DriverEntry",
     .catches.load = poll_for_ever,
     .silent.load = poll_and_sleep},
    {.rule = "ENDLESS",
     .title = "poolproof: ENDLESS: endless loop in DriverEntry",
     .catches.load = spin_for_ever,
     .silent.load = spin_for_long},
    {.rule = "ENDLESS",
     .title = "poolproof: ENDLESS: endless loop in DriverEntry",
     .catches.load = loop_for_ever,
     .silent.load = loop_for_long},
};

int main(void) { return CHECK_RUN("access", cases); }
