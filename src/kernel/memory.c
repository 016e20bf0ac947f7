// SPDX-License-Identifier: MIT
// The driver's memory: nonpaged pool, all of it.
#include "kernel/memory.h"

#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"

#include <ndis.h>
#include <string.h>

#define CALLERS_TAG 'rllC'

void *pp_world_take(size_t size) {
    void *memory = pp_arena_take(size, PP_USE_WORLD);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void *pp_memory_of_caller(size_t size) {
    void *memory = pp_arena_take(size, PP_USE_MEMORY);
    PP_EMIT(MEMORY_MADE, pp_object(memory), size, CALLERS_TAG, /*is_paged=*/false, 0);
    return memory;
}

static void *allocate(size_t size, ULONG tag, bool is_paged, NDIS_HANDLE owner) {
    pp_switch_point();
    void *memory = pp_fault_fires(PP_POINT_MEMORY_ALLOCATE) ? NULL : pp_arena_take(size, PP_USE_MEMORY);
    PP_EMIT(MEMORY_MADE, pp_object(memory), size, tag, is_paged, pp_object(owner));
    return memory;
}

// `tag` is 0 where the function has none.
static void free_memory(void *memory, ULONG flags, ULONG tag, NDIS_HANDLE owner) {
    pp_switch_point();
    if (PP_EMIT(MEMORY_FREE, pp_object(memory), flags, tag, pp_object(owner)) &&
        pp_arena_is(memory, PP_USE_MEMORY)) {
        pp_arena_give(memory);
    }
}

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
                                        EX_POOL_PRIORITY Priority) {
    (void)Priority;
    return allocate(Length, Tag, /*is_paged=*/false, NdisHandle);
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag) {
    void *memory = allocate(Length, Tag, /*is_paged=*/false, NULL);
    if (pp_touch_write(VirtualAddress, sizeof(*VirtualAddress))) {
        *VirtualAddress = memory;
    }
    return memory != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag) {
    free_memory(VirtualAddress, /*flags=*/0, Tag, NULL);
}

VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags) {
    (void)Length;  // ignored, as documented
    free_memory(VirtualAddress, MemoryFlags, /*tag=*/0, NULL);
}

VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag) {
    free_memory(VirtualAddress, /*flags=*/0, Tag, NdisHandle);
}

// Odd pool types are paged.
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return allocate(NumberOfBytes, Tag, (PoolType & PagedPool) != 0, NULL);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
    void *memory = allocate(NumberOfBytes, Tag, (Flags & POOL_FLAG_PAGED) != 0, NULL);
    if (memory != NULL && (Flags & POOL_FLAG_UNINITIALIZED) == 0) {
        memset(memory, 0, NumberOfBytes);
    }
    return memory;
}

VOID ExFreePool(PVOID P) { free_memory(P, /*flags=*/0, /*tag=*/0, NULL); }

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { free_memory(P, /*flags=*/0, Tag, NULL); }
