// SPDX-License-Identifier: MIT
// Unicode strings and debug output. Case is folded for ASCII only.
#include <ndis.h>

static WCHAR fold(WCHAR c) { return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c; }

VOID RtlInitUnicodeString(UNICODE_STRING *DestinationString, PCWSTR SourceString) {
    USHORT length = 0;
    while (SourceString != NULL && SourceString[length] != 0) {
        length++;
    }
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
    return String1->Length == String2->Length &&
           RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

VOID RtlCopyUnicodeString(UNICODE_STRING *DestinationString, const UNICODE_STRING *SourceString) {
    USHORT length = SourceString == NULL ? 0 : SourceString->Length;
    if (length > DestinationString->MaximumLength) {
        length = DestinationString->MaximumLength;
    }
    if (length > 0) {
        RtlMoveMemory(DestinationString->Buffer, SourceString->Buffer, length);
    }
    DestinationString->Length = length;
}

// Debug output says nothing that a report does not say better, and may hold addresses.
ULONG DbgPrint(PCSTR Format, ...) {
    (void)Format;
    return STATUS_SUCCESS;
}
