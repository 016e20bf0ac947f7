// SPDX-License-Identifier: MIT
// How far a long command is, on stderr: to a terminal a line that is renewed, elsewhere one line every
// ten seconds.
#pragma once
#include <stdint.h>

void pp_progress_begin(uint32_t program_count);

// So many runs and findings came to those before.
void pp_progress_add(uint64_t run_count, uint32_t finding_count);

void pp_progress_add_program(void);

// Takes the line off the terminal, before something else is printed, and at the end.
void pp_progress_hide(void);
