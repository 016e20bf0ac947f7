// SPDX-License-Identifier: MIT
// Second sample NDIS 6 protocol driver, in all things the other way round. It copies what is
// written and completes the write at once. Its NBLs come without an NB, its NBs with MDL and data; a
// pair that has been sent is kept for the next write. If open or close are pending, so are bind and
// unbind: the completion of the former finishes the latter.

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TWIN_TAG 'niwT'
#define ETHERNET_HEADER_SIZE 14
#define CACHED_COUNT_MAX 8

typedef struct _TWIN_BINDING {
    LIST_ENTRY Link;              // in Bindings, guarded by BindingsLock
    volatile LONG References;     // one while bound, one for each open file
    UNICODE_STRING AdapterName;   // its characters stand behind this structure
    ULONG FrameSize;              // bytes of data in each NB of NbPool
    NDIS_HANDLE NblPool;
    NDIS_HANDLE NbPool;
    NDIS_HANDLE BindingHandle;
    NDIS_HANDLE PendingContext;   // BindContext or UnbindContext of what is pending
    NDIS_OPEN_PARAMETERS Open;    // lives here, as do the next two, while the open is pending
    NDIS_MEDIUM Medium;
    UINT SelectedMedium;
    KSPIN_LOCK Lock;              // guards what follows
    BOOLEAN Running;
    LONG Outstanding;             // one while Running, one for each send
    KEVENT Drained;               // Outstanding has dropped to zero; reset while paused
    NET_BUFFER_LIST *Cached;      // each with an NB that has no data
    ULONG CachedCount;
} TWIN_BINDING;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD TwinUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH TwinCreate;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH TwinWrite;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH TwinCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH TwinClose;
static PROTOCOL_BIND_ADAPTER_EX TwinBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX TwinUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX TwinOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX TwinCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT TwinNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE TwinOidRequestComplete;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS TwinReceiveNetBufferLists;
static PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE TwinSendNetBufferListsComplete;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *ControlDevice;
static LIST_ENTRY Bindings;
static KSPIN_LOCK BindingsLock;

// NBLs -------------------------------------------------------------------------------------------

static VOID FreeNbl(_In_ NET_BUFFER_LIST *Nbl) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

    NET_BUFFER_LIST_FIRST_NB(Nbl) = NULL;
    NdisFreeNetBuffer(Nb);
    NdisFreeNetBufferList(Nbl);
}

_Must_inspect_result_ static NET_BUFFER_LIST *AllocateNbl(_In_ const TWIN_BINDING *Binding) {
    NET_BUFFER_LIST *Nbl = NdisAllocateNetBufferList(Binding->NblPool, 0, 0);
    if (Nbl == NULL) {
        return NULL;
    }
    NET_BUFFER_LIST_FIRST_NB(Nbl) = NdisAllocateNetBufferMdlAndData(Binding->NbPool);
    if (NET_BUFFER_LIST_FIRST_NB(Nbl) == NULL) {
        NdisFreeNetBufferList(Nbl);
        return NULL;
    }
    return Nbl;
}

_Must_inspect_result_ static NET_BUFFER_LIST *TakeNbl(_Inout_ TWIN_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    NET_BUFFER_LIST *Nbl = Binding->Cached;
    if (Nbl != NULL) {
        Binding->Cached = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        Binding->CachedCount--;
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    }
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return Nbl != NULL ? Nbl : AllocateNbl(Binding);
}

// Takes the data off again, and keeps the NBL unless there are plenty.
static VOID GiveNbl(_Inout_ TWIN_BINDING *Binding, _In_ NET_BUFFER_LIST *Nbl) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    KIRQL OldIrql;

    NdisAdvanceNetBufferDataStart(Nb, NET_BUFFER_DATA_LENGTH(Nb), /*FreeMdl=*/TRUE, NULL);
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsKept = Binding->CachedCount < CACHED_COUNT_MAX;
    if (IsKept) {
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Binding->Cached;
        Binding->Cached = Nbl;
        Binding->CachedCount++;
    }
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (!IsKept) {
        FreeNbl(Nbl);
    }
}

// Where an NB of a pool with data starts is not documented. A retreat is right in any case: without
// room it adds an MDL, which the advance in GiveNbl removes.
_Must_inspect_result_ static NTSTATUS
FillNbl(_Inout_ NET_BUFFER_LIST *Nbl, _In_reads_bytes_(Length) const VOID *Data,
        _In_ ULONG Length) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

    NDIS_STATUS Status = NdisRetreatNetBufferDataStart(Nb, Length, 0, NULL);
    if (Status != NDIS_STATUS_SUCCESS) {
        return Status;
    }
    UCHAR *Target = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                 NormalPagePriority | MdlMappingNoExecute);
    if (Target == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NdisMoveMemory(Target + NET_BUFFER_CURRENT_MDL_OFFSET(Nb), Data, Length);
    return STATUS_SUCCESS;
}

// Sends ------------------------------------------------------------------------------------------

