// SPDX-License-Identifier: MIT
// What it costs to allocate and free an NBL with its NB, to clone one, to put a header in front of one:
// without anybody listening and with the rules, beside DPDK and mimalloc where they are installed, and
// with more and more of them live. All of it in one process, in rounds, so that ratios mean something.
#include "base/guard.h"
#include "life_cycle.h"
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUND_COUNT 11
#define CALLS_A_ROUND 8192u
#define CALLS_A_RUN 512u
#define NOT_MEASURED (-1.0)

enum { POOL, RULES, DPDK, MIMALLOC, PEER_COUNT };

#ifndef PP_HAVE_DPDK
#define PP_HAVE_DPDK 0
#endif
#ifndef PP_HAVE_MIMALLOC
#define PP_HAVE_MIMALLOC 0
#endif

static const struct pp_peer *const peers[PEER_COUNT] = {
    [POOL] = &pp_peer_pool,
    [RULES] = &pp_peer_pool_with_rules,
#if PP_HAVE_DPDK
    [DPDK] = &pp_peer_dpdk,
#endif
#if PP_HAVE_MIMALLOC
    [MIMALLOC] = &pp_peer_mimalloc,
#endif
};
static bool is_running[PEER_COUNT];

struct row {
    const char *title;
    enum pp_work work;
    uint32_t live_count;
};

