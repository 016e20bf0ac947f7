// SPDX-License-Identifier: MIT
// Strings of bytes, and to and from Unicode. What is no Latin-1 character becomes a question mark.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/unicode.h"

#include <ndis.h>

#define LENGTH_MAX 65534u
#define STRING_TAG 'grtS'

static bool touch_string(const STRING *string) {
    return pp_touch_read(string, sizeof(*string)) && pp_touch_read(string->Buffer, string->Length);
}

VOID RtlInitAnsiString(ANSI_STRING *DestinationString, PCSZ SourceString) {
    USHORT length = 0;
    while (SourceString != NULL && length < LENGTH_MAX && pp_touch_read(&SourceString[length], 1) &&
           SourceString[length] != 0) {
        length++;
    }
    if (pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        DestinationString->Buffer = (PCHAR)SourceString;
        DestinationString->Length = length;
        DestinationString->MaximumLength = SourceString == NULL ? 0 : (USHORT)(length + 1);
    }
}

VOID RtlInitString(STRING *DestinationString, PCSZ SourceString) {
    RtlInitAnsiString(DestinationString, SourceString);
}

VOID RtlCopyString(STRING *DestinationString, const STRING *SourceString) {
    if ((SourceString != NULL && !touch_string(SourceString)) ||
        !pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        return;
    }
    USHORT length =
        SourceString == NULL ? 0 : min(SourceString->Length, DestinationString->MaximumLength);
    if (length > 0 && pp_touch_write(DestinationString->Buffer, length)) {
        RtlMoveMemory(DestinationString->Buffer, SourceString->Buffer, length);
    }
    DestinationString->Length = length;
}

static char fold(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive) {
    if (!touch_string(String1) || !touch_string(String2) || String1->Length != String2->Length) {
        return FALSE;
    }
    for (USHORT i = 0; i < String1->Length; i++) {
        char a = String1->Buffer[i];
        char b = String2->Buffer[i];
        if (a != b && (!CaseInSensitive || fold(a) != fold(b))) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID RtlFreeAnsiString(ANSI_STRING *AnsiString) {
    if (pp_touch_write(AnsiString, sizeof(*AnsiString)) && AnsiString->Buffer != NULL) {
        ExFreePool(AnsiString->Buffer);
        *AnsiString = (ANSI_STRING){0, 0, NULL};
    }
}

// === To and from Unicode: the result ends with a NUL, which its length does not count ===

NTSTATUS RtlAnsiStringToUnicodeString(UNICODE_STRING *DestinationString, const STRING *SourceString,
                                      BOOLEAN AllocateDestinationString) {
    if (!touch_string(SourceString) || !pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG needed = (SourceString->Length + 1u) * sizeof(WCHAR);
    if (needed > UNICODE_STRING_MAX_BYTES) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, needed, STRING_TAG);
        DestinationString->MaximumLength = (USHORT)needed;
        if (DestinationString->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    if (needed > DestinationString->MaximumLength ||
        !pp_touch_write(DestinationString->Buffer, needed)) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT i = 0; i < SourceString->Length; i++) {
        DestinationString->Buffer[i] = (UCHAR)SourceString->Buffer[i];
    }
    DestinationString->Buffer[SourceString->Length] = 0;
    DestinationString->Length = (USHORT)(needed - sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(ANSI_STRING *DestinationString, const UNICODE_STRING *SourceString,
                                      BOOLEAN AllocateDestinationString) {
    if (!pp_unicode_touch(SourceString) ||
        !pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    USHORT length = SourceString->Length / sizeof(WCHAR);
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, length + 1u, STRING_TAG);
        DestinationString->MaximumLength = (USHORT)(length + 1);
        if (DestinationString->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    if (length >= DestinationString->MaximumLength ||
        !pp_touch_write(DestinationString->Buffer, length + 1u)) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT i = 0; i < length; i++) {
        WCHAR c = SourceString->Buffer[i];
        DestinationString->Buffer[i] = (char)(c <= MAXUCHAR ? c : '?');
    }
    DestinationString->Buffer[length] = 0;
    DestinationString->Length = length;
    return STATUS_SUCCESS;
}

NDIS_STATUS NdisUnicodeStringToAnsiString(ANSI_STRING *DestinationString, UNICODE_STRING *SourceString) {
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
}

NDIS_STATUS NdisAnsiStringToUnicodeString(UNICODE_STRING *DestinationString, ANSI_STRING *SourceString) {
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
}

// The new string is freed with NdisFreeString.
VOID NdisInitializeString(NDIS_STRING *Destination, UCHAR *Source) {
    ANSI_STRING source;
    RtlInitAnsiString(&source, (PCSZ)Source);
    if (RtlAnsiStringToUnicodeString(Destination, &source, TRUE) != STATUS_SUCCESS &&
        pp_touch_write(Destination, sizeof(*Destination))) {
        *Destination = (NDIS_STRING){0, 0, NULL};
    }
}
