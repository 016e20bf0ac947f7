// SPDX-License-Identifier: MIT
// What programs are played on: protocol programs on the driver under test, pool programs on the pool.
// Most verbs have both; a driver or a pool that the command line names is the only one.
#pragma once
#include "options.h"

#include <poolproof/driver.h>
#include <poolproof/run.h>

struct pp_plan;
struct pp_pool_functions;

struct pp_subject {
    const struct pp_options *options;
    const struct pp_driver *driver;        // NULL if a pool is named
    const struct pp_pool_functions *pool;  // NULL if a driver is named
    const struct pp_plan *plan;            // NULL if none is named
};

// What the options mean; complains and returns false if there is no such thing.
bool pp_subject_find(const struct pp_options *options, struct pp_subject *ret_subject);

// The language of programs in bytes, which do not tell it: pool if the options name one. Complains and
// returns false if there is no pool of that name.
bool pp_subject_language(const struct pp_options *options, enum pp_language *ret_language);

// Complains about `place` and returns false if programs of that language are not to be played.
bool pp_subject_takes(const struct pp_subject *subject, enum pp_language language, const char *place);

const char *pp_subject_name(const struct pp_subject *subject, enum pp_language language);

// Adds what the plan has for a program that was read.
void pp_subject_apply_plan(const struct pp_subject *subject, struct pp_program *program);

// Pool programs have no sites, whatever is wanted.
void pp_subject_play(const struct pp_subject *subject, const struct pp_program *program,
                     enum pp_sites_wanted sites, struct pp_verdict *ret_verdict);

// How often the last play of a program of that language broke each rule without being stopped by it, by
// index of pp_rules; and in a word what that is: "advice" to a driver, or "broken" as it was predicted.
const uint32_t *pp_subject_broken(enum pp_language language);
const char *pp_subject_broken_word(enum pp_language language);

// The same, with who goes on decided by a search. Protocol programs only.
void pp_subject_search(const struct pp_subject *subject, const struct pp_program *program,
                       const struct pp_search *search, struct pp_verdict *ret_verdict);

// The report of a finding, as text; `file` is where its program is, to play it again. Before the next
// play.
void pp_subject_report(const struct pp_subject *subject, const struct pp_program *program,
                       const struct pp_verdict *verdict, const char *file, char *text, size_t capacity);
