// SPDX-License-Identifier: MIT
// What goes wrong for the user's own reasons: one line on stderr, "error: PLACE: reason". It never
// begins as a finding's title does.
#pragma once
#include <stdbool.h>

enum pp_exit { PP_EXIT_CLEAN, PP_EXIT_FINDING, PP_EXIT_BAD };

__attribute__((format(printf, 2, 3))) void pp_complain(const char *place, const char *format, ...);

// Flushes stdout. Returns false if some of it could not be written, and complains the first time.
bool pp_complain_about_stdout(void);
