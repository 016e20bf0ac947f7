// SPDX-License-Identifier: MIT
// Functions about MDLs, NDIS's and the kernel's. All memory is resident here; what can fail is the
// allocation of an MDL and its mapping.
#include "pool/front.h"

static MDL *allocate(enum pp_mdl_maker maker, NDIS_HANDLE owner, PVOID buffer, ULONG length) {
    pp_switch_point();
    if (!PP_EMIT(MDL_ALLOCATE, pp_object(buffer), length, maker)) {
        return NULL;
    }
    MDL *mdl = pp_fault_fires(PP_POINT_MDL_ALLOCATE) ? NULL : pp_pool->allocate_mdl(buffer, length);
    if (mdl != NULL && maker == PP_MDL_IO) {
        mdl->MdlFlags = 0;  // until its pages are known to be there
    }
    PP_EMIT(MDL_MADE, pp_object(mdl), pp_object(buffer), length, maker, pp_object(owner));
    return mdl;
}

static void free_mdl(enum pp_mdl_maker maker, MDL *mdl) {
    pp_switch_point();
    if (PP_EMIT(MDL_FREE, pp_object(mdl), maker)) {
        pp_pool->free_mdl(mdl);
    }
}

MDL *NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length) {
    return allocate(PP_MDL_NDIS, NdisHandle, VirtualAddress, Length);
}

VOID NdisFreeMdl(MDL *Mdl) { free_mdl(PP_MDL_NDIS, Mdl); }

VOID pp_mdl_adjust_length(MDL *Mdl, ULONG Length) {
    if (PP_EMIT(MDL_ADJUST, pp_object(Mdl), Length) && pp_touch_write(Mdl, sizeof(*Mdl))) {
        Mdl->ByteCount = Length;
    }
}

MDL *IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                   IRP *Irp) {
    (void)ChargeQuota;  // there are no quotas
    MDL *mdl = allocate(PP_MDL_IO, NULL, VirtualAddress, Length);
    if (mdl == NULL || Irp == NULL || !pp_touch_write(Irp, sizeof(*Irp))) {
        return mdl;
    }
    MDL **link = &Irp->MdlAddress;
    while (SecondaryBuffer && *link != NULL) {
        link = &(*link)->Next;
    }
    *link = mdl;
    return mdl;
}

VOID IoFreeMdl(MDL *Mdl) { free_mdl(PP_MDL_IO, Mdl); }

// Of memory that IoAllocateMdl described.
VOID MmBuildMdlForNonPagedPool(MDL *MemoryDescriptorList) {
    pp_switch_point();
    if (PP_EMIT(MDL_USE, pp_object(MemoryDescriptorList)) &&
        pp_touch_write(MemoryDescriptorList, sizeof(*MemoryDescriptorList))) {
        MemoryDescriptorList->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    }
}

VOID IoBuildPartialMdl(MDL *SourceMdl, MDL *TargetMdl, PVOID VirtualAddress, ULONG Length) {
    pp_switch_point();
    if (!PP_EMIT(MDL_USE, pp_object(SourceMdl)) || !PP_EMIT(MDL_USE, pp_object(TargetMdl)) ||
        !pp_touch_read(SourceMdl, sizeof(*SourceMdl)) ||
        !pp_touch_write(TargetMdl, sizeof(*TargetMdl))) {
        return;
    }
    ULONG_PTR offset = (ULONG_PTR)VirtualAddress - (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl);
    if (offset > SourceMdl->ByteCount || Length > SourceMdl->ByteCount - offset) {
        return;
    }
    MDL *next = TargetMdl->Next;
    ULONG rest = SourceMdl->ByteCount - (ULONG)offset;
    pp_mdl_init(TargetMdl, (char *)SourceMdl->MappedSystemVa + offset, Length == 0 ? rest : Length);
    TargetMdl->Next = next;
    TargetMdl->MdlFlags = SourceMdl->MdlFlags | MDL_PARTIAL;
}

VOID MmPrepareMdlForReuse(MDL *Mdl) {
    pp_switch_point();
    if (PP_EMIT(MDL_USE, pp_object(Mdl)) && pp_touch_write(Mdl, sizeof(*Mdl))) {
        Mdl->MdlFlags &= ~MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
}

// Others may run while the mapping is under way. What is mapped already has its address.
PVOID MmGetSystemAddressForMdlSafe(MDL *Mdl, ULONG Priority) {
    (void)Priority;  // even HighPagePriority may find memory exhausted
    if (!PP_EMIT(MDL_MAP, pp_object(Mdl)) || !pp_touch_read(Mdl, sizeof(*Mdl))) {
        return NULL;
    }
    pp_switch_point();
    bool is_mapped = (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0;
    PVOID address = !is_mapped && pp_fault_fires(PP_POINT_MDL_MAP) ? NULL : Mdl->MappedSystemVa;
    if (!is_mapped && address != NULL) {
        Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    }
    PP_EMIT(MDL_MAPPED, pp_object(Mdl), pp_object(address));
    return address;
}
