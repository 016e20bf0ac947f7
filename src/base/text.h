// SPDX-License-Identifier: MIT
// Text of bounded length, built piece by piece. Always NUL-terminated; what does not fit is cut off.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct pp_text {
    char *start;
    size_t length;    // without the NUL
    size_t capacity;  // with the NUL; at least 1
};

void pp_text_init(struct pp_text *text, char *memory, size_t capacity);
void pp_text_add(struct pp_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
