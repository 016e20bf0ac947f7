// SPDX-License-Identifier: MIT
#include "corpus.h"

#include "base/guard.h"

#include "kernel/crash.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS_DIR PP_SOURCE_DIR "/corpus/"
#define ENTRY_COUNT_MAX 1024

static struct corpus_entry *entries;
static size_t entry_count;

static int by_path(const void *left, const void *right) {
    return strcmp(((const struct corpus_entry *)left)->path, ((const struct corpus_entry *)right)->path);
}

static void read_program(const char *path, struct pp_program *ret_program) {
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text), file);
    fclose(file);
    struct pp_error error;
    if (!pp_program_parse(text, size, ret_program, &error)) {
        fail_msg("%s:%u:%u: %s", path, error.line, error.column, error.message);
    }
}

PP_CALLED_FROM_OUTSIDE static int add_entry(const char *path, const struct stat *info, int type,
                                            struct FTW *walk) {
    (void)info, (void)walk;
    size_t length = 0;
    while (path[length] != '\0') {
        length++;
    }
    pp_guard_define(path, length + 1);  // written by the C library, unseen
    if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".prog") != 0) {
        return 0;
    }
    assert_true(entry_count < ENTRY_COUNT_MAX);
    read_program(path, &entries[entry_count].program);
    if (entries[entry_count].program.language == PP_LANGUAGE_PROTOCOL) {  // others: tests/differ
        entries[entry_count++].path = strdup(path + strlen(CORPUS_DIR));
    }
    return 0;
}

static void read_all(void) {
    if (entries == NULL) {
        entries = calloc(ENTRY_COUNT_MAX, sizeof(*entries));
        assert_non_null(entries);
        assert_int_equal(nftw(CORPUS_DIR "seeds", add_entry, 8, FTW_PHYS), 0);
        assert_int_equal(nftw(CORPUS_DIR "regressions", add_entry, 8, FTW_PHYS), 0);
        qsort(entries, entry_count, sizeof(*entries), by_path);
    }
}

const struct corpus_entry *corpus_read(const char *folder, size_t *ret_count) {
    read_all();
    size_t length = strlen(folder);
    size_t first = 0;
    while (first < entry_count && strncmp(entries[first].path, folder, length) != 0) {
        first++;
    }
    size_t end = first;
    while (end < entry_count && strncmp(entries[end].path, folder, length) == 0) {
        end++;
    }
    assert_true(end > first);
    *ret_count = end - first;
    return &entries[first];
}

void corpus_generate(uint32_t number, struct pp_program *ret_program) {
    read_all();
    uint32_t state = number * 2654435761u + 1;
    size_t start = number % (entry_count + 1);
    if (start < entry_count) {
        *ret_program = entries[start].program;
    } else {
        ret_program->op_count = 0;
    }
    for (uint32_t i = 0; i <= number / 7 % 32; i++) {
        state = state * 1664525u + 1013904223u;
        if (state >> 24 < 16) {
            pp_program_cross(ret_program, &entries[state % entry_count].program, 64, state);
        } else {
            pp_program_mutate(ret_program, 64, NULL, state);
        }
    }
}

void corpus_run(const struct pp_driver *driver, const struct pp_program *program,
                struct pp_verdict *ret_verdict) {
    pp_crash_catch();
    pp_run(driver, program, NULL, ret_verdict);
}
