// SPDX-License-Identifier: MIT
// The programs of corpus/, and as many more as one likes, made from them.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/program.h>
#include <poolproof/run.h>
#include <stddef.h>

struct corpus_entry {
    const char *path;  // below corpus/
    struct pp_program program;
};

// The programs below that folder of corpus/, in the order of their paths. Fails the test if there is
// none or if one is not a program. They live as long as the process.
const struct corpus_entry *corpus_read(const char *folder, size_t *ret_count);

// Program `number` of an endless sequence: one of the corpus, or the empty one, mutated up to 32 times.
// Each number has its own, no matter which were made before.
void corpus_generate(uint32_t number, struct pp_program *ret_program);

// Runs a program, with cmocka's signal handlers out of the way.
void corpus_run(const struct pp_driver *driver, const struct pp_program *program,
                struct pp_verdict *ret_verdict);