static const struct row rows[] = {
    {"allocate, free", PP_WORK_ALLOCATE, 0},
    {"allocate 64, free 64", PP_WORK_BURST, 0},
    {"allocate, free, no memory twice", PP_WORK_ALLOCATE_FRESH, 0},
    {"clone, free", PP_WORK_CLONE, 0},
    {"clone with the original's MDLs, free", PP_WORK_CLONE_SHARED, 0},
    {"retreat, advance: there is room", PP_WORK_RETREAT, 0},
    {"retreat, advance: with an MDL more", PP_WORK_RETREAT_GROWING, 0},
    {"of an NBL: there is room", PP_WORK_RETREAT_LIST, 0},
    {"of an NBL: with an MDL more", PP_WORK_RETREAT_LIST_GROWING, 0},
    {"allocate, free with 10 live", PP_WORK_ALLOCATE, 10},
    {"  100", PP_WORK_ALLOCATE, 100},
    {"  1 000", PP_WORK_ALLOCATE, 1000},
    {"  10 000", PP_WORK_ALLOCATE, 10000},
    {"  100 000", PP_WORK_ALLOCATE, PP_LIVE_MAX},
    {"free any, allocate with 10 live", PP_WORK_REPLACE, 10},
    {"  100", PP_WORK_REPLACE, 100},
    {"  1 000", PP_WORK_REPLACE, 1000},
    {"  10 000", PP_WORK_REPLACE, 10000},
    {"  100 000", PP_WORK_REPLACE, PP_LIVE_MAX},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static double nanoseconds[ROW_COUNT][PEER_COUNT][ROUND_COUNT];
static double medians[ROW_COUNT][PEER_COUNT];

// Nanoseconds a call, or NOT_MEASURED. What uses more memory with each call has the same memory again in
// each round, as it has in each run.
static double measure(const struct pp_peer *peer, const struct row *row) {
    void (*work)(uint32_t count) = peer->work[row->work];
    if (work == NULL || !peer->prepare(row->work, row->live_count)) {
        return NOT_MEASURED;
    }
    uint32_t count = CALLS_A_ROUND;
    work(CALLS_A_RUN);
    if (row->work == PP_WORK_ALLOCATE_FRESH || peer == &pp_peer_pool_with_rules) {
        count = CALLS_A_RUN;
        peer->prepare(row->work, row->live_count);
    }
    double begin = pp_bench_seconds();
    work(count);
    return (pp_bench_seconds() - begin) / count * 1e9;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static void measure_all(void) {
    for (int round = 0; round < ROUND_COUNT; round++) {
        for (size_t row = 0; row < ROW_COUNT; row++) {
            for (int peer = 0; peer < PEER_COUNT; peer++) {
                nanoseconds[row][peer][round] =
                    is_running[peer] ? measure(peers[peer], &rows[row]) : NOT_MEASURED;
            }
        }
    }
    for (size_t row = 0; row < ROW_COUNT; row++) {
        for (int peer = 0; peer < PEER_COUNT; peer++) {
            double *rounds = nanoseconds[row][peer];
            qsort(rounds, ROUND_COUNT, sizeof(*rounds), by_value);
            medians[row][peer] = rounds[0] < 0 ? NOT_MEASURED : rounds[ROUND_COUNT / 2];
        }
    }
}

static double ratio(double of, double to) { return of < 0 || to < 0 ? NOT_MEASURED : of / to; }

static void print_figure(double figure, int width, int digits) {
    if (figure < 0) {
        printf("%*s", width, "-");
    } else {
        printf("%*.*f", width, digits, figure);
    }
}

static void print_row(const char *title, const double *of) {
    printf("  %-37s", title);
    for (int peer = 0; peer < PEER_COUNT; peer++) {
        print_figure(of[peer], 10, 1);
    }
    print_figure(ratio(of[POOL], of[DPDK]), 11, 2);
    print_figure(ratio(of[POOL], of[MIMALLOC]), 12, 2);
    print_figure(ratio(of[RULES], of[POOL]), 13, 2);
    printf("\n");
}

static size_t row_of(enum pp_work work, uint32_t live_count) {
    size_t row = 0;
    while (rows[row].work != work || rows[row].live_count != live_count) {
        row++;
    }
    return row;
}

static void print_growth(const char *title, enum pp_work work, const char *goal) {
    const double *few = medians[row_of(work, 10)];
    const double *many = medians[row_of(work, PP_LIVE_MAX)];
    printf("  %-37s", title);
    for (int peer = 0; peer < PEER_COUNT; peer++) {
        print_figure(ratio(many[peer], few[peer]), 10, 2);
    }
    printf("%s\n", goal);
}

static void print_goal(const char *title, double figure, const char *goal) {
    printf("  %-37s", title);
    print_figure(figure, 10, 2);
    printf("   (goal: at most %s)\n", goal);
}

int main(void) {
    for (int peer = 0; peer < PEER_COUNT; peer++) {
        is_running[peer] = peers[peer] != NULL && peers[peer]->start();
    }
    if (PP_HAS_GUARD) {
        printf("DPDK and mimalloc have no place beside a sanitizer\n");
    } else if (peers[DPDK] == NULL || peers[MIMALLOC] == NULL) {
        printf("%s%s%s not installed: see scripts/bench --help\n", peers[DPDK] == NULL ? "DPDK" : "",
               peers[DPDK] == NULL && peers[MIMALLOC] == NULL ? ", " : "",
               peers[MIMALLOC] == NULL ? "mimalloc" : "");
    }
    measure_all();
    printf("pools: ns for a pair of calls, median of %d rounds\n", ROUND_COUNT);
    printf("  %-37s%10s%10s%10s%10s%11s%12s%13s\n", "", "pool", "rules on", "DPDK", "mimalloc",
           "pool/DPDK", "/mimalloc", "rules/pool");
    for (size_t row = 0; row < ROW_COUNT; row++) {
        print_row(rows[row].title, medians[row]);
    }
    const double *single = medians[row_of(PP_WORK_ALLOCATE, 0)];
    print_goal("allocate, free: pool/DPDK", ratio(single[POOL], single[DPDK]), "1.2");
    print_goal("allocate, free: pool/mimalloc", ratio(single[POOL], single[MIMALLOC]), "0.6");
    print_growth("allocate, free: 100 000 live/10", PP_WORK_ALLOCATE, "   (goal: at most 1.5)");
    print_growth("free any, allocate: 100 000 live/10", PP_WORK_REPLACE, "");
    return 0;
}
