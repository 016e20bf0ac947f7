// SPDX-License-Identifier: MIT
// Unicode strings that a driver has passed.
#pragma once
#include "base/touch.h"

#include <ntdef.h>

// True if the string and its text can be read; else the bad access has been told.
static inline bool pp_unicode_touch(const UNICODE_STRING *string) {
    return pp_touch_read(string, sizeof(*string)) && pp_touch_read(string->Buffer, string->Length);
}

// Upper case, of ASCII only.
static inline WCHAR pp_unicode_fold(WCHAR c) {
    return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c;
}
