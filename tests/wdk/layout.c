// SPDX-License-Identifier: MIT
// Offsets, order and sizes of what the world and drivers share; every accessor as an lvalue. Compiling
// it is the test. Offsets are those of Windows x64.
#include <ndis.h>
#include <ntintsafe.h>

#define AT(type, member, offset) _Static_assert(__builtin_offsetof(type, member) == (offset), #member)
#define IS(type, size, alignment) \
    _Static_assert(sizeof(type) == (size) && _Alignof(type) == (alignment), #type)

IS(WCHAR, 2, 2);
IS(BOOLEAN, 1, 1);
IS(KIRQL, 1, 1);
IS(USHORT, 2, 2);
IS(LONG, 4, 4);
IS(ULONG, 4, 4);
IS(NTSTATUS, 4, 4);
IS(NDIS_STATUS, 4, 4);
IS(LONGLONG, 8, 8);
IS(ULONG_PTR, 8, 8);
IS(SIZE_T, 8, 8);
IS(HANDLE, 8, 8);
_Static_assert((NTSTATUS)-1 < 0 && (NDIS_STATUS)-1 < 0, "statuses are signed");
_Static_assert((CHAR)-1 < 0 && (UCHAR)-1 > 0, "characters");
_Static_assert(__builtin_types_compatible_p(NDIS_HANDLE, void *), "a handle is a pointer");

// The kernel's -----------------------------------------------------------------------------------

IS(UNICODE_STRING, 16, 8);
AT(UNICODE_STRING, MaximumLength, 2);
AT(UNICODE_STRING, Buffer, 8);
IS(LIST_ENTRY, 16, 8);
IS(SLIST_ENTRY, 16, 16);
IS(SLIST_HEADER, 16, 16);
IS(LARGE_INTEGER, 8, 8);
IS(GUID, 16, 4);
IS(OBJECT_ATTRIBUTES, 48, 8);

IS(DISPATCHER_HEADER, 24, 8);
AT(DISPATCHER_HEADER, Type, 0);
AT(DISPATCHER_HEADER, SignalState, 4);
AT(DISPATCHER_HEADER, WaitListHead, 8);
IS(KEVENT, 24, 8);
IS(KSEMAPHORE, 32, 8);
IS(KMUTEX, 56, 8);
IS(KTIMER, 64, 8);
IS(KDPC, 64, 8);
IS(FAST_MUTEX, 56, 8);
IS(ERESOURCE, 104, 8);
IS(EX_RUNDOWN_REF, 8, 8);
IS(IO_REMOVE_LOCK, 32, 8);
IS(KLOCK_QUEUE_HANDLE, 24, 8);
IS(NPAGED_LOOKASIDE_LIST, 128, 64);
IS(LOOKASIDE_LIST_EX, 96, 16);
IS(IO_STATUS_BLOCK, 16, 8);

IS(MDL, 48, 8);
AT(MDL, Next, 0);
AT(MDL, Size, 8);
AT(MDL, MdlFlags, 10);
AT(MDL, Process, 16);
AT(MDL, MappedSystemVa, 24);
AT(MDL, StartVa, 32);
AT(MDL, ByteCount, 40);
AT(MDL, ByteOffset, 44);

IS(IRP, 208, 16);
AT(IRP, MdlAddress, 0x08);
AT(IRP, Flags, 0x10);
AT(IRP, AssociatedIrp.SystemBuffer, 0x18);
AT(IRP, IoStatus, 0x30);
AT(IRP, RequestorMode, 0x40);
AT(IRP, PendingReturned, 0x41);
AT(IRP, StackCount, 0x42);
AT(IRP, CurrentLocation, 0x43);
AT(IRP, Cancel, 0x44);
AT(IRP, CancelIrql, 0x45);
AT(IRP, CancelRoutine, 0x68);
AT(IRP, UserBuffer, 0x70);
AT(IRP, Tail.Overlay.DriverContext, 0x78);
AT(IRP, Tail.Overlay.ListEntry, 0xA8);
AT(IRP, Tail.Overlay.CurrentStackLocation, 0xB8);
AT(IRP, Tail.Overlay.OriginalFileObject, 0xC0);

IS(IO_STACK_LOCATION, 72, 8);
AT(IO_STACK_LOCATION, Control, 3);
AT(IO_STACK_LOCATION, Parameters, 8);
AT(IO_STACK_LOCATION, Parameters.Create.Options, 0x10);
AT(IO_STACK_LOCATION, Parameters.Read.ByteOffset, 0x18);
AT(IO_STACK_LOCATION, Parameters.Write.Length, 0x08);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength, 0x08);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength, 0x10);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode, 0x18);
AT(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer, 0x20);
AT(IO_STACK_LOCATION, Parameters.Others.Argument4, 0x20);
AT(IO_STACK_LOCATION, DeviceObject, 0x28);
AT(IO_STACK_LOCATION, FileObject, 0x30);
AT(IO_STACK_LOCATION, CompletionRoutine, 0x38);
AT(IO_STACK_LOCATION, Context, 0x40);

