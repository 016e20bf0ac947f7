// SPDX-License-Identifier: MIT
// A driver that shifts by more bits than there are, and goes on.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static volatile ULONG Bits = 56;
static volatile ULONG Value = 1;

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    Value <<= Bits;
    return STATUS_UNSUCCESSFUL;
}
