// SPDX-License-Identifier: MIT
// Text as the kernel's C library has it, of narrow and of wide characters. What a driver knows as NAME
// is pp_crt_NAME (cmake/link_driver.py): unlike the C library, these tell of an access that may not be.
#include "base/touch.h"
#include "kernel/crt.h"

#include <stdint.h>
#include <wdm.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define INVALID 22  // EINVAL
#define RANGE 34    // ERANGE
#define CUT 80      // STRUNCATE

#define CRT_TEXT(p, s, i, Char, Int)                                                                   \
    static bool p##_is_there(const Char *text, size_t at) {                                            \
        return pp_touch_read(&text[at], sizeof(Char)) && text[at] != 0;                                \
    }                                                                                                  \
    size_t pp_crt_##p##nlen(const Char *text, size_t most) {                                           \
        size_t length = 0;                                                                             \
        while (length < most && p##_is_there(text, length)) {                                          \
            length++;                                                                                  \
        }                                                                                              \
        return length;                                                                                 \
    }                                                                                                  \
    size_t pp_crt_##p##len(const Char *text) { return pp_crt_##p##nlen(text, SIZE_MAX); }              \
    static Char *p##_put(Char *to, const Char *from, size_t length, size_t zeros) {                    \
        if (pp_touch_write(to, (length + zeros) * sizeof(Char))) {                                     \
            RtlMoveMemory(to, from, length * sizeof(Char));                                            \
            RtlZeroMemory(&to[length], zeros * sizeof(Char));                                          \
        }                                                                                              \
        return to;                                                                                     \
    }                                                                                                  \
    Char *pp_crt_##p##cpy(Char *to, const Char *from) {                                                \
        return p##_put(to, from, pp_crt_##p##len(from), 1);                                            \
    }                                                                                                  \
    Char *pp_crt_##p##ncpy(Char *to, const Char *from, size_t size) {                                  \
        size_t length = pp_crt_##p##nlen(from, size);                                                  \
        return p##_put(to, from, length, size - length);                                               \
    }                                                                                                  \
    Char *pp_crt_##p##cat(Char *to, const Char *from) {                                                \
        p##_put(&to[pp_crt_##p##len(to)], from, pp_crt_##p##len(from), 1);                             \
        return to;                                                                                     \
    }                                                                                                  \
    Char *pp_crt_##p##ncat(Char *to, const Char *from, size_t most) {                                  \
        p##_put(&to[pp_crt_##p##len(to)], from, pp_crt_##p##nlen(from, most), 1);                      \
        return to;                                                                                     \
    }                                                                                                  \
    static int p##_compare(const Char *left, const Char *right, size_t most, bool folds) {             \
        for (size_t at = 0; at < most; at++) {                                                         \
            bool is_end = !p##_is_there(left, at);                                                     \
            if (!pp_touch_read(&right[at], sizeof(Char))) {                                            \
                return 1;                                                                              \
            }                                                                                          \
            int a = is_end ? 0 : folds ? pp_crt_tolower(left[at]) : left[at];                          \
            int b = folds ? pp_crt_tolower(right[at]) : right[at];                                     \
            if (a != b) {                                                                              \
                return a < b ? -1 : 1;                                                                 \
            }                                                                                          \
            if (is_end) {                                                                              \
                return 0;                                                                              \
            }                                                                                          \
        }                                                                                              \
        return 0;                                                                                      \
    }                                                                                                  \
    int pp_crt_##p##cmp(const Char *left, const Char *right) {                                         \
        return p##_compare(left, right, SIZE_MAX, false);                                              \
    }                                                                                                  \
    int pp_crt_##p##ncmp(const Char *left, const Char *right, size_t most) {                           \
        return p##_compare(left, right, most, false);                                                  \
    }                                                                                                  \
    int pp_crt_##i##icmp(const Char *left, const Char *right) {                                        \
        return p##_compare(left, right, SIZE_MAX, true);                                               \
    }                                                                                                  \
    int pp_crt_##i##nicmp(const Char *left, const Char *right, size_t most) {                          \
        return p##_compare(left, right, most, true);                                                   \
    }                                                                                                  \
    static Char *p##_find(const Char *text, Int c, bool is_last) {                                     \
        size_t length = pp_crt_##p##len(text);                                                         \
        const Char *found = NULL;                                                                      \
        for (size_t at = 0; at <= length && (is_last || found == NULL); at++) {                        \
            found = (at == length ? 0 : text[at]) == (Char)c ? &text[at] : found;                      \
        }                                                                                              \
        return (Char *)found;                                                                          \
    }                                                                                                  \
    Char *pp_crt_##p##chr(const Char *text, Int c) { return p##_find(text, c, false); }                \
    Char *pp_crt_##p##rchr(const Char *text, Int c) { return p##_find(text, c, true); }                \
    Char *pp_crt_##s(const Char *text, const Char *part) {                                             \
        size_t count = pp_crt_##p##len(part);                                                          \
        size_t length = pp_crt_##p##len(text);                                                         \
        for (size_t at = 0; at + count <= length; at++) {                                              \
            if (p##_compare(&text[at], part, count, false) == 0) {                                     \
                return (Char *)&text[at];                                                              \
            }                                                                                          \
        }                                                                                              \
        return NULL;                                                                                   \
    }                                                                                                  \
    static size_t p##_span(const Char *text, const Char *set, bool is_in) {                            \
        size_t length = 0;                                                                             \
        while (p##_is_there(text, length) && (p##_find(set, text[length], false) != NULL) == is_in) {  \
            length++;                                                                                  \
        }                                                                                              \
        return length;                                                                                 \
    }                                                                                                  \
    size_t pp_crt_##p##spn(const Char *text, const Char *set) { return p##_span(text, set, true); }    \
    size_t pp_crt_##p##cspn(const Char *text, const Char *set) { return p##_span(text, set, false); }  \
    Char *pp_crt_##p##pbrk(const Char *text, const Char *set) {                                        \
        size_t at = p##_span(text, set, false);                                                        \
        return p##_is_there(text, at) ? (Char *)&text[at] : NULL;                                      \
    }                                                                                                  \
    static Char *p##_change(Char *text, Char first, int difference) {                                  \
        for (size_t at = 0; p##_is_there(text, at) && pp_touch_write(&text[at], sizeof(Char)); at++) { \
            bool is_letter = text[at] >= first && text[at] <= first + 'z' - 'a';                       \
            text[at] = (Char)(text[at] + (is_letter ? difference : 0));                                \
        }                                                                                              \
        return text;                                                                                   \
    }                                                                                                  \
    Char *pp_crt_##i##lwr(Char *text) { return p##_change(text, 'A', 'a' - 'A'); }                     \
    Char *pp_crt_##i##upr(Char *text) { return p##_change(text, 'a', 'A' - 'a'); }                     \
    errno_t pp_crt_##p##ncpy_s(Char *to, size_t size, const Char *from, size_t most) {                 \
        if (to == NULL || size == 0) {                                                                 \
            return INVALID;                                                                            \
        }                                                                                              \
        size_t length = from == NULL ? 0 : pp_crt_##p##nlen(from, most < size ? most : size);          \
        bool is_cut = length == size;                                                                  \
        if (from == NULL || (is_cut && most != _TRUNCATE)) {                                           \
            p##_put(to, to, 0, 1);                                                                     \
            return from == NULL ? INVALID : RANGE;                                                     \
        }                                                                                              \
        p##_put(to, from, is_cut ? size - 1 : length, 1);                                              \
        return is_cut ? CUT : 0;                                                                       \
    }                                                                                                  \
    errno_t pp_crt_##p##cpy_s(Char *to, size_t size, const Char *from) {                               \
        return pp_crt_##p##ncpy_s(to, size, from, SIZE_MAX - 1);                                       \
    }                                                                                                  \
    errno_t pp_crt_##p##ncat_s(Char *to, size_t size, const Char *from, size_t most) {                 \
        size_t length = to == NULL ? 0 : pp_crt_##p##nlen(to, size);                                   \
        return to == NULL || length == size                                                            \
                   ? INVALID                                                                           \
                   : pp_crt_##p##ncpy_s(&to[length], size - length, from, most);                       \
    }                                                                                                  \
    errno_t pp_crt_##p##cat_s(Char *to, size_t size, const Char *from) {                               \
        return pp_crt_##p##ncat_s(to, size, from, SIZE_MAX - 1);                                       \
    }

CRT_TEXT(str, strstr, _str, char, int)
CRT_TEXT(wcs, wcsstr, _wcs, wchar_t, wchar_t)

static errno_t move(void *to, size_t size, const void *from, size_t count) {
    if (count == 0) {
        return 0;
    }
    if (to == NULL || from == NULL) {
        return INVALID;
    }
    if (size < count) {
        return RANGE;
    }
    if (pp_touch_read(from, count) && pp_touch_write(to, count)) {
        RtlMoveMemory(to, from, count);
    }
    return 0;
}

errno_t pp_crt_memcpy_s(void *to, size_t size, const void *from, size_t count) {
    return move(to, size, from, count);
}

errno_t pp_crt_memmove_s(void *to, size_t size, const void *from, size_t count) {
    return move(to, size, from, count);
}

void *pp_crt_memchr(const void *memory, int c, size_t count) {
    const UCHAR *bytes = memory;
    for (size_t at = 0; at < count && pp_touch_read(&bytes[at], 1); at++) {
        if (bytes[at] == (UCHAR)c) {
            return (void *)&bytes[at];
        }
    }
    return NULL;
}
