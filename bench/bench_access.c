// SPDX-License-Identifier: MIT
// What a memory access of driver code costs when no switch is due there: in builds with AddressSanitizer
// beside the sanitizer's own check, in others beside an empty function.
#include "base/emit.h"
#include "base/guard.h"
#include "life_cycle.h"

#include <stdio.h>

#define ACCESS_COUNT 50000000
#define ROUND_COUNT 5

#if PP_HAS_GUARD
void pp_driver_load8(uintptr_t address);
void __asan_load8(uintptr_t address);  // NOLINT: the name is the sanitizer's
#define OURS pp_driver_load8
#define PEER __asan_load8
#define PEER_NAME "AddressSanitizer's own"
#else
void __sanitizer_cov_load8(uintptr_t address);  // NOLINT: the name is the compiler's
__attribute__((noinline)) static void do_nothing(uintptr_t address) {
    __asm__ volatile("" ::"r"(address));
}
#define OURS __sanitizer_cov_load8
#define PEER do_nothing
#define PEER_NAME "an empty function"
#endif

static uint64_t memory[64];

// Called as compiled driver code calls it: not inlined.
static double seconds_of(void (*volatile access)(uintptr_t address)) {
    pp_now.access_countdown = UINT32_MAX;
    double begin = pp_bench_seconds();
    for (int i = 0; i < ACCESS_COUNT; i++) {
        access((uintptr_t)&memory[i % 64]);
    }
    return pp_bench_seconds() - begin;
}

int main(void) {
    double ours = 1e9, peer = 1e9;
    for (int i = 0; i < ROUND_COUNT; i++) {
        double seconds = seconds_of(OURS);
        ours = seconds < ours ? seconds : ours;
        seconds = seconds_of(PEER);
        peer = seconds < peer ? seconds : peer;
    }
    printf("an access of driver code, no switch due, lowest of %d rounds of %d:\n", ROUND_COUNT,
           ACCESS_COUNT);
    printf("  ours                    %5.2f ns\n", ours * 1e9 / ACCESS_COUNT);
    printf("  %-22s  %5.2f ns\n", PEER_NAME, peer * 1e9 / ACCESS_COUNT);
    printf("  %.2f times\n", ours / peer);
    return 0;
}
