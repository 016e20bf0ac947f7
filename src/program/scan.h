// SPDX-License-Identifier: MIT
// The scanner under the parser: lines, words, numbers and the error with its place. Every function
// that returns bool has, on false, filled *scan->error.
#pragma once
#include <poolproof/program.h>

struct pp_scan {
    const char *at;  // next byte
    const char *line_begin;
    const char *line_end;  // of this line, without its line ending
    const char *next_line;
    const char *text_end;
    uint32_t line;                            // 1-based
    const struct pp_language_info *language;  // of the ops, once the version line is read
    struct pp_error *error;
};

struct pp_word {
    const char *text;  // not NUL-terminated
    size_t length;     // 0: there is no word here
};

void pp_scan_init(struct pp_scan *scan, const char *text, size_t size, struct pp_error *error);

// Goes on to the next line. At the end of the text *ret_is_end is true, and the place is behind the
// last line.
bool pp_scan_line(struct pp_scan *scan, bool *ret_is_end);

void pp_scan_space(struct pp_scan *scan);

// After spaces: is the rest of the line empty or a comment?
bool pp_scan_is_done(struct pp_scan *scan);

// After spaces: takes `mark` if it comes next.
bool pp_scan_take(struct pp_scan *scan, const char *mark);

// As pp_scan_take, but it must come next; `after` says behind what.
bool pp_scan_expect(struct pp_scan *scan, const char *mark, const char *after);

// After spaces: a word of letters, digits, '_' and '.'.
struct pp_word pp_scan_word(struct pp_scan *scan);

bool pp_word_is(struct pp_word word, const char *text);

// A decimal number; `what` names it in errors.
bool pp_scan_number(struct pp_scan *scan, const char *what, uint32_t min, uint32_t max,
                    uint32_t *ret_number);

// Fills the error for the byte `at` of this line; returns false.
__attribute__((format(printf, 3, 4))) bool pp_scan_fail(struct pp_scan *scan, const char *at,
                                                        const char *format, ...);

// To print a word with "%.*s", cut to a length that leaves room for the rest of the message.
#define PP_WORD_PRINTED(word) ((word).length < 32 ? (int)(word).length : 32), (word).text

// The candidate that a misspelt word is nearest to. Start with {.word = word}, show it all
// candidates.
struct pp_nearest {
    struct pp_word word;
    const char *candidate;  // NULL: none is near
    unsigned distance;
};

void pp_nearest_try(struct pp_nearest *nearest, const char *candidate);

// Fails with `unknown WHAT "word"` and either the nearest candidate or `hint`.
bool pp_nearest_fail(const struct pp_nearest *nearest, struct pp_scan *scan, const char *what,
                     const char *hint);