IS(DEVICE_OBJECT, 336, 16);
AT(DEVICE_OBJECT, DriverObject, 0x08);
AT(DEVICE_OBJECT, NextDevice, 0x10);
AT(DEVICE_OBJECT, Flags, 0x30);
AT(DEVICE_OBJECT, DeviceExtension, 0x40);
AT(DEVICE_OBJECT, StackSize, 0x4C);
IS(DRIVER_OBJECT, 336, 8);
AT(DRIVER_OBJECT, DriverUnload, 0x68);
AT(DRIVER_OBJECT, MajorFunction, 0x70);
IS(FILE_OBJECT, 216, 8);
AT(FILE_OBJECT, FsContext, 0x18);
AT(FILE_OBJECT, FileName, 0x58);

// NDIS's -----------------------------------------------------------------------------------------

IS(NDIS_OBJECT_HEADER, 4, 2);
IS(NDIS_SPIN_LOCK, 16, 8);
IS(NDIS_EVENT, 24, 8);

IS(NET_BUFFER, 0xB0, 16);
AT(NET_BUFFER, Next, 0x00);
AT(NET_BUFFER, CurrentMdl, 0x08);
AT(NET_BUFFER, CurrentMdlOffset, 0x10);
AT(NET_BUFFER, DataLength, 0x18);
AT(NET_BUFFER, stDataLength, 0x18);
AT(NET_BUFFER, MdlChain, 0x20);
AT(NET_BUFFER, DataOffset, 0x28);
AT(NET_BUFFER, NetBufferHeader.NetBufferData.NbDataLength.DataLength, 0x18);
AT(NET_BUFFER, NetBufferHeader.NetBufferData.DataOffset, 0x28);
AT(NET_BUFFER, ChecksumBias, 0x30);
AT(NET_BUFFER, Reserved, 0x32);
AT(NET_BUFFER, NdisPoolHandle, 0x38);
AT(NET_BUFFER, NdisReserved, 0x40);
AT(NET_BUFFER, ProtocolReserved, 0x50);
AT(NET_BUFFER, MiniportReserved, 0x80);
AT(NET_BUFFER, DataPhysicalAddress, 0xA0);
AT(NET_BUFFER, SharedMemoryInfo, 0xA8);
AT(NET_BUFFER, ScatterGatherList, 0xA8);

IS(NET_BUFFER_LIST, 0x170, 16);
AT(NET_BUFFER_LIST, Next, 0x00);
AT(NET_BUFFER_LIST, FirstNetBuffer, 0x08);
AT(NET_BUFFER_LIST, NetBufferListHeader.NetBufferListData.FirstNetBuffer, 0x08);
AT(NET_BUFFER_LIST, Context, 0x10);
AT(NET_BUFFER_LIST, ParentNetBufferList, 0x18);
AT(NET_BUFFER_LIST, NdisPoolHandle, 0x20);
AT(NET_BUFFER_LIST, NdisReserved, 0x30);
AT(NET_BUFFER_LIST, ProtocolReserved, 0x40);
AT(NET_BUFFER_LIST, MiniportReserved, 0x60);
AT(NET_BUFFER_LIST, Scratch, 0x70);
AT(NET_BUFFER_LIST, SourceHandle, 0x78);
AT(NET_BUFFER_LIST, NblFlags, 0x80);
AT(NET_BUFFER_LIST, ChildRefCount, 0x84);
AT(NET_BUFFER_LIST, Flags, 0x88);
AT(NET_BUFFER_LIST, Status, 0x8C);
AT(NET_BUFFER_LIST, NetBufferListInfo, 0x90);
_Static_assert(GftFlowEntryId < MaxNetBufferListInfo, "slots");

