// SPDX-License-Identifier: MIT
#include "json_read.h"

#include "base/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WAY_MAX 512
#define NESTING_MAX 16

struct reader {
    const char *begin, *at, *end;
    struct pp_json_values *values;
    char way[WAY_MAX];
    size_t way_length;
    unsigned nesting;
    const char *problem;  // the first one
};

static bool read_value(struct reader *reader);

static bool refuse(struct reader *reader, const char *problem) {
    reader->problem = problem;
    return false;
}

static char peek(const struct reader *reader) { return reader->at < reader->end ? *reader->at : '\0'; }

static void skip_space(struct reader *reader) {
    while (reader->at < reader->end && memchr(" \t\n\r", *reader->at, 4)) {
        reader->at++;
    }
}

static bool take(struct reader *reader, char wanted) {
    bool is_there = peek(reader) == wanted;
    reader->at += is_there;
    return is_there;
}

static void add(struct reader *reader, enum pp_json_kind kind, char *text) {
    struct pp_json_values *values = reader->values;
    char *way = strdup(reader->way);

    pp_expect(way != NULL && text != NULL, "no memory for a JSON value");
    values->values = pp_grow(values->values, &values->capacity, values->count, sizeof(*values->values));
    values->values[values->count++] = (struct pp_json_value){kind, way, text};
}

// Behind the way so far stands what snprintf wrote, which had a length of `length`.
static bool go_in(struct reader *reader, int length) {
    if (length < 0 || (size_t)length >= WAY_MAX - reader->way_length) {
        return refuse(reader, "names that are too long");
    }
    reader->way_length += (size_t)length;
    return true;
}

static void go_back(struct reader *reader, size_t length) {
    reader->way_length = length;
    reader->way[length] = '\0';
}

