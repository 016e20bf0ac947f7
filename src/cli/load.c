// SPDX-License-Identifier: MIT
#include "load.h"

#include "complaint.h"
#include "whole.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

const char *pp_load_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool ends_in(const char *path, const char *ending) {
    size_t length = strlen(path), ending_length = strlen(ending);
    return length >= ending_length && strcmp(path + length - ending_length, ending) == 0;
}

// Lines of printable characters were meant as text, also where they do not begin as a program does;
// played as bytes they would be a program that nobody wrote. No encoding of a program is like that.
static bool is_plain_text(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bool is_space = bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r';
        if (!is_space && (bytes[i] < ' ' || bytes[i] > '~')) {
            return false;
        }
    }
    return size >= 8 && memchr(bytes, '\n', size);
}

static uint8_t bytes[PP_LOAD_BYTES_MAX];

bool pp_load(const char *path, enum pp_language language, struct pp_program *ret_program,
             const uint8_t **ret_bytes, size_t *ret_size) {
    size_t size = 0;

    if (!pp_whole_read(path, bytes, sizeof bytes, &size)) {
        return false;
    }
    if (ends_in(path, ".prog") || pp_program_is_text(bytes, size) || is_plain_text(bytes, size)) {
        struct pp_error error = {0};
        if (!pp_program_parse((const char *)bytes, size, ret_program, &error)) {
            char place[4096];
            snprintf(place, sizeof place, "%s:%u:%u", path, error.line, error.column);
            pp_complain(place, "%s", error.message);
            return false;
        }
    } else if (size > PP_PROGRAM_BYTES_MAX) {
        pp_complain(path, "neither text nor a binary program, which has at most %d bytes",
                    PP_PROGRAM_BYTES_MAX);
        return false;
    } else {
        pp_program_decode(language, bytes, size, ret_program);
    }
    *ret_bytes = bytes;
    *ret_size = size;
    return true;
}

bool pp_load_digest(const char *path, char ret_digits[PP_LOAD_DIGEST_LENGTH + 1]) {
    size_t size = 0;

    if (!pp_whole_read(path, bytes, sizeof bytes, &size)) {
        return false;
    }
    snprintf(ret_digits, PP_LOAD_DIGEST_LENGTH + 1, "%016" PRIx64, (uint64_t)XXH3_64bits(bytes, size));
    return true;
}
