// SPDX-License-Identifier: MIT
// Numbers and GUIDs as text, and numbers that look random.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/unicode.h"

#include <ndis.h>

#define STRING_TAG 'grtS'
#define DIGITS_MAX 64u
#define GUID_CHARS 38u  // {00000000-0000-0000-0000-000000000000}

static bool is_base(ULONG base) { return base == 2 || base == 8 || base == 10 || base == 16; }

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, UNICODE_STRING *String) {
    ULONG base = Base == 0 ? 10 : Base;
    if (!is_base(base) || !pp_touch_write(String, sizeof(*String))) {
        return STATUS_INVALID_PARAMETER;
    }
    WCHAR digits[DIGITS_MAX];
    ULONG first = DIGITS_MAX;
    do {
        digits[--first] = (WCHAR)L"0123456789ABCDEF"[Value % base];
        Value /= base;
    } while (Value != 0);
    USHORT length = (USHORT)((DIGITS_MAX - first) * sizeof(WCHAR));
    if (length > String->MaximumLength || !pp_touch_write(String->Buffer, length)) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlMoveMemory(String->Buffer, &digits[first], length);
    String->Length = length;
    if (String->MaximumLength - length >= (int)sizeof(WCHAR) &&
        pp_touch_write(&String->Buffer[length / sizeof(WCHAR)], sizeof(WCHAR))) {
        String->Buffer[length / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, UNICODE_STRING *String) {
    return RtlInt64ToUnicodeString(Value, Base, String);
}

static ULONG digit_of(WCHAR c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10u;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10u : MAXULONG;
}

// With base 0 the text may say which: 0x, 0o, 0b. What follows the digits does not count.
static ULONG parse(PCWSTR text, ULONG count, ULONG base) {
    ULONG i = 0;
    while (i < count && text[i] <= ' ') {
        i++;
    }
    bool is_negative = i < count && text[i] == '-';
    i += i < count && (text[i] == '-' || text[i] == '+');
    if (base == 0) {
        WCHAR mark = i + 1 < count && text[i] == '0' ? text[i + 1] : 0;
        base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
        i += base == 10 ? 0 : 2;
    }
    ULONG value = 0;
    for (; i < count && digit_of(text[i]) < base; i++) {
        value = value * base + digit_of(text[i]);
    }
    return is_negative ? 0u - value : value;
}

NTSTATUS RtlUnicodeStringToInteger(const UNICODE_STRING *String, ULONG Base, ULONG *Value) {
    if ((Base != 0 && !is_base(Base)) || !pp_unicode_touch(String) ||
        !pp_touch_write(Value, sizeof(*Value))) {
        return STATUS_INVALID_PARAMETER;
    }
    *Value = parse(String->Buffer, String->Length / sizeof(WCHAR), Base);
    return STATUS_SUCCESS;
}

// === GUIDs ===

// Where the bytes of a GUID are in its text: two digits each.
static const UCHAR guid_places[16] = {7, 5, 3, 1, 12, 10, 17, 15, 20, 22, 25, 27, 29, 31, 33, 35};

static bool is_guid(PCWSTR text) {
    for (ULONG i = 0; i < GUID_CHARS; i++) {
        bool is_dash = i == 9 || i == 14 || i == 19 || i == 24;
        bool is_good = i == 0                ? text[i] == '{'
                       : i == GUID_CHARS - 1 ? text[i] == '}'
                       : is_dash             ? text[i] == '-'
                                             : digit_of(text[i]) < 16;
        if (!is_good) {
            return false;
        }
    }
    return true;
}

NTSTATUS RtlGUIDFromString(const UNICODE_STRING *GuidString, GUID *Guid) {
    if (!pp_touch_read(GuidString, sizeof(*GuidString)) || !pp_touch_write(Guid, sizeof(*Guid)) ||
        GuidString->Length < GUID_CHARS * sizeof(WCHAR) ||
        !pp_touch_read(GuidString->Buffer, GuidString->Length) || !is_guid(GuidString->Buffer)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < sizeof(GUID); i++) {
        const WCHAR *digits = &GuidString->Buffer[guid_places[i]];
        ((UCHAR *)Guid)[i] = (UCHAR)(digit_of(digits[0]) << 4 | digit_of(digits[1]));
    }
    return STATUS_SUCCESS;
}

// The new string is freed with RtlFreeUnicodeString.
NTSTATUS RtlStringFromGUID(const GUID *Guid, UNICODE_STRING *GuidString) {
    if (!pp_touch_read(Guid, sizeof(*Guid)) || !pp_touch_write(GuidString, sizeof(*GuidString))) {
        return STATUS_INVALID_PARAMETER;
    }
    WCHAR *text = ExAllocatePoolWithTag(PagedPool, (GUID_CHARS + 1) * sizeof(WCHAR), STRING_TAG);
    if (text == NULL) {
        return STATUS_NO_MEMORY;
    }
    RtlMoveMemory(text, L"{00000000-0000-0000-0000-000000000000}", (GUID_CHARS + 1) * sizeof(WCHAR));
    for (ULONG i = 0; i < sizeof(GUID); i++) {
        UCHAR byte = ((const UCHAR *)Guid)[i];
        text[guid_places[i]] = (WCHAR)L"0123456789ABCDEF"[byte >> 4];
        text[guid_places[i] + 1] = (WCHAR)L"0123456789ABCDEF"[byte & 15];
    }
    *GuidString = (UNICODE_STRING){GUID_CHARS * sizeof(WCHAR), (GUID_CHARS + 1) * sizeof(WCHAR), text};
    return STATUS_SUCCESS;
}

// === Random numbers: a function of the seed, and of nothing else ===

ULONG RtlRandomEx(ULONG *Seed) {
    pp_switch_point();
    if (!pp_touch_write(Seed, sizeof(*Seed))) {
        return 0;
    }
    *Seed = (ULONG)((*Seed * 0x7FFFFFEDull + 0x7FFFFFC3ull) % MAXLONG);
    return *Seed;
}
