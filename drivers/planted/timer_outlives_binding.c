// SPDX-License-Identifier: MIT
// Counts what it receives, and reports it a second later, out of a timer. An unbind ends that only
// if nothing is to be reported any more: it takes the count for the state of the timer.
// Expected title: poolproof: ACTIVE-FREED: memory freed with a timer in it that is set in UnbindAdapter

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'

typedef struct _BINDING {
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    volatile LONG Frames;  // received since the timer was set
    KTIMER Timer;          // set by the first of them
    KDPC Dpc;
} BINDING;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;

// Frames are counted, and reported a second after the first of them.
static VOID Report(KDPC *Dpc, VOID *Context, VOID *Argument1, VOID *Argument2) {
    BINDING *Binding = Context;
    DbgPrint("%u frames\n", InterlockedExchange(&Binding->Frames, 0));
}

static VOID CountFrames(BINDING *Binding, ULONG Count) {
    const LARGE_INTEGER OneSecond = {.QuadPart = -10000000};
    if (InterlockedExchangeAdd(&Binding->Frames, Count) == 0) {
        KeSetTimer(&Binding->Timer, OneSecond, &Binding->Dpc);
    }
}

static BOOLEAN BeginCounting(BINDING *Binding) {
    KeInitializeTimer(&Binding->Timer);
    KeInitializeDpc(&Binding->Dpc, Report, Binding);
    return TRUE;
}

static VOID EndCounting(BINDING *Binding) {
    if (Binding->Frames == 0) {  // the bug: the other way round
        KeCancelTimer(&Binding->Timer);
        KeFlushQueuedDpcs();
    }
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    BINDING *Binding = BindingContext;
    CountFrames(Binding, Count);
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
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
    NDIS_STATUS Status = NDIS_STATUS_RESOURCES;
    BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Binding), TAG);
    if (Binding == NULL) {
        return Status;
    }
    RtlZeroMemory(Binding, sizeof(*Binding));
    NdisInitializeEvent(&Binding->AdapterDone);
    if (!BeginCounting(Binding)) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupCounting;
    }
    return NDIS_STATUS_SUCCESS;

cleanupCounting:
    EndCounting(Binding);
cleanupBinding:
    ExFreePoolWithTag(Binding, TAG);
    return Status;
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    EndCounting(Binding);
    ExFreePoolWithTag(Binding, TAG);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    return NDIS_STATUS_SUCCESS;
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
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(Device);
    }
    return Status;
}
