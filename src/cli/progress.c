// SPDX-License-Identifier: MIT
#include "progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool is_terminal;
    bool is_shown;
    double pause;  // seconds between two lines
    double begin, told;
    uint32_t program_count, done_count, finding_count;
    uint64_t run_count;
} progress;

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell(double now) {
    double seconds = now - progress.begin;

    fprintf(stderr,
            "%sfaults: %" PRIu32 " of %" PRIu32 " programs, %" PRIu64 " runs, %.0f a second, %" PRIu32
            " findings%s",
            progress.is_terminal ? "\r" : "", progress.done_count, progress.program_count,
            progress.run_count, (double)progress.run_count / seconds, progress.finding_count,
            progress.is_terminal ? "\033[K" : "\n");
    progress.is_shown = progress.is_terminal;
    progress.told = now;
}

void pp_progress_begin(uint32_t program_count) {
    progress.is_terminal = isatty(STDERR_FILENO);
    progress.pause = progress.is_terminal ? 0.2 : 10;
    progress.begin = progress.told = now_seconds();
    progress.program_count = program_count;
}

void pp_progress_add(uint64_t run_count, uint32_t finding_count) {
    double now = now_seconds();

    progress.run_count += run_count;
    progress.finding_count += finding_count;
    if (now - progress.told >= progress.pause) {
        tell(now);
    }
}

void pp_progress_add_program(void) { progress.done_count++; }

void pp_progress_hide(void) {
    if (progress.is_shown) {
        fputs("\r\033[K", stderr);
        progress.is_shown = false;
    }
}
