// SPDX-License-Identifier: MIT
// Unicode strings and debug output. Case is folded for ASCII only.
#include "base/touch.h"

#include <ndis.h>

#define LENGTH_MAX 32766u  // characters, without the NUL

static WCHAR fold(WCHAR c) { return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c; }

static void touch_string(const UNICODE_STRING *string) {
    pp_touch_read(string, sizeof(*string));
    pp_touch_read(string->Buffer, string->Length);
}

VOID RtlInitUnicodeString(UNICODE_STRING *DestinationString, PCWSTR SourceString) {
    USHORT length = 0;
    while (SourceString != NULL && length < LENGTH_MAX) {
        pp_touch_read(&SourceString[length], sizeof(WCHAR));
        if (SourceString[length] == 0) {
            break;
        }
        length++;
    }
    pp_touch_write(DestinationString, sizeof(*DestinationString));
    DestinationString->Buffer = (PWSTR)SourceString;
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength =
        SourceString == NULL ? 0 : (USHORT)(DestinationString->Length + sizeof(WCHAR));
}

VOID NdisInitUnicodeString(NDIS_STRING *DestinationString, PCWSTR SourceString) {
    RtlInitUnicodeString(DestinationString, SourceString);
}

LONG RtlCompareUnicodeString(const UNICODE_STRING *String1, const UNICODE_STRING *String2,
                             BOOLEAN CaseInSensitive) {
    touch_string(String1);
    touch_string(String2);
    USHORT shorter = String1->Length < String2->Length ? String1->Length : String2->Length;
    for (USHORT i = 0; i < shorter / sizeof(WCHAR); i++) {
        WCHAR a = CaseInSensitive ? fold(String1->Buffer[i]) : String1->Buffer[i];
        WCHAR b = CaseInSensitive ? fold(String2->Buffer[i]) : String2->Buffer[i];
        if (a != b) {
            return (LONG)a - (LONG)b;
        }
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN RtlEqualUnicodeString(const UNICODE_STRING *String1, const UNICODE_STRING *String2,
                              BOOLEAN CaseInSensitive) {
    touch_string(String1);
    touch_string(String2);
    return String1->Length == String2->Length &&
           RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

VOID RtlCopyUnicodeString(UNICODE_STRING *DestinationString, const UNICODE_STRING *SourceString) {
    if (SourceString != NULL) {
        touch_string(SourceString);
    }
    pp_touch_write(DestinationString, sizeof(*DestinationString));
    USHORT length = SourceString == NULL ? 0 : SourceString->Length;
    if (length > DestinationString->MaximumLength) {
        length = DestinationString->MaximumLength;
    }
    if (length > 0) {
        pp_touch_write(DestinationString->Buffer, length);
        RtlMoveMemory(DestinationString->Buffer, SourceString->Buffer, length);
    }
    DestinationString->Length = length;
}

// Debug output says nothing that a report does not say better, and may hold addresses.
ULONG DbgPrint(PCSTR Format, ...) {
    (void)Format;
    return STATUS_SUCCESS;
}
