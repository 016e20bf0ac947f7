// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void pp_text_init(struct pp_text *text, char *memory, size_t capacity) {
    *text = (struct pp_text){.start = memory, .length = 0, .capacity = capacity};
    memory[0] = '\0';
}

void pp_text_add(struct pp_text *text, const char *format, ...) {
    size_t room = text->capacity - text->length;
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(text->start + text->length, room, format, args);
    va_end(args);
    if (wanted > 0) {
        text->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
    }
}
