// SPDX-License-Identifier: MIT
// Keeps the first frames that came to a group, but not two from the same sender one after the other.
// It looks for the sender in the frame that it keeps; if the adapter has put the header into an MDL of its
// own, that may be another frame's by then.
// Expected title: poolproof: RX-HDRMDL: header of a split frame read after its indication in GetSender

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'
#define KEPT_COUNT_MAX 4

typedef struct _BINDING {
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    NDIS_SPIN_LOCK Lock;  // guards what follows
    BOOLEAN Running;
    NET_BUFFER_LIST *Kept;  // frames to a group, the newest first
    ULONG KeptCount;
} BINDING;

static NDIS_HANDLE ProtocolHandle;

// With the lock held.
static NET_BUFFER_LIST *TakeKept(BINDING *Binding) {
    NET_BUFFER_LIST *Nbls = Binding->Kept;
    Binding->Kept = NULL;
    Binding->KeptCount = 0;
    return Nbls;
}

static VOID StartReceiving(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    NdisReleaseSpinLock(&Binding->Lock);
}

static VOID StopReceiving(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    NET_BUFFER_LIST *Nbls = TakeKept(Binding);
    Binding->Running = FALSE;
    NdisReleaseSpinLock(&Binding->Lock);
    if (Nbls != NULL) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
    }
}

static BOOLEAN GetSender(NET_BUFFER *Nb, UCHAR *Sender) {
    UCHAR Storage[12];
    const UCHAR *Frame = NdisGetDataBuffer(Nb, sizeof(Storage), Storage, 1, 0);
    if (Frame != NULL) {
        NdisMoveMemory(Sender, Frame + 6, 6);
    }
    return Frame != NULL;
}

// With the lock held.
static BOOLEAN IsFromLastSender(BINDING *Binding, NET_BUFFER *Nb) {
    UCHAR Sender[6], LastSender[6];
    return Binding->Kept != NULL && GetSender(Nb, Sender) &&
           GetSender(NET_BUFFER_LIST_FIRST_NB(Binding->Kept), LastSender) &&  // the bug
           NdisEqualMemory(Sender, LastSender, sizeof(Sender));
}

// Keeps the NBL if the binding runs and there is room.
static BOOLEAN KeepNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsKept = Binding->Running && Binding->KeptCount < KEPT_COUNT_MAX &&
                     !IsFromLastSender(Binding, NET_BUFFER_LIST_FIRST_NB(Nbl));
    if (IsKept) {
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Binding->Kept;
        Binding->Kept = Nbl;
        Binding->KeptCount++;
    }
    NdisReleaseSpinLock(&Binding->Lock);
    return IsKept;
}

static BOOLEAN IsToGroup(NET_BUFFER *Nb) {
    UCHAR Storage;
    const UCHAR *Frame = NdisGetDataBuffer(Nb, sizeof(Storage), &Storage, 1, 0);
    return Frame != NULL && (Frame[0] & 1) != 0;
}

static VOID ReceiveNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    if (!IsToGroup(NET_BUFFER_LIST_FIRST_NB(Nbl)) || !KeepNbl(Binding, Nbl)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbl, 0);
    }
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    if (NDIS_TEST_RECEIVE_CANNOT_PEND(Flags)) {
        return;
    }
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        ReceiveNbl(BindingContext, Nbl);
    }
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls, ULONG Flags) {}

static NDIS_STATUS OpenAdapter(BINDING *Binding, NDIS_HANDLE BindContext, UNICODE_STRING *AdapterName) {
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
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext, &Binding->BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
        NdisResetEvent(&Binding->AdapterDone);
        Status = Binding->OpenStatus;
    }
    return Status;
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

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {}

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
                               NDIS_BIND_PARAMETERS *Parameters) {
    BINDING *Binding =
        NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Binding), TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NdisZeroMemory(Binding, sizeof(*Binding));
    NdisAllocateSpinLock(&Binding->Lock);
    NdisInitializeEvent(&Binding->AdapterDone);
    NDIS_STATUS Status = OpenAdapter(Binding, BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(Binding, 0, 0);
    }
    return Status;
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    NdisFreeMemory(Binding, 0, 0);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    if (Event->NetPnPEvent.NetEvent == NetEventPause) {
        StopReceiving(BindingContext);
    } else if (Event->NetPnPEvent.NetEvent == NetEventRestart) {
        StartReceiving(BindingContext);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID Unload(DRIVER_OBJECT *DriverObject) { NdisDeregisterProtocolDriver(ProtocolHandle); }

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
    DriverObject->DriverUnload = Unload;
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}
