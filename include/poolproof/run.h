// SPDX-License-Identifier: MIT
// One function plays a program against a driver and says what came of it. Fuzz targets, command line,
// tests, shrinker, enumeration and reproducer are ways to call it.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/finding.h>
#include <poolproof/program.h>
#include <poolproof/search.h>
#include <poolproof/site.h>
#include <stdbool.h>
#include <stdint.h>

struct pp_run_options {
    bool without_rules;  // play only: no checker runs; crashes of the driver are still findings
    bool is_strict;      // rules that are only counted stop the run, too
    bool is_dyed;        // the content of op `dyed_op` is dyed, see src/base/dye.h
    uint16_t dyed_op;
    enum pp_sites_wanted sites;
    const struct pp_search *search;  // who goes on where the program leaves it open; may be NULL
};

struct pp_verdict {
    bool is_finding;
    struct pp_finding finding;  // valid if is_finding
    uint64_t digest;            // of every event in order; equal for equal runs of one build
    uint32_t event_count;
    uint32_t op_played_count;   // ops that did something (the others found their object gone)
    uint32_t rule_check_count;  // events that a rule judged
    uint32_t fault_armed_count;
    uint32_t fault_fired_count;
    uint32_t point_reached[PP_POINT_COUNT];  // calls of each fault point
    uint32_t point_failed[PP_POINT_COUNT];   // of these, failed by the program
    struct pp_reach reach;                   // of the program's ops, by kind; not of pool programs
    uint32_t step_count;                     // switch points that they had: calls and accesses
};

// Plays `program` against `driver` in a fresh world and tears the world down. Never fails: whatever the
// driver does becomes part of the verdict. Not reentrant; one thread.
void pp_run(const struct pp_driver *driver, const struct pp_program *program,
            const struct pp_run_options *options, struct pp_verdict *ret_verdict);

// How often the last run broke each rule that is only counted; by index of pp_rules.
const uint32_t *pp_run_advice(void);

// True if the driver failed what that op of the last run asked for, a bind or an IRP, before the op was
// over. An op `again` behind it would try it once more.
bool pp_run_has_failed(uint16_t op);

// How the last run's calls of fault points were answered otherwise than with success: a bit of
// PP_RUN_WAYS for each way. For engines, to which a new way is a reason to keep a program.
#define PP_RUN_WAYS 1024u
const uint64_t *pp_run_ways(void);

// After a run with a search: the program with the choices that were made in it. Played without a search
// it does the same. Valid until the next pp_run.
const struct pp_program *pp_run_recorded(void);

// The report of a verdict with a finding, as text: title, program with the failing op marked, detail,
// faults, last events, how to replay (`replay` is that command). Call it before the next pp_run.
// Returns the length; truncated if `capacity` is too small.
size_t pp_run_report(const struct pp_driver *driver, const struct pp_program *program,
                     const struct pp_verdict *verdict, const char *replay, char *text, size_t capacity);