_Static_assert(sizeof(NET_BUFFER_LIST_CONTEXT) == 16, "header");
AT(NET_BUFFER_LIST_CONTEXT, Next, 0);
AT(NET_BUFFER_LIST_CONTEXT, Size, 8);
AT(NET_BUFFER_LIST_CONTEXT, Offset, 10);
AT(NET_BUFFER_LIST_CONTEXT, ContextData, sizeof(NET_BUFFER_LIST_CONTEXT));

AT(NET_BUFFER_LIST_POOL_PARAMETERS, ProtocolId, 4);
AT(NET_BUFFER_LIST_POOL_PARAMETERS, fAllocateNetBuffer, 5);
AT(NET_BUFFER_LIST_POOL_PARAMETERS, ContextSize, 6);
AT(NET_BUFFER_LIST_POOL_PARAMETERS, PoolTag, 8);
AT(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize, 12);
_Static_assert(NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 == 16 &&
                   sizeof(NET_BUFFER_LIST_POOL_PARAMETERS) > 16,
               "Flags is newer than revision 1's size");
_Static_assert(NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 == 12, "NB pool");

AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, Name, 16);
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, SetOptionsHandler, 32);
AT(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS, DirectOidRequestCompleteHandler,
   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1);
AT(NDIS_OID_REQUEST, DATA, 32);
AT(NDIS_STATUS_INDICATION, StatusBuffer, 48);
AT(NDIS_RESTART_ATTRIBUTES, Data, 16);
_Static_assert(NDIS_SIZEOF_BIND_PARAMETERS_REVISION_1 < NDIS_SIZEOF_BIND_PARAMETERS_REVISION_2 &&
                   NDIS_SIZEOF_BIND_PARAMETERS_REVISION_3 < NDIS_SIZEOF_BIND_PARAMETERS_REVISION_4,
               "revisions grow");

// Versions: without a project macro 6.30 -----------------------------------------------------------

#if !NDIS_SUPPORT_NDIS6 || !NDIS_SUPPORT_NDIS61 || !NDIS_SUPPORT_NDIS620 || !NDIS_SUPPORT_NDIS630
#error "6.30 includes these"
#endif
#if NDIS_SUPPORT_NDIS640 || NDIS_SUPPORT_NDIS650 || NDIS_SUPPORT_NDIS686
#error "6.30 does not include these"
#endif
_Static_assert(NDIS_PROTOCOL_MINOR_VERSION == 30 && NBL_PROT_RSVD_FLAGS == 0xFFF00003u, "6.30");

// Statuses that programs name by number ------------------------------------------------------------

_Static_assert(NDIS_STATUS_PENDING == 0x103 && NDIS_STATUS_FAILURE == (int)0xC0000001 &&
                   NDIS_STATUS_RESOURCES == (int)0xC000009A &&
                   NDIS_STATUS_ADAPTER_NOT_FOUND == (int)0xC0010006 &&
                   NDIS_STATUS_UNSUPPORTED_MEDIA == (int)0xC0010019 &&
                   NDIS_STATUS_INVALID_LENGTH == (int)0xC0010014 &&
                   NDIS_STATUS_SEND_ABORTED == (int)0xC023000C &&
                   NDIS_STATUS_REQUEST_ABORTED == (int)0xC001000C &&  // not the same, in NDIS 6
                   NDIS_STATUS_RESET_IN_PROGRESS == (int)0xC001000D &&
                   NDIS_STATUS_PAUSED == (int)0xC023002A,
               "statuses");
