// SPDX-License-Identifier: MIT
// Asks for the link state, and waits for the answer no longer than half a second. The request lies
// on the stack, and is the adapter's until it is complete.
// Expected title: poolproof: OID-LIFE: OID request on a stack that is left while it pends, made in DoRequest

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define PACKET_FILTER (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST)

typedef struct _REQUEST {
    NDIS_OID_REQUEST Oid;
    NDIS_EVENT Done;
    NDIS_STATUS Status;
    union {
        ULONG PacketFilter;
        NDIS_LINK_STATE LinkState;
    } Information;
} REQUEST;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;

// The one binding. Its handle is in use as long as there are holds: one while bound, one for each
// request.
static volatile LONG IsBound;
static NDIS_HANDLE BindingHandle;
static NDIS_EVENT AdapterDone;  // a pending open or close has completed
static NDIS_STATUS OpenStatus;
static NDIS_SPIN_LOCK Lock;  // guards what follows
static BOOLEAN HasHandle;
static LONG Holds;
static NDIS_EVENT HoldsDone;    // Holds has dropped to zero
static BOOLEAN IsConnected;     // as the adapter has said last
static volatile LONG IsAsleep;  // the adapter takes no requests

static VOID OpenHolds(VOID) {
    NdisResetEvent(&HoldsDone);
    NdisAcquireSpinLock(&Lock);
    HasHandle = TRUE;
    Holds = 1;
    NdisReleaseSpinLock(&Lock);
}

static VOID CloseHolds(VOID) {
    NdisAcquireSpinLock(&Lock);
    HasHandle = FALSE;
    BOOLEAN MustWait = --Holds != 0;
    NdisReleaseSpinLock(&Lock);
    if (MustWait) {
        NdisWaitEvent(&HoldsDone, 0);
    }
}

static BOOLEAN TakeHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN IsTaken = HasHandle;
    Holds += IsTaken ? 1 : 0;
    NdisReleaseSpinLock(&Lock);
    return IsTaken;
}

static VOID ReleaseHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN IsLast = --Holds == 0;
    NdisReleaseSpinLock(&Lock);
    if (IsLast) {
        NdisSetEvent(&HoldsDone);
    }
}

static VOID MakeRequest(REQUEST *Request, NDIS_REQUEST_TYPE Type) {
    NdisZeroMemory(Request, sizeof(*Request));
    NdisInitializeEvent(&Request->Done);
    Request->Oid.Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                                               NDIS_SIZEOF_OID_REQUEST_REVISION_1};
    Request->Oid.RequestType = Type;
}

static NDIS_STATUS DoRequest(REQUEST *Request) {
    if (IsAsleep) {
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS Status = NdisOidRequest(BindingHandle, &Request->Oid);
    if (Status == NDIS_STATUS_PENDING) {
        // the bug: a request that is given up is not complete
        Status = NdisWaitEvent(&Request->Done, 500) ? Request->Status : NDIS_STATUS_FAILURE;
    }
    return Status;
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *OidRequest,
                               NDIS_STATUS Status) {
    REQUEST *Request = CONTAINING_RECORD(OidRequest, REQUEST, Oid);
    Request->Status = Status;
    NdisSetEvent(&Request->Done);
}

static VOID SetPacketFilter(ULONG PacketFilter) {
    REQUEST Request;
    MakeRequest(&Request, NdisRequestSetInformation);
    Request.Information.PacketFilter = PacketFilter;
    Request.Oid.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    Request.Oid.DATA.SET_INFORMATION.InformationBuffer = &Request.Information;
    Request.Oid.DATA.SET_INFORMATION.InformationBufferLength = sizeof(ULONG);
    DoRequest(&Request);
}

static VOID QueryLinkState(VOID) {
    REQUEST Request;
    MakeRequest(&Request, NdisRequestQueryInformation);
    Request.Oid.DATA.QUERY_INFORMATION.Oid = OID_GEN_LINK_STATE;
    Request.Oid.DATA.QUERY_INFORMATION.InformationBuffer = &Request.Information;
    Request.Oid.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(NDIS_LINK_STATE);
    if (DoRequest(&Request) == NDIS_STATUS_SUCCESS) {
        IsConnected = Request.Information.LinkState.MediaConnectState == MediaConnectStateConnected;
    }
}

static NTSTATUS CompleteIrp(IRP *Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// Only while the adapter is connected.
static NTSTATUS Create(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    if (!TakeHold()) {
        return CompleteIrp(Irp, STATUS_NO_SUCH_DEVICE);
    }
    QueryLinkState();
    ReleaseHold();
    return CompleteIrp(Irp, IsConnected ? STATUS_SUCCESS : STATUS_DEVICE_NOT_CONNECTED);
}

static NTSTATUS CleanupOrClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS);
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
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, &BindingHandle, &Parameters, BindContext, &BindingHandle);
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
    NDIS_STATUS Status = OpenAdapter(BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        InterlockedExchange(&IsBound, FALSE);
        return Status;
    }
    InterlockedExchange(&IsAsleep, FALSE);
    SetPacketFilter(PACKET_FILTER);
    OpenHolds();
    return NDIS_STATUS_SUCCESS;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    OpenStatus = Status;
    NdisSetEvent(&AdapterDone);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    CloseHolds();
    SetPacketFilter(0);
    NdisResetEvent(&AdapterDone);
    if (NdisCloseAdapterEx(BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
    }
    InterlockedExchange(&IsBound, FALSE);
    return NDIS_STATUS_SUCCESS;
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) { NdisSetEvent(&AdapterDone); }

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    if (Event->NetPnPEvent.NetEvent == NetEventSetPower) {
        NET_DEVICE_POWER_STATE State = *(NET_DEVICE_POWER_STATE *)Event->NetPnPEvent.Buffer;
        InterlockedExchange(&IsAsleep, State != NetDeviceStateD0);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(BindingHandle, Nbls, 0);
    }
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls, ULONG Flags) {}

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
    NdisInitializeEvent(&HoldsDone);
    NdisInitializeEvent(&AdapterDone);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Create;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CleanupOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CleanupOrClose;
    NTSTATUS Status =
        IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(Device);
    }
    return Status;
}
