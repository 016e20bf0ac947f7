// SPDX-License-Identifier: MIT
// The memory manager as drivers use it. Everything is resident and mapped where it is: locking and
// mapping only say what they do.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/unicode.h"

#include <string.h>
#include <wdm.h>

#define PAGES_TAG 'sgPM'
#define MDL_TAG ' ldM'
#define CONTIGUOUS_TAG 'tnoC'

// As MmGetMdlVirtualAddress, of an MDL that may be garbage.
static void *address_of(const MDL *mdl) { return (void *)((ULONG_PTR)mdl->StartVa + mdl->ByteOffset); }

static bool use(MDL *mdl) {
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(mdl, sizeof(*mdl));
}

VOID MmProbeAndLockPages(MDL *MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                         LOCK_OPERATION Operation) {
    (void)AccessMode;
    if (use(MemoryDescriptorList) &&
        pp_touch(address_of(MemoryDescriptorList), MemoryDescriptorList->ByteCount,
                 Operation != IoReadAccess)) {
        MemoryDescriptorList->MdlFlags |= MDL_PAGES_LOCKED;
    }
}

VOID MmUnlockPages(MDL *MemoryDescriptorList) {
    if (use(MemoryDescriptorList)) {
        MemoryDescriptorList->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
    }
}

PVOID MmMapLockedPagesSpecifyCache(MDL *MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                   MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                   ULONG BugCheckOnFailure, ULONG Priority) {
    (void)AccessMode;
    (void)CacheType;
    (void)RequestedAddress;
    (void)BugCheckOnFailure;
    return MmGetSystemAddressForMdlSafe(MemoryDescriptorList, Priority);
}

PVOID MmMapLockedPages(MDL *MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
    return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE,
                                        HighPagePriority);
}

VOID MmUnmapLockedPages(PVOID BaseAddress, MDL *MemoryDescriptorList) {
    (void)BaseAddress;
    if (use(MemoryDescriptorList)) {
        MemoryDescriptorList->MdlFlags &= ~MDL_MAPPED_TO_SYSTEM_VA;
    }
}

// The MDL itself is freed with ExFreePool, the pages with MmFreePagesFromMdl.
PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                             PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                             MEMORY_CACHING_TYPE CacheType, ULONG Flags) {
    (void)LowAddress;
    (void)HighAddress;
    (void)SkipBytes;
    (void)CacheType;
    (void)Flags;
    SIZE_T bytes = ROUND_TO_PAGES(TotalBytes);
    void *pages = ExAllocatePoolWithTag(NonPagedPoolNx, bytes, PAGES_TAG);
    MDL *mdl = pages == NULL ? NULL : ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(MDL), MDL_TAG);
    if (mdl == NULL) {
        if (pages != NULL) {
            ExFreePoolWithTag(pages, PAGES_TAG);
        }
        return NULL;
    }
    memset(pages, 0, bytes);
    MmInitializeMdl(mdl, pages, TotalBytes);
    mdl->MdlFlags = MDL_PAGES_LOCKED;
    return mdl;
}

VOID MmFreePagesFromMdl(MDL *MemoryDescriptorList) {
    if (use(MemoryDescriptorList)) {
        ExFreePoolWithTag(address_of(MemoryDescriptorList), PAGES_TAG);
    }
}

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress) {
    (void)HighestAcceptableAddress;
    return ExAllocatePoolWithTag(NonPagedPoolNx, NumberOfBytes, CONTIGUOUS_TAG);
}

VOID MmFreeContiguousMemory(PVOID BaseAddress) { ExFreePoolWithTag(BaseAddress, CONTIGUOUS_TAG); }

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress) {
    pp_switch_point();
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(ULONG_PTR)BaseAddress};
}

BOOLEAN MmIsAddressValid(PVOID VirtualAddress) {
    pp_switch_point();
    return pp_touch_is_open(VirtualAddress, 1);
}

// NULL: a driver that asks is to do without. Everything that is there can be linked to.
PVOID MmGetSystemRoutineAddress(UNICODE_STRING *SystemRoutineName) {
    pp_switch_point();
    if (pp_level_at_most(PASSIVE_LEVEL)) {
        pp_unicode_touch(SystemRoutineName);
    }
    return NULL;
}

MM_SYSTEMSIZE MmQuerySystemSize(VOID) { return MmLargeSystem; }

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) {
    return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(PFN_NUMBER);
}

// What cannot be touched would raise an exception.
VOID ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment) {
    (void)Alignment;
    pp_switch_point();
    pp_touch_read(Address, Length);
}

VOID ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment) {
    (void)Alignment;
    pp_switch_point();
    pp_touch_write(Address, Length);
}
