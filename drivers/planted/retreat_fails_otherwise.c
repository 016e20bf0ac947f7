// SPDX-License-Identifier: MIT
// A driver that sends each write behind a header of its own, with one bug: it takes only
// NDIS_STATUS_RESOURCES for a retreat that failed.
// Expected title: poolproof: RA-STATUS: NB sent after a retreat that failed in Write

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'
#define HEADER_SIZE 14
#define DATA_SIZE_MAX 1500
#define NBL_IRP(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // the write that it carries

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;

// The one binding. It has a send hold while it runs, and one for each send that is not complete.
static volatile LONG IsBound;
static NDIS_HANDLE BindingHandle;
static NDIS_HANDLE NblPool;
static NDIS_EVENT AdapterDone;  // a pending open or close has completed
static NDIS_STATUS OpenStatus;
static NDIS_SPIN_LOCK Lock;     // guards Running and SendHolds
static BOOLEAN Running;
static LONG SendHolds;
static NDIS_EVENT SendsDone;    // SendHolds has dropped to zero

static VOID StartSending(VOID) {
    NdisResetEvent(&SendsDone);
    NdisAcquireSpinLock(&Lock);
    Running = TRUE;
    SendHolds++;
    NdisReleaseSpinLock(&Lock);
}

static VOID StopSending(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN MustWait = Running && --SendHolds != 0;
    Running = FALSE;
    NdisReleaseSpinLock(&Lock);
    if (MustWait) {
        NdisWaitEvent(&SendsDone, 0);
    }
}

static BOOLEAN TakeSendHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN MaySend = Running;
    SendHolds += MaySend ? 1 : 0;
    NdisReleaseSpinLock(&Lock);
    return MaySend;
}

static VOID ReleaseSendHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN IsLast = --SendHolds == 0;
    NdisReleaseSpinLock(&Lock);
    if (IsLast) {
        NdisSetEvent(&SendsDone);
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

static NDIS_STATUS OpenAdapter(NDIS_HANDLE BindContext, UNICODE_STRING *AdapterName) {
    NDIS_MEDIUM Medium = NdisMedium802_3;
    UINT SelectedMedium;
    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = AdapterName,
        .MediumArray = &Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &SelectedMedium,
    };
    NdisResetEvent(&AdapterDone);
    NDIS_STATUS Status = NdisOpenAdapterEx(ProtocolHandle, &BindingHandle, &Parameters,
                                           BindContext, &BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
        Status = OpenStatus;
    }
    return Status;
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
                               NDIS_BIND_PARAMETERS *Parameters) {
    if (InterlockedExchange(&IsBound, TRUE)) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS Status = NDIS_STATUS_RESOURCES;
    NblPool = AllocateNblPool();
    if (NblPool == NULL) {
        goto cleanupBound;
    }
    Status = OpenAdapter(BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupNblPool;
    }
    return NDIS_STATUS_SUCCESS;

cleanupNblPool:
    NdisFreeNetBufferListPool(NblPool);
cleanupBound:
    InterlockedExchange(&IsBound, FALSE);
    return Status;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    OpenStatus = Status;
    NdisSetEvent(&AdapterDone);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    StopSending();
    NdisResetEvent(&AdapterDone);
    if (NdisCloseAdapterEx(BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
    }
    NdisFreeNetBufferListPool(NblPool);
    InterlockedExchange(&IsBound, FALSE);
    return NDIS_STATUS_SUCCESS;
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) {
    NdisSetEvent(&AdapterDone);
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    if (Event->NetPnPEvent.NetEvent == NetEventPause) {
        StopSending();
    } else if (Event->NetPnPEvent.NetEvent == NetEventRestart) {
        StartSending();
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(BindingHandle, Nbls, 0);
    }
}

static NTSTATUS CompleteIrp(IRP *Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// The advance undoes the retreat of Write.
static VOID FreeSend(NET_BUFFER_LIST *Nbl) {
    NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(Nbl), HEADER_SIZE, /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBufferList(Nbl);
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                       ULONG Flags) {
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        IRP *Irp = NBL_IRP(Nbl);
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);
        FreeSend(Nbl);
        CompleteIrp(Irp, Status);
        ReleaseSendHold();
    }
}

static BOOLEAN WriteHeader(NET_BUFFER *Nb) {
    static const UCHAR Header[HEADER_SIZE] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    UCHAR *Start = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                NormalPagePriority | MdlMappingNoExecute);
    if (Start != NULL) {
        NdisMoveMemory(Start + NET_BUFFER_CURRENT_MDL_OFFSET(Nb), Header, HEADER_SIZE);
    }
    return Start != NULL;
}

static NTSTATUS Write(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;
    if (Length < HEADER_SIZE || Length > DATA_SIZE_MAX || !TakeSendHold()) {
        goto cleanupIrp;
    }
    Status = STATUS_INSUFFICIENT_RESOURCES;
    NET_BUFFER_LIST *Nbl =
        NdisAllocateNetBufferAndNetBufferList(NblPool, 0, 0, Irp->MdlAddress, 0, Length);
    if (Nbl == NULL) {
        goto cleanupHold;
    }
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    // The bug: it can fail with NDIS_STATUS_FAILURE, too.
    if (NdisRetreatNetBufferDataStart(Nb, HEADER_SIZE, 0, NULL) == NDIS_STATUS_RESOURCES) {
        NdisFreeNetBufferList(Nbl);
        goto cleanupHold;
    }
    if (!WriteHeader(Nb)) {
        FreeSend(Nbl);
        goto cleanupHold;
    }
    NBL_IRP(Nbl) = Irp;
    Nbl->SourceHandle = BindingHandle;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;

cleanupHold:
    ReleaseSendHold();
cleanupIrp:
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

    NdisAllocateSpinLock(&Lock);
    NdisInitializeEvent(&AdapterDone);
    NdisInitializeEvent(&SendsDone);
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
