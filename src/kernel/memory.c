// SPDX-License-Identifier: MIT
// The driver's memory: nonpaged pool, all of it.
#include "kernel/memory.h"

#include "base/emit.h"
#include "faults/injector.h"

#include <ndis.h>
#include <string.h>

void *pp_world_take(size_t size) {
    void *memory = pp_arena_take(size, PP_USE_WORLD);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

static void *allocate(size_t size, ULONG tag) {
    pp_switch_point();
    void *memory = pp_fault_fires(PP_POINT_MEMORY_ALLOCATE) ? NULL : pp_arena_take(size, PP_USE_MEMORY);
    PP_EMIT(MEMORY_MADE, pp_object(memory), size, tag);
    return memory;
}

static void free_memory(void *memory) {
    pp_switch_point();
    PP_EMIT(MEMORY_FREE, pp_object(memory));
    if (pp_arena_is(memory, PP_USE_MEMORY)) {
        pp_arena_give(memory);
    }
}

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
                                        EX_POOL_PRIORITY Priority) {
    (void)NdisHandle;
    (void)Priority;
    return allocate(Length, Tag);
}

VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags) {
    (void)Length;  // ignored, as documented
    (void)MemoryFlags;
    free_memory(VirtualAddress);
}

VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag) {
    (void)NdisHandle;
    (void)Tag;
    free_memory(VirtualAddress);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    (void)PoolType;
    return allocate(NumberOfBytes, Tag);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
    void *memory = allocate(NumberOfBytes, Tag);
    if (memory != NULL && (Flags & POOL_FLAG_UNINITIALIZED) == 0) {
        memset(memory, 0, NumberOfBytes);
    }
    return memory;
}

VOID ExFreePool(PVOID P) { free_memory(P); }

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) {
    (void)Tag;
    free_memory(P);
}
