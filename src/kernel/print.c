// SPDX-License-Identifier: MIT
// Debug output and breakpoints. Output says nothing that a report does not say better, and may hold
// addresses.
#include "base/emit.h"

#include <ndis.h>

ULONG DbgPrint(PCSTR Format, ...) {
    (void)Format;
    return STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
    (void)ComponentId;
    (void)Level;
    (void)Format;
    return STATUS_SUCCESS;
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arglist) {
    (void)ComponentId;
    (void)Level;
    (void)Format;
    (void)Arglist;
    return STATUS_SUCCESS;
}

// Nobody is there to go on.
VOID DbgBreakPoint(VOID) { PP_EMIT(CRASH, PP_CRASH_BREAK); }

VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
                            ULONG NumberOfErrorValues, ...) {
    (void)NdisAdapterHandle;
    (void)ErrorCode;
    (void)NumberOfErrorValues;
    pp_switch_point();
}

NDIS_STATUS NdisWriteEventLogEntry(PVOID LogHandle, NDIS_STATUS EventCode, ULONG UniqueEventValue,
                                   USHORT NumStrings, PVOID StringsList, ULONG DataSize, PVOID Data) {
    (void)LogHandle;
    (void)EventCode;
    (void)UniqueEventValue;
    (void)NumStrings;
    (void)StringsList;
    (void)DataSize;
    (void)Data;
    pp_switch_point();
    return NDIS_STATUS_SUCCESS;
}
