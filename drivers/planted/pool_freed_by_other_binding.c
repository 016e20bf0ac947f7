// SPDX-License-Identifier: MIT
// All bindings share one NBL pool: the first one makes it, the last one is to free it.
// UnbindAdapter frees it with whichever goes first, although NBLs of another binding may be on
// their way.
// Expected title: poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with NBLs in flight in DereferenceNblPool

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'

typedef struct _BINDING {
    LIST_ENTRY Link;             // in Bindings, guarded by BindingsLock
    volatile LONG References;    // one while bound, one for each open file
    UNICODE_STRING AdapterName;  // its characters stand behind this structure
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;      // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    NDIS_SPIN_LOCK Lock;         // guards what follows
    BOOLEAN Running;
    LONG SendHolds;              // one while running, one for each send
    NDIS_EVENT SendsDone;        // SendHolds has dropped to zero
} BINDING;

// In the context space of a sent NET_BUFFER_LIST.
typedef struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _SEND {
    IRP *Irp;
} SEND;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;
static LIST_ENTRY Bindings;
static NDIS_SPIN_LOCK BindingsLock;
static NDIS_HANDLE NblPool;      // shared by all bindings; guarded by PoolFree, as is the next
static LONG NblPoolUsers;
static KEVENT PoolFree;          // a lock that may be held while waiting

static NTSTATUS CompleteIrp(IRP *Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID DereferenceBinding(BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        NdisFreeSpinLock(&Binding->Lock);
        NdisFreeMemory(Binding, 0, 0);
    }
}

static VOID StartSending(BINDING *Binding) {
    NdisResetEvent(&Binding->SendsDone);
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    Binding->SendHolds++;
    NdisReleaseSpinLock(&Binding->Lock);
}

static VOID StopSending(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MustWait = Binding->Running && --Binding->SendHolds != 0;
    Binding->Running = FALSE;
    NdisReleaseSpinLock(&Binding->Lock);
    if (MustWait) {
        NdisWaitEvent(&Binding->SendsDone, 0);
    }
}

static BOOLEAN TakeSendHold(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN Running = Binding->Running;
    if (Running) {
        Binding->SendHolds++;
    }
    NdisReleaseSpinLock(&Binding->Lock);
    return Running;
}

static VOID ReleaseSendHold(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsLast = --Binding->SendHolds == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsLast) {
        NdisSetEvent(&Binding->SendsDone);
    }
}

static BINDING *AllocateBinding(const NDIS_BIND_PARAMETERS *Parameters) {
    const UNICODE_STRING *Name = Parameters->AdapterName;
    ULONG Size = sizeof(BINDING) + Name->Length;
    BINDING *Binding =
        NdisAllocateMemoryWithTagPriority(ProtocolHandle, Size, TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return NULL;
    }
    NdisZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    NdisMoveMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    NdisInitializeEvent(&Binding->AdapterDone);
    NdisInitializeEvent(&Binding->SendsDone);
    NdisAllocateSpinLock(&Binding->Lock);
    return Binding;
}

static NDIS_HANDLE AllocateNblPool(VOID) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
        .ContextSize = sizeof(SEND),
        .PoolTag = TAG,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static BOOLEAN ReferenceNblPool(VOID) {
    KeWaitForSingleObject(&PoolFree, Executive, KernelMode, FALSE, NULL);
    if (NblPool == NULL) {
        NblPool = AllocateNblPool();
    }
    BOOLEAN HasPool = NblPool != NULL;
    NblPoolUsers += HasPool ? 1 : 0;
    KeSetEvent(&PoolFree, IO_NO_INCREMENT, FALSE);
    return HasPool;
}

static VOID DereferenceNblPool(VOID) {
    KeWaitForSingleObject(&PoolFree, Executive, KernelMode, FALSE, NULL);
    NblPoolUsers--;
    if (NblPool != NULL) {  // the bug: should be NblPoolUsers == 0
        NdisFreeNetBufferListPool(NblPool);
        NblPool = NULL;
    }
    KeSetEvent(&PoolFree, IO_NO_INCREMENT, FALSE);
}

