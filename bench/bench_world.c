// SPDX-License-Identifier: MIT
// What a run costs: the rules against none, in one process, rounds interleaved.
#include "life_cycle.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUND_COUNT 7
#define RUNS_A_ROUND 3000

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double round_seconds(const struct pp_driver *driver, bool without_rules,
                            struct pp_verdict *verdict) {
    const struct pp_run_options options = {.without_rules = without_rules};
    const struct pp_program *program = pp_bench_life_cycle();
    double begin = pp_bench_seconds();
    for (int i = 0; i < RUNS_A_ROUND; i++) {
        pp_run(driver, program, &options, verdict);
    }
    return pp_bench_seconds() - begin;
}

static void print_line(const char *what, double *seconds, const struct pp_verdict *verdict) {
    qsort(seconds, ROUND_COUNT, sizeof(*seconds), by_value);
    double run = seconds[ROUND_COUNT / 2] / RUNS_A_ROUND;
    printf("  %-14s %8.2f us a run, %9.0f ops/s, %9.0f events/s  (min %.2f, max %.2f us)\n", what,
           run * 1e6, verdict->op_played_count / run, verdict->event_count / run,
           seconds[0] / RUNS_A_ROUND * 1e6, seconds[ROUND_COUNT - 1] / RUNS_A_ROUND * 1e6);
}

int main(void) {
    const struct pp_driver *driver = pp_driver_find("echo");
    static struct pp_verdict verdict;
    double with_rules[ROUND_COUNT];
    double without_rules[ROUND_COUNT];
    round_seconds(driver, /*without_rules=*/false, &verdict);
    if (verdict.is_finding) {
        fprintf(stderr, "%s\n", verdict.finding.title);
        return 1;
    }
    for (int i = 0; i < ROUND_COUNT; i++) {
        with_rules[i] = round_seconds(driver, /*without_rules=*/false, &verdict);
        without_rules[i] = round_seconds(driver, /*without_rules=*/true, &verdict);
    }
    printf("life cycle of the driver echo with 16 sends, %u ops, %u events\n", verdict.op_played_count,
           verdict.event_count);
    print_line("all rules", with_rules, &verdict);
    print_line("no rules", without_rules, &verdict);
    printf("  ratio          %8.1f %%   (goal: at least 50 %%)\n",
           100 * without_rules[ROUND_COUNT / 2] / with_rules[ROUND_COUNT / 2]);
    return 0;
}
