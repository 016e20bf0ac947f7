// SPDX-License-Identifier: MIT

// MDLs as NDIS sees them. The macros have typed pointers as arguments in real drivers, so they cannot be
// functions.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/mdlapi/ and
// learn.microsoft.com/windows-hardware/drivers/network/ndisquerymdl and its neighbours.
#pragma once

#include <ndis/types.h>

// IRQL <= DISPATCH_LEVEL. An MDL for nonpaged memory that stays the caller's; NULL on failure. Undo with
// NdisFreeMdl.
PMDL NdisAllocateMdl(_In_ NDIS_HANDLE NdisHandle, _In_reads_bytes_(Length) PVOID VirtualAddress,
                     _In_ UINT Length);
// IRQL <= DISPATCH_LEVEL. Frees one MDL, not its memory and not the MDLs linked to it.
VOID NdisFreeMdl(_In_ PMDL Mdl);

// IRQL <= DISPATCH_LEVEL. The address is NULL if the MDL cannot be mapped; the pointer to it may be NULL.
#define NdisQueryMdl(Mdl, VirtualAddress, Length, Priority)                               \
    do {                                                                                  \
        PVOID *PpAddress = (PVOID *)(VirtualAddress);                                     \
        if (PpAddress != NULL) {                                                          \
            *PpAddress = MmGetSystemAddressForMdlSafe((Mdl), (ULONG)(Priority));          \
        }                                                                                 \
        *(Length) = MmGetMdlByteCount(Mdl);                                               \
    } while (0)
#define NdisQueryMdlSafe(Mdl, VirtualAddress, Length, Priority) \
    NdisQueryMdl(Mdl, VirtualAddress, Length, Priority)

// Any IRQL.
#define NdisQueryMdlOffset(Mdl, Offset, Length)    \
    do {                                           \
        *(Offset) = MmGetMdlByteOffset(Mdl);       \
        *(Length) = MmGetMdlByteCount(Mdl);        \
    } while (0)
#define NdisGetNextMdl(CurrentMdl, NextMdl) ((void)(*(NextMdl) = (CurrentMdl)->Next))
#define NDIS_MDL_LINKAGE(Mdl) ((Mdl)->Next)
#define NDIS_MDL_TO_SPAN_PAGES(Mdl)      \
    (MmGetMdlByteCount(Mdl) == 0         \
         ? 1                             \
         : ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl)))
#define NdisGetMdlPhysicalArraySize(Mdl, ArraySize) \
    ((void)(*(ArraySize) = NDIS_MDL_TO_SPAN_PAGES(Mdl)))
// Only for an MDL from NdisAllocateMdl, never beyond its first length, and back before it is freed.
VOID pp_mdl_adjust_length(_Inout_ PMDL Mdl, _In_ ULONG Length);
#define NdisAdjustMdlLength(Mdl, Length) pp_mdl_adjust_length((Mdl), (ULONG)(Length))
