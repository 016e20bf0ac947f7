// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver that answers later: bind, unbind, pause and restart are PENDING in any
// case, and finished by a work item, or by the completion of the open or the close that they wait for.
// What a program writes to \\.\Late\<adapter name> is one Ethernet frame. It is copied, and the write is
// complete when the frame has gone out on that adapter.
//
// A binding is a state machine under a lock. At most one answer is owed at a time, and as long as it is
// owed, NDIS leaves the binding alone: what is pending keeps it alive. So the one who gives the answer
// takes what it needs before, and does not touch the binding after.

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define LATE_TAG 'etaL'
#define ETHERNET_HEADER_SIZE 14
#define NBL_IRP(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // the write that it carries

typedef enum _LATE_STATE {
    LateOpening,
    LatePaused,
    LateRestarting,
    LateRunning,
    LatePausing,
    LateClosing
} LATE_STATE;

typedef struct _LATE_BINDING {
    LIST_ENTRY Link;             // in Bindings, guarded by BindingsLock
    volatile LONG References;    // one while bound, one for each open file
    UNICODE_STRING AdapterName;  // its characters stand behind this structure
    ULONG FrameSize;             // largest frame the adapter takes, header included
    USHORT DataBackFill;         // room that the drivers below want in front of a frame,
    USHORT ContextBackFill;      // and in the context of an NBL
    NDIS_HANDLE NblPool;         // NBLs with an NB and data
    PIO_WORKITEM WorkItem;       // queued for the answer that is owed
    NDIS_HANDLE BindingHandle;
    NDIS_OPEN_PARAMETERS Open;  // lives here, as do the next two, while the open is pending
    NDIS_MEDIUM Medium;
    UINT SelectedMedium;
    NDIS_STATUS OpenStatus;
    NDIS_HANDLE PendingContext;                // BindContext or UnbindContext of the answer owed
    NET_PNP_EVENT_NOTIFICATION *PendingEvent;  // or the event it is owed to
    KSPIN_LOCK Lock;                           // guards what follows
    LATE_STATE State;
    LONG SendCount;  // frames that are out, or being made; above zero while running or pausing only
} LATE_BINDING;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LateUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH LateCreate;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH LateWrite;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH LateCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH LateClose;
static IO_WORKITEM_ROUTINE LateWork;
static PROTOCOL_BIND_ADAPTER_EX LateBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX LateUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX LateOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX LateCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT LateNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE LateOidRequestComplete;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS LateReceiveNetBufferLists;
static PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE LateSendNetBufferListsComplete;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *ControlDevice;
static LIST_ENTRY Bindings;
static KSPIN_LOCK BindingsLock;

// Bindings ---------------------------------------------------------------------------------------

static LATE_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    const UNICODE_STRING *Name = BindParameters->AdapterName;
    SIZE_T Size = sizeof(LATE_BINDING) + Name->Length;
    LATE_BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, Size, LATE_TAG);
    if (Binding == NULL) {
        return NULL;
    }
    RtlZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->State = LateOpening;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->DataBackFill = (USHORT)BindParameters->DataBackFillSize;
    Binding->ContextBackFill = (USHORT)BindParameters->ContextBackFillSize;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    RtlCopyMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    KeInitializeSpinLock(&Binding->Lock);
    return Binding;
}

static VOID DereferenceBinding(_In_ LATE_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        ExFreePoolWithTag(Binding, LATE_TAG);
    }
}