static VOID StartSending(_Inout_ TWIN_BINDING *Binding) {
    KIRQL OldIrql;

    KeClearEvent(&Binding->Drained);
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->Running = TRUE;
    Binding->Outstanding++;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

_IRQL_requires_(PASSIVE_LEVEL) static VOID StopSending(_Inout_ TWIN_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN MustWait = Binding->Running && --Binding->Outstanding != 0;
    Binding->Running = FALSE;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (MustWait) {
        KeWaitForSingleObject(&Binding->Drained, Executive, KernelMode, FALSE, NULL);
    }
}

_Must_inspect_result_ static BOOLEAN BeginSend(_Inout_ TWIN_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN Running = Binding->Running;
    Binding->Outstanding += Running ? 1 : 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return Running;
}

// The binding may be gone when this returns.
static VOID EndSends(_Inout_ TWIN_BINDING *Binding, _In_ LONG Count) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->Outstanding -= Count;
    BOOLEAN IsDrained = Binding->Outstanding == 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (IsDrained) {
        KeSetEvent(&Binding->Drained, IO_NO_INCREMENT, FALSE);
    }
}

_Must_inspect_result_ static NTSTATUS
SendCopy(_Inout_ TWIN_BINDING *Binding, _In_reads_bytes_(Length) const VOID *Data,
         _In_ ULONG Length) {
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (!BeginSend(Binding)) {
        return STATUS_DEVICE_NOT_READY;
    }
    NET_BUFFER_LIST *Nbl = TakeNbl(Binding);
    if (Nbl == NULL) {
        goto cleanupSend;
    }
    Status = FillNbl(Nbl, Data, Length);
    if (!NT_SUCCESS(Status)) {
        goto cleanupNbl;
    }
    Nbl->SourceHandle = Binding->BindingHandle;
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_SUCCESS;

cleanupNbl:
    GiveNbl(Binding, Nbl);
cleanupSend:
    EndSends(Binding, 1);
    return Status;
}

_Use_decl_annotations_ static VOID
TwinSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                               ULONG SendCompleteFlags) {
    TWIN_BINDING *Binding = ProtocolBindingContext;
    LONG Count = 0;

    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        GiveNbl(Binding, Nbl);
        Count++;
    }
    EndSends(Binding, Count);
}

// Bindings ---------------------------------------------------------------------------------------

static VOID DereferenceBinding(_In_ TWIN_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        ExFreePoolWithTag(Binding, TWIN_TAG);
    }
}

_Must_inspect_result_ static NDIS_STATUS AllocatePools(_Inout_ TWIN_BINDING *Binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS NblParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = FALSE,
        .PoolTag = TWIN_TAG,
    };
    NET_BUFFER_POOL_PARAMETERS NbParameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = TWIN_TAG,
        .DataSize = Binding->FrameSize,
    };
    Binding->NblPool = NdisAllocateNetBufferListPool(ProtocolHandle, &NblParameters);
    if (Binding->NblPool == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Binding->NbPool = NdisAllocateNetBufferPool(ProtocolHandle, &NbParameters);
    if (Binding->NbPool == NULL) {
        NdisFreeNetBufferListPool(Binding->NblPool);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

// Nothing sends any more: the cache is nobody else's.
static VOID FreePools(_Inout_ TWIN_BINDING *Binding) {
    while (Binding->Cached != NULL) {
        NET_BUFFER_LIST *Nbl = Binding->Cached;
        Binding->Cached = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        FreeNbl(Nbl);
    }
    NdisFreeNetBufferPool(Binding->NbPool);
    NdisFreeNetBufferListPool(Binding->NblPool);
}

static TWIN_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    const UNICODE_STRING *Name = BindParameters->AdapterName;
    SIZE_T Size = sizeof(TWIN_BINDING) + Name->Length;
    TWIN_BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, Size, TWIN_TAG);
    if (Binding == NULL) {
        return NULL;
    }
    RtlZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    RtlCopyMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    KeInitializeSpinLock(&Binding->Lock);
    KeInitializeEvent(&Binding->Drained, NotificationEvent, FALSE);
    return Binding;
}

// The adapter is open, or is not going to be.
static NDIS_STATUS FinishBind(_In_ TWIN_BINDING *Binding, _In_ NDIS_STATUS Status) {
    KIRQL OldIrql;

    if (Status != NDIS_STATUS_SUCCESS) {
        FreePools(Binding);
        DereferenceBinding(Binding);
        return Status;
    }
    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    InsertTailList(&Bindings, &Binding->Link);
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static NDIS_STATUS
TwinBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                  NDIS_BIND_PARAMETERS *BindParameters) {
    TWIN_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocatePools(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        DereferenceBinding(Binding);
        return Status;
    }
    Binding->PendingContext = BindContext;
    Binding->Medium = NdisMedium802_3;
    Binding->Open = (NDIS_OPEN_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = BindParameters->AdapterName,
        .MediumArray = &Binding->Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &Binding->SelectedMedium,
    };
    Status = NdisOpenAdapterEx(ProtocolHandle, Binding, &Binding->Open, BindContext,
                               &Binding->BindingHandle);
    return Status == NDIS_STATUS_PENDING ? Status : FinishBind(Binding, Status);
}