static int hex_value(char digit) {
    const char *digits = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

// Four hex digits, as UTF-8. Pairs of them for rare characters are never written here.
static bool read_code(struct reader *reader, char **out) {
    unsigned code = 0;

    for (unsigned i = 0; i < 4; i++) {
        int value = hex_value(peek(reader));
        if (value < 0) {
            return refuse(reader, "four hex digits are expected");
        }
        code = code << 4 | (unsigned)value;
        reader->at++;
    }
    if (code == 0 || (code >= 0xd800 && code <= 0xdfff)) {
        return refuse(reader, "a character that cannot be here");
    }
    if (code < 0x80) {
        *(*out)++ = (char)code;
    } else if (code < 0x800) {
        *(*out)++ = (char)(0xc0 | code >> 6);
        *(*out)++ = (char)(0x80 | (code & 0x3f));
    } else {
        *(*out)++ = (char)(0xe0 | code >> 12);
        *(*out)++ = (char)(0x80 | (code >> 6 & 0x3f));
        *(*out)++ = (char)(0x80 | (code & 0x3f));
    }
    return true;
}

static bool read_escape(struct reader *reader, char **out) {
    static const char letters[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";
    char letter = peek(reader);
    const char *found = letter ? strchr(letters, letter) : NULL;

    if (letter == 'u') {
        reader->at++;
        return read_code(reader, out);
    }
    if (!found) {
        return refuse(reader, "no such escape");
    }
    reader->at++;
    *(*out)++ = characters[found - letters];
    return true;
}

// What an escape stands for is never longer than itself.
static size_t room_for_text(const struct reader *reader) {
    const char *at = reader->at;
    while (at < reader->end && *at != '"') {
        at += *at == '\\' && at + 1 < reader->end ? 2 : 1;
    }
    return (size_t)(at - reader->at) + 1;
}

// Behind its first quote. Returns NULL if there is none.
static char *read_text(struct reader *reader) {
    char *text = malloc(room_for_text(reader)), *out = text;

    pp_expect(text != NULL, "no memory for a JSON text");
    while (!reader->problem && !take(reader, '"')) {
        unsigned char letter = (unsigned char)peek(reader);
        if (letter < ' ') {
            refuse(reader, "a text without its end");
        } else if (take(reader, '\\')) {
            read_escape(reader, &out);
        } else {
            *out++ = *reader->at++;
        }
    }
    *out = '\0';
    if (reader->problem) {
        free(text);
        return NULL;
    }
    return text;
}

static bool skip_digits(struct reader *reader) {
    const char *begin = reader->at;
    while (peek(reader) >= '0' && peek(reader) <= '9') {
        reader->at++;
    }
    return reader->at > begin;
}

static bool read_number(struct reader *reader) {
    const char *begin = reader->at;

    take(reader, '-');
    bool is_good = take(reader, '0') || skip_digits(reader);
    if (is_good && take(reader, '.')) {
        is_good = skip_digits(reader);
    }
    if (is_good && (take(reader, 'e') || take(reader, 'E'))) {
        (void)(take(reader, '+') || take(reader, '-'));
        is_good = skip_digits(reader);
    }
    if (!is_good) {
        return refuse(reader, "no value");
    }
    add(reader, PP_JSON_NUMBER, strndup(begin, (size_t)(reader->at - begin)));
    return true;
}

static bool read_word(struct reader *reader) {
    static const char *const words[] = {"true", "false", "null"};

    for (unsigned i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(reader->end - reader->at) >= length && memcmp(reader->at, words[i], length) == 0) {
            reader->at += length;
            add(reader, PP_JSON_WORD, strdup(words[i]));
            return true;
        }
    }
    return refuse(reader, "no value");
}

static bool read_member(struct reader *reader) {
    size_t length = reader->way_length;

    skip_space(reader);
    if (!take(reader, '"')) {
        return refuse(reader, "a name in quotes is expected");
    }
    char *name = read_text(reader);
    if (!name) {
        return false;
    }
    const char *dot = length > 0 ? "." : "";
    bool is_good = go_in(reader, snprintf(reader->way + length, WAY_MAX - length, "%s%s", dot, name));
    free(name);
    if (!is_good) {
        return false;
    }
    skip_space(reader);
    if (!take(reader, ':')) {
        return refuse(reader, "a colon is expected");
    }
    is_good = read_value(reader);
    go_back(reader, length);
    return is_good;
}

static bool read_item(struct reader *reader, unsigned index) {
    size_t length = reader->way_length;
    bool is_good = go_in(reader, snprintf(reader->way + length, WAY_MAX - length, "[%u]", index)) &&
                   read_value(reader);

    go_back(reader, length);
    return is_good;
}

static bool read_all(struct reader *reader, enum pp_json_kind kind, char bracket) {
    if (++reader->nesting > NESTING_MAX) {
        return refuse(reader, "too many brackets in each other");
    }
    add(reader, kind, strdup(""));
    skip_space(reader);
    bool is_over = take(reader, bracket);
    for (unsigned i = 0; !is_over; i++) {
        if (!(kind == PP_JSON_OBJECT ? read_member(reader) : read_item(reader, i))) {
            return false;
        }
        skip_space(reader);
        is_over = take(reader, bracket);
        if (!is_over && !take(reader, ',')) {
            return refuse(reader, "a comma or the closing bracket is expected");
        }
    }
    reader->nesting--;
    return true;
}

static bool read_value(struct reader *reader) {
    skip_space(reader);
    if (take(reader, '{')) {
        return read_all(reader, PP_JSON_OBJECT, '}');
    }
    if (take(reader, '[')) {
        return read_all(reader, PP_JSON_LIST, ']');
    }
    if (take(reader, '"')) {
        char *text = read_text(reader);
        if (text) {
            add(reader, PP_JSON_TEXT, text);
        }
        return text;
    }
    char letter = peek(reader);
    return letter == '-' || (letter >= '0' && letter <= '9') ? read_number(reader) : read_word(reader);
}

static void tell_problem(const struct reader *reader, struct pp_error *ret_error) {
    *ret_error = (struct pp_error){.line = 1, .column = 1};
    for (const char *at = reader->begin; at < reader->at; at++) {
        bool is_end = *at == '\n';
        ret_error->line += is_end;
        ret_error->column = is_end ? 1 : ret_error->column + 1;
    }
    snprintf(ret_error->message, sizeof ret_error->message, "%s", reader->problem);
}

bool pp_json_read(const char *text, size_t size, struct pp_json_values *ret_values,
                  struct pp_error *ret_error) {
    struct reader reader = {.begin = text, .at = text, .end = text + size, .values = ret_values};

    *ret_values = (struct pp_json_values){0};
    bool is_good = read_value(&reader);
    skip_space(&reader);
    if (is_good && reader.at < reader.end) {
        is_good = refuse(&reader, "something behind the end");
    }
    if (!is_good) {
        tell_problem(&reader, ret_error);
        pp_json_free(ret_values);
    }
    return is_good;
}

void pp_json_free(struct pp_json_values *values) {
    for (uint32_t i = 0; i < values->count; i++) {
        free(values->values[i].way);
        free(values->values[i].text);
    }
    free(values->values);
    *values = (struct pp_json_values){0};
}

const struct pp_json_value *pp_json_find(const struct pp_json_values *values, const char *way_format,
                                         ...) {
    char way[WAY_MAX];
    va_list args;

    va_start(args, way_format);
    vsnprintf(way, sizeof way, way_format, args);
    va_end(args);
    for (uint32_t i = 0; i < values->count; i++) {
        if (strcmp(values->values[i].way, way) == 0) {
            return &values->values[i];
        }
    }
    return NULL;
}
