// SPDX-License-Identifier: MIT
// A program, played with the faults that it can have.
#pragma once
#include "enumerate.h"

struct pp_attempt {
    const char *path;
    uint64_t file_digest;  // XXH3 of the file's bytes
    struct pp_program program;
    struct pp_verdict own;  // of the program without faults of ours
    struct pp_enumerated counts;
    bool is_whole;                                // no interrupt came
    uint64_t run_counts[PP_ENUMERATE_DEPTH_MAX];  // runs with one fault of ours, with two ...
};

// Plays the program in the file with all sets of faults that the subject's options ask for. Complains
// and returns NULL if it cannot be played, or not to its end. Valid until the next call; paths are not
// copied.
const struct pp_attempt *pp_attempt_play(const struct pp_subject *subject, const char *path);

static inline bool pp_attempt_has_found(const struct pp_attempt *attempt) {
    return attempt->own.is_finding || attempt->counts.found_count > 0;
}
