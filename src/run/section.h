// SPDX-License-Identifier: MIT
// Sections that the reports of findings and of differences have in common.
#pragma once
#include "base/text.h"

#include <poolproof/program.h>

// The program with the op of the report marked. Without one, when it was found: "in the tear-down".
void pp_section_program(struct pp_text *text, const struct pp_program *program, uint16_t op,
                        const char *when_over);

// The last events of the trace.
void pp_section_events(struct pp_text *text);
