// SPDX-License-Identifier: MIT
// A restart is looked into for a new MTU. That it comes with parameters is checked; that these have
// attributes is not.
// Expected title: poolproof: RESTART-BUFFER: parameters used that a restart does not have in TakeAttributes

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

static NDIS_HANDLE ProtocolHandle;

// The one binding
static volatile LONG IsBound;
static NDIS_HANDLE BindingHandle;
static NDIS_EVENT AdapterDone;  // a pending open or close has completed
static NDIS_STATUS OpenStatus;
static NDIS_EVENT Answered;     // a pending OID request has completed
static NDIS_STATUS Answer;
static volatile ULONG FrameSize;

// Makes a request and waits for it, at PASSIVE_LEVEL.
static NDIS_STATUS Ask(_In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid, _Inout_ ULONG *Value) {
    NDIS_OID_REQUEST Request;
    NdisZeroMemory(&Request, sizeof(Request));
    Request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    Request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    Request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    Request.RequestType = Type;
    Request.DATA.QUERY_INFORMATION.Oid = Oid;
    Request.DATA.QUERY_INFORMATION.InformationBuffer = Value;
    Request.DATA.QUERY_INFORMATION.InformationBufferLength = sizeof(*Value);
    NdisInitializeEvent(&Answered);
    NDIS_STATUS Status = NdisOidRequest(BindingHandle, &Request);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Answered, 0);
        Status = Answer;
    }
    return Status;
}

static VOID SetPacketFilter(_In_ ULONG Filter) {
    Ask(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &Filter);
}

static NDIS_STATUS BindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                                 NDIS_BIND_PARAMETERS *BindParameters) {
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
    if (InterlockedExchange(&IsBound, 1) != 0) {
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    NdisInitializeEvent(&AdapterDone);
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, &ProtocolHandle, &Parameters, BindContext, &BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
        Status = OpenStatus;
    }
    if (Status != NDIS_STATUS_SUCCESS) {
        InterlockedExchange(&IsBound, 0);
    }
    return Status;
}

static NDIS_STATUS UnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    SetPacketFilter(0);
    NdisInitializeEvent(&AdapterDone);
    if (NdisCloseAdapterEx(BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
    }
    InterlockedExchange(&IsBound, 0);
    return NDIS_STATUS_SUCCESS;
}

static VOID OpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    OpenStatus = Status;
    NdisSetEvent(&AdapterDone);
}

static VOID CloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) { NdisSetEvent(&AdapterDone); }

static VOID TakeAttributes(_In_opt_ const NDIS_PROTOCOL_RESTART_PARAMETERS *Parameters) {
    if (Parameters == NULL) {
        return;
    }
    const NDIS_RESTART_ATTRIBUTES *Entry = Parameters->RestartAttributes;
    while (Entry->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES && Entry->Next != NULL) {  // the bug
        Entry = Entry->Next;
    }
    if (Entry->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES) {
        FrameSize = ((const NDIS_RESTART_GENERAL_ATTRIBUTES *)Entry->Data)->MtuSize;
    }
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
                               NET_PNP_EVENT_NOTIFICATION *Notification) {
    if (Notification->NetPnPEvent.NetEvent == NetEventRestart) {
        TakeAttributes(Notification->NetPnPEvent.Buffer);
        SetPacketFilter(NDIS_PACKET_TYPE_DIRECTED);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID OidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                               NDIS_STATUS Status) {
    Answer = Status;
    NdisSetEvent(&Answered);
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                                  NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                                  ULONG ReceiveFlags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(BindingHandle, NetBufferLists, 0);
    }
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
                                       NET_BUFFER_LIST *NetBufferLists, ULONG SendCompleteFlags) {}

static VOID Unload(DRIVER_OBJECT *DriverObject) { NdisDeregisterProtocolDriver(ProtocolHandle); }

NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .BindAdapterHandlerEx = BindAdapterEx,
        .UnbindAdapterHandlerEx = UnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = OpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = CloseAdapterCompleteEx,
        .NetPnPEventHandler = NetPnPEvent,
        .OidRequestCompleteHandler = OidRequestComplete,
        .ReceiveNetBufferListsHandler = ReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = SendNetBufferListsComplete,
    };
    NdisInitUnicodeString(&Characteristics.Name, L"Planted");
    DriverObject->DriverUnload = Unload;
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}
