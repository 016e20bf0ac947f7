// SPDX-License-Identifier: MIT

// Pools, NET_BUFFER_LISTs, NET_BUFFERs and what is derived from them: who makes what, and what undoes it.
// All of it at IRQL <= DISPATCH_LEVEL unless it says otherwise; none of it waits.
//
// A pool of NBLs is one of three, and decides what comes with an NBL:
//   fAllocateNetBuffer FALSE, DataSize 0   nothing
//   fAllocateNetBuffer TRUE,  DataSize 0   an NB
//   fAllocateNetBuffer TRUE,  DataSize > 0 an NB, an MDL and DataSize bytes; NdisAllocateNetBufferList only
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/nblapi/.
#pragma once

#include <ndis/nbl.h>
#include <ndis/nblaccessors.h>
#include <ndis/objectheader.h>

// Pools ------------------------------------------------------------------------------------------

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId;
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;  // multiple of MEMORY_ALLOCATION_ALIGNMENT
    ULONG PoolTag;
    ULONG DataSize;
    ULONG Flags;         // newer than revision 1's size: counts only if Header.Size covers it
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

#define NET_BUFFER_LIST_POOL_FLAG_VERIFY 0x00000001
#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize)

typedef struct _NET_BUFFER_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag;
    ULONG DataSize;  // 0: NdisAllocateNetBuffer; else NdisAllocateNetBufferMdlAndData
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;

#define NET_BUFFER_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_POOL_PARAMETERS, DataSize)

