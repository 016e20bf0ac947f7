// SPDX-License-Identifier: MIT
// A journal gets the statement on each program as soon as there is one, so that the same command, given
// again, need not play that program again; see docs/formats.md.
#pragma once
#include "certificate.h"
#include "walk.h"

struct pp_journal_entry {
    char *statement;
    char *file;
    bool has_found;
};

struct pp_journal {
    const char *path;
    int out;          // the file, to be written to; locked
    uint64_t digest;  // of all lines so far
    uint32_t count, capacity;
    struct pp_journal_entry *entries;  // that were there before
};

// Reads the journal, or begins one if there is none. It must be of the same build, settings and
// programs, and nobody else may have begun with it: else it complains, returns false and leaves the
// file as it is.
bool pp_journal_begin(struct pp_journal *journal, const char *path,
                      const struct pp_certificate *settings, const struct pp_paths *programs);

// What was said of that program before, or NULL.
const struct pp_journal_entry *pp_journal_find(const struct pp_journal *journal, const char *file);

// Complains and returns false if it cannot be written.
bool pp_journal_add(struct pp_journal *journal, const char *statement);

void pp_journal_end(struct pp_journal *journal);
