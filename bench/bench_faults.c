// SPDX-License-Identifier: MIT
// What it takes to play a program of 64 allocations with every fault, and with every pair: with sites
// that are alike tried once, and with each of them.
#include "cli/enumerate.h"
#include "life_cycle.h"

#include <stdio.h>
#include <string.h>

// 64 allocations: what a bind of the driver echo makes, and two for each write.
#define PROGRAM_BEGIN "poolproof 1\na0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
#define WRITE_COUNT 30
#define PROGRAM_END "complete(b0)\nunbind(b0)\n"
#define DEPTH 2

static struct pp_program program;

static void make_program(void) {
    char text[1024] = PROGRAM_BEGIN;
    struct pp_error error;
    for (int i = 0; i < WRITE_COUNT; i++) {
        strcat(text, "write(f0)\n");
    }
    strcat(text, PROGRAM_END);
    pp_program_parse(text, strlen(text), &program, &error);
}

static double measure(const struct pp_driver *driver, bool is_pruned, uint32_t depth_max) {
    static struct pp_enumerated sum;
    static struct pp_verdict verdict;
    const struct pp_options options = {0};
    const struct pp_subject subject = {.options = &options, .driver = driver};
    struct pp_enumeration all = {.subject = &subject, .program = &program, .is_pruned = is_pruned};

    pp_enumerated_clear(&sum);
    double begin = pp_bench_seconds();
    uint32_t branch_count = pp_enumerate_begin(&all, &verdict, &sum);
    for (all.depth = 1; all.depth <= depth_max; all.depth++) {
        for (uint32_t i = 0; i < branch_count; i++) {
            pp_enumerate_branch(&all, i, &sum);
        }
    }
    double seconds = pp_bench_seconds() - begin;
    printf("  up to %u faults, %-9s %6llu runs, %8.1f ms, %6.0f runs/s%s\n", depth_max,
           is_pruned ? "pruned:" : "all:", (unsigned long long)sum.sums.run_count, seconds * 1e3,
           (double)sum.sums.run_count / seconds,
           is_pruned && depth_max == DEPTH ? "   (goal: at most 100 ms)" : "");
    return seconds;
}

int main(void) {
    const struct pp_driver *driver = pp_driver_find("echo");

    make_program();
    measure(driver, /*is_pruned=*/true, 1);
    measure(driver, /*is_pruned=*/false, 1);
    double pruned = measure(driver, /*is_pruned=*/true, DEPTH);
    double whole = measure(driver, /*is_pruned=*/false, DEPTH);
    printf("  ratio %.1f\n", whole / pruned);
    return 0;
}
