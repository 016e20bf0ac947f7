// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver: what a program writes to \\.\Echo\<adapter name> goes out on that
// adapter. A write is one Ethernet frame, or several of full size and a last, shorter one; each
// becomes one NET_BUFFER over the pages of the write.
//
// A binding sends between NetEventRestart and NetEventPause. It has one send hold while it runs and
// one for each write that has not completed; whoever releases the last one wakes the pause.
// It makes no OID requests, and returns at once what it receives.

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define ECHO_TAG 'ohcE'
#define ETHERNET_HEADER_SIZE 14

typedef struct _ECHO_BINDING {
    LIST_ENTRY Link;             // in Bindings, guarded by BindingsLock
    volatile LONG References;    // one while bound, one for each open file
    UNICODE_STRING AdapterName;  // its characters stand behind this structure
    ULONG FrameSize;             // largest frame the adapter takes, header included
    NDIS_HANDLE NblPool;
    NDIS_HANDLE NbPool;          // for the second and later frames of a write
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;      // an open or a close that was pending has completed
    NDIS_STATUS OpenStatus;
    volatile LONG GroupFrames;   // frames sent to a multicast or broadcast address
    NDIS_SPIN_LOCK Lock;         // guards what follows
    BOOLEAN Running;
    LONG SendHolds;
    NDIS_EVENT SendsDone;        // SendHolds has dropped to zero; reset while paused
} ECHO_BINDING;

// Lives in the context space of a sent NET_BUFFER_LIST, hence the alignment.
typedef struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _ECHO_SEND {
    IRP *Irp;
    ULONG Length;
} ECHO_SEND;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD EchoUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH EchoCreate;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH EchoWrite;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH EchoCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH EchoClose;
static PROTOCOL_BIND_ADAPTER_EX EchoBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX EchoUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX EchoOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX EchoCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT EchoNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE EchoOidRequestComplete;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS EchoReceiveNetBufferLists;
static PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE EchoSendNetBufferListsComplete;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *ControlDevice;
static LIST_ENTRY Bindings;
static NDIS_SPIN_LOCK BindingsLock;

// Bindings ---------------------------------------------------------------------------------------

static ECHO_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    const UNICODE_STRING *Name = BindParameters->AdapterName;
    ULONG Size = sizeof(ECHO_BINDING) + Name->Length;
    ECHO_BINDING *Binding =
        NdisAllocateMemoryWithTagPriority(ProtocolHandle, Size, ECHO_TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return NULL;
    }
    NdisZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    NdisMoveMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    NdisInitializeEvent(&Binding->AdapterDone);
    NdisInitializeEvent(&Binding->SendsDone);
    NdisAllocateSpinLock(&Binding->Lock);
    return Binding;
}

static VOID DereferenceBinding(_In_ ECHO_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        NdisFreeSpinLock(&Binding->Lock);
        NdisFreeMemory(Binding, 0, 0);
    }
}

// A file is named after its adapter: \<adapter name>.
static BOOLEAN IsFileOf(_In_ const ECHO_BINDING *Binding, _In_ const UNICODE_STRING *FileName) {
    const UNICODE_STRING *Name = &Binding->AdapterName;
    return FileName->Length == sizeof(WCHAR) + Name->Length && FileName->Buffer[0] == L'\\' &&
           RtlEqualMemory(FileName->Buffer + 1, Name->Buffer, Name->Length);
}

_Must_inspect_result_ static ECHO_BINDING *
ReferenceBindingByFileName(_In_ const UNICODE_STRING *FileName) {
    ECHO_BINDING *Found = NULL;

    NdisAcquireSpinLock(&BindingsLock);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings; Link = Link->Flink) {
        ECHO_BINDING *Binding = CONTAINING_RECORD(Link, ECHO_BINDING, Link);
        if (IsFileOf(Binding, FileName)) {
            InterlockedIncrement(&Binding->References);
            Found = Binding;
            break;
        }
    }
    NdisReleaseSpinLock(&BindingsLock);
    return Found;
}

