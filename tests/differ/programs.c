// SPDX-License-Identifier: MIT
#include "programs.h"

#include "base/guard.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_COUNT_MAX 256
#define TEXT_BYTES (1 << 16)

static struct pool_seed seeds[SEED_COUNT_MAX];
static size_t seed_count;

static void parse(const char *name, const char *text, size_t size, struct pp_program *ret_program) {
    struct pp_error error;
    if (!pp_program_parse(text, size, ret_program, &error)) {
        fail_msg("%s:%u:%u: %s", name, error.line, error.column, error.message);
    }
}

static void read_seed(const char *path) {
    static char text[TEXT_BYTES];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_true(seed_count < SEED_COUNT_MAX);
    parse(path, text, size, &seeds[seed_count].program);
    seeds[seed_count++].name = strdup(strrchr(path, '/') + 1);
}

const struct pool_seed *pool_seeds(size_t *ret_count) {
    if (seed_count == 0) {
        glob_t found;
        assert_int_equal(glob(PP_SOURCE_DIR "/corpus/seeds/pool/*.prog", 0, NULL, &found), 0);
        pp_guard_define(found.gl_pathv, found.gl_pathc * sizeof(*found.gl_pathv));
        for (size_t i = 0; i < found.gl_pathc; i++) {
            read_seed(found.gl_pathv[i]);
        }
        globfree(&found);
    }
    *ret_count = seed_count;
    return seeds;
}

void pool_program(const char *text, struct pp_program *ret_program) {
    static char whole[TEXT_BYTES];
    int size = snprintf(whole, sizeof(whole), "poolproof 1 pool\n%s", text);
    parse("test", whole, (size_t)size, ret_program);
}

void pool_generate(uint32_t number, struct pp_program *ret_program) {
    size_t count;
    const struct pool_seed *all = pool_seeds(&count);
    uint32_t state = number * 2654435761u + 1;
    if (number % (count + 1) < count) {
        *ret_program = all[number % (count + 1)].program;
    } else {
        *ret_program = (struct pp_program){.language = PP_LANGUAGE_POOL};
    }
    for (uint32_t i = 0; i <= number / 7 % 40; i++) {
        state = state * 1664525u + 1013904223u;
        if (state >> 24 < 24) {
            pp_program_cross(ret_program, &all[state % count].program, 64, state);
        } else {
            pp_program_mutate(ret_program, 64, NULL, state);
        }
    }
}

void pool_check(const struct pp_pool_functions *pool, const struct pp_program *program,
                bool without_rules, const char *name) {
    static struct pp_verdict verdict;
    static char report[TEXT_BYTES];
    struct pp_differ_options options = {.without_rules = without_rules};
    pp_differ(pool, program, &options, &verdict);
    if (verdict.is_finding) {
        pp_differ_report(pool, program, &verdict, "the test", report, sizeof(report));
        fputs(report, stderr);  // longer than what fail_msg can print
        fail_msg("%s on %s%s", name, pool->name, without_rules ? " without rules" : "");
    }
}
