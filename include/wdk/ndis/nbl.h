// SPDX-License-Identifier: MIT

// NET_BUFFER_LIST and NET_BUFFER. A chain of NBLs is what is sent or received; an NBL holds NBs, an NB
// is one frame: DataLength bytes that start DataOffset bytes into its chain of MDLs.
//
//   NBL --Next--> NBL                      | unused: DataOffset | used: DataLength | not anybody's |
//    '-FirstNetBuffer-> NB --Next--> NB    '--- MDL --Next--> MDL --Next--> MDL ------------------'
//                       '- MdlChain: the first MDL; CurrentMdl: the one in which used data starts
//
// Member order and, on x64, offsets are those of Windows. Drivers assign through the accessors of
// nblaccessors.h and often to the members themselves.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/nbl/.
#pragma once

#include <ndis/nblinfo.h>
#include <ndis/types.h>

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct _NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;
typedef struct _NET_BUFFER_SHARED_MEMORY NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;
typedef struct _SCATTER_GATHER_LIST SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;

typedef union _NET_BUFFER_DATA_LENGTH {
    ULONG DataLength;
    SIZE_T stDataLength;
} NET_BUFFER_DATA_LENGTH, *PNET_BUFFER_DATA_LENGTH;

typedef struct _NET_BUFFER_DATA {
    PNET_BUFFER Next;
    PMDL CurrentMdl;
    ULONG CurrentMdlOffset;
    NET_BUFFER_DATA_LENGTH NbDataLength;
    PMDL MdlChain;
    ULONG DataOffset;
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union _NET_BUFFER_HEADER {
    NET_BUFFER_DATA NetBufferData;
    SLIST_HEADER Link;  // NDIS's own
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

struct _NET_BUFFER_SHARED_MEMORY {
    PNET_BUFFER_SHARED_MEMORY NextSharedMemorySegment;
    ULONG SharedMemoryFlags;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG SharedMemoryOffset;
    ULONG SharedMemoryLength;
};

struct _NET_BUFFER {
    union {
        struct {
            PNET_BUFFER Next;        // next NB of the same NBL
            PMDL CurrentMdl;         // MDL in which used data starts
            ULONG CurrentMdlOffset;  // and how far into it
            union {
                ULONG DataLength;    // bytes of used data
                SIZE_T stDataLength;
            };
            PMDL MdlChain;           // all MDLs
            ULONG DataOffset;        // bytes from the start of the chain to used data
        };
        SLIST_HEADER Link;
        NET_BUFFER_HEADER NetBufferHeader;
    };
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;      // pool of origin; NDIS's own
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[6];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[4];
    NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
    union {
        PNET_BUFFER_SHARED_MEMORY SharedMemoryInfo;
        PSCATTER_GATHER_LIST ScatterGatherList;
    };
};

// A block of context space; newer blocks come first. Space is taken from its end towards its start, so
// used space begins Offset bytes into ContextData.
struct _NET_BUFFER_LIST_CONTEXT {
    PNET_BUFFER_LIST_CONTEXT Next;
    USHORT Size;    // of ContextData
    USHORT Offset;  // bytes of it that are unused
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR ContextData[];
};

typedef struct _NET_BUFFER_LIST_DATA {
    PNET_BUFFER_LIST Next;
    PNET_BUFFER FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union _NET_BUFFER_LIST_HEADER {
    NET_BUFFER_LIST_DATA NetBufferListData;
    SLIST_HEADER Link;  // NDIS's own
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

struct _NET_BUFFER_LIST {
    union {
        struct {
            PNET_BUFFER_LIST Next;
            PNET_BUFFER FirstNetBuffer;
        };
        SLIST_HEADER Link;
        NET_BUFFER_LIST_HEADER NetBufferListHeader;
    };
    PNET_BUFFER_LIST_CONTEXT Context;
    PNET_BUFFER_LIST ParentNetBufferList;  // kept by the driver that derived it, not by NDIS
    NDIS_HANDLE NdisPoolHandle;            // pool of origin; NDIS's own
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[4];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[2];
    PVOID Scratch;             // the owner's, lost when ownership passes on
    NDIS_HANDLE SourceHandle;  // the originator's; NDIS finds the way back by it
    ULONG NblFlags;            // NDIS_NBL_FLAGS_..., about the contents
    LONG ChildRefCount;        // kept by the driver that owns the parent, not by NDIS
    ULONG Flags;               // NBL_FLAGS_..., each class has its owner
    union {
        NDIS_STATUS Status;    // valid when a send has completed
        ULONG NdisReserved2;
    };
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

_Static_assert(sizeof(NET_BUFFER) == 0xB0 && _Alignof(NET_BUFFER) == 16, "NET_BUFFER");
_Static_assert(sizeof(NET_BUFFER_LIST) == 0x170 && _Alignof(NET_BUFFER_LIST) == 16,
               "NET_BUFFER_LIST");
_Static_assert(sizeof(NET_BUFFER_LIST_CONTEXT) == 16, "ContextData follows the header");

// NET_BUFFER_LIST.NblFlags -----------------------------------------------------------------------

#define NDIS_NBL_FLAGS_SEND_READ_ONLY 0x00000001
#define NDIS_NBL_FLAGS_RECV_READ_ONLY 0x00000002
#define NDIS_NBL_FLAGS_HD_SPLIT 0x00000100
#define NDIS_NBL_FLAGS_IS_IPV4 0x00000200
#define NDIS_NBL_FLAGS_IS_IPV6 0x00000400
#define NDIS_NBL_FLAGS_IS_TCP 0x00000800
#define NDIS_NBL_FLAGS_IS_UDP 0x00001000
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER 0x00002000
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD 0x00004000
#define NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET 0x00008000

// NET_BUFFER_LIST.Flags --------------------------------------------------------------------------

#if NDIS_SUPPORT_NDIS630
#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00003
#define NBL_FLAGS_NDIS_RESERVED 0x00000FFC
#else
#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00000
#define NBL_FLAGS_NDIS_RESERVED 0x00000FFF
#endif
#define NBL_FLAGS_MINIPORT_RESERVED 0x0000F000
#define NBL_FLAGS_SCRATCH 0x000F0000

#define NBL_PROT_RSVD_FLAGS NBL_FLAGS_PROTOCOL_RESERVED