_Must_inspect_result_ static NDIS_STATUS AllocateResources(_Inout_ LATE_BINDING *Binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = LATE_TAG,
        .DataSize = Binding->DataBackFill + Binding->FrameSize,
    };
    Binding->NblPool = NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
    if (Binding->NblPool == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Binding->WorkItem = IoAllocateWorkItem(ControlDevice);
    if (Binding->WorkItem == NULL) {
        NdisFreeNetBufferListPool(Binding->NblPool);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

// Also from the work item itself: a work item that runs is not queued any more.
static VOID FreeResources(_In_ LATE_BINDING *Binding) {
    IoFreeWorkItem(Binding->WorkItem);
    NdisFreeNetBufferListPool(Binding->NblPool);
}

// Bind, unbind, pause, restart -------------------------------------------------------------------

static VOID QueueAnswer(_In_ LATE_BINDING *Binding) {
    IoQueueWorkItem(Binding->WorkItem, LateWork, DelayedWorkQueue, Binding);
}

static VOID SetState(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->State = State;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

// The open has succeeded or failed. Nothing can go wrong any more: all else was allocated before it.
_IRQL_requires_(PASSIVE_LEVEL) static VOID FinishBind(_In_ LATE_BINDING *Binding) {
    NDIS_HANDLE BindContext = Binding->PendingContext;
    NDIS_STATUS Status = Binding->OpenStatus;
    KIRQL OldIrql;

    if (Status == NDIS_STATUS_SUCCESS) {
        SetState(Binding, LatePaused);
        KeAcquireSpinLock(&BindingsLock, &OldIrql);
        InsertTailList(&Bindings, &Binding->Link);
        KeReleaseSpinLock(&BindingsLock, OldIrql);
    } else {
        FreeResources(Binding);
        DereferenceBinding(Binding);
    }
    NdisCompleteBindAdapterEx(BindContext, Status);
}

// The close is complete. The structure goes last: NDIS may look at it until the answer is given.
_IRQL_requires_(PASSIVE_LEVEL) static VOID FinishUnbind(_In_ LATE_BINDING *Binding) {
    FreeResources(Binding);
    NdisCompleteUnbindAdapterEx(Binding->PendingContext);
    DereferenceBinding(Binding);
}

_IRQL_requires_(PASSIVE_LEVEL) static VOID
    FinishEvent(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State) {
    NDIS_HANDLE BindingHandle = Binding->BindingHandle;
    NET_PNP_EVENT_NOTIFICATION *Event = Binding->PendingEvent;

    SetState(Binding, State);
    NdisCompleteNetPnPEvent(BindingHandle, Event, NDIS_STATUS_SUCCESS);
}

// Gives the answer that is owed: the state says which, and does not change before.
_Use_decl_annotations_ static VOID LateWork(DEVICE_OBJECT *DeviceObject, VOID *Context) {
    LATE_BINDING *Binding = Context;

    switch (Binding->State) {
    case LateOpening: FinishBind(Binding); break;
    case LateRestarting: FinishEvent(Binding, LateRunning); break;
    case LatePausing: FinishEvent(Binding, LatePaused); break;
    case LateClosing: FinishUnbind(Binding); break;
    default: NT_ASSERT(FALSE); break;
    }
}

_Use_decl_annotations_ static NDIS_STATUS LateBindAdapterEx(NDIS_HANDLE ProtocolDriverContext,
                                                            NDIS_HANDLE BindContext,
                                                            NDIS_BIND_PARAMETERS *BindParameters) {
    LATE_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocateResources(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        DereferenceBinding(Binding);
        return Status;
    }
    Binding->PendingContext = BindContext;
    Binding->Medium = NdisMedium802_3;
    Binding->Open = (NDIS_OPEN_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = &Binding->AdapterName,
        .MediumArray = &Binding->Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &Binding->SelectedMedium,
    };
    Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Binding->Open, BindContext, &Binding->BindingHandle);
    if (Status != NDIS_STATUS_PENDING) {
        Binding->OpenStatus = Status;
        QueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_ static VOID LateOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext,
                                                             NDIS_STATUS Status) {
    LATE_BINDING *Binding = ProtocolBindingContext;

    Binding->OpenStatus = Status;
    FinishBind(Binding);
}

_Use_decl_annotations_ static NDIS_STATUS LateUnbindAdapterEx(NDIS_HANDLE UnbindContext,
                                                              NDIS_HANDLE ProtocolBindingContext) {
    LATE_BINDING *Binding = ProtocolBindingContext;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    RemoveEntryList(&Binding->Link);
    KeReleaseSpinLock(&BindingsLock, OldIrql);

    Binding->PendingContext = UnbindContext;
    SetState(Binding, LateClosing);
    if (NdisCloseAdapterEx(Binding->BindingHandle) != NDIS_STATUS_PENDING) {
        QueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_ static VOID LateCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    FinishUnbind(ProtocolBindingContext);
}

// A pause is answered by whoever finds that nothing is out: here, or at the end of the last send.
static VOID BeginEvent(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State,
                       _In_ NET_PNP_EVENT_NOTIFICATION *Event) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->PendingEvent = Event;
    Binding->State = State;
    BOOLEAN IsIdle = Binding->SendCount == 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (IsIdle) {
        QueueAnswer(Binding);
    }
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
_Use_decl_annotations_ static NDIS_STATUS LateNetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
                                                          NET_PNP_EVENT_NOTIFICATION *Notification) {
    switch (Notification->NetPnPEvent.NetEvent) {
    case NetEventPause:
        BeginEvent(ProtocolBindingContext, LatePausing, Notification);
        return NDIS_STATUS_PENDING;
    case NetEventRestart:
        BeginEvent(ProtocolBindingContext, LateRestarting, Notification);
        return NDIS_STATUS_PENDING;
    default: return NDIS_STATUS_SUCCESS;
    }
}

_Use_decl_annotations_ static VOID LateOidRequestComplete(NDIS_HANDLE ProtocolBindingContext,
                                                          NDIS_OID_REQUEST *OidRequest,
                                                          NDIS_STATUS Status) {}

// Sends and receives -----------------------------------------------------------------------------

static NTSTATUS CompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Must_inspect_result_ static BOOLEAN BeginSend(_Inout_ LATE_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsRunning = Binding->State == LateRunning;
    Binding->SendCount += IsRunning ? 1 : 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return IsRunning;
}

// The binding may be gone when this returns, unless there is a reference.
static VOID EndSend(_Inout_ LATE_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsPaused = --Binding->SendCount == 0 && Binding->State == LatePausing;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (IsPaused) {
        QueueAnswer(Binding);
    }
}

// If the retreat had to add an MDL, the advance frees it.
static VOID FreeFrame(_In_ NET_BUFFER_LIST *Nbl) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

    NdisAdvanceNetBufferDataStart(Nb, NET_BUFFER_DATA_LENGTH(Nb), /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBufferList(Nbl);
}

_Must_inspect_result_ static NET_BUFFER_LIST *AllocateFrame(_In_ const LATE_BINDING *Binding,
                                                            _In_reads_bytes_(Length) const VOID *Data,
                                                            _In_ ULONG Length) {
    NET_BUFFER_LIST *Nbl =
        NdisAllocateNetBufferList(Binding->NblPool, /*ContextSize=*/0, Binding->ContextBackFill);
    if (Nbl == NULL) {
        return NULL;
    }
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    if (NdisRetreatNetBufferDataStart(Nb, Length, Binding->DataBackFill, NULL) != NDIS_STATUS_SUCCESS) {
        goto cleanup;
    }
    UCHAR *Target = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                 NormalPagePriority | MdlMappingNoExecute);
    if (Target == NULL) {
        goto cleanup;
    }
    RtlCopyMemory(Target + NET_BUFFER_CURRENT_MDL_OFFSET(Nb), Data, Length);
    return Nbl;

cleanup:
    FreeFrame(Nbl);
    return NULL;
}

_Use_decl_annotations_ static NTSTATUS LateWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    LATE_BINDING *Binding = Stack->FileObject->FsContext;
    ULONG Length = Stack->Parameters.Write.Length;

    if (Length < ETHERNET_HEADER_SIZE || Length > Binding->FrameSize) {
        return CompleteIrp(Irp, STATUS_INVALID_BUFFER_SIZE, 0);
    }
    if (!BeginSend(Binding)) {
        return CompleteIrp(Irp, STATUS_DEVICE_NOT_READY, 0);
    }
    NET_BUFFER_LIST *Nbl = AllocateFrame(Binding, Irp->AssociatedIrp.SystemBuffer, Length);
    if (Nbl == NULL) {
        EndSend(Binding);
        return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    NBL_IRP(Nbl) = Irp;
    Nbl->SourceHandle = Binding->BindingHandle;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;
}

_Use_decl_annotations_ static VOID LateSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
                                                                  NET_BUFFER_LIST *NetBufferLists,
                                                                  ULONG SendCompleteFlags) {
    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        IRP *Irp = NBL_IRP(Nbl);
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);
        ULONG Length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(Nbl));

        FreeFrame(Nbl);
        CompleteIrp(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
        EndSend(ProtocolBindingContext);
    }
}

