// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver that asks its adapter: a write is a query of the adapter's statistics,
// and completes with it. It binds one adapter, joins a group, and sets a packet filter when it restarts;
// both are cleared before the adapter is closed. It sends nothing, and returns at once what it receives.
//
// Queries are made between NetEventRestart and NetEventPause, while the adapter neither sleeps nor is
// reset. The binding has one hold while it runs and one for each query; whoever releases the last one
// wakes the pause.

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define GAUGE_TAG 'guaG'
#define ADDRESS_SIZE 6

// Whoever makes a request says what is to be done when it is complete.
typedef struct _GAUGE_REQUEST {
    NDIS_OID_REQUEST Oid;
    VOID (*Done)(struct _GAUGE_REQUEST *Request, NDIS_STATUS Status);
} GAUGE_REQUEST;

// One that somebody waits for.
typedef struct _GAUGE_CALL {
    GAUGE_REQUEST Request;
    NDIS_EVENT Answered;
    NDIS_STATUS Status;
} GAUGE_CALL;

// One that an IRP waits for.
typedef struct _GAUGE_QUERY {
    GAUGE_REQUEST Request;
    IRP *Irp;
    NDIS_STATISTICS_INFO Statistics;
} GAUGE_QUERY;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD GaugeUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLEANUP)
    _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH GaugeSucceed;
_Dispatch_type_(IRP_MJ_WRITE) static DRIVER_DISPATCH GaugeWrite;
static PROTOCOL_BIND_ADAPTER_EX GaugeBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX GaugeUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX GaugeOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX GaugeCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT GaugeNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE GaugeOidRequestComplete;
static PROTOCOL_STATUS_EX GaugeStatusEx;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS GaugeReceiveNetBufferLists;
static PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE GaugeSendNetBufferListsComplete;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;

// The one binding
static volatile LONG IsBound;
static NDIS_HANDLE BindingHandle;
static ULONG FrameSize;
static NDIS_EVENT AdapterDone;  // an open or a close that was pending has completed
static NDIS_STATUS OpenStatus;
static NDIS_EVENT NoReset;      // no reset is under way
static NDIS_SPIN_LOCK Lock;     // guards what follows
static BOOLEAN Running;
static BOOLEAN Asleep;
static BOOLEAN Resetting;
static LONG Holds;
static NDIS_EVENT HoldsGone;    // Holds has dropped to zero; reset while paused

// Holds ------------------------------------------------------------------------------------------

_Must_inspect_result_ static BOOLEAN TakeHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN MayAsk = Running && !Asleep && !Resetting;
    if (MayAsk) {
        Holds++;
    }
    NdisReleaseSpinLock(&Lock);
    return MayAsk;
}

static VOID ReleaseHold(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN IsLast = --Holds == 0;
    NdisReleaseSpinLock(&Lock);
    if (IsLast) {
        NdisSetEvent(&HoldsGone);
    }
}

static VOID Start(VOID) {
    NdisResetEvent(&HoldsGone);
    NdisAcquireSpinLock(&Lock);
    Running = TRUE;
    Holds++;
    NdisReleaseSpinLock(&Lock);
}

// Queries that are out are of no use any more.
static VOID Stop(VOID) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN MustWait = Running && --Holds != 0;
    Running = FALSE;
    NdisReleaseSpinLock(&Lock);
    if (MustWait) {
        NdisCancelOidRequest(BindingHandle, &Device);
        NdisWaitEvent(&HoldsGone, 0);
    }
}

static VOID Note(_Inout_ BOOLEAN *Flag, _In_ BOOLEAN Value) {
    NdisAcquireSpinLock(&Lock);
    *Flag = Value;
    NdisReleaseSpinLock(&Lock);
}

// Requests ---------------------------------------------------------------------------------------

static VOID FillRequest(_Out_ GAUGE_REQUEST *Request, _In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid,
                        _In_opt_ PVOID Buffer, _In_ ULONG Length) {
    NdisZeroMemory(Request, sizeof(*Request));
    Request->Oid.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    Request->Oid.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    Request->Oid.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    Request->Oid.RequestType = Type;
    Request->Oid.RequestId = &Device;
    Request->Oid.DATA.QUERY_INFORMATION.Oid = Oid;
    Request->Oid.DATA.QUERY_INFORMATION.InformationBuffer = Buffer;
    Request->Oid.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
}

static VOID EndCall(_In_ GAUGE_REQUEST *Request, _In_ NDIS_STATUS Status) {
    GAUGE_CALL *Call = CONTAINING_RECORD(Request, GAUGE_CALL, Request);
    Call->Status = Status;
    NdisSetEvent(&Call->Answered);
}

