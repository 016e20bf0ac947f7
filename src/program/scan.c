// SPDX-License-Identifier: MIT
#include "scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pp_scan_init(struct pp_scan *scan, const char *text, size_t size, struct pp_error *error) {
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t skipped = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;

    *scan = (struct pp_scan){.error = error};
    // An empty text may be NULL, which must not be added to.
    scan->text_end = size ? text + size : text;
    scan->next_line = skipped ? text + skipped : text;
    scan->at = scan->line_begin = scan->line_end = scan->next_line;
}

bool pp_scan_fail(struct pp_scan *scan, const char *at, const char *format, ...) {
    va_list args;

    scan->error->line = scan->line;
    scan->error->column = (uint32_t)(at - scan->line_begin) + 1;
    va_start(args, format);
    vsnprintf(scan->error->message, sizeof scan->error->message, format, args);
    va_end(args);
    return false;
}

// Control characters in a program are damage, not spelling; they are refused even in comments.
static bool check_bytes(struct pp_scan *scan) {
    for (const char *at = scan->line_begin; at < scan->line_end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '\0') {
            return pp_scan_fail(scan, at, "NUL byte; is this a binary program?");
        }
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
            return pp_scan_fail(scan, at, "control character 0x%02x", byte);
        }
    }
    return true;
}

bool pp_scan_line(struct pp_scan *scan, bool *ret_is_end) {
    size_t left = (size_t)(scan->text_end - scan->next_line);
    const char *newline = left ? memchr(scan->next_line, '\n', left) : NULL;

    scan->line++;
    scan->at = scan->line_begin = scan->next_line;
    scan->line_end = newline ? newline : scan->text_end;
    if (left == 0) {
        *ret_is_end = true;
        return true;
    }
    scan->next_line = newline ? newline + 1 : scan->text_end;
    if (newline && newline > scan->line_begin && newline[-1] == '\r') {
        scan->line_end--;
    }
    if (!check_bytes(scan)) {
        return false;
    }
    if (!newline) {
        return pp_scan_fail(scan, scan->line_end, "the last line has no newline: is the text cut off?");
    }
    *ret_is_end = false;
    return true;
}

void pp_scan_space(struct pp_scan *scan) {
    while (scan->at < scan->line_end && (*scan->at == ' ' || *scan->at == '\t')) {
        scan->at++;
    }
}

bool pp_scan_is_done(struct pp_scan *scan) {
    pp_scan_space(scan);
    return scan->at == scan->line_end || *scan->at == '#';
}

bool pp_scan_take(struct pp_scan *scan, const char *mark) {
    size_t length = strlen(mark);

    pp_scan_space(scan);
    if ((size_t)(scan->line_end - scan->at) < length || memcmp(scan->at, mark, length) != 0) {
        return false;
    }
    scan->at += length;
    return true;
}

bool pp_scan_expect(struct pp_scan *scan, const char *mark, const char *after) {
    if (pp_scan_take(scan, mark)) {
        return true;
    }
    if (scan->at == scan->line_end) {
        return pp_scan_fail(scan, scan->at, "the line ends where \"%s\" should follow %s", mark, after);
    }
    unsigned char byte = (unsigned char)*scan->at;
    if (byte > 0x7f) {
        return pp_scan_fail(scan, scan->at, "expected \"%s\" after %s, not byte 0x%02x", mark, after,
                            byte);
    }
    return pp_scan_fail(scan, scan->at, "expected \"%s\" after %s, not '%c'", mark, after, byte);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Its value, or -1.
static int digit_of(char c, bool is_hex) {
    if (is_digit(c)) {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return is_hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool is_word_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.';
}

struct pp_word pp_scan_word(struct pp_scan *scan) {
    pp_scan_space(scan);
    struct pp_word word = {.text = scan->at};
    while (scan->at < scan->line_end && is_word_part(*scan->at)) {
        scan->at++;
    }
    word.length = (size_t)(scan->at - word.text);
    return word;
}

bool pp_word_is(struct pp_word word, const char *text) {
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

bool pp_scan_number(struct pp_scan *scan, const char *what, uint32_t min, uint32_t max,
                    uint32_t *ret_number) {
    uint64_t number = 0;
    bool is_in_range = true;

    pp_scan_space(scan);
    struct pp_word digits = {.text = scan->at};
    bool is_hex = pp_scan_take(scan, "0x");
    const char *first = scan->at;
    for (int digit; scan->at < scan->line_end && (digit = digit_of(*scan->at, is_hex)) >= 0;) {
        // Once out of range it stays so.
        number = is_in_range ? number * (is_hex ? 16 : 10) + (unsigned)digit : number;
        is_in_range = is_in_range && number <= max;
        scan->at++;
    }
    digits.length = (size_t)(scan->at - digits.text);
    if (scan->at == first ||
        (scan->at < scan->line_end && *scan->at != '.' && is_word_part(*scan->at))) {
        return pp_scan_fail(scan, digits.text, "%s must be a number from %u to %u", what, min, max);
    }
    if (!is_in_range || number < min) {
        return pp_scan_fail(scan, digits.text, "%s %.*s is out of range %u to %u", what,
                            PP_WORD_PRINTED(digits), min, max);
    }
    *ret_number = (uint32_t)number;
    return true;
}

#define NEAREST_LENGTH_MAX 32

static unsigned min_of(unsigned a, unsigned b) { return a < b ? a : b; }

// How many letters must be changed, added or taken away (Levenshtein).
static unsigned edit_distance(struct pp_word word, const char *candidate) {
    unsigned row[NEAREST_LENGTH_MAX + 1];

    for (unsigned j = 0; j <= word.length; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; candidate[i - 1]; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= word.length; j++) {
            unsigned replaced = diagonal + (word.text[j - 1] != candidate[i - 1]);
            diagonal = row[j];
            row[j] = min_of(replaced, min_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[word.length];
}

void pp_nearest_try(struct pp_nearest *nearest, const char *candidate) {
    if (nearest->word.length > NEAREST_LENGTH_MAX) {
        return;
    }
    unsigned distance = edit_distance(nearest->word, candidate);
    // A word of which half must change is another word.
    if (distance * 2 <= strlen(candidate) && (!nearest->candidate || distance < nearest->distance)) {
        nearest->candidate = candidate;
        nearest->distance = distance;
    }
}

bool pp_nearest_fail(const struct pp_nearest *nearest, struct pp_scan *scan, const char *what,
                     const char *hint) {
    if (nearest->candidate) {
        return pp_scan_fail(scan, nearest->word.text, "unknown %s \"%.*s\"; did you mean \"%s\"?", what,
                            PP_WORD_PRINTED(nearest->word), nearest->candidate);
    }
    return pp_scan_fail(scan, nearest->word.text, "unknown %s \"%.*s\"; %s", what,
                        PP_WORD_PRINTED(nearest->word), hint);
}
