// SPDX-License-Identifier: MIT
// A JSON text, taken apart into its values: each with its way from the root, as in "programs[3].file".
#pragma once
#include <poolproof/program.h>

enum pp_json_kind { PP_JSON_OBJECT, PP_JSON_LIST, PP_JSON_TEXT, PP_JSON_NUMBER, PP_JSON_WORD };

struct pp_json_value {
    enum pp_json_kind kind;
    char *way;
    char *text;  // a text without its quotes and escapes; empty for objects and lists
};

// In the order of the text, objects and lists before what is in them.
struct pp_json_values {
    uint32_t count, capacity;
    struct pp_json_value *values;
};

// Reads one value and nothing behind it. Returns false if it is no JSON; then nothing is to be freed.
bool pp_json_read(const char *text, size_t size, struct pp_json_values *ret_values,
                  struct pp_error *ret_error);

void pp_json_free(struct pp_json_values *values);

// The value at the end of that way, or NULL.
__attribute__((format(printf, 2, 3))) const struct pp_json_value *
pp_json_find(const struct pp_json_values *values, const char *way_format, ...);