_Must_inspect_result_ static NDIS_STATUS AllocatePools(_Inout_ ECHO_BINDING *Binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS NblParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .ContextSize = sizeof(ECHO_SEND),
        .PoolTag = ECHO_TAG,
    };
    Binding->NblPool = NdisAllocateNetBufferListPool(ProtocolHandle, &NblParameters);
    if (Binding->NblPool == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NET_BUFFER_POOL_PARAMETERS NbParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = ECHO_TAG,
    };
    Binding->NbPool = NdisAllocateNetBufferPool(ProtocolHandle, &NbParameters);
    if (Binding->NbPool == NULL) {
        NdisFreeNetBufferListPool(Binding->NblPool);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID FreePools(_In_ ECHO_BINDING *Binding) {
    NdisFreeNetBufferPool(Binding->NbPool);
    NdisFreeNetBufferListPool(Binding->NblPool);
}

_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) static NDIS_STATUS
OpenAdapter(_Inout_ ECHO_BINDING *Binding, _In_ NDIS_HANDLE BindContext,
            _In_ NDIS_BIND_PARAMETERS *BindParameters) {
    NDIS_MEDIUM Mediums[] = {NdisMedium802_3};
    UINT SelectedMedium;  // a pending open writes it: this function waits for the end of the open

    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = BindParameters->AdapterName,
        .MediumArray = Mediums,
        .MediumArraySize = ARRAYSIZE(Mediums),
        .SelectedMediumIndex = &SelectedMedium,
    };
    NDIS_STATUS Status = NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext,
                                           &Binding->BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
        NdisResetEvent(&Binding->AdapterDone);
        Status = Binding->OpenStatus;
    }
    return Status;
}

static VOID StartSending(_Inout_ ECHO_BINDING *Binding) {
    NdisResetEvent(&Binding->SendsDone);
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    Binding->SendHolds++;
    NdisReleaseSpinLock(&Binding->Lock);
}

// Returns when every send of the binding has completed and none can start.
_IRQL_requires_(PASSIVE_LEVEL) static VOID StopSending(_Inout_ ECHO_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MustWait = Binding->Running && --Binding->SendHolds != 0;
    Binding->Running = FALSE;
    NdisReleaseSpinLock(&Binding->Lock);
    if (MustWait) {
        NdisWaitEvent(&Binding->SendsDone, 0);
    }
}

_Must_inspect_result_ static BOOLEAN TakeSendHold(_Inout_ ECHO_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN Running = Binding->Running;
    if (Running) {
        Binding->SendHolds++;
    }
    NdisReleaseSpinLock(&Binding->Lock);
    return Running;
}

// The binding may be gone when this returns.
static VOID ReleaseSendHold(_Inout_ ECHO_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsLast = --Binding->SendHolds == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsLast) {
        NdisSetEvent(&Binding->SendsDone);
    }
}

_Use_decl_annotations_ static NDIS_STATUS
EchoBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                  NDIS_BIND_PARAMETERS *BindParameters) {
    ECHO_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocatePools(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext, BindParameters);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupPools;
    }

    NdisAcquireSpinLock(&BindingsLock);
    InsertTailList(&Bindings, &Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    return NDIS_STATUS_SUCCESS;

cleanupPools:
    FreePools(Binding);
cleanupBinding:
    DereferenceBinding(Binding);
    return Status;
}

_Use_decl_annotations_ static NDIS_STATUS
EchoUnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    ECHO_BINDING *Binding = ProtocolBindingContext;
    NdisAcquireSpinLock(&BindingsLock);
    RemoveEntryList(&Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    StopSending(Binding);
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    FreePools(Binding);
    DbgPrint("echo: unbound, %d frames went to group addresses\n", Binding->GroupFrames);
    DereferenceBinding(Binding);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
EchoOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    ECHO_BINDING *Binding = ProtocolBindingContext;
    Binding->OpenStatus = Status;
    NdisSetEvent(&Binding->AdapterDone);
}