// Makes a request and waits for it, at PASSIVE_LEVEL.
static NDIS_STATUS Ask(_In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid, _In_opt_ PVOID Buffer,
                       _In_ ULONG Length) {
    GAUGE_CALL Call;
    NdisWaitEvent(&NoReset, 0);
    FillRequest(&Call.Request, Type, Oid, Buffer, Length);
    Call.Request.Done = EndCall;
    NdisInitializeEvent(&Call.Answered);
    NDIS_STATUS Status = NdisOidRequest(BindingHandle, &Call.Request.Oid);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Call.Answered, 0);
        Status = Call.Status;
    }
    return Status;
}

_Use_decl_annotations_ static VOID
GaugeOidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                        NDIS_STATUS Status) {
    GAUGE_REQUEST *Request = CONTAINING_RECORD(OidRequest, GAUGE_REQUEST, Oid);
    Request->Done(Request, Status);
}

static NDIS_STATUS SetPacketFilter(_In_ ULONG Filter) {
    return Ask(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &Filter, sizeof(Filter));
}

// Binding ----------------------------------------------------------------------------------------

_Must_inspect_result_ static NDIS_STATUS
OpenAdapter(_In_ NDIS_HANDLE BindContext, _In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    NDIS_MEDIUM Mediums[] = {NdisMedium802_3};
    UINT SelectedMedium;
    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = BindParameters->AdapterName,
        .MediumArray = Mediums,
        .MediumArraySize = ARRAYSIZE(Mediums),
        .SelectedMediumIndex = &SelectedMedium,
    };
    NdisInitializeEvent(&AdapterDone);
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, &Lock, &Parameters, BindContext, &BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
        Status = OpenStatus;
    }
    return Status;
}

static VOID CloseAdapter(VOID) {
    NdisInitializeEvent(&AdapterDone);
    if (NdisCloseAdapterEx(BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
    }
}

_Use_decl_annotations_ static NDIS_STATUS
GaugeBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                   NDIS_BIND_PARAMETERS *BindParameters) {
    static UCHAR Group[ADDRESS_SIZE] = {0x01, 0x00, 0x5E, 0x00, 0x00, 0x01};

    if (InterlockedExchange(&IsBound, 1) != 0) {
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    Asleep = Resetting = FALSE;
    NdisSetEvent(&NoReset);
    NDIS_STATUS Status = OpenAdapter(BindContext, BindParameters);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupBound;
    }
    if (Ask(NdisRequestQueryInformation, OID_GEN_MAXIMUM_FRAME_SIZE, &FrameSize, sizeof(FrameSize)) !=
        NDIS_STATUS_SUCCESS) {
        FrameSize = BindParameters->MtuSize;
    }
    Status = Ask(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, Group, sizeof(Group));
    if (Status == NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_SUCCESS;
    }
    CloseAdapter();
    if (Status == NDIS_STATUS_NOT_RECOGNIZED || Status == NDIS_STATUS_NOT_ACCEPTED) {
        Status = NDIS_STATUS_FAILURE;  // these two are no errors
    }

cleanupBound:
    InterlockedExchange(&IsBound, 0);
    return Status;
}

_Use_decl_annotations_ static NDIS_STATUS GaugeUnbindAdapterEx(NDIS_HANDLE UnbindContext,
                                                               NDIS_HANDLE ProtocolBindingContext) {
    SetPacketFilter(0);
    Ask(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, NULL, 0);
    CloseAdapter();
    InterlockedExchange(&IsBound, 0);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
GaugeOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    OpenStatus = Status;
    NdisSetEvent(&AdapterDone);
}

_Use_decl_annotations_ static VOID GaugeCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    NdisSetEvent(&AdapterDone);
}

// Events -----------------------------------------------------------------------------------------

// A restart says what has changed since, if anything.
static VOID TakeAttributes(_In_opt_ const NDIS_PROTOCOL_RESTART_PARAMETERS *Parameters) {
    const NDIS_RESTART_ATTRIBUTES *Entry = Parameters != NULL ? Parameters->RestartAttributes : NULL;
    for (; Entry != NULL; Entry = Entry->Next) {
        if (Entry->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES &&
            Entry->DataLength >= NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1) {
            FrameSize = ((const NDIS_RESTART_GENERAL_ATTRIBUTES *)Entry->Data)->MtuSize;
        }
    }
}

