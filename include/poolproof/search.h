// SPDX-License-Identifier: MIT
// Trying schedules of a program: who goes on at which switch point is decided by a strategy, beside the
// program's own choices. A schedule is a pure function of what is here and the program.
#pragma once
#include <stdint.h>

enum pp_strategy {
    PP_STRATEGY_RANDOM,  // anybody, at a few random switch points
    PP_STRATEGY_PCT,     // priorities, which change at depth - 1 random switch points
    PP_STRATEGY_DELAY,   // at depth random switch points the one who runs is put behind the others
    PP_STRATEGY_ROBIN,   // in turn, each for `number` switch points
    PP_STRATEGY_COUNT
};

struct pp_search {
    enum pp_strategy strategy;
    uint32_t depth;       // of PCT and DELAY
    uint32_t number;      // of this schedule, from 1
    uint32_t step_count;  // switch points, calls and accesses, that the program has without a search
    uint64_t seed;
};
