// SPDX-License-Identifier: MIT
// A driver under programs, for any engine with LLVMFuzzerTestOneInput: libFuzzer, AFL++, Centipede,
// Honggfuzz. A finding is printed as a report and ends the process, as engines expect of a crash.
// The driver is the default one of the build, or the one that the variable POOLPROOF_DRIVER names.
#include "program_mutator.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum pp_language pp_target_language = PP_LANGUAGE_PROTOCOL;

static const struct pp_driver *driver;
static const struct pp_run_options options;
static struct pp_verdict verdict;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const struct pp_program empty;
    const char *name = getenv("POOLPROOF_DRIVER");

    (void)argc, (void)argv;
    driver = pp_driver_find(name);
    if (!driver) {
        fprintf(stderr, "error: POOLPROOF_DRIVER: %s\n",
                name ? "names no driver of this binary" : "must name a driver of this binary");
        exit(2);
    }
    pp_target_driver = driver;
    // The world puts its signal handlers in place with the first run; libFuzzer leaves those alone
    // that it finds.
    pp_run(driver, &empty, &options, &verdict);
    return 0;
}

static void print_report(const struct pp_program *program) {
    static char report[256 * 1024], replay[256];

    snprintf(replay, sizeof replay, "poolproof run --driver %s INPUT", driver->name);
    pp_run_report(driver, program, &verdict, replay, report, sizeof report);
    fputs(report, stderr);
    fflush(stderr);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct pp_program program;

    pp_target_read(bytes, size, &program);
    pp_run(driver, &program, &options, &verdict);
    pp_target_feed(&verdict, pp_run_advice());
    if (verdict.is_finding) {
        print_report(&program);
        abort();
    }
    return 0;
}