_Use_decl_annotations_ static VOID
TwinOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    TWIN_BINDING *Binding = ProtocolBindingContext;
    NDIS_HANDLE BindContext = Binding->PendingContext;

    Status = FinishBind(Binding, Status);
    NdisCompleteBindAdapterEx(BindContext, Status);
}

_Use_decl_annotations_ static NDIS_STATUS
TwinUnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    TWIN_BINDING *Binding = ProtocolBindingContext;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    RemoveEntryList(&Binding->Link);
    KeReleaseSpinLock(&BindingsLock, OldIrql);

    StopSending(Binding);
    FreePools(Binding);
    Binding->PendingContext = UnbindContext;
    NDIS_STATUS Status = NdisCloseAdapterEx(Binding->BindingHandle);
    if (Status != NDIS_STATUS_PENDING) {
        DereferenceBinding(Binding);
    }
    return Status;
}

_Use_decl_annotations_ static VOID TwinCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    TWIN_BINDING *Binding = ProtocolBindingContext;

    NdisCompleteUnbindAdapterEx(Binding->PendingContext);
    DereferenceBinding(Binding);
}

_Use_decl_annotations_ static NDIS_STATUS
TwinNetPnPEvent(NDIS_HANDLE ProtocolBindingContext, NET_PNP_EVENT_NOTIFICATION *Notification) {
    switch (Notification->NetPnPEvent.NetEvent) {
    case NetEventPause:
        StopSending(ProtocolBindingContext);
        break;
    case NetEventRestart:
        StartSending(ProtocolBindingContext);
        break;
    default:
        break;
    }
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
TwinOidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                       NDIS_STATUS Status) {
}

_Use_decl_annotations_ static VOID
TwinReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                          NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                          ULONG ReceiveFlags) {
    TWIN_BINDING *Binding = ProtocolBindingContext;

    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, NetBufferLists, 0);
    }
}

// Device and driver ------------------------------------------------------------------------------

static NTSTATUS CompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// A file is named after its adapter: \<adapter name>.
static BOOLEAN IsFileOf(_In_ const TWIN_BINDING *Binding, _In_ const UNICODE_STRING *FileName) {
    const UNICODE_STRING *Name = &Binding->AdapterName;
    return FileName->Length == sizeof(WCHAR) + Name->Length && FileName->Buffer[0] == L'\\' &&
           RtlEqualMemory(FileName->Buffer + 1, Name->Buffer, Name->Length);
}

_Use_decl_annotations_ static NTSTATUS TwinCreate(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings; Link = Link->Flink) {
        TWIN_BINDING *Binding = CONTAINING_RECORD(Link, TWIN_BINDING, Link);
        if (IsFileOf(Binding, &File->FileName)) {
            InterlockedIncrement(&Binding->References);
            File->FsContext = Binding;
            Status = STATUS_SUCCESS;
            break;
        }
    }
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return CompleteIrp(Irp, Status, 0);
}

_Use_decl_annotations_ static NTSTATUS TwinWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    TWIN_BINDING *Binding = Stack->FileObject->FsContext;
    ULONG Length = Stack->Parameters.Write.Length;
    NTSTATUS Status = STATUS_INVALID_BUFFER_SIZE;

    if (Length >= ETHERNET_HEADER_SIZE && Length <= Binding->FrameSize) {
        Status = SendCopy(Binding, Irp->AssociatedIrp.SystemBuffer, Length);
    }
    return CompleteIrp(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
}

_Use_decl_annotations_ static NTSTATUS TwinCleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS TwinClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    DereferenceBinding(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext);
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Must_inspect_result_ static NDIS_STATUS RegisterProtocol(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .BindAdapterHandlerEx = TwinBindAdapterEx,
        .UnbindAdapterHandlerEx = TwinUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = TwinOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = TwinCloseAdapterCompleteEx,
        .NetPnPEventHandler = TwinNetPnPEvent,
        .OidRequestCompleteHandler = TwinOidRequestComplete,
        .ReceiveNetBufferListsHandler = TwinReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = TwinSendNetBufferListsComplete,
    };
    NdisInitUnicodeString(&Characteristics.Name, L"Twin");
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ NTSTATUS
DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName;

    InitializeListHead(&Bindings);
    KeInitializeSpinLock(&BindingsLock);
    DriverObject->DriverUnload = TwinUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = TwinCreate;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = TwinWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = TwinCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = TwinClose;

    RtlInitUnicodeString(&DeviceName, L"\\Device\\Twin");
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &ControlDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ControlDevice->Flags |= DO_BUFFERED_IO;
    Status = RegisterProtocol();
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(ControlDevice);
    }
    return Status;
}

_Use_decl_annotations_ static VOID TwinUnload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(ControlDevice);
}
