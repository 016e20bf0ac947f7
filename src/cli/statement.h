// SPDX-License-Identifier: MIT
// What came of a program and its faults, as a JSON object on one line: what `faults --json` prints, and
// what a certificate is made of.
#pragma once
#include "attempt.h"

// The text, without a newline; to be freed.
char *pp_statement_make(const struct pp_subject *subject, const struct pp_attempt *attempt);

// Of a program of which nothing can be said.
char *pp_statement_make_bad(const struct pp_subject *subject, const char *path);