_Use_decl_annotations_ static VOID EchoCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    NdisSetEvent(&((ECHO_BINDING *)ProtocolBindingContext)->AdapterDone);
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
_Use_decl_annotations_ static NDIS_STATUS
EchoNetPnPEvent(NDIS_HANDLE ProtocolBindingContext, NET_PNP_EVENT_NOTIFICATION *Notification) {
    ECHO_BINDING *Binding = ProtocolBindingContext;

    if (Notification->NetPnPEvent.NetEvent == NetEventPause) {
        StopSending(Binding);
    } else if (Notification->NetPnPEvent.NetEvent == NetEventRestart) {
        StartSending(Binding);
    }
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
EchoOidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                       NDIS_STATUS Status) {
}

// Sends ------------------------------------------------------------------------------------------

static NTSTATUS CompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static ULONG FrameLengthAt(_In_ const ECHO_BINDING *Binding, _In_ ULONG Length, _In_ ULONG Offset) {
    return min(Length - Offset, Binding->FrameSize);
}

// Every frame of the write must be long enough to hold its header.
_Must_inspect_result_ static NTSTATUS
CheckFrames(_Inout_ ECHO_BINDING *Binding, _In_opt_ MDL *Mdl, _In_ ULONG Length) {
    if (Mdl == NULL || Length == 0) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    const UCHAR *Data = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    if (Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Offset = 0; Offset < Length; Offset += FrameLengthAt(Binding, Length, Offset)) {
        if (FrameLengthAt(Binding, Length, Offset) < ETHERNET_HEADER_SIZE) {
            return STATUS_INVALID_BUFFER_SIZE;
        }
        if (Data[Offset] & 1) {
            InterlockedIncrement(&Binding->GroupFrames);
        }
    }
    return STATUS_SUCCESS;
}

static VOID FreeSend(_In_ NET_BUFFER_LIST *Nbl) {
    NET_BUFFER *First = NET_BUFFER_LIST_FIRST_NB(Nbl);
    while (NET_BUFFER_NEXT_NB(First) != NULL) {
        NET_BUFFER *Nb = NET_BUFFER_NEXT_NB(First);
        NET_BUFFER_NEXT_NB(First) = NET_BUFFER_NEXT_NB(Nb);
        NdisFreeNetBuffer(Nb);
    }
    NdisFreeNetBufferList(Nbl);  // frees First, too
}

_Must_inspect_result_ static NET_BUFFER_LIST *
AllocateSend(_In_ ECHO_BINDING *Binding, _In_ IRP *Irp, _In_ ULONG Length) {
    ULONG Offset = FrameLengthAt(Binding, Length, 0);

    NET_BUFFER_LIST *Nbl = NdisAllocateNetBufferAndNetBufferList(
        Binding->NblPool, sizeof(ECHO_SEND), 0, Irp->MdlAddress, 0, Offset);
    if (Nbl == NULL) {
        return NULL;
    }
    NET_BUFFER *Last = NET_BUFFER_LIST_FIRST_NB(Nbl);
    while (Offset < Length) {
        ULONG Size = FrameLengthAt(Binding, Length, Offset);
        NET_BUFFER *Nb = NdisAllocateNetBuffer(Binding->NbPool, Irp->MdlAddress, Offset, Size);
        if (Nb == NULL) {
            goto cleanupNbl;
        }
        NET_BUFFER_NEXT_NB(Last) = Nb;
        Last = Nb;
        Offset += Size;
    }
    *(ECHO_SEND *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl) = (ECHO_SEND){Irp, Length};
    Nbl->SourceHandle = Binding->BindingHandle;
    return Nbl;

cleanupNbl:
    FreeSend(Nbl);
    return NULL;
}

