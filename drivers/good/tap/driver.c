// SPDX-License-Identifier: MIT
// The driver and its device: \\.\Tap, for reads, writes and the requests in tap.h.
#include "tap.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD TapUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH TapCreate;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH TapCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH TapClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH TapDeviceControl;

DEVICE_OBJECT *TapDevice;

_Use_decl_annotations_ NTSTATUS TapCompleteIrp(IRP *Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS TapCreate(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return TapCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS TapCleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    TapDetachFile(IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return TapCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS TapClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    TAP_BINDING *Binding = IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;

    if (Binding != NULL) {
        TapDereferenceBinding(Binding);
    }
    return TapCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS OpenByName(_In_ FILE_OBJECT *File, _In_ VOID *Name, _In_ ULONG Length) {
    if (Length == 0 || Length % sizeof(WCHAR) != 0 || Length > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER;
    }
    const UNICODE_STRING AdapterName = {(USHORT)Length, (USHORT)Length, Name};
    return TapAttachFile(File, &AdapterName);
}

static NTSTATUS QueryLink(_Inout_ TAP_BINDING *Binding, _Out_ TAP_LINK *Link) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    *Link = Binding->LinkState;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return STATUS_SUCCESS;
}

static NTSTATUS SetCopies(_Inout_ TAP_BINDING *Binding, _In_ ULONG Copies) {
    KIRQL OldIrql;

    if (Copies == 0 || Copies > TAP_COPIES_MAX) {
        return STATUS_INVALID_PARAMETER;
    }
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->Copies = Copies;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static NTSTATUS TapDeviceControl(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG InLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG OutLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    VOID *Buffer = Irp->AssociatedIrp.SystemBuffer;

    if (Code == IOCTL_TAP_OPEN) {
        return TapCompleteIrp(Irp, OpenByName(Stack->FileObject, Buffer, InLength), 0);
    }
    TAP_BINDING *Binding = TapBindingOf(Stack->FileObject);
    if (Binding == NULL) {
        return TapCompleteIrp(Irp, STATUS_INVALID_DEVICE_STATE, 0);
    }
    switch (Code) {
    case IOCTL_TAP_QUERY_LINK:
        if (OutLength < sizeof(TAP_LINK)) {
            return TapCompleteIrp(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        return TapCompleteIrp(Irp, QueryLink(Binding, Buffer), sizeof(TAP_LINK));
    case IOCTL_TAP_SET_COPIES:
        if (InLength < sizeof(ULONG)) {
            return TapCompleteIrp(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        return TapCompleteIrp(Irp, SetCopies(Binding, *(ULONG *)Buffer), 0);
    default: return TapCompleteIrp(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Tap");
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Tap");

    DriverObject->DriverUnload = TapUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = TapCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = TapCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = TapClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = TapRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = TapWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = TapDeviceControl;

    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &TapDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    TapDevice->Flags |= DO_DIRECT_IO;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto cleanupDevice;
    }
    Status = TapRegister();
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupLink;
    }
    return STATUS_SUCCESS;

cleanupLink:
    IoDeleteSymbolicLink(&LinkName);
cleanupDevice:
    IoDeleteDevice(TapDevice);
    return Status;
}

_Use_decl_annotations_ static VOID TapUnload(DRIVER_OBJECT *DriverObject) {
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Tap");

    TapDeregister();
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(TapDevice);
}
