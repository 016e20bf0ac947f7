// SPDX-License-Identifier: MIT
// Answers bind, unbind, pause and restart out of a work item. A pause first looks whether sends are
// out, and then says that it waits for them. The last one that completes between the two tells
// nobody.
// Expected title: poolproof: PAUSE-DEADLINE: pause never finishes, NdisCompleteNetPnPEvent not called after PENDING in NetPnPEvent(Pause)

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'
#define NBL_IRP(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // the write that it carries

typedef enum _STATE { Opening, Paused, Restarting, Running, Pausing, Closing } STATE;

typedef struct _BINDING {
    volatile LONG References;  // one while bound, one for each write
    NDIS_HANDLE NblPool;
    PIO_WORKITEM WorkItem;  // queued for the answer that is owed
    NDIS_HANDLE BindingHandle;
    NDIS_OPEN_PARAMETERS Open;  // lives here, as do the next two, while the open is pending
    NDIS_MEDIUM Medium;
    UINT SelectedMedium;
    NDIS_STATUS OpenStatus;
    NDIS_HANDLE PendingContext;  // BindContext or UnbindContext of the answer that is owed
    NET_PNP_EVENT_NOTIFICATION *PendingEvent;
    NDIS_SPIN_LOCK Lock;  // guards what follows
    STATE State;
    LONG Sends;  // that are out
} BINDING;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;
static NDIS_SPIN_LOCK BoundLock;  // guards Bound
static BINDING *Bound;            // what is written goes out on this one
static IO_WORKITEM_ROUTINE GiveAnswer;

static VOID DereferenceBinding(BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        ExFreePoolWithTag(Binding, TAG);
    }
}

static BINDING *ReferenceBound(VOID) {
    NdisAcquireSpinLock(&BoundLock);
    BINDING *Binding = Bound;
    if (Binding != NULL) {
        InterlockedIncrement(&Binding->References);
    }
    NdisReleaseSpinLock(&BoundLock);
    return Binding;
}

static VOID SetState(BINDING *Binding, STATE State) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->State = State;
    NdisReleaseSpinLock(&Binding->Lock);
}

static BOOLEAN BeginSend(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MaySend = Binding->State == Running;
    Binding->Sends += MaySend ? 1 : 0;
    NdisReleaseSpinLock(&Binding->Lock);
    return MaySend;
}

static VOID QueueAnswer(BINDING *Binding) {
    IoQueueWorkItem(Binding->WorkItem, GiveAnswer, DelayedWorkQueue, Binding);
}

static VOID EndSend(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsPaused = --Binding->Sends == 0 && Binding->State == Pausing;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsPaused) {
        QueueAnswer(Binding);
    }
}

static VOID FreeResources(BINDING *Binding) {
    IoFreeWorkItem(Binding->WorkItem);
    NdisFreeNetBufferListPool(Binding->NblPool);
}

static VOID FinishBind(BINDING *Binding) {
    NDIS_HANDLE BindContext = Binding->PendingContext;
    NDIS_STATUS Status = Binding->OpenStatus;
    if (Status == NDIS_STATUS_SUCCESS) {
        SetState(Binding, Paused);
        NdisAcquireSpinLock(&BoundLock);
        Bound = Bound == NULL ? Binding : Bound;
        NdisReleaseSpinLock(&BoundLock);
    } else {
        FreeResources(Binding);
        DereferenceBinding(Binding);
    }
    NdisCompleteBindAdapterEx(BindContext, Status);
}

static VOID FinishUnbind(BINDING *Binding) {
    FreeResources(Binding);
    NdisCompleteUnbindAdapterEx(Binding->PendingContext);
    DereferenceBinding(Binding);
}

static VOID FinishEvent(BINDING *Binding, STATE State) {
    NDIS_HANDLE BindingHandle = Binding->BindingHandle;
    NET_PNP_EVENT_NOTIFICATION *Event = Binding->PendingEvent;
    SetState(Binding, State);
    NdisCompleteNetPnPEvent(BindingHandle, Event, NDIS_STATUS_SUCCESS);
}

static VOID GiveAnswer(DEVICE_OBJECT *DeviceObject, VOID *Context) {
    BINDING *Binding = Context;
    switch (Binding->State) {
    case Opening: FinishBind(Binding); break;
    case Restarting: FinishEvent(Binding, Running); break;
    case Pausing: FinishEvent(Binding, Paused); break;
    default: FinishUnbind(Binding); break;
    }
}

