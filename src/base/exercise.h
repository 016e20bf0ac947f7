// SPDX-License-Identifier: MIT
// Counts what of our own tables a process came to. Builds for coverage have it, for scripts/coverage; in
// all others it is nothing.
#pragma once
#include <stdint.h>

enum pp_exercise {
    PP_EXERCISE_RULE,         // was broken, by index of pp_rules
    PP_EXERCISE_FAIL,         // a fault point failed for one call
    PP_EXERCISE_FAIL_ALWAYS,  // from one call on
    PP_EXERCISE_ANSWER,       // an outcome point gave a status
    PP_EXERCISE_OP,           // an op did something, by language and kind
    PP_EXERCISE_STEP,         // a binding went on from a state with a step
    PP_EXERCISE_COUNT
};

#ifdef PP_COVERAGE
void pp_exercise_note(enum pp_exercise what, uint32_t first, uint32_t second);
#else
static inline void pp_exercise_note(enum pp_exercise what, uint32_t first, uint32_t second) {
    (void)what, (void)first, (void)second;
}
#endif
