// SPDX-License-Identifier: MIT
// Formatted strings as the kernel has them: what wsprintf knows, with wide and narrow characters.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/format.h"

#include <ndis.h>
#include <ntstrsafe.h>
#include <stdio.h>

#define PIECE_CHARS_MAX 512u

// A text of either kind of characters, of bounded length.
struct output {
    void *text;
    size_t capacity;  // characters, with the NUL
    size_t length;
    bool is_wide;
    bool is_cut;
};

struct spec {
    char flags[8];
    int width;
    int precision;  // -1: none
    bool is_long;   // 64 bits, or wide
    bool is_64;
    bool is_narrow;
    char letter;
};

static void put(struct output *output, WCHAR c) {
    if (output->length + 1 >= output->capacity) {
        output->is_cut = true;
    } else if (output->is_wide) {
        ((WCHAR *)output->text)[output->length++] = c;
    } else {
        ((char *)output->text)[output->length++] = (char)(c <= MAXUCHAR ? c : '?');
    }
}

static void pad(struct output *output, int count) {
    for (; count > 0 && !output->is_cut; count--) {
        put(output, ' ');
    }
}

static WCHAR char_at(const void *text, bool is_wide, size_t index) {
    return is_wide ? ((const WCHAR *)text)[index] : ((const UCHAR *)text)[index];
}

static bool touch_char(const void *text, bool is_wide, size_t index) {
    size_t size = is_wide ? sizeof(WCHAR) : 1;
    return pp_touch_read((const void *)((uintptr_t)text + index * size), size);
}

// `length` is SIZE_MAX for a text that ends with a NUL.
static void put_text(struct output *output, const struct spec *spec, const void *text, bool is_wide,
                     size_t length) {
    static const char null[] = "(null)";
    if (text == NULL) {
        text = null;
        is_wide = false;
        length = sizeof(null) - 1;
    }
    size_t most = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;
    size_t count = 0;
    while (count < length && count < most && count < output->capacity &&
           (length != SIZE_MAX ||
            (touch_char(text, is_wide, count) && char_at(text, is_wide, count) != 0))) {
        count++;
    }
    bool is_left = strchr(spec->flags, '-') != NULL;
    pad(output, is_left ? 0 : spec->width - (int)count);
    for (size_t i = 0; i < count; i++) {
        put(output, char_at(text, is_wide, i));
    }
    pad(output, is_left ? spec->width - (int)count : 0);
}

static void put_number(struct output *output, const struct spec *spec, uint64_t value) {
    char format[32];
    char piece[PIECE_CHARS_MAX];
    int width = spec->width < (int)PIECE_CHARS_MAX ? spec->width : (int)PIECE_CHARS_MAX - 1;
    int precision = spec->precision < (int)PIECE_CHARS_MAX - 64 ? spec->precision : -1;
    if (spec->letter == 'p') {
        snprintf(piece, sizeof(piece), "%016llX", (unsigned long long)value);
    } else {
        snprintf(format, sizeof(format), "%%%s*.*ll%c", spec->flags, spec->letter);
        snprintf(piece, sizeof(piece), format, width, precision, (unsigned long long)value);
    }
    for (size_t i = 0; piece[i] != '\0'; i++) {
        put(output, (WCHAR)piece[i]);
    }
}

static void put_string(struct output *output, const struct spec *spec, const STRING *string) {
    if (string == NULL) {
        put_text(output, spec, NULL, false, 0);
    } else if (pp_touch_read(string, sizeof(*string)) && pp_touch_read(string->Buffer, string->Length)) {
        bool is_wide = spec->is_long;  // the two kinds of string are alike
        put_text(output, spec, string->Buffer, is_wide, string->Length / (is_wide ? sizeof(WCHAR) : 1));
    }
}

// %S is of the other kind than the format.
static bool is_wide_text(const struct output *output, const struct spec *spec) {
    if (spec->is_long || spec->is_narrow) {
        return spec->is_long;
    }
    return spec->letter == 's' || spec->letter == 'c' ? output->is_wide : !output->is_wide;
}

static void put_value(struct output *output, const struct spec *spec, va_list *args) {
    switch (spec->letter) {
    case 'd':
    case 'i':
        put_number(output, spec,
                   spec->is_64 ? va_arg(*args, uint64_t) : (uint64_t)(int64_t)va_arg(*args, int));
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_number(output, spec, spec->is_64 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned));
        break;
    case 'p': put_number(output, spec, (uintptr_t)va_arg(*args, void *)); break;
    case 'c':
    case 'C': put(output, (WCHAR)va_arg(*args, int)); break;
    case 's':
    case 'S':
        put_text(output, spec, va_arg(*args, const void *), is_wide_text(output, spec), SIZE_MAX);
        break;
    case 'Z': put_string(output, spec, va_arg(*args, const STRING *)); break;
    default: put(output, (WCHAR)(UCHAR)spec->letter); break;
    }
}

// The characters of a format, touched as they are read.
struct format {
    const void *text;
    bool is_wide;
    size_t at;
};

static char peek(const struct format *format) {
    if (!touch_char(format->text, format->is_wide, format->at)) {
        return '\0';
    }
    WCHAR c = char_at(format->text, format->is_wide, format->at);
    return (char)(c <= MAXUCHAR ? c : '?');
}

static bool follows(const struct format *format, char c) {
    const struct format next = {format->text, format->is_wide, format->at + 1};
    return peek(&next) == c;
}

static int parse_count(struct format *format, va_list *args) {
    if (peek(format) == '*') {
        format->at++;
        return va_arg(*args, int);
    }
    int count = 0;
    for (; peek(format) >= '0' && peek(format) <= '9'; format->at++) {
        count = count < 10000 ? count * 10 + peek(format) - '0' : count;
    }
    return count;
}

