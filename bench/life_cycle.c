// SPDX-License-Identifier: MIT
#include "life_cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEND_COUNT 16

const struct pp_program *pp_bench_life_cycle(void) {
    static struct pp_program program;
    char text[4096] = "poolproof 1\na0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n";
    for (int i = 0; i < SEND_COUNT; i++) {
        strcat(text, "write(f0)\n");
    }
    for (int i = 0; i < SEND_COUNT; i++) {
        strcat(text, "complete(b0)\n");
    }
    strcat(text, "close(f0)\nunbind(b0)\nunload()\n");
    struct pp_error error;
    if (!pp_program_parse(text, strlen(text), &program, &error)) {
        fprintf(stderr, "line %u: %s\n", error.line, error.message);
        abort();
    }
    return &program;
}

double pp_bench_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