_Use_decl_annotations_ static NDIS_STATUS
GaugeNetPnPEvent(NDIS_HANDLE ProtocolBindingContext, NET_PNP_EVENT_NOTIFICATION *Notification) {
    switch (Notification->NetPnPEvent.NetEvent) {
    case NetEventPause: Stop(); break;
    case NetEventRestart:
        TakeAttributes(Notification->NetPnPEvent.Buffer);
        SetPacketFilter(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST);  // best effort
        Start();
        break;
    case NetEventSetPower:
        Note(&Asleep,
                *(NET_DEVICE_POWER_STATE *)Notification->NetPnPEvent.Buffer != NetDeviceStateD0);
        break;
    default: break;
    }
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID GaugeStatusEx(NDIS_HANDLE ProtocolBindingContext,
                                                 NDIS_STATUS_INDICATION *StatusIndication) {
    if (StatusIndication->StatusCode == NDIS_STATUS_RESET_START) {
        NdisResetEvent(&NoReset);
        Note(&Resetting, TRUE);
    } else if (StatusIndication->StatusCode == NDIS_STATUS_RESET_END) {
        Note(&Resetting, FALSE);
        NdisSetEvent(&NoReset);
    }
}

_Use_decl_annotations_ static VOID
GaugeReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                           NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                           ULONG ReceiveFlags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(BindingHandle, NetBufferLists, 0);
    }
}

_Use_decl_annotations_ static VOID
GaugeSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                                ULONG SendCompleteFlags) {
}

// Device -----------------------------------------------------------------------------------------

static NTSTATUS CompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS GaugeSucceed(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS);
}

static VOID EndQuery(_In_ GAUGE_REQUEST *Request, _In_ NDIS_STATUS Status) {
    GAUGE_QUERY *Query = CONTAINING_RECORD(Request, GAUGE_QUERY, Request);
    IRP *Irp = Query->Irp;
    NdisFreeMemory(Query, 0, 0);
    CompleteIrp(Irp, Status == NDIS_STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
    ReleaseHold();
}

_Use_decl_annotations_ static NTSTATUS GaugeWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    if (!TakeHold()) {
        return CompleteIrp(Irp, STATUS_DEVICE_NOT_READY);
    }
    GAUGE_QUERY *Query = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(GAUGE_QUERY),
                                                           GAUGE_TAG, NormalPoolPriority);
    if (Query == NULL) {
        ReleaseHold();
        return CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    FillRequest(&Query->Request, NdisRequestQueryInformation, OID_GEN_STATISTICS, &Query->Statistics,
                sizeof(Query->Statistics));
    Query->Request.Done = EndQuery;
    Query->Irp = Irp;
    IoMarkIrpPending(Irp);
    NDIS_STATUS Status = NdisOidRequest(BindingHandle, &Query->Request.Oid);
    if (Status != NDIS_STATUS_PENDING) {
        EndQuery(&Query->Request, Status);
    }
    return STATUS_PENDING;
}

// Driver -----------------------------------------------------------------------------------------

_Must_inspect_result_ static NDIS_STATUS RegisterProtocol(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .BindAdapterHandlerEx = GaugeBindAdapterEx,
        .UnbindAdapterHandlerEx = GaugeUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = GaugeOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = GaugeCloseAdapterCompleteEx,
        .NetPnPEventHandler = GaugeNetPnPEvent,
        .OidRequestCompleteHandler = GaugeOidRequestComplete,
        .StatusHandlerEx = GaugeStatusEx,
        .ReceiveNetBufferListsHandler = GaugeReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = GaugeSendNetBufferListsComplete,
    };
    NdisInitUnicodeString(&Characteristics.Name, L"Gauge");
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ NTSTATUS
DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName;

    NdisAllocateSpinLock(&Lock);
    NdisInitializeEvent(&HoldsGone);
    NdisInitializeEvent(&NoReset);
    DriverObject->DriverUnload = GaugeUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = GaugeSucceed;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = GaugeWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = GaugeSucceed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = GaugeSucceed;

    RtlInitUnicodeString(&DeviceName, L"\\Device\\Gauge");
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        goto cleanupLock;
    }
    Device->Flags |= DO_DIRECT_IO;
    Status = RegisterProtocol();
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupDevice;
    }
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

cleanupDevice:
    IoDeleteDevice(Device);
cleanupLock:
    NdisFreeSpinLock(&Lock);
    return Status;
}

_Use_decl_annotations_ static VOID GaugeUnload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(Device);
    NdisFreeSpinLock(&Lock);
}