_Static_assert(NetEventPause == 8 && NetEventRestart == 9 && NetEventIMReEnableDevice == 12, "events");
_Static_assert(!NT_SUCCESS(STATUS_UNSUCCESSFUL) && NT_SUCCESS(STATUS_PENDING) &&
                   NT_ERROR(STATUS_UNSUCCESSFUL) && NT_WARNING(STATUS_BUFFER_OVERFLOW),
               "severities");
_Static_assert(CTL_CODE(FILE_DEVICE_NETWORK, 0x200, METHOD_BUFFERED, FILE_ANY_ACCESS) == 0x120800,
               "CTL_CODE");

// Accessors are lvalues ----------------------------------------------------------------------------

VOID AssignThroughAll(NET_BUFFER_LIST *Nbl, NET_BUFFER *Nb, MDL *Mdl);
VOID AssignThroughAll(NET_BUFFER_LIST *Nbl, NET_BUFFER *Nb, MDL *Mdl) {
    NET_BUFFER_NEXT_NB(Nb) = NULL;
    NET_BUFFER_FIRST_MDL(Nb) = Mdl;
    NET_BUFFER_CURRENT_MDL(Nb) = NET_BUFFER_FIRST_MDL(Nb);
    NET_BUFFER_DATA_OFFSET(Nb) = NET_BUFFER_CURRENT_MDL_OFFSET(Nb) = 14;
    NET_BUFFER_DATA_LENGTH(Nb) -= 14;
    NET_BUFFER_CHECKSUM_BIAS(Nb) = 0;
    NET_BUFFER_PROTOCOL_RESERVED(Nb)[5] = Nbl;
    NET_BUFFER_MINIPORT_RESERVED(Nb)[3] = Nbl;
    NET_BUFFER_DATA_PHYSICAL_ADDRESS(Nb).QuadPart = 0;
    NET_BUFFER_FIRST_SHARED_MEM_INFO(Nb) = NULL;
    NET_BUFFER_SCATTER_GATHER_LIST(Nb) = NULL;

    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    NET_BUFFER_LIST_FIRST_NB(Nbl) = Nb;
    NET_BUFFER_LIST_FLAGS(Nbl) |= NBL_FLAGS_SCRATCH;
    NET_BUFFER_LIST_NBL_FLAGS(Nbl) = 0;
    NET_BUFFER_LIST_STATUS(Nbl) = NDIS_STATUS_SUCCESS;
    NET_BUFFER_LIST_INFO(Nbl, NetBufferListHashValue) = NULL;
    NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[3] = NULL;
    NET_BUFFER_LIST_MINIPORT_RESERVED(Nbl)[1] = NULL;
    *(PVOID *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl) = NULL;
    if (NET_BUFFER_LIST_CONTEXT_DATA_SIZE(Nbl) < sizeof(PVOID)) {
        NdisSetNblFlag(Nbl, NDIS_NBL_FLAGS_IS_IPV4);
    }
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(Nbl, 1);
    NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(Nbl) = NULL;
    NdisSetNetBufferListProtocolId(Nbl, NDIS_PROTOCOL_ID_TCP_IP);
    NET_BUFFER_LIST_SET_HASH_TYPE(Nbl, NDIS_HASH_IPV4);
    NDIS_MDL_LINKAGE(Mdl) = NULL;
    MmGetMdlByteCount(Mdl) = 1;
    NdisAdjustMdlLength(Mdl, NDIS_MDL_TO_SPAN_PAGES(Mdl));

    // Typed pointers, which is why these are macros.
    UCHAR *Data;
    UINT Length;
    MDL *Next;
    ULONG Offset;
    NdisQueryMdl(Mdl, &Data, &Length, NormalPagePriority);
    NdisQueryMdlSafe(Mdl, &Data, &Offset, LowPagePriority | MdlMappingNoExecute);
    NdisQueryMdl(Mdl, NULL, &Length, NormalPagePriority);
    NdisQueryMdlOffset(Mdl, &Offset, &Length);
    NdisGetMdlPhysicalArraySize(Mdl, &Length);
    NdisGetNextMdl(Mdl, &Next);
}
