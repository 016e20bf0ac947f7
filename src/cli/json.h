// SPDX-License-Identifier: MIT
// One JSON object on one line, written member by member. Inside a list the key is NULL.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pp_json {
    FILE *out;
    bool is_begun;  // whether the next member needs a comma before it
};

void pp_json_open(struct pp_json *json, const char *key, char bracket);  // '{' or '['
void pp_json_close(struct pp_json *json, char bracket);
void pp_json_end_line(struct pp_json *json);  // closes the outermost object
void pp_json_text(struct pp_json *json, const char *key, const char *value);  // NULL becomes null
void pp_json_number(struct pp_json *json, const char *key, uint64_t value);
void pp_json_bool(struct pp_json *json, const char *key, bool value);
void pp_json_digest(struct pp_json *json, const char *key, uint64_t digest);  // 16 hex digits