_Use_decl_annotations_ static NTSTATUS EchoWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    ECHO_BINDING *Binding = Stack->FileObject->FsContext;
    ULONG Length = Stack->Parameters.Write.Length;

    // The hold comes before the first touch of a pool: it keeps pools and binding handle alive.
    if (!TakeSendHold(Binding)) {
        return CompleteIrp(Irp, STATUS_DEVICE_NOT_READY, 0);
    }
    NTSTATUS Status = CheckFrames(Binding, Irp->MdlAddress, Length);
    if (!NT_SUCCESS(Status)) {
        goto cleanupHold;
    }
    NET_BUFFER_LIST *Nbl = AllocateSend(Binding, Irp, Length);
    if (Nbl == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto cleanupHold;
    }
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;

cleanupHold:
    ReleaseSendHold(Binding);
    return CompleteIrp(Irp, Status, 0);
}

_Use_decl_annotations_ static VOID
EchoSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                               ULONG SendCompleteFlags) {
    ECHO_BINDING *Binding = ProtocolBindingContext;

    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        ECHO_SEND Send = *(ECHO_SEND *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl);
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);

        FreeSend(Nbl);
        CompleteIrp(Send.Irp, Status, NT_SUCCESS(Status) ? Send.Length : 0);
        ReleaseSendHold(Binding);
    }
}

_Use_decl_annotations_ static VOID
EchoReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                          NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                          ULONG ReceiveFlags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(((ECHO_BINDING *)ProtocolBindingContext)->BindingHandle,
                                 NetBufferLists, 0);
    }
}

// Device -----------------------------------------------------------------------------------------

_Use_decl_annotations_ static NTSTATUS EchoCreate(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    ECHO_BINDING *Binding = ReferenceBindingByFileName(&File->FileName);

    if (Binding == NULL) {
        return CompleteIrp(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    }
    File->FsContext = Binding;
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS EchoCleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS EchoClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    DereferenceBinding(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext);
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

// Driver -----------------------------------------------------------------------------------------

_Must_inspect_result_ static NDIS_STATUS RegisterProtocol(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .BindAdapterHandlerEx = EchoBindAdapterEx,
        .UnbindAdapterHandlerEx = EchoUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = EchoOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = EchoCloseAdapterCompleteEx,
        .NetPnPEventHandler = EchoNetPnPEvent,
        .OidRequestCompleteHandler = EchoOidRequestComplete,
        .ReceiveNetBufferListsHandler = EchoReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = EchoSendNetBufferListsComplete,
    };
    NdisInitUnicodeString(&Characteristics.Name, L"Echo");
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ NTSTATUS
DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName, LinkName;

    InitializeListHead(&Bindings);
    NdisAllocateSpinLock(&BindingsLock);
    DriverObject->DriverUnload = EchoUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = EchoCreate;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = EchoWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = EchoCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EchoClose;

    RtlInitUnicodeString(&DeviceName, L"\\Device\\Echo");
    RtlInitUnicodeString(&LinkName, L"\\DosDevices\\Echo");
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &ControlDevice);
    if (!NT_SUCCESS(Status)) {
        goto cleanupLock;
    }
    ControlDevice->Flags |= DO_DIRECT_IO;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto cleanupDevice;
    }
    // Last, since NDIS may bind before this returns.
    Status = RegisterProtocol();
    if (!NT_SUCCESS(Status)) {
        goto cleanupLink;
    }
    return STATUS_SUCCESS;

cleanupLink:
    IoDeleteSymbolicLink(&LinkName);
cleanupDevice:
    IoDeleteDevice(ControlDevice);
cleanupLock:
    NdisFreeSpinLock(&BindingsLock);
    return Status;
}

_Use_decl_annotations_ static VOID EchoUnload(DRIVER_OBJECT *DriverObject) {
    UNICODE_STRING LinkName;

    NdisDeregisterProtocolDriver(ProtocolHandle);
    RtlInitUnicodeString(&LinkName, L"\\DosDevices\\Echo");
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(ControlDevice);
    NdisFreeSpinLock(&BindingsLock);
}
