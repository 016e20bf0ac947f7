// SPDX-License-Identifier: MIT

// Accessors of NET_BUFFER_LIST and NET_BUFFER. All are lvalues but those of the context, and may be used
// at any IRQL.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/nblaccessors/.
#pragma once

#include <ndis/nbl.h>

#define NET_BUFFER_NEXT_NB(Nb) ((Nb)->Next)
#define NET_BUFFER_FIRST_MDL(Nb) ((Nb)->MdlChain)
#define NET_BUFFER_CURRENT_MDL(Nb) ((Nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(Nb) ((Nb)->CurrentMdlOffset)
#define NET_BUFFER_DATA_LENGTH(Nb) ((Nb)->DataLength)
#define NET_BUFFER_DATA_OFFSET(Nb) ((Nb)->DataOffset)
#define NET_BUFFER_CHECKSUM_BIAS(Nb) ((Nb)->ChecksumBias)
#define NET_BUFFER_PROTOCOL_RESERVED(Nb) ((Nb)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(Nb) ((Nb)->MiniportReserved)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(Nb) ((Nb)->DataPhysicalAddress)
#define NET_BUFFER_FIRST_SHARED_MEM_INFO(Nb) ((Nb)->SharedMemoryInfo)
#define NET_BUFFER_SCATTER_GATHER_LIST(Nb) ((Nb)->ScatterGatherList)
#define NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(Memory) ((Memory)->NextSharedMemorySegment)
#define NET_BUFFER_SHARED_MEM_FLAGS(Memory) ((Memory)->SharedMemoryFlags)
#define NET_BUFFER_SHARED_MEM_HANDLE(Memory) ((Memory)->SharedMemoryHandle)
#define NET_BUFFER_SHARED_MEM_OFFSET(Memory) ((Memory)->SharedMemoryOffset)
#define NET_BUFFER_SHARED_MEM_LENGTH(Memory) ((Memory)->SharedMemoryLength)

#define NET_BUFFER_LIST_NEXT_NBL(Nbl) ((Nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(Nbl) ((Nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(Nbl) ((Nbl)->Flags)
#define NET_BUFFER_LIST_NBL_FLAGS(Nbl) ((Nbl)->NblFlags)
#define NET_BUFFER_LIST_STATUS(Nbl) ((Nbl)->Status)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl) ((Nbl)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(Nbl) ((Nbl)->MiniportReserved)
#define NET_BUFFER_LIST_INFO(Nbl, Id) ((Nbl)->NetBufferListInfo[(Id)])
// The caller's own space: the start of what is used in the first block, and all of that block.
#define NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl) \
    ((PUCHAR)((Nbl)->Context + 1) + (Nbl)->Context->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(Nbl) ((Nbl)->Context->Size)

#define NdisSetNblFlag(Nbl, Flag) ((Nbl)->NblFlags |= (Flag))
#define NdisClearNblFlag(Nbl, Flag) ((Nbl)->NblFlags &= ~(Flag))
#define NdisTestNblFlag(Nbl, Flag) (((Nbl)->NblFlags & (Flag)) != 0)
#define NdisTestNblFlags(Nbl, Flags_) (((Nbl)->NblFlags & (Flags_)) == (Flags_))

#define NBL_SET_FLAG(Nbl, Flag) ((Nbl)->Flags |= (Flag))
#define NBL_CLEAR_FLAG(Nbl, Flag) ((Nbl)->Flags &= ~(Flag))
#define NBL_TEST_FLAG(Nbl, Flag) (((Nbl)->Flags & (Flag)) != 0)
#define NBL_SET_PROTOCOL_RSVD_FLAG(Nbl, Flag) ((Nbl)->Flags |= ((Flag) & NBL_FLAGS_PROTOCOL_RESERVED))
#define NBL_CLEAR_PROTOCOL_RSVD_FLAG(Nbl, Flag) \
    ((Nbl)->Flags &= ~((Flag) & NBL_FLAGS_PROTOCOL_RESERVED))
#define NBL_TEST_PROTOCOL_RSVD_FLAG(Nbl, Flag) \
    (((Nbl)->Flags & ((Flag) & NBL_FLAGS_PROTOCOL_RESERVED)) != 0)
#define NBL_SET_PROT_RSVD_FLAG NBL_SET_PROTOCOL_RSVD_FLAG
#define NBL_CLEAR_PROT_RSVD_FLAG NBL_CLEAR_PROTOCOL_RSVD_FLAG
#define NBL_TEST_PROT_RSVD_FLAG NBL_TEST_PROTOCOL_RSVD_FLAG
#define NBL_SET_SCRATCH_FLAG(Nbl, Flag) ((Nbl)->Flags |= ((Flag) & NBL_FLAGS_SCRATCH))
#define NBL_CLEAR_SCRATCH_FLAG(Nbl, Flag) ((Nbl)->Flags &= ~((Flag) & NBL_FLAGS_SCRATCH))
#define NBL_TEST_SCRATCH_FLAG(Nbl, Flag) (((Nbl)->Flags & ((Flag) & NBL_FLAGS_SCRATCH)) != 0)

// The protocol id is one byte of its slot.
#define NdisSetNetBufferListProtocolId(Nbl, ProtocolId) \
    (*(PUCHAR)&NET_BUFFER_LIST_INFO(Nbl, NetBufferListProtocolId) = (ProtocolId))

#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(Nbl, CancelId) \
    (NET_BUFFER_LIST_INFO(Nbl, NetBufferListCancelId) = (PVOID)(ULONG_PTR)(CancelId))
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(Nbl) (NET_BUFFER_LIST_INFO(Nbl, NetBufferListCancelId))
