// SPDX-License-Identifier: MIT
// A driver that crashes in the way that the control code asks for.
#include <ntddk.h>
#include <ndis.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH Succeed;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH Control;

static DEVICE_OBJECT *Device;
static volatile ULONG_PTR Nowhere = 0x5b0000000000;
static volatile LONG Zero = 0;
static const LONG Fixed = 7;
typedef VOID (*ROUTINE)(VOID);
static ROUTINE volatile Missing;

static VOID CallNull(VOID) { Missing(); }
static VOID CallNowhere(VOID) { ((ROUTINE)Nowhere)(); }
static VOID CallData(VOID) { ((ROUTINE)&Device)(); }
static VOID ReadNull(VOID) { Zero = *(volatile LONG *)(ULONG_PTR)Zero; }
static VOID WriteNowhere(VOID) { *(volatile LONG *)Nowhere = 1; }
static VOID WriteConstant(VOID) { *(volatile LONG *)&Fixed = 1; }
static VOID Divide(VOID) { Zero = 7 / Zero; }
static VOID Overflow(VOID) {
    LONG Table[4] = {1, 2, 3, 4};
    Zero = Table[4 + Zero];
}
static VOID Break(VOID) { DbgBreakPoint(); }
static VOID BugCheck(VOID) { KeBugCheckEx(0xE2, 1, 2, 3, 4); }

static LONG Recurse(LONG Depth) {
    volatile UCHAR Frame[512];
    Frame[0] = (UCHAR)Depth;
    return Depth == -1 ? 0 : Recurse(Depth + 1) + Frame[0];
}
static VOID Overrun(VOID) { Zero = Recurse(0); }

static VOID Spin(VOID) {
    while (Zero == 0) {
    }
}

// Over what it returns to.
static VOID Smash(VOID) {
    volatile ULONG_PTR Frame[1] = {0};
    for (LONG i = 0; i < 64; i++) {
        Frame[i] = Nowhere + (ULONG_PTR)i;
    }
}

static VOID WaitForEver(VOID) {
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

static const ROUTINE Routines[] = {CallNull, CallNowhere, CallData, ReadNull, WriteNowhere, WriteConstant,
                                   Divide,   Overflow,    Break,    BugCheck, Overrun,      Spin,
                                   Smash,    WaitForEver};

static NTSTATUS Complete(IRP *Irp, NTSTATUS Status) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS Succeed(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return Complete(Irp, STATUS_SUCCESS);
}

_Use_decl_annotations_ static NTSTATUS Control(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    if (Code < ARRAYSIZE(Routines)) {
        Routines[Code]();
    }
    return Complete(Irp, STATUS_SUCCESS);
}

_Use_decl_annotations_ static VOID Unload(DRIVER_OBJECT *DriverObject) { IoDeleteDevice(Device); }

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Crasher");
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    return IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
}
