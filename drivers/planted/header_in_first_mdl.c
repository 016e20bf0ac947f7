// SPDX-License-Identifier: MIT
// Counts IPv4 frames. It looks for the type of a frame where the frame begins, in the first MDL, and
// takes it that the whole header lies there.
// Expected title: poolproof: RX-MULTIMDL: received data read past the end of its MDL in IsIpv4

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
static ULONG Ipv4Frames;

static VOID StartReceiving(VOID) {
    NdisAcquireSpinLock(&Lock);
    Running = TRUE;
    NdisReleaseSpinLock(&Lock);
}

static VOID StopReceiving(VOID) {
    NdisAcquireSpinLock(&Lock);
    Running = FALSE;
    NdisReleaseSpinLock(&Lock);
    DbgPrint("planted: %u IPv4 frames\n", Ipv4Frames);
}

static BOOLEAN IsIpv4(NET_BUFFER *Nb) {
    const UCHAR *Frame = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                      NormalPagePriority | MdlMappingNoExecute);
    if (Frame == NULL || NET_BUFFER_DATA_LENGTH(Nb) < 14) {
        return FALSE;
    }
    Frame += NET_BUFFER_CURRENT_MDL_OFFSET(Nb);
    return Frame[12] == 0x08 && Frame[13] == 0x00;  // the bug: not NdisGetDataBuffer
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
    for (NET_BUFFER_LIST *Nbl = Nbls; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        BOOLEAN IsCounted = IsIpv4(NET_BUFFER_LIST_FIRST_NB(Nbl));
        NdisAcquireSpinLock(&Lock);
        Ipv4Frames += Running && IsCounted ? 1 : 0;
        NdisReleaseSpinLock(&Lock);
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