_Use_decl_annotations_ static VOID LateReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext,
                                                             NET_BUFFER_LIST *NetBufferLists,
                                                             NDIS_PORT_NUMBER PortNumber,
                                                             ULONG NumberOfNetBufferLists,
                                                             ULONG ReceiveFlags) {
    LATE_BINDING *Binding = ProtocolBindingContext;

    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, NetBufferLists, 0);
    }
}

// Device and driver ------------------------------------------------------------------------------

// A file is named after its adapter: \<adapter name>.
static BOOLEAN IsFileOf(_In_ const LATE_BINDING *Binding, _In_ const UNICODE_STRING *FileName) {
    const UNICODE_STRING *Name = &Binding->AdapterName;
    return FileName->Length == sizeof(WCHAR) + Name->Length && FileName->Buffer[0] == L'\\' &&
           RtlEqualMemory(FileName->Buffer + 1, Name->Buffer, Name->Length);
}

_Use_decl_annotations_ static NTSTATUS LateCreate(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings; Link = Link->Flink) {
        LATE_BINDING *Binding = CONTAINING_RECORD(Link, LATE_BINDING, Link);
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

_Use_decl_annotations_ static NTSTATUS LateCleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS LateClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
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
        .Name = RTL_CONSTANT_STRING(L"Late"),
        .BindAdapterHandlerEx = LateBindAdapterEx,
        .UnbindAdapterHandlerEx = LateUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = LateOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = LateCloseAdapterCompleteEx,
        .NetPnPEventHandler = LateNetPnPEvent,
        .OidRequestCompleteHandler = LateOidRequestComplete,
        .ReceiveNetBufferListsHandler = LateReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = LateSendNetBufferListsComplete,
    };
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Late");

    InitializeListHead(&Bindings);
    KeInitializeSpinLock(&BindingsLock);
    DriverObject->DriverUnload = LateUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LateCreate;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = LateWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = LateCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LateClose;

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

// A work item that has answered an unbind may still run: the system keeps the driver until it has ended.
_Use_decl_annotations_ static VOID LateUnload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(ControlDevice);
}
