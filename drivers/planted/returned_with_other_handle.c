// SPDX-License-Identifier: MIT
// Keeps the last frames that came to a group, of all bindings in one list. When there are too many,
// they are returned on the binding that has received the last one.
// Expected title: poolproof: RX-RETURN-BINDING: NBL returned on another binding in ReceiveNbl

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'
#define KEPT_COUNT_MAX 4
#define NBL_BINDING(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // that has received it

typedef struct _BINDING {
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    BOOLEAN Running;  // guarded by KeptLock
} BINDING;

static NDIS_HANDLE ProtocolHandle;
static NDIS_SPIN_LOCK KeptLock;  // guards what follows
static NET_BUFFER_LIST *Kept;    // the last frames to a group, the newest first
static ULONG KeptCount;

// Those that the binding has received, or all if it is NULL. With the lock held.
static NET_BUFFER_LIST *TakeKept(BINDING *Binding) {
    NET_BUFFER_LIST *Taken = NULL;
    NET_BUFFER_LIST **Link = &Kept;
    while (*Link != NULL) {
        NET_BUFFER_LIST *Nbl = *Link;
        if (Binding != NULL && NBL_BINDING(Nbl) != Binding) {
            Link = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
            continue;
        }
        *Link = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Taken;
        Taken = Nbl;
        KeptCount--;
    }
    return Taken;
}

static VOID StartReceiving(BINDING *Binding) {
    NdisAcquireSpinLock(&KeptLock);
    Binding->Running = TRUE;
    NdisReleaseSpinLock(&KeptLock);
}

static VOID StopReceiving(BINDING *Binding) {
    NdisAcquireSpinLock(&KeptLock);
    Binding->Running = FALSE;
    NET_BUFFER_LIST *Nbls = TakeKept(Binding);
    NdisReleaseSpinLock(&KeptLock);
    if (Nbls != NULL) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
    }
}

// Keeps the NBL if the binding runs. If there are too many, those kept before go to *Replaced.
static BOOLEAN KeepNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl, NET_BUFFER_LIST **Replaced) {
    NdisAcquireSpinLock(&KeptLock);
    BOOLEAN IsKept = Binding->Running;
    if (IsKept) {
        *Replaced = KeptCount == KEPT_COUNT_MAX ? TakeKept(NULL) : NULL;  // the bug: also another's
        NBL_BINDING(Nbl) = Binding;
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = Kept;
        Kept = Nbl;
        KeptCount++;
    }
    NdisReleaseSpinLock(&KeptLock);
    return IsKept;
}

static BOOLEAN IsToGroup(NET_BUFFER *Nb) {
    UCHAR Storage;
    const UCHAR *Frame = NdisGetDataBuffer(Nb, sizeof(Storage), &Storage, 1, 0);
    return Frame != NULL && (Frame[0] & 1) != 0;
}

static VOID ReceiveNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    NET_BUFFER_LIST *Returned = Nbl;
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    if (IsToGroup(NET_BUFFER_LIST_FIRST_NB(Nbl))) {
        KeepNbl(Binding, Nbl, &Returned);
    }
    if (Returned != NULL) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Returned, 0);
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
    NdisAllocateSpinLock(&KeptLock);
    DriverObject->DriverUnload = Unload;
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}
