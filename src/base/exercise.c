// SPDX-License-Identifier: MIT
#include "base/exercise.h"

#ifdef PP_COVERAGE

#include "base/expect.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_MAX 256
#define SECOND_MAX 64

static uint32_t counts[PP_EXERCISE_COUNT][FIRST_MAX][SECOND_MAX];

// A line for each that was exercised; processes that end at the same time do not mix theirs.
static void write_counts(void) {
    static char buffer[256 * 1024];
    const char *path = getenv("PP_EXERCISED");
    FILE *out = path != NULL ? fopen(path, "a") : NULL;
    if (out == NULL) {
        return;
    }
    setvbuf(out, buffer, _IOFBF, sizeof(buffer));
    for (uint32_t i = 0; i < PP_EXERCISE_COUNT * FIRST_MAX * SECOND_MAX; i++) {
        uint32_t what = i / SECOND_MAX / FIRST_MAX, first = i / SECOND_MAX % FIRST_MAX;
        uint32_t count = counts[what][first][i % SECOND_MAX];
        if (count > 0) {
            fprintf(out, "%u %u %u %u\n", what, first, i % SECOND_MAX, count);
        }
    }
    fclose(out);
}

void pp_exercise_note(enum pp_exercise what, uint32_t first, uint32_t second) {
    static bool is_begun;
    if (!is_begun) {
        is_begun = true;
        atexit(write_counts);
    }
    pp_expect(first < FIRST_MAX, "%u of %d", first, what);
    pp_expect(second < SECOND_MAX, "%u of %d", second, what);
    counts[what][first][second]++;
}

#endif
