// SPDX-License-Identifier: MIT
// The command line after its verb, as a value.
#pragma once
#include <poolproof/search.h>
#include <stdbool.h>
#include <stdint.h>

struct pp_options {
    const char *program;  // argv[0], for replay commands
    const char *driver;   // NULL: the default one
    const char *pool;     // NULL: the default one
    const char *findings;
    const char *output;       // pack -o
    const char *values;       // NULL: no file of values
    const char *certificate;  // faults: NULL: none is written
    const char *resume;       // faults: a journal, NULL: none is kept
    const char *verify;       // faults: a certificate, NULL: programs are tried
    const char *plan;         // NULL: none
    bool is_json;
    bool is_strict;
    bool is_findings_given;
    bool is_by_digest;
    bool has_coverage;
    bool is_code_alone;  // fuzz: what happens to faults is no reason to keep a program
    bool is_help;
    uint64_t seconds;         // 0: no limit
    uint64_t runs;            // 0: no limit
    uint64_t seed;            // 0: a new one each time
    uint64_t schedules;       // 0: the program as it is
    uint64_t depth;           // faults: so many at once
    uint64_t jobs;            // faults: so many processes
    bool is_unpruned;         // faults: sites that are like others are tried, too
    bool is_for_all;          // faults: a finding is not the end of a program
    struct pp_search search;  // strategy, depth and seed of these
    int operand_count;
    char **operands;
};

// `allowed` has the letter of each option that the verb takes, see options.c. Complains and returns
// false if there is any other, or one with a bad value.
bool pp_options_parse(int argc, char **argv, const char *allowed, struct pp_options *ret_options);
