// SPDX-License-Identifier: MIT
// A fiber switch there and back, beside glibc's swapcontext.
#include "kernel/fiber.h"
#include "life_cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define SWITCH_COUNT 1000000
#define ROUND_COUNT 5

static struct pp_fiber fiber;

static void ping(void *subject, uint64_t detail) {
    (void)subject;
    (void)detail;
    for (;;) {
        pp_fiber_leave(&fiber);
    }
}

static double fiber_seconds(void) {
    double begin = pp_bench_seconds();
    for (int i = 0; i < SWITCH_COUNT; i++) {
        pp_fiber_resume(&fiber);
    }
    return pp_bench_seconds() - begin;
}

static ucontext_t host_context;
static ucontext_t other_context;

static void ping_ucontext(void) {
    for (;;) {
        swapcontext(&other_context, &host_context);
    }
}

__attribute__((no_sanitize("address"))) static double ucontext_seconds(void) {
    double begin = pp_bench_seconds();
    for (int i = 0; i < SWITCH_COUNT / 10; i++) {
        swapcontext(&host_context, &other_context);
    }
    return (pp_bench_seconds() - begin) * 10;
}

int main(void) {
    static char stack[65536];
    fiber.run = ping;
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = sizeof(stack);
    makecontext(&other_context, ping_ucontext, 0);
    double fiber_best = 1e9;
    double ucontext_best = 1e9;
    for (int i = 0; i < ROUND_COUNT; i++) {
        double seconds = fiber_seconds();
        fiber_best = seconds < fiber_best ? seconds : fiber_best;
        seconds = ucontext_seconds();
        ucontext_best = seconds < ucontext_best ? seconds : ucontext_best;
    }
    printf("fiber switch, there and back\n");
    printf("  fiber          %8.1f ns   (goal: 20 plain, 60 with the sanitizer's annotations)\n",
           fiber_best / SWITCH_COUNT * 1e9);
    printf("  swapcontext    %8.1f ns\n", ucontext_best / SWITCH_COUNT * 1e9);
    return 0;
}
