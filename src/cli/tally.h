// SPDX-License-Identifier: MIT
// What a fuzzing session came to: sums over its runs, the status line and the summary.
#pragma once
#include "findings.h"

#include <poolproof/run.h>

struct pp_tally {
    enum pp_language language;  // of the programs
    double seconds;             // since the begin
    uint64_t runs;
    uint64_t finding_runs;
    uint64_t ops_played;
    uint64_t events;
    uint64_t rules_checked;
    uint64_t faults_armed;
    uint64_t faults_fired;
    uint64_t point_reached[PP_POINT_COUNT];
    uint64_t point_failed[PP_POINT_COUNT];
    uint64_t broken[PP_RULE_COUNT_MAX];  // by index of pp_rules, see subject.h
};

void pp_tally_add(struct pp_tally *tally, const struct pp_verdict *verdict, const uint32_t *broken);

// "status {...}" to stderr, in words if that is a terminal. `runs_before` and `seconds_before` are
// those of the last status, for the present speed.
void pp_tally_status(const struct pp_tally *tally, const struct pp_findings *findings,
                     uint64_t runs_before, double seconds_before);

// The summary, to stdout.
void pp_tally_print(const struct pp_tally *tally, const struct pp_findings *findings, const char *name,
                    uint64_t seed);
