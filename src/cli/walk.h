// SPDX-License-Identifier: MIT
// The files that a command line names: each as it is, and all programs in and below each directory.
#pragma once
#include "options.h"

typedef void (*pp_walk_visitor)(void *context, const char *path);

// Visits them in order; those of a directory in order of their names, but hidden ones and those with an
// extension other than .prog. Complains about directories and entries that cannot be read and about
// directories without programs, and returns how many these were.
uint32_t pp_walk_operands(const struct pp_options *options, pp_walk_visitor visit, void *context);
