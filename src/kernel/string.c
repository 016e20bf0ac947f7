// SPDX-License-Identifier: MIT
// Unicode strings. Case is folded for ASCII only.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/unicode.h"

#include <ndis.h>
#include <ntstrsafe.h>

#define LENGTH_MAX 32766u  // characters, without the NUL
#define STRING_TAG 'grtS'

static bool touch_destination(UNICODE_STRING *string) {
    return pp_touch_write(string, sizeof(*string)) &&
           pp_touch_write(string->Buffer, string->MaximumLength);
}

// Bytes of a text without its NUL; no more than a string can hold.
static USHORT length_of(PCWSTR text) {
    USHORT length = 0;
    while (text != NULL && length < LENGTH_MAX && pp_touch_read(&text[length], sizeof(WCHAR)) &&
           text[length] != 0) {
        length++;
    }
    return (USHORT)(length * sizeof(WCHAR));
}

VOID RtlInitUnicodeString(UNICODE_STRING *DestinationString, PCWSTR SourceString) {
    USHORT length = length_of(SourceString);
    if (pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        DestinationString->Buffer = (PWSTR)SourceString;
        DestinationString->Length = length;
        DestinationString->MaximumLength = SourceString == NULL ? 0 : (USHORT)(length + sizeof(WCHAR));
    }
}

VOID NdisInitUnicodeString(NDIS_STRING *DestinationString, PCWSTR SourceString) {
    RtlInitUnicodeString(DestinationString, SourceString);
}

// === Comparing ===

static LONG compare(const UNICODE_STRING *left, const UNICODE_STRING *right, USHORT length,
                    bool ignores_case) {
    for (USHORT i = 0; i < length / sizeof(WCHAR); i++) {
        WCHAR a = ignores_case ? pp_unicode_fold(left->Buffer[i]) : left->Buffer[i];
        WCHAR b = ignores_case ? pp_unicode_fold(right->Buffer[i]) : right->Buffer[i];
        if (a != b) {
            return (LONG)a - (LONG)b;
        }
    }
    return 0;
}

LONG RtlCompareUnicodeString(const UNICODE_STRING *String1, const UNICODE_STRING *String2,
                             BOOLEAN CaseInSensitive) {
    if (!pp_unicode_touch(String1) || !pp_unicode_touch(String2)) {
        return 0;
    }
    LONG difference = compare(String1, String2, min(String1->Length, String2->Length), CaseInSensitive);
    return difference != 0 ? difference : (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN RtlEqualUnicodeString(const UNICODE_STRING *String1, const UNICODE_STRING *String2,
                              BOOLEAN CaseInSensitive) {
    return pp_unicode_touch(String1) && pp_unicode_touch(String2) &&
           String1->Length == String2->Length &&
           compare(String1, String2, String1->Length, CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixUnicodeString(const UNICODE_STRING *String1, const UNICODE_STRING *String2,
                               BOOLEAN CaseInSensitive) {
    return pp_unicode_touch(String1) && pp_unicode_touch(String2) &&
           String1->Length <= String2->Length &&
           compare(String1, String2, String1->Length, CaseInSensitive) == 0;
}

// FNV-1a: which hash it is is not documented, and equal strings have equal ones.
NTSTATUS RtlHashUnicodeString(const UNICODE_STRING *String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                              ULONG *HashValue) {
    (void)HashAlgorithm;
    if (!pp_unicode_touch(String) || !pp_touch_write(HashValue, sizeof(*HashValue))) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG hash = 2166136261u;
    for (USHORT i = 0; i < String->Length / sizeof(WCHAR); i++) {
        hash = (hash ^ (CaseInSensitive ? pp_unicode_fold(String->Buffer[i]) : String->Buffer[i])) *
               16777619u;
    }
    *HashValue = hash;
    return STATUS_SUCCESS;
}

// === Copying ===

VOID RtlCopyUnicodeString(UNICODE_STRING *DestinationString, const UNICODE_STRING *SourceString) {
    if ((SourceString != NULL && !pp_unicode_touch(SourceString)) ||
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

static NTSTATUS append(UNICODE_STRING *destination, PCWSTR text, USHORT length) {
    if (!touch_destination(destination) || destination->Length > destination->MaximumLength ||
        length > destination->MaximumLength - destination->Length) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (length == 0) {
        return STATUS_SUCCESS;
    }
    RtlMoveMemory((char *)destination->Buffer + destination->Length, text, length);
    destination->Length = (USHORT)(destination->Length + length);
    if (destination->MaximumLength - destination->Length >= (int)sizeof(WCHAR)) {
        destination->Buffer[destination->Length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(UNICODE_STRING *Destination, const UNICODE_STRING *Source) {
    return pp_unicode_touch(Source) ? append(Destination, Source->Buffer, Source->Length)
                                    : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlAppendUnicodeToString(UNICODE_STRING *Destination, PCWSTR Source) {
    return Source == NULL ? STATUS_SUCCESS : append(Destination, Source, length_of(Source));
}

NTSTATUS RtlUnicodeStringInit(UNICODE_STRING *Destination, PCWSTR Source) {
    RtlInitUnicodeString(Destination, Source);
    return STATUS_SUCCESS;
}

// === Case ===

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) { return pp_unicode_fold(SourceCharacter); }

WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter) {
    return SourceCharacter >= 'A' && SourceCharacter <= 'Z' ? (WCHAR)(SourceCharacter - 'A' + 'a')
                                                            : SourceCharacter;
}

// Makes the buffer of a string that is to be freed with RtlFreeUnicodeString. False if there is none.
static bool allocate(UNICODE_STRING *string, USHORT length) {
    string->Buffer = ExAllocatePoolWithTag(PagedPool, length, STRING_TAG);
    string->Length = 0;
    string->MaximumLength = string->Buffer == NULL ? 0 : length;
    return string->Buffer != NULL;
}

NTSTATUS RtlUpcaseUnicodeString(UNICODE_STRING *DestinationString, const UNICODE_STRING *SourceString,
                                BOOLEAN AllocateDestinationString) {
    if (!pp_unicode_touch(SourceString) ||
        !pp_touch_write(DestinationString, sizeof(*DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (AllocateDestinationString && !allocate(DestinationString, SourceString->Length)) {
        return STATUS_NO_MEMORY;
    }
    if (SourceString->Length > DestinationString->MaximumLength ||
        !pp_touch_write(DestinationString->Buffer, SourceString->Length)) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT i = 0; i < SourceString->Length / sizeof(WCHAR); i++) {
        DestinationString->Buffer[i] = pp_unicode_fold(SourceString->Buffer[i]);
    }
    DestinationString->Length = SourceString->Length;
    return STATUS_SUCCESS;
}

NTSTATUS NdisUpcaseUnicodeString(UNICODE_STRING *DestinationString, UNICODE_STRING *SourceString) {
    return RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
}

VOID RtlFreeUnicodeString(UNICODE_STRING *UnicodeString) {
    if (pp_touch_write(UnicodeString, sizeof(*UnicodeString)) && UnicodeString->Buffer != NULL) {
        ExFreePool(UnicodeString->Buffer);
        *UnicodeString = (UNICODE_STRING){0, 0, NULL};
    }
}