static void parse_size(struct format *format, struct spec *spec) {
    for (;; format->at++) {
        switch (peek(format)) {
        case 'w':
        case 'l':
            spec->is_64 |= spec->is_long;  // ll; a long has 32 bits
            spec->is_long = true;
            break;
        case 'h': spec->is_narrow = true; break;
        case 'z':
        case 't':
        case 'j': spec->is_64 = true; break;
        case 'I':  // I, I64 or I32
            spec->is_64 = !follows(format, '3');
            format->at += follows(format, '3') || follows(format, '6') ? 2 : 0;
            break;
        default: return;
        }
    }
}

static struct spec parse_spec(struct format *format, va_list *args) {
    struct spec spec = {.precision = -1};
    for (size_t i = 0;
         i < sizeof(spec.flags) - 1 && peek(format) != '\0' && strchr("-+ #0", peek(format)) != NULL;
         i++, format->at++) {
        spec.flags[i] = peek(format);
    }
    spec.width = parse_count(format, args);
    if (peek(format) == '.') {
        format->at++;
        spec.precision = parse_count(format, args);
    }
    parse_size(format, &spec);
    spec.letter = peek(format);
    return spec;
}

static void print_all(struct output *output, const void *text, va_list *args) {
    struct format format = {text, output->is_wide, 0};
    for (; peek(&format) != '\0' && !output->is_cut; format.at++) {
        if (peek(&format) != '%') {
            put(output, char_at(text, output->is_wide, format.at));
            continue;
        }
        format.at++;
        struct spec spec = parse_spec(&format, args);
        if (spec.letter == '\0') {
            break;
        }
        put_value(output, &spec, args);
    }
}

size_t pp_format(void *text, size_t capacity, bool is_wide, const void *format, va_list args) {
    struct output output = {.text = text, .capacity = capacity, .is_wide = is_wide};
    va_list copy;
    va_copy(copy, args);
    print_all(&output, format, &copy);
    va_end(copy);
    return output.length;
}

static NTSTATUS print(struct output *output, const void *text, va_list *args) {
    if (output->capacity == 0 || output->capacity > NTSTRSAFE_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    size_t unit = output->is_wide ? sizeof(WCHAR) : 1;
    if (!pp_touch_write(output->text, output->capacity * unit)) {
        return STATUS_INVALID_PARAMETER;
    }
    print_all(output, text, args);
    memset((char *)output->text + output->length * unit, 0, unit);
    return output->is_cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

// === What drivers call ===

static NTSTATUS print_text(void *destination, size_t capacity, bool is_wide, const void *format,
                           va_list args) {
    struct output output = {.text = destination, .capacity = capacity, .is_wide = is_wide};
    va_list copy;
    va_copy(copy, args);
    NTSTATUS status = print(&output, format, &copy);
    va_end(copy);
    return status;
}

#define PRINTERS(Suffix, Char, is_wide)                                                            \
    NTSTATUS RtlStringCchVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,       \
                                         va_list Arguments) {                                      \
        return print_text(Destination, Size, is_wide, Format, Arguments);                          \
    }                                                                                              \
    NTSTATUS RtlStringCbVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,        \
                                        va_list Arguments) {                                       \
        return print_text(Destination, Size / sizeof(Char), is_wide, Format, Arguments);           \
    }                                                                                              \
    NTSTATUS RtlStringCchPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...) { \
        va_list args;                                                                              \
        va_start(args, Format);                                                                    \
        NTSTATUS status = print_text(Destination, Size, is_wide, Format, args);                    \
        va_end(args);                                                                              \
        return status;                                                                             \
    }                                                                                              \
    NTSTATUS RtlStringCbPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...) {  \
        va_list args;                                                                              \
        va_start(args, Format);                                                                    \
        NTSTATUS status = print_text(Destination, Size / sizeof(Char), is_wide, Format, args);     \
        va_end(args);                                                                              \
        return status;                                                                             \
    }

PRINTERS(A, char, false)
PRINTERS(W, WCHAR, true)

#define PRINTERS_EX(Suffix, Char, Unit)                                                                 \
    NTSTATUS RtlString##Unit##PrintfEx##Suffix(Char *Destination, SIZE_T Size, Char **End,              \
                                               size_t *Remaining, ULONG Flags, const Char *Format,      \
                                               ...) {                                                   \
        va_list args;                                                                                   \
        va_start(args, Format);                                                                         \
        NTSTATUS status =                                                                               \
            RtlString##Unit##VPrintfEx##Suffix(Destination, Size, End, Remaining, Flags, Format, args); \
        va_end(args);                                                                                   \
        return status;                                                                                  \
    }

PRINTERS_EX(A, char, Cch)
PRINTERS_EX(A, char, Cb)
PRINTERS_EX(W, WCHAR, Cch)
PRINTERS_EX(W, WCHAR, Cb)

// Without a NUL: its length says how long it is.
NTSTATUS RtlUnicodeStringPrintf(UNICODE_STRING *Destination, PCWSTR Format, ...) {
    if (!pp_touch_write(Destination, sizeof(*Destination)) ||
        !pp_touch_write(Destination->Buffer, Destination->MaximumLength)) {
        return STATUS_INVALID_PARAMETER;
    }
    static WCHAR text[UNICODE_STRING_MAX_CHARS + 1];
    size_t capacity = Destination->MaximumLength / sizeof(WCHAR);
    va_list args;
    va_start(args, Format);
    struct output output = {.text = text, .capacity = capacity + 1, .is_wide = true};
    NTSTATUS status = print(&output, Format, &args);
    va_end(args);
    memcpy(Destination->Buffer, text, output.length * sizeof(WCHAR));
    Destination->Length = (USHORT)(output.length * sizeof(WCHAR));
    return status;
}
