// SPDX-License-Identifier: MIT
// Answers nothing, but looks closely at what comes: an EtherType, two numbers in one byte, a magic number,
// the name of a group. A frame that says goodbye is not given back.
// Expected title: poolproof: PAUSE-DEADLINE: pause never finishes, NBL not returned, received in ReceiveNetBufferLists

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'

#define GREETING_TYPE 0x88B9
#define GREETING_MAGIC 0x47524554  // in network order
#define GREETING_VERSION 2

enum greeting { GREETING_HELLO = 3, GREETING_STILL_THERE, GREETING_GOODBYE };

#include <pshpack1.h>
typedef struct _GREETING {
    UCHAR To[6];
    UCHAR From[6];
    USHORT EtherType;
    UCHAR Version : 4;
    UCHAR Kind : 4;
    UCHAR Reserved;
    ULONG Magic;
    CHAR Group[8];
} GREETING;
#include <poppack.h>

typedef struct _BINDING {
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    volatile LONG Greetings;
} BINDING;

static NDIS_HANDLE ProtocolHandle;

static const GREETING *GreetingOf(NET_BUFFER *Nb, GREETING *Storage) {
    const GREETING *Greeting = NdisGetDataBuffer(Nb, sizeof(*Storage), Storage, 1, 0);
    if (Greeting == NULL || Greeting->EtherType != RtlUshortByteSwap(GREETING_TYPE) ||
        Greeting->Version != GREETING_VERSION || Greeting->Magic != RtlUlongByteSwap(GREETING_MAGIC) ||
        !RtlEqualMemory(Greeting->Group, "workshop", sizeof(Greeting->Group))) {
        return NULL;
    }
    return Greeting;
}

// Returns whether the NBL is to be given back.
static BOOLEAN ReceiveNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    GREETING Storage;
    const GREETING *Greeting = GreetingOf(NET_BUFFER_LIST_FIRST_NB(Nbl), &Storage);
    if (Greeting == NULL) {
        return TRUE;
    }
    switch (Greeting->Kind) {
    case GREETING_HELLO:
    case GREETING_STILL_THERE:
        InterlockedIncrement(&Binding->Greetings);
        return TRUE;
    case GREETING_GOODBYE:
        InterlockedDecrement(&Binding->Greetings);
        return FALSE;  // the bug
    default:
        return TRUE;
    }
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    BINDING *Binding = BindingContext;
    if (NDIS_TEST_RECEIVE_CANNOT_PEND(Flags)) {
        return;
    }
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
        if (ReceiveNbl(Binding, Nbl)) {
            NdisReturnNetBufferLists(Binding->BindingHandle, Nbl, 0);
        }
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
