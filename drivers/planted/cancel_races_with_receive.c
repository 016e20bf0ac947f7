// SPDX-License-Identifier: MIT
// Reads wait for frames, and can be cancelled meanwhile. A frame completes a read without looking
// whether its cancel routine runs already, which then does what it does to an IRP that is gone.
// Expected title: poolproof: MEM-UAF: freed IRP read in CancelRead

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

static KSPIN_LOCK ReadsLock;  // guards Reads
static LIST_ENTRY Reads;      // IRPs that wait for a frame

static NTSTATUS CompleteIrp(IRP *Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID CancelRead(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    KIRQL OldIrql;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&ReadsLock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&ReadsLock, OldIrql);
    CompleteIrp(Irp, STATUS_CANCELLED, 0);
}

// The oldest read, of that file if it is not NULL; not one that is being cancelled. It is out of the
// list.
static IRP *TakeRead(FILE_OBJECT *File) {
    IRP *Taken = NULL;
    KIRQL OldIrql;
    KeAcquireSpinLock(&ReadsLock, &OldIrql);
    for (LIST_ENTRY *Entry = Reads.Flink; Entry != &Reads && Taken == NULL; Entry = Entry->Flink) {
        IRP *Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (File == NULL || IoGetCurrentIrpStackLocation(Irp)->FileObject == File) {
            IoSetCancelRoutine(Irp, NULL);  // the bug: NULL says that the cancel routine has it
            Taken = Irp;
        }
    }
    if (Taken != NULL) {
        RemoveEntryList(&Taken->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&ReadsLock, OldIrql);
    return Taken;
}

static NTSTATUS Read(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    BOOLEAN IsCancelled = FALSE;
    KIRQL OldIrql;
    if (Irp->MdlAddress == NULL) {
        return CompleteIrp(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&ReadsLock, &OldIrql);
    InsertTailList(&Reads, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, CancelRead);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        IsCancelled = TRUE;
    }
    KeReleaseSpinLock(&ReadsLock, OldIrql);
    if (IsCancelled) {
        CompleteIrp(Irp, STATUS_CANCELLED, 0);
    }
    return STATUS_PENDING;
}

static VOID FinishRead(IRP *Irp, NET_BUFFER *Nb) {
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    ULONG Length = min(Room, NET_BUFFER_DATA_LENGTH(Nb));
    UCHAR *Target = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    UCHAR *Data = Target != NULL ? NdisGetDataBuffer(Nb, Length, Target, 1, 0) : NULL;
    if (Data == NULL) {
        CompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        return;
    }
    if (Data != Target) {
        NdisMoveMemory(Target, Data, Length);
    }
    CompleteIrp(Irp, Length < NET_BUFFER_DATA_LENGTH(Nb) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS,
                Length);
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    for (NET_BUFFER_LIST *Nbl = Nbls; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        IRP *Irp = TakeRead(NULL);
        if (Irp != NULL) {
            FinishRead(Irp, NET_BUFFER_LIST_FIRST_NB(Nbl));
        }
    }
    if (NDIS_TEST_RECEIVE_CAN_PEND(Flags)) {
        NdisReturnNetBufferLists(BindingHandle, Nbls, 0);
    }
}

static NTSTATUS Cleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    IRP *Waiting;
    while ((Waiting = TakeRead(File)) != NULL) {
        CompleteIrp(Waiting, STATUS_CANCELLED, 0);
    }
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS CreateOrClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
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

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) { NdisSetEvent(&AdapterDone); }

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    return NDIS_STATUS_SUCCESS;
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {}

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

    KeInitializeSpinLock(&ReadsLock);
    InitializeListHead(&Reads);
    NdisInitializeEvent(&AdapterDone);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Cleanup;
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
