// SPDX-License-Identifier: MIT
// Compiled with the flags that an engine wants its targets to have.
#include "ways.h"

#include <poolproof/run.h>

// The number keeps the compiler from making one of what it would take for equal.
#define EDGE(way) \
    case (way): __asm__ volatile("# way %c0" ::"i"(way)); break;
#define EDGES_4(way) EDGE(way) EDGE((way) + 1) EDGE((way) + 2) EDGE((way) + 3)
#define EDGES_16(way) EDGES_4(way) EDGES_4((way) + 4) EDGES_4((way) + 8) EDGES_4((way) + 12)
#define EDGES_64(way) EDGES_16(way) EDGES_16((way) + 16) EDGES_16((way) + 32) EDGES_16((way) + 48)
#define EDGES_256(way) EDGES_64(way) EDGES_64((way) + 64) EDGES_64((way) + 128) EDGES_64((way) + 192)
#define EDGES_1024 EDGES_256(0) EDGES_256(256) EDGES_256(512) EDGES_256(768)

_Static_assert(PP_RUN_WAYS == 1024, "each way has its edge");

static void take(uint32_t way) {
    switch (way) {
        EDGES_1024
    default: break;
    }
}

void pp_ways_take(const uint64_t *ways) {
    for (uint32_t i = 0; i < PP_RUN_WAYS / 64; i++) {
        for (uint64_t rest = ways[i]; rest != 0; rest &= rest - 1) {
            take(i * 64 + (uint32_t)__builtin_ctzll(rest));
        }
    }
}
