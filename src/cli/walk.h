// SPDX-License-Identifier: MIT
// The files that a command line names: each as it is, and all programs in and below each directory.
#pragma once
#include "options.h"

// What came of them.
struct pp_walked {
    uint32_t program_count;
    uint32_t finding_count;  // programs with one
    uint32_t bad_count;
};

typedef void (*pp_walk_visitor)(void *context, const char *path);

// Visits them in order; those of a directory in order of their names, but hidden ones and those with an
// extension other than .prog. Complains about directories and entries that cannot be read and about
// directories without programs, and returns how many these were.
uint32_t pp_walk_operands(const struct pp_options *options, pp_walk_visitor visit, void *context);

// Their paths, in that order.
struct pp_paths {
    char **paths;
    uint32_t count, capacity;
};

// Adds those that the command line names, and complains and counts as above.
uint32_t pp_walk_collect(const struct pp_options *options, struct pp_paths *paths);

void pp_paths_free(struct pp_paths *paths);

// Sums up in words, unless the output is JSON or about one program. Returns the exit status, an
// enum pp_exit.
int pp_walk_end(const struct pp_options *options, const struct pp_walked *walked);
