// SPDX-License-Identifier: MIT
// Numbers, kinds of characters, sorting and chance as the kernel's C library has them; see crt_text.c
// for the names.
#include "base/touch.h"
#include "kernel/crt.h"

#include <stdint.h>
#include <wdm.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define DIGITS_MAX 65

int pp_crt_isdigit(int c) { return c >= '0' && c <= '9'; }
int pp_crt_isupper(int c) { return c >= 'A' && c <= 'Z'; }
int pp_crt_islower(int c) { return c >= 'a' && c <= 'z'; }
int pp_crt_isalpha(int c) { return pp_crt_isupper(c) || pp_crt_islower(c); }
int pp_crt_isalnum(int c) { return pp_crt_isalpha(c) || pp_crt_isdigit(c); }
int pp_crt_isspace(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
int pp_crt_isprint(int c) { return c >= ' ' && c <= '~'; }
int pp_crt_tolower(int c) { return pp_crt_isupper(c) ? c - 'A' + 'a' : c; }
int pp_crt_toupper(int c) { return pp_crt_islower(c) ? c - 'a' + 'A' : c; }
int pp_crt_isxdigit(int c) {
    return pp_crt_isdigit(c) || (pp_crt_tolower(c) >= 'a' && pp_crt_tolower(c) <= 'f');
}
wchar_t pp_crt_towlower(wchar_t c) { return (wchar_t)pp_crt_tolower(c); }
wchar_t pp_crt_towupper(wchar_t c) { return (wchar_t)pp_crt_toupper(c); }

#define CRT_NUMBER(Char, to_int, to_int64, from_int)                                                \
    long long pp_crt_##to_int64(const Char *text) {                                                 \
        while (pp_touch_read(text, sizeof(Char)) && pp_crt_isspace(*text)) {                        \
            text++;                                                                                 \
        }                                                                                           \
        bool is_negative = pp_touch_read(text, sizeof(Char)) && *text == '-';                       \
        text += is_negative || (pp_touch_read(text, sizeof(Char)) && *text == '+');                 \
        uint64_t value = 0;                                                                         \
        for (; pp_touch_read(text, sizeof(Char)) && pp_crt_isdigit(*text); text++) {                \
            value = value * 10 + (uint64_t)(*text - '0');                                           \
        }                                                                                           \
        return (long long)(is_negative ? 0 - value : value);                                        \
    }                                                                                               \
    int pp_crt_##to_int(const Char *text) { return (int)pp_crt_##to_int64(text); }                  \
    Char *pp_crt_##from_int(int value, Char *text, int base) {                                      \
        Char digits[DIGITS_MAX];                                                                    \
        size_t first = DIGITS_MAX - 1;                                                              \
        base = base < 2 || base > 36 ? 10 : base;                                                   \
        bool is_negative = base == 10 && value < 0;                                                 \
        unsigned rest = is_negative ? 0 - (unsigned)value : (unsigned)value;                        \
        digits[first] = 0;                                                                          \
        do {                                                                                        \
            digits[--first] = (Char) "0123456789abcdefghijklmnopqrstuvwxyz"[rest % (unsigned)base]; \
            rest /= (unsigned)base;                                                                 \
        } while (rest > 0);                                                                         \
        if (is_negative) {                                                                          \
            digits[--first] = '-';                                                                  \
        }                                                                                           \
        if (pp_touch_write(text, (DIGITS_MAX - first) * sizeof(Char))) {                            \
            RtlCopyMemory(text, &digits[first], (DIGITS_MAX - first) * sizeof(Char));               \
        }                                                                                           \
        return text;                                                                                \
    }

CRT_NUMBER(char, atoi, _atoi64, _itoa)
CRT_NUMBER(wchar_t, _wtoi, _wtoi64, _itow)

int pp_crt_atol(const char *text) { return pp_crt_atoi(text); }
int pp_crt_abs(int value) { return value < 0 ? 0 - value : value; }

// Numbers as Microsoft's, from the same beginning in each run.
static uint32_t seed;

void pp_crt_reset(void) { seed = 1; }

void pp_crt_srand(unsigned value) { seed = value; }

int pp_crt_rand(void) {
    seed = seed * 214013 + 2531011;
    return (int)(seed >> 16 & 0x7fff);
}

static void swap(UCHAR *left, UCHAR *right, size_t size) {
    for (size_t i = 0; i < size; i++) {
        UCHAR byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}

// By insertion: drivers sort little, and the order of calls is the same everywhere.
void pp_crt_qsort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *)) {
    UCHAR *items = array;
    if (count == 0 || !pp_touch_write(array, count * size)) {
        return;
    }
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && compare(&items[(j - 1) * size], &items[j * size]) > 0; j--) {
            swap(&items[(j - 1) * size], &items[j * size], size);
        }
    }
}

void *pp_crt_bsearch(const void *key, const void *array, size_t count, size_t size,
                     int (*compare)(const void *, const void *)) {
    const UCHAR *items = array;
    size_t first = 0;
    while (first < count) {
        size_t middle = first + (count - first) / 2;
        int order = compare(key, &items[middle * size]);
        if (order == 0) {
            return (void *)&items[middle * size];
        }
        if (order > 0) {
            first = middle + 1;
        } else {
            count = middle;
        }
    }
    return NULL;
}
