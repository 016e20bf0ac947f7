// SPDX-License-Identifier: MIT
// The driver and its device.
#include "late.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LateUnload;
_Dispatch_type_(IRP_MJ_CREATE) static DRIVER_DISPATCH LateCreate;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH LateCleanup;
_Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH LateClose;

DEVICE_OBJECT *LateDevice;

_Use_decl_annotations_ NTSTATUS LateCompleteIrp(IRP *Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS LateCreate(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    FILE_OBJECT *File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    LATE_BINDING *Binding = LateReferenceBindingByFileName(&File->FileName);

    if (Binding == NULL) {
        return LateCompleteIrp(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    }
    File->FsContext = Binding;
    return LateCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS LateCleanup(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return LateCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS LateClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    LateDereferenceBinding(IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext);
    return LateCompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Late");

    DriverObject->DriverUnload = LateUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LateCreate;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = LateWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = LateCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LateClose;

    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &LateDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LateDevice->Flags |= DO_BUFFERED_IO;
    Status = LateRegister();
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(LateDevice);
    }
    return Status;
}

// A work item that has answered an unbind may still run: the system keeps the driver until it has ended.
_Use_decl_annotations_ static VOID LateUnload(DRIVER_OBJECT *DriverObject) {
    LateDeregister();
    IoDeleteDevice(LateDevice);
}
