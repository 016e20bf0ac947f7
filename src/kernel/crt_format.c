// SPDX-License-Identifier: MIT
// Formatted text as the kernel's C library has it; see crt_text.c for the names.
#include "base/touch.h"
#include "kernel/format.h"

#include <wdm.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define LENGTH_MAX 65535u  // of what is formatted into memory of unknown size

// Up to `size` characters are there, `most` of them may be used. How it ends where that is too little is
// what the functions differ in.
static int print(void *to, size_t size, size_t most, bool is_wide, bool is_secure, const void *format,
                 va_list args) {
    static WCHAR text[LENGTH_MAX + 2];
    size_t unit = is_wide ? sizeof(WCHAR) : 1;
    size_t length = pp_format(text, LENGTH_MAX + 2, is_wide, format, args);
    bool is_cut = length > most || (is_secure && length >= size);

    if (is_secure && is_cut && most != _TRUNCATE && length >= size) {
        if (size > 0 && pp_touch_write(to, unit)) {
            RtlZeroMemory(to, unit);
        }
        return -1;
    }
    size_t copied = length < most ? length : most;
    copied = is_secure && copied >= size ? size - (size > 0) : copied;
    bool is_ended = is_secure ? size > 0 : copied < size;
    if (pp_touch_write(to, (copied + is_ended) * unit)) {
        RtlCopyMemory(to, text, copied * unit);
        RtlZeroMemory((char *)to + copied * unit, is_ended ? unit : 0);
    }
    return is_cut ? -1 : (int)length;
}

#define CRT_FORMAT(Char, is_wide, unbounded, bounded, secure, secure_bounded, v_unbounded, v_bounded, \
                   v_secure, v_secure_bounded)                                                        \
    int pp_crt_##v_unbounded(Char *to, const Char *format, va_list args) {                            \
        return print(to, SIZE_MAX, SIZE_MAX, is_wide, false, format, args);                           \
    }                                                                                                 \
    int pp_crt_##v_bounded(Char *to, size_t size, const Char *format, va_list args) {                 \
        return print(to, size, size, is_wide, false, format, args);                                   \
    }                                                                                                 \
    int pp_crt_##v_secure(Char *to, size_t size, const Char *format, va_list args) {                  \
        return print(to, size, SIZE_MAX - 1, is_wide, true, format, args);                            \
    }                                                                                                 \
    int pp_crt_##v_secure_bounded(Char *to, size_t size, size_t most, const Char *format,             \
                                  va_list args) {                                                     \
        return print(to, size, most, is_wide, true, format, args);                                    \
    }                                                                                                 \
    int pp_crt_##unbounded(Char *to, const Char *format, ...) {                                       \
        va_list args;                                                                                 \
        va_start(args, format);                                                                       \
        int length = pp_crt_##v_unbounded(to, format, args);                                          \
        va_end(args);                                                                                 \
        return length;                                                                                \
    }                                                                                                 \
    int pp_crt_##bounded(Char *to, size_t size, const Char *format, ...) {                            \
        va_list args;                                                                                 \
        va_start(args, format);                                                                       \
        int length = pp_crt_##v_bounded(to, size, format, args);                                      \
        va_end(args);                                                                                 \
        return length;                                                                                \
    }                                                                                                 \
    int pp_crt_##secure(Char *to, size_t size, const Char *format, ...) {                             \
        va_list args;                                                                                 \
        va_start(args, format);                                                                       \
        int length = pp_crt_##v_secure(to, size, format, args);                                       \
        va_end(args);                                                                                 \
        return length;                                                                                \
    }                                                                                                 \
    int pp_crt_##secure_bounded(Char *to, size_t size, size_t most, const Char *format, ...) {        \
        va_list args;                                                                                 \
        va_start(args, format);                                                                       \
        int length = pp_crt_##v_secure_bounded(to, size, most, format, args);                         \
        va_end(args);                                                                                 \
        return length;                                                                                \
    }

CRT_FORMAT(char, false, sprintf, _snprintf, sprintf_s, _snprintf_s, vsprintf, _vsnprintf, vsprintf_s,
           _vsnprintf_s)
CRT_FORMAT(wchar_t, true, swprintf, _snwprintf, swprintf_s, _snwprintf_s, vswprintf, _vsnwprintf,
           vswprintf_s, _vsnwprintf_s)
