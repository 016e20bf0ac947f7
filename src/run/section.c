// SPDX-License-Identifier: MIT
#include "run/section.h"

#include "run/trace.h"

#include <string.h>

#define LAST_EVENTS 24
#define PROGRAM_TEXT_BYTES 65536

void pp_section_program(struct pp_text *text, const struct pp_program *program, uint16_t op,
                        const char *when_over) {
    static char listing[PROGRAM_TEXT_BYTES];
    pp_program_print(program, op, listing, sizeof(listing));
    if (op == PP_OP_NONE) {
        pp_text_add(text, "\nprogram (found %s):\n", when_over);
    } else {
        pp_text_add(text, "\nprogram:\n");
    }
    for (const char *line = listing; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        pp_text_add(text, "  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

void pp_section_events(struct pp_text *text) {
    pp_text_add(text, "\nlast events (number, op, what):\n");
    pp_trace_print(text, LAST_EVENTS);
}
