// SPDX-License-Identifier: MIT
// MDLs. All memory is nonpaged and mapped here; what can fail is the MDL's allocation and the mapping.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "pool/book.h"

#include <string.h>

void pp_mdl_init(MDL *mdl, void *buffer, uint32_t length) {
    memset(mdl, 0, sizeof(*mdl));
    mdl->Size = sizeof(*mdl);
    mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = buffer;
    mdl->StartVa = (PVOID)((ULONG_PTR)buffer & ~(ULONG_PTR)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)((ULONG_PTR)buffer & (PAGE_SIZE - 1));
    mdl->ByteCount = length;
}

bool pp_pool_is_mdl(const MDL *mdl) {
    return pp_arena_is(mdl, PP_USE_MDL) || pp_arena_is(mdl, PP_USE_RETREAT_MDL);
}

static MDL *allocate(PVOID buffer, ULONG length) {
    pp_switch_point();
    MDL *mdl = NULL;
    if (!pp_fault_fires(PP_POINT_MDL_ALLOCATE)) {
        mdl = pp_arena_take(sizeof(*mdl), PP_USE_MDL);
    }
    if (mdl != NULL) {
        pp_mdl_init(mdl, buffer, length);
    }
    PP_EMIT(MDL_MADE, pp_object(mdl), pp_object(buffer), length);
    return mdl;
}

static void free_mdl(MDL *mdl) {
    pp_switch_point();
    PP_EMIT(MDL_FREE, pp_object(mdl));
    if (pp_arena_is(mdl, PP_USE_MDL)) {
        pp_arena_give(mdl);
    }
}

MDL *NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length) {
    (void)NdisHandle;  // an MDL does not keep who made it
    return allocate(VirtualAddress, Length);
}

VOID NdisFreeMdl(MDL *Mdl) { free_mdl(Mdl); }

MDL *IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                   IRP *Irp) {
    (void)ChargeQuota;  // there are no quotas
    MDL *mdl = allocate(VirtualAddress, Length);
    if (mdl == NULL || Irp == NULL) {
        return mdl;
    }
    pp_touch_write(Irp, sizeof(*Irp));
    MDL **link = &Irp->MdlAddress;
    while (SecondaryBuffer && *link != NULL) {
        link = &(*link)->Next;
    }
    *link = mdl;
    return mdl;
}

VOID IoFreeMdl(MDL *Mdl) { free_mdl(Mdl); }

// Everything is resident, so the MDL that IoAllocateMdl returns is complete already.
VOID MmBuildMdlForNonPagedPool(MDL *MemoryDescriptorList) {
    pp_switch_point();
    pp_touch_write(MemoryDescriptorList, sizeof(*MemoryDescriptorList));
    MemoryDescriptorList->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

PVOID MmGetSystemAddressForMdlSafe(MDL *Mdl, ULONG Priority) {
    (void)Priority;  // even HighPagePriority may find memory exhausted
    pp_switch_point();
    pp_touch_read(Mdl, sizeof(*Mdl));
    return pp_fault_fires(PP_POINT_MDL_MAP) ? NULL : Mdl->MappedSystemVa;
}
