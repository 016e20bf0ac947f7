// SPDX-License-Identifier: MIT
// A driver that computes for ever: no call, no memory, and a result that nobody needs. C allows a
// compiler to take such a loop for finite, and to leave it out; Windows' compiler does not.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static volatile ULONG Start = 0;

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    ULONG Value = Start;
    while (Value != 1) {
        Value = (Value & 1) != 0 ? 3 * Value + 1 : Value / 2;
    }
    return STATUS_UNSUCCESSFUL;
}