// NULL on failure. Undo with NdisFreeNetBufferListPool.
NDIS_HANDLE NdisAllocateNetBufferListPool(_In_opt_ NDIS_HANDLE NdisHandle,
                                          _In_ PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
// Every NBL of the pool must have been freed before.
VOID NdisFreeNetBufferListPool(_In_ NDIS_HANDLE PoolHandle);
// NULL on failure. Undo with NdisFreeNetBufferPool.
NDIS_HANDLE NdisAllocateNetBufferPool(_In_opt_ NDIS_HANDLE NdisHandle,
                                      _In_ PNET_BUFFER_POOL_PARAMETERS Parameters);
// Every NB of the pool must have been freed before.
VOID NdisFreeNetBufferPool(_In_ NDIS_HANDLE PoolHandle);
NDIS_HANDLE NdisGetPoolFromNetBufferList(_In_ NET_BUFFER_LIST *NetBufferList);
NDIS_HANDLE NdisGetPoolFromNetBuffer(_In_ NET_BUFFER *NetBuffer);

// NBLs and NBs -----------------------------------------------------------------------------------

// NULL on failure. ContextSize bytes of context are used, ContextBackFill more are kept free; both are
// multiples of MEMORY_ALLOCATION_ALIGNMENT. Undo with NdisFreeNetBufferList.
NET_BUFFER_LIST *NdisAllocateNetBufferList(_In_ NDIS_HANDLE PoolHandle, _In_ USHORT ContextSize,
                                           _In_ USHORT ContextBackFill);
// As above, from a pool with NB and without data. The MDLs stay the caller's; without MDLs the offset
// and the length are 0.
NET_BUFFER_LIST *NdisAllocateNetBufferAndNetBufferList(_In_ NDIS_HANDLE PoolHandle,
                                                       _In_ USHORT ContextSize,
                                                       _In_ USHORT ContextBackFill,
                                                       _In_opt_ MDL *MdlChain, _In_ ULONG DataOffset,
                                                       _In_ SIZE_T DataLength);
// Frees one NBL and what its pool gave with it. Other NBs, MDLs and context are freed before, by the
// driver. Not for derived NBLs.
VOID NdisFreeNetBufferList(_In_ NET_BUFFER_LIST *NetBufferList);
// NULL on failure. From a pool without data. The MDLs stay the caller's. Undo with NdisFreeNetBuffer.
NET_BUFFER *NdisAllocateNetBuffer(_In_ NDIS_HANDLE PoolHandle, _In_opt_ MDL *MdlChain,
                                  _In_ ULONG DataOffset, _In_ SIZE_T DataLength);
// NULL on failure. From a pool with data: NB, MDL and buffer are one. Undo with NdisFreeNetBuffer.
NET_BUFFER *NdisAllocateNetBufferMdlAndData(_In_ NDIS_HANDLE PoolHandle);
// Not for an NB that came with an NBL.
VOID NdisFreeNetBuffer(_In_ NET_BUFFER *NetBuffer);

// Takes ContextSize bytes from the first block of context, or pushes a block. SUCCESS, RESOURCES or
// FAILURE. Sizes are multiples of the pointer size. Undo, last taken first, with the same size.
NDIS_STATUS NdisAllocateNetBufferListContext(_In_ NET_BUFFER_LIST *NetBufferList,
                                             _In_ USHORT ContextSize, _In_ USHORT ContextBackFill,
                                             _In_ ULONG PoolTag);
VOID NdisFreeNetBufferListContext(_In_ NET_BUFFER_LIST *NetBufferList, _In_ USHORT ContextSize);

UCHAR NdisGetNetBufferListProtocolId(_In_ const NET_BUFFER_LIST *NetBufferList);
VOID NdisCopySendNetBufferListInfo(_In_ NET_BUFFER_LIST *DestNetBufferList,
                                   _In_ NET_BUFFER_LIST *SrcNetBufferList);
VOID NdisCopyReceiveNetBufferListInfo(_In_ NET_BUFFER_LIST *DestNetBufferList,
                                      _In_ NET_BUFFER_LIST *SrcNetBufferList);

// Derived NBLs -----------------------------------------------------------------------------------
//
// They share the parent's data. ParentNetBufferList and ChildRefCount are the driver's to keep.

#define NDIS_CLONE_FLAGS_RESERVED 0x00000001
#define NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS 0x00000002

// NULL on failure. Covers the used data. Undo with the same flags.
NET_BUFFER_LIST *NdisAllocateCloneNetBufferList(_In_ NET_BUFFER_LIST *OriginalNetBufferList,
                                                _In_opt_ NDIS_HANDLE NetBufferListPoolHandle,
                                                _In_opt_ NDIS_HANDLE NetBufferPoolHandle,
                                                _In_ ULONG AllocateCloneFlags);
VOID NdisFreeCloneNetBufferList(_In_ NET_BUFFER_LIST *CloneNetBufferList, _In_ ULONG FreeCloneFlags);
// NULL on failure. One NB for each MaximumLength bytes, each retreated by DataOffsetDelta. Undo with the
// same delta.
NET_BUFFER_LIST *NdisAllocateFragmentNetBufferList(
    _In_ NET_BUFFER_LIST *OriginalNetBufferList, _In_opt_ NDIS_HANDLE NetBufferListPoolHandle,
    _In_opt_ NDIS_HANDLE NetBufferPoolHandle, _In_ ULONG StartOffset, _In_ ULONG MaximumLength,
    _In_ ULONG DataOffsetDelta, _In_ ULONG DataBackFill, _In_ ULONG AllocateFragmentFlags);
VOID NdisFreeFragmentNetBufferList(_In_ NET_BUFFER_LIST *FragmentNetBufferList,
                                   _In_ ULONG DataOffsetDelta, _In_ ULONG FreeFragmentFlags);
// NULL on failure. One NB over the data of all of the source's NBs. Undo with the same delta.
NET_BUFFER_LIST *NdisAllocateReassembledNetBufferList(
    _In_ NET_BUFFER_LIST *FragmentedNetBufferList,
    _In_opt_ NDIS_HANDLE NetBufferAndNetBufferListPoolHandle, _In_ ULONG StartOffset,
    _In_ ULONG DataOffsetDelta, _In_ ULONG DataBackFill, _In_ ULONG AllocateReassembleFlags);
VOID NdisFreeReassembledNetBufferList(_In_ NET_BUFFER_LIST *ReassembledNetBufferList,
                                      _In_ ULONG DataOffsetDelta, _In_ ULONG FreeReassembleFlags);

// Data -------------------------------------------------------------------------------------------

// Returns an MDL with a buffer of at least *BufferSize bytes, or NULL.
typedef PMDL NET_BUFFER_ALLOCATE_MDL(_Inout_ PULONG BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;
typedef VOID NET_BUFFER_FREE_MDL(_In_ PMDL Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;

// Used data grows by DataOffsetDelta at its start; if there is no room, an MDL of delta and backfill is
// put in front. SUCCESS, RESOURCES or FAILURE. Undo with an advance.
NDIS_STATUS NdisRetreatNetBufferDataStart(_In_ NET_BUFFER *NetBuffer, _In_ ULONG DataOffsetDelta,
                                          _In_ ULONG DataBackFill,
                                          _In_opt_ NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);
NDIS_STATUS NdisRetreatNetBufferListDataStart(
    _In_ NET_BUFFER_LIST *NetBufferList, _In_ ULONG DataOffsetDelta, _In_ ULONG DataBackFill,
    _In_opt_ NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
    _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
// Used data shrinks by DataOffsetDelta at its start. FreeMdl: MDLs that a retreat added and that are
// unused now are freed; FALSE for received NBs.
VOID NdisAdvanceNetBufferDataStart(_In_ NET_BUFFER *NetBuffer, _In_ ULONG DataOffsetDelta,
                                   _In_ BOOLEAN FreeMdl,
                                   _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
VOID NdisAdvanceNetBufferListDataStart(_In_ NET_BUFFER_LIST *NetBufferList,
                                       _In_ ULONG DataOffsetDelta, _In_ BOOLEAN FreeMdl,
                                       _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
// Any IRQL. Derives CurrentMdl and CurrentMdlOffset from DataOffset.
VOID NdisAdjustNetBufferCurrentMdl(_In_ NET_BUFFER *NetBuffer);
// The first BytesNeeded bytes of used data in one piece: where they are, or copied to Storage. NULL if
// there are not as many, if Storage would be needed and is NULL, or if an MDL cannot be mapped.
PVOID NdisGetDataBuffer(_In_ NET_BUFFER *NetBuffer, _In_ ULONG BytesNeeded,
                        _Out_writes_bytes_opt_(BytesNeeded) PVOID Storage, _In_ UINT AlignMultiple,
                        _In_ UINT AlignOffset);
// SUCCESS or RESOURCES. Copies up to the end of either; changes no field of either.
NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(_In_ NET_BUFFER *Destination,
                                             _In_ ULONG DestinationOffset, _In_ ULONG BytesToCopy,
                                             _In_ NET_BUFFER const *Source, _In_ ULONG SourceOffset,
                                             _Out_ ULONG *BytesCopied);
ULONG NdisQueryNetBufferPhysicalCount(_In_ NET_BUFFER *NetBuffer);
