// SPDX-License-Identifier: MIT
// What was found, one folder for each title: program.prog, input, report.txt. The smallest program
// wins, also over those of former sessions.
#pragma once
#include <poolproof/program.h>

#include <limits.h>

#define PP_FINDINGS_MAX 512  // titles in one session; those beyond are counted, not kept

struct pp_found {
    char title[192];
    char folder[PATH_MAX];
    bool is_lost;       // its files could not be written
    uint64_t count;     // times that it was found in this session
    uint32_t op_count;  // of the smallest program, UINT32_MAX before there is one
    uint32_t size;      // of that program as text
};

struct pp_findings {
    const char *folder;
    bool is_folder_new;  // it was made for this session
    uint32_t count;
    uint64_t lost_count;  // findings that could not be kept
    struct pp_found found[PP_FINDINGS_MAX];
};

// Begins a session that keeps findings in that folder, and makes it. Complains and returns false if that
// cannot be.
bool pp_findings_begin(struct pp_findings *findings, const char *folder);

// Ends the session. A folder that was made for it goes again if nothing was found.
void pp_findings_end(const struct pp_findings *findings);

// Counts a finding and returns what is known of its title, or NULL if there are too many titles.
struct pp_found *pp_findings_add(struct pp_findings *findings, const char *title);

// Is the program smaller than the one kept so far?
bool pp_findings_is_smaller(const struct pp_found *found, const struct pp_program *program);

// What an engine handed in, to be kept as it was.
struct pp_input {
    const uint8_t *bytes;
    size_t size;
};

// Writes the three files; without an input, the program's bytes are that. Complains and returns false if one
// could not be written.
bool pp_findings_keep(struct pp_findings *findings, struct pp_found *found,
                      const struct pp_program *program, struct pp_input input, const char *report);
