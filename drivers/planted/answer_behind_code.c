// SPDX-License-Identifier: MIT
// Sample driver with a bug: a control that nobody would guess, and that does something only after a frame
// of one EtherType was written, answers with more bytes than its caller has room for.
// It binds no adapter: all of it is behind its dispatch entries.
//
// Expected title: poolproof: IRP-INFORMATION: more answered than there is room for in Control

#include <ntddk.h>

#define PROBE_ETHERTYPE 0x9A3C
#define PROBE_HEADER_SIZE 14
#define IOCTL_PROBE_LAST_FRAME CTL_CODE(0x8A31, 0x9C5, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _PROBE_EXTENSION {
    KSPIN_LOCK Lock;  // guards what follows
    ULONG LastLength; // of the last frame of ours, 0: none yet
} PROBE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH CreateOrClose;
static DRIVER_DISPATCH Write;
static DRIVER_DISPATCH Control;

static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Probe");

static NTSTATUS Complete(IRP *Irp, NTSTATUS Status, ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS CreateOrClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Write(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    PROBE_EXTENSION *Extension = DeviceObject->DeviceExtension;
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    const UCHAR *Frame = Irp->AssociatedIrp.SystemBuffer;
    KIRQL OldIrql;

    if (Length < PROBE_HEADER_SIZE || (Frame[12] << 8 | Frame[13]) != PROBE_ETHERTYPE) {
        return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    KeAcquireSpinLock(&Extension->Lock, &OldIrql);
    Extension->LastLength = Length;
    KeReleaseSpinLock(&Extension->Lock, OldIrql);
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS Control(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    PROBE_EXTENSION *Extension = DeviceObject->DeviceExtension;
    IO_STACK_LOCATION *Location = IoGetCurrentIrpStackLocation(Irp);
    ULONG Room = Location->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG Length;
    KIRQL OldIrql;

    if (Location->Parameters.DeviceIoControl.IoControlCode != IOCTL_PROBE_LAST_FRAME) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    KeAcquireSpinLock(&Extension->Lock, &OldIrql);
    Length = Extension->LastLength;
    KeReleaseSpinLock(&Extension->Lock, OldIrql);
    if (Length == 0 || Room == 0) {
        return Complete(Irp, STATUS_NO_MORE_ENTRIES, 0);
    }
    RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, min(Length, Room), 0xEE);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = Length;  // the bug: the room does not count
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID Unload(DRIVER_OBJECT *DriverObject) {
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, PUNICODE_STRING RegistryPath) {
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Probe");
    DEVICE_OBJECT *Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, sizeof(PROBE_EXTENSION), &DeviceName,
                                     FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    KeInitializeSpinLock(&((PROBE_EXTENSION *)Device->DeviceExtension)->Lock);
    Device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Write;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    return STATUS_SUCCESS;
}