static NDIS_STATUS OpenAdapter(BINDING *Binding, NDIS_HANDLE BindContext, UNICODE_STRING *Name) {
    NDIS_MEDIUM Medium = NdisMedium802_3;
    UINT SelectedMedium;
    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = Name,
        .MediumArray = &Medium,
        .MediumArraySize = 1,
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

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
                               NDIS_BIND_PARAMETERS *Parameters) {
    BINDING *Binding = AllocateBinding(Parameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = NDIS_STATUS_RESOURCES;
    if (!ReferenceNblPool()) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupNblPool;
    }
    NdisAcquireSpinLock(&BindingsLock);
    InsertTailList(&Bindings, &Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    return NDIS_STATUS_SUCCESS;

cleanupNblPool:
    DereferenceNblPool();
cleanupBinding:
    DereferenceBinding(Binding);
    return Status;
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;

    NdisAcquireSpinLock(&BindingsLock);
    RemoveEntryList(&Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);

    StopSending(Binding);
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    DereferenceNblPool();
    DereferenceBinding(Binding);
    return NDIS_STATUS_SUCCESS;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    BINDING *Binding = BindingContext;
    Binding->OpenStatus = Status;
    NdisSetEvent(&Binding->AdapterDone);
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    NdisSetEvent(&Binding->AdapterDone);
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    BINDING *Binding = BindingContext;

    if (Event->NetPnPEvent.NetEvent == NetEventPause) {
        StopSending(Binding);
    } else if (Event->NetPnPEvent.NetEvent == NetEventRestart) {
        StartSending(Binding);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    BINDING *Binding = BindingContext;
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
    }
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                       ULONG Flags) {
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        IRP *Irp = ((SEND *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl))->Irp;
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);
        NdisFreeNetBufferList(Nbl);
        CompleteIrp(Irp, Status, 0);
        ReleaseSendHold(BindingContext);
    }
}

static NTSTATUS Write(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    BINDING *Binding = Stack->FileObject->FsContext;
    NTSTATUS Status = STATUS_INVALID_BUFFER_SIZE;

    if (!TakeSendHold(Binding)) {
        return CompleteIrp(Irp, STATUS_DEVICE_NOT_READY, 0);
    }
    if (Irp->MdlAddress == NULL) {
        goto cleanupHold;
    }
    Status = STATUS_INSUFFICIENT_RESOURCES;
    NET_BUFFER_LIST *Nbl = NdisAllocateNetBufferAndNetBufferList(
        NblPool, sizeof(SEND), 0, Irp->MdlAddress, 0, Stack->Parameters.Write.Length);
    if (Nbl == NULL) {
        goto cleanupHold;
    }
    ((SEND *)NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl))->Irp = Irp;
    Nbl->SourceHandle = Binding->BindingHandle;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;

cleanupHold:
    ReleaseSendHold(Binding);
    return CompleteIrp(Irp, Status, 0);
}

// A file is named after its adapter: \<adapter name>.
static BOOLEAN IsFileOf(const BINDING *Binding, const UNICODE_STRING *FileName) {
    const UNICODE_STRING *Name = &Binding->AdapterName;
    return FileName->Length == sizeof(WCHAR) + Name->Length &&
           RtlEqualMemory(FileName->Buffer + 1, Name->Buffer, Name->Length);
}

static NTSTATUS Create(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    NdisAcquireSpinLock(&BindingsLock);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings; Link = Link->Flink) {
        BINDING *Binding = CONTAINING_RECORD(Link, BINDING, Link);
        if (IsFileOf(Binding, &File->FileName)) {
            InterlockedIncrement(&Binding->References);
            File->FsContext = Binding;
            break;
        }
    }
    NdisReleaseSpinLock(&BindingsLock);
    return CompleteIrp(Irp, File->FsContext ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND, 0);
}

static NTSTATUS Cleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Close(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    DereferenceBinding(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext);
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

static VOID Unload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(Device);
    NdisFreeSpinLock(&BindingsLock);
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

    InitializeListHead(&Bindings);
    KeInitializeEvent(&PoolFree, SynchronizationEvent, TRUE);
    NdisAllocateSpinLock(&BindingsLock);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Close;

    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        goto cleanupLock;
    }
    Device->Flags |= DO_DIRECT_IO;
    Status = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupDevice;
    }
    return STATUS_SUCCESS;

cleanupDevice:
    IoDeleteDevice(Device);
cleanupLock:
    NdisFreeSpinLock(&BindingsLock);
    return Status;
}