static NDIS_HANDLE AllocateNblPool(VOID) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TAG,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static BINDING *AllocateBinding(VOID) {
    BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Binding), TAG);
    if (Binding == NULL) {
        return NULL;
    }
    RtlZeroMemory(Binding, sizeof(*Binding));
    Binding->References = 1;
    NdisAllocateSpinLock(&Binding->Lock);
    Binding->WorkItem = IoAllocateWorkItem(Device);
    if (Binding->WorkItem == NULL) {
        goto cleanupBinding;
    }
    Binding->NblPool = AllocateNblPool();
    if (Binding->NblPool == NULL) {
        goto cleanupWorkItem;
    }
    return Binding;

cleanupWorkItem:
    IoFreeWorkItem(Binding->WorkItem);
cleanupBinding:
    DereferenceBinding(Binding);
    return NULL;
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
                               NDIS_BIND_PARAMETERS *Parameters) {
    BINDING *Binding = AllocateBinding();
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Binding->PendingContext = BindContext;
    Binding->Medium = NdisMedium802_3;
    Binding->Open = (NDIS_OPEN_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = Parameters->AdapterName,
        .MediumArray = &Binding->Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &Binding->SelectedMedium,
    };
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Binding->Open, BindContext, &Binding->BindingHandle);
    if (Status != NDIS_STATUS_PENDING) {
        Binding->OpenStatus = Status;
        QueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    BINDING *Binding = BindingContext;
    Binding->OpenStatus = Status;
    FinishBind(Binding);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    NdisAcquireSpinLock(&BoundLock);
    Bound = Bound == Binding ? NULL : Bound;
    NdisReleaseSpinLock(&BoundLock);
    Binding->PendingContext = UnbindContext;
    SetState(Binding, Closing);
    if (NdisCloseAdapterEx(Binding->BindingHandle) != NDIS_STATUS_PENDING) {
        QueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) { FinishUnbind(BindingContext); }

static NDIS_STATUS BeginEvent(BINDING *Binding, STATE State, NET_PNP_EVENT_NOTIFICATION *Event) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->PendingEvent = Event;
    BOOLEAN IsIdle = Binding->Sends == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    SetState(Binding, State);  // the bug: too late
    if (IsIdle) {
        QueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    switch (Event->NetPnPEvent.NetEvent) {
    case NetEventPause: return BeginEvent(BindingContext, Pausing, Event);
    case NetEventRestart: return BeginEvent(BindingContext, Restarting, Event);
    default: return NDIS_STATUS_SUCCESS;
    }
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    BINDING *Binding = BindingContext;
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
    }
}

static NTSTATUS CompleteIrp(IRP *Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls, ULONG Flags) {
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        IRP *Irp = NBL_IRP(Nbl);
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);
        NdisFreeNetBufferList(Nbl);
        CompleteIrp(Irp, Status);
        EndSend(BindingContext);
        DereferenceBinding(BindingContext);
    }
}

static NTSTATUS Write(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;
    BINDING *Binding = ReferenceBound();
    if (Binding == NULL) {
        return CompleteIrp(Irp, Status);
    }
    if (Length == 0 || !BeginSend(Binding)) {
        goto cleanupReference;
    }
    NET_BUFFER_LIST *Nbl =
        NdisAllocateNetBufferAndNetBufferList(Binding->NblPool, 0, 0, Irp->MdlAddress, 0, Length);
    if (Nbl == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto cleanupSend;
    }
    NBL_IRP(Nbl) = Irp;
    Nbl->SourceHandle = Binding->BindingHandle;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;

cleanupSend:
    EndSend(Binding);
cleanupReference:
    DereferenceBinding(Binding);
    return CompleteIrp(Irp, Status);
}

static NTSTATUS CreateOrClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS);
}

static VOID Unload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = RTL_CONSTANT_STRING(L"Planted"),
        .BindAdapterHandlerEx = BindAdapter,
        .UnbindAdapterHandlerEx = UnbindAdapter,
        .OpenAdapterCompleteHandlerEx = OpenAdapterComplete,
        .CloseAdapterCompleteHandlerEx = CloseAdapterComplete,
        .NetPnPEventHandler = NetPnPEvent,
        .OidRequestCompleteHandler = OidRequestComplete,
        .ReceiveNetBufferListsHandler = ReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = SendNetBufferListsComplete,
    };
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Planted");

    NdisAllocateSpinLock(&BoundLock);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateOrClose;
    NTSTATUS Status =
        IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Device->Flags |= DO_DIRECT_IO;
    Status = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(Device);
    }
    return Status;
}
