// SPDX-License-Identifier: MIT
// Random valid programs, drawn from the tables directly: no code under test takes part.
#pragma once
#include <poolproof/program.h>

// Next number of a fixed sequence that begins at *state != 0.
uint32_t random_next(uint64_t *state);

// 0 .. sides - 1
uint32_t random_below(uint64_t *state, uint32_t sides);

void random_program(uint64_t *state, enum pp_language language, uint32_t op_count_max,
                    struct pp_program *ret_program);
