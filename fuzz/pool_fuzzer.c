// SPDX-License-Identifier: MIT
// A pool under pool programs: held against the model and the rules, for any engine with
// LLVMFuzzerTestOneInput. A difference is printed as a report and ends the process, as engines expect of
// a crash. The pool is the default one of the build, or the one that the variable PP_POOL names; with
// PP_WITHOUT_RULES it is told of everything, right or wrong, and has to survive.
#include "program_mutator.h"

#include <poolproof/differ.h>

#include <stdio.h>
#include <stdlib.h>

#ifndef PP_DEFAULT_POOL
#define PP_DEFAULT_POOL "arena"
#endif

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum pp_language pp_target_language = PP_LANGUAGE_POOL;

static const struct pp_pool_functions *pool;
static struct pp_differ_options options;
static struct pp_verdict verdict;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const char *name = getenv("PP_POOL");

    (void)argc, (void)argv;
    pool = pp_pool_find(name ? name : PP_DEFAULT_POOL);
    if (!pool) {
        fprintf(stderr, "error: PP_POOL: names no pool of this binary\n");
        exit(2);
    }
    options.without_rules = getenv("PP_WITHOUT_RULES") != NULL;
    return 0;
}

static void print_report(const struct pp_program *program) {
    static char report[256 * 1024], replay[256];

    snprintf(replay, sizeof replay, "PP_POOL=%s pool_fuzzer INPUT", pool->name);
    pp_differ_report(pool, program, &verdict, replay, report, sizeof report);
    fputs(report, stderr);
    fflush(stderr);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct pp_program program;

    pp_target_read(bytes, size, &program);
    pp_differ(pool, &program, &options, &verdict);
    pp_target_feed(&verdict, pp_differ_broken());
    if (verdict.is_finding) {
        print_report(&program);
        abort();
    }
    return 0;
}
