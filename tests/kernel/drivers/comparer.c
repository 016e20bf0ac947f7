// SPDX-License-Identifier: MIT
// A driver that compares memory it has freed.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    PVOID First = ExAllocatePoolWithTag(NonPagedPool, 64, 'pmoC');
    PVOID Second = ExAllocatePoolWithTag(NonPagedPool, 64, 'pmoC');
    RtlZeroMemory(First, 64);
    RtlZeroMemory(Second, 64);
    if (!RtlEqualMemory(First, Second, 64)) {
        return STATUS_UNSUCCESSFUL;
    }
    ExFreePool(First);
    return RtlEqualMemory(First, Second, 64) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
