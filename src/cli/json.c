// SPDX-License-Identifier: MIT
#include "json.h"

#include <inttypes.h>
#include <string.h>

// Length of the UTF-8 sequence that begins here, or 0 if the bytes are none.
static unsigned sequence_length(const unsigned char *at) {
    unsigned length = at[0] < 0x80                     ? 1
                      : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                      : (at[0] & 0xf0) == 0xe0         ? 3
                      : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                       : 0;
    for (unsigned i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool is_surrogate = at[0] == 0xed && at[1] >= 0xa0;
    bool is_beyond = at[0] == 0xf4 && at[1] >= 0x90;
    return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

static void put_string(FILE *out, const char *text) {
    const unsigned char *at = (const unsigned char *)text;

    fputc('"', out);
    while (*at) {
        unsigned length = sequence_length(at);
        if (length == 0) {
            fputs("\\ufffd", out);
        } else if (*at == '"' || *at == '\\') {
            fprintf(out, "\\%c", *at);
        } else if (*at < ' ' || *at == 0x7f) {
            fprintf(out, "\\u%04x", *at);
        } else {
            fwrite(at, 1, length, out);
        }
        at += length ? length : 1;
    }
    fputc('"', out);
}

static void put_key(struct pp_json *json, const char *key) {
    if (json->is_begun) {
        fputs(", ", json->out);
    }
    json->is_begun = true;
    if (key) {
        put_string(json->out, key);
        fputs(": ", json->out);
    }
}

void pp_json_open(struct pp_json *json, const char *key, char bracket) {
    put_key(json, key);
    fputc(bracket, json->out);
    json->is_begun = false;
}

void pp_json_close(struct pp_json *json, char bracket) {
    fputc(bracket, json->out);
    json->is_begun = true;
}

void pp_json_end_line(struct pp_json *json) { fputs("}\n", json->out); }

void pp_json_text(struct pp_json *json, const char *key, const char *value) {
    put_key(json, key);
    if (value) {
        put_string(json->out, value);
    } else {
        fputs("null", json->out);
    }
}

void pp_json_number(struct pp_json *json, const char *key, uint64_t value) {
    put_key(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void pp_json_bool(struct pp_json *json, const char *key, bool value) {
    put_key(json, key);
    fputs(value ? "true" : "false", json->out);
}

void pp_json_digest(struct pp_json *json, const char *key, uint64_t digest) {
    put_key(json, key);
    fprintf(json->out, "\"%016" PRIx64 "\"", digest);
}
