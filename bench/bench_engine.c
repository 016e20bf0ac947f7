// SPDX-License-Identifier: MIT
// Executions a second under libFuzzer: an empty target, and the whole life of each good driver, in
// processes of their own, one after the other, several rounds.
#include "life_cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *bytes, size_t size));

#define ROUND_COUNT 5
#define EMPTY_RUNS 1000000
#define LIFE_RUNS 30000
#define WARM_UP_RUNS 1000

struct clock {
    uint64_t runs;
    double begin;
    double end;
};

static struct clock *shared;  // with the parent
static const struct pp_driver *driver;
static uint8_t encoded[PP_PROGRAM_BYTES_MAX];
static size_t encoded_size;

static void tick(void) {
    shared->runs++;
    if (shared->runs == WARM_UP_RUNS) {
        shared->begin = pp_bench_seconds();
    }
    if (shared->runs % WARM_UP_RUNS == 0) {
        shared->end = pp_bench_seconds();
    }
}

static int run_empty(const uint8_t *bytes, size_t size) {
    (void)bytes;
    (void)size;
    tick();
    return 0;
}

static int run_life(const uint8_t *bytes, size_t size) {
    static struct pp_program program;
    static struct pp_verdict verdict;
    static const struct pp_run_options options;
    (void)bytes;
    (void)size;
    pp_program_decode(PP_LANGUAGE_PROTOCOL, encoded, encoded_size, &program);
    pp_run(driver, &program, &options, &verdict);
    tick();
    return 0;
}

static double executions_a_second(int (*target)(const uint8_t *, size_t), int runs) {
    *shared = (struct clock){0};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char count[32];
        snprintf(count, sizeof(count), "-runs=%d", runs);
        char *args[] = {"bench",        count, "-verbosity=0", "-seed=1", "-detect_leaks=0",
                        "-max_len=512", NULL};
        char **argv = args;
        int argc = 6;
        freopen("/dev/null", "w", stderr);
        exit(LLVMFuzzerRunDriver(&argc, &argv, target));
    }
    waitpid(child, NULL, 0);
    uint64_t counted = shared->runs / WARM_UP_RUNS * WARM_UP_RUNS - WARM_UP_RUNS;
    return (double)counted / (shared->end - shared->begin);
}

static void print_line(const char *what, double *rates) {
    pp_bench_sort(rates, ROUND_COUNT);
    printf("  %-22s %9.0f  (%.0f, %.0f)", what, rates[ROUND_COUNT / 2], rates[0],
           rates[ROUND_COUNT - 1]);
}

int main(void) {
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("libFuzzer executions a second, median of %d rounds (min, max); goal: at least 4 %%\n",
           ROUND_COUNT);
    for (const struct pp_driver *const *next = pp_driver_list(); *next != NULL; next++) {
        driver = *next;
        encoded_size = pp_program_encode(pp_bench_life_cycle(driver), encoded, sizeof(encoded));
        double empty[ROUND_COUNT];
        double life[ROUND_COUNT];
        for (int i = 0; i < ROUND_COUNT; i++) {
            empty[i] = executions_a_second(run_empty, EMPTY_RUNS);
            life[i] = executions_a_second(run_life, LIFE_RUNS);
        }
        print_line("empty target", empty);
        printf("\n");
        print_line(driver->name, life);
        printf("  %.2f %%\n", 100 * life[ROUND_COUNT / 2] / empty[ROUND_COUNT / 2]);
    }
    return 0;
}
