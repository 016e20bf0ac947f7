// SPDX-License-Identifier: MIT
// The differential player: a pool program is played on a pool through the NDIS functions, and on a model
// of plain numbers that was written from the documentation alone. After every op the results, the state
// and the rules reported must be those that the model predicts. A difference is a finding, titled
// "poolproof: POOL-DIFFERS: what of OP".
#pragma once
#include <poolproof/finding.h>
#include <poolproof/pool.h>
#include <poolproof/program.h>
#include <poolproof/run.h>

struct pp_differ_options {
    bool without_rules;  // no checker runs: the pool must survive by itself, and nothing is compared
                         // from the first op on that breaks a rule
};

// Plays a pool program in an empty world, which it leaves empty. An op that breaks a rule is reported,
// has no effect, and the next op is played. Same verdict for the same program and pool, always.
void pp_differ(const struct pp_pool_functions *pool, const struct pp_program *program,
               const struct pp_differ_options *options, struct pp_verdict *ret_verdict);

// How often the last pp_differ met each rule as predicted: broken, by index of pp_rules.
const uint32_t *pp_differ_broken(void);

// The report of a verdict with a finding, as pp_run_report.
size_t pp_differ_report(const struct pp_pool_functions *pool, const struct pp_program *program,
                        const struct pp_verdict *verdict, const char *replay, char *text,
                        size_t capacity);

// The pools that this binary was linked with; pp_pool_arena is the first.
const struct pp_pool_functions *pp_pool_find(const char *name);  // NULL: there is none of that name
uint32_t pp_pool_count(void);
const struct pp_pool_functions *pp_pool_at(uint32_t index);
