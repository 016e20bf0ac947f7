// SPDX-License-Identifier: MIT
// Keeps the chain of one indication until the pause, and returns it then. It does not look whether the
// chain was lent with RESOURCES: such a chain is not there any more when the callback has returned.
// Expected title: poolproof: RX-RESOURCES-RETURN: NBL of a RESOURCES indication returned in StopReceiving

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *Device;

// The one binding.
static volatile LONG IsBound;
static NDIS_HANDLE BindingHandle;
static NDIS_EVENT AdapterDone;  // a pending open or close has completed
static NDIS_STATUS OpenStatus;
static NDIS_SPIN_LOCK Lock;     // guards what follows
static BOOLEAN Running;
static NET_BUFFER_LIST *Kept;   // the chain of one indication

static VOID StartReceiving(VOID) {
    NdisAcquireSpinLock(&Lock);
    Running = TRUE;
    NdisReleaseSpinLock(&Lock);
}

static VOID StopReceiving(VOID) {
    NdisAcquireSpinLock(&Lock);
    NET_BUFFER_LIST *Nbls = Kept;
    Kept = NULL;
    Running = FALSE;
    NdisReleaseSpinLock(&Lock);
    if (Nbls != NULL) {
        NdisReturnNetBufferLists(BindingHandle, Nbls, 0);
    }
}

static BOOLEAN KeepNbls(NET_BUFFER_LIST *Nbls) {
    NdisAcquireSpinLock(&Lock);
    BOOLEAN IsKept = Running && Kept == NULL;
    if (IsKept) {
        Kept = Nbls;
    }
    NdisReleaseSpinLock(&Lock);
    return IsKept;
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
    NDIS_STATUS Status = OpenAdapter(BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        InterlockedExchange(&IsBound, FALSE);
    }
    return Status;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    OpenStatus = Status;
    NdisSetEvent(&AdapterDone);
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    NdisResetEvent(&AdapterDone);
    if (NdisCloseAdapterEx(BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&AdapterDone, 0);
    }
    InterlockedExchange(&IsBound, FALSE);
    return NDIS_STATUS_SUCCESS;
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) {
    NdisSetEvent(&AdapterDone);
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    if (Event->NetPnPEvent.NetEvent == NetEventPause) {
        StopReceiving();
    } else if (Event->NetPnPEvent.NetEvent == NetEventRestart) {
        StartReceiving();
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    if (KeepNbls(Nbls)) {  // the bug: NDIS_TEST_RECEIVE_CAN_PEND comes too late
        return;
    }
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(BindingHandle, Nbls, 0);
    }
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                       ULONG Flags) {
}

static NTSTATUS CompleteAtOnce(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
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
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CompleteAtOnce;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = CompleteAtOnce;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CompleteAtOnce;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CompleteAtOnce;
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
