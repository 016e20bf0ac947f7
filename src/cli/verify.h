// SPDX-License-Identifier: MIT
// faults --verify FILE: does all again that a certificate speaks of, and compares.
#pragma once
#include "options.h"

// Returns an enum pp_exit.
int pp_verify(const struct pp_options *options);
