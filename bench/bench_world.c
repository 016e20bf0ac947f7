// SPDX-License-Identifier: MIT
// What a run of each good driver costs: the rules against none, in one process, rounds interleaved.
#include "life_cycle.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUND_COUNT 7
#define RUNS_A_ROUND 3000

static struct pp_verdict verdict;

static double round_seconds(const struct pp_driver *driver, const struct pp_program *program,
                            bool without_rules) {
    const struct pp_run_options options = {.without_rules = without_rules};
    double begin = pp_bench_seconds();
    for (int i = 0; i < RUNS_A_ROUND; i++) {
        pp_run(driver, program, &options, &verdict);
    }
    return pp_bench_seconds() - begin;
}

static void print_line(const char *what, double *seconds) {
    pp_bench_sort(seconds, ROUND_COUNT);
    double run = seconds[ROUND_COUNT / 2] / RUNS_A_ROUND;
    printf("  %-14s %8.2f us a run, %9.0f ops/s, %9.0f events/s  (min %.2f, max %.2f us)\n", what,
           run * 1e6, verdict.op_played_count / run, verdict.event_count / run,
           seconds[0] / RUNS_A_ROUND * 1e6, seconds[ROUND_COUNT - 1] / RUNS_A_ROUND * 1e6);
}

static bool measure(const struct pp_driver *driver) {
    const struct pp_program *program = pp_bench_life_cycle(driver);
    double with_rules[ROUND_COUNT];
    double without_rules[ROUND_COUNT];
    round_seconds(driver, program, /*without_rules=*/false);
    if (verdict.is_finding) {
        fprintf(stderr, "%s: %s\n", driver->name, verdict.finding.title);
        return false;
    }
    for (int i = 0; i < ROUND_COUNT; i++) {
        with_rules[i] = round_seconds(driver, program, /*without_rules=*/false);
        without_rules[i] = round_seconds(driver, program, /*without_rules=*/true);
    }
    printf("life of the driver %s, %u ops, %u events\n", driver->name, verdict.op_played_count,
           verdict.event_count);
    print_line("all rules", with_rules);
    print_line("no rules", without_rules);
    printf("  ratio          %8.1f %%   (goal: at least 50 %%)\n",
           100 * without_rules[ROUND_COUNT / 2] / with_rules[ROUND_COUNT / 2]);
    return true;
}

int main(void) {
    bool all_ran = true;
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        all_ran &= measure(*driver);
    }
    return !all_ran;
}
