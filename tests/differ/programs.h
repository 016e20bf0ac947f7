// SPDX-License-Identifier: MIT
// The pool programs of corpus/seeds/pool, programs as text, and as many more as one likes.
#pragma once
#include <poolproof/differ.h>
#include <stddef.h>

struct pool_seed {
    const char *name;  // of its file
    struct pp_program program;
};

// All of them, in the order of their names. They live as long as the process.
const struct pool_seed *pool_seeds(size_t *ret_count);

// The program of a text without its version line. Fails the test if it is none.
void pool_program(const char *text, struct pp_program *ret_program);

// Program `number` of an endless sequence: a seed, or the empty one, mutated up to 40 times.
void pool_generate(uint32_t number, struct pp_program *ret_program);

// Plays a program, and fails the test with the report if it finds something.
void pool_check(const struct pp_pool_functions *pool, const struct pp_program *program,
                bool without_rules, const char *name);
