// SPDX-License-Identifier: MIT
// Only builds for coverage have it; here it is there in each.
#define PP_COVERAGE 1
#include "../../src/base/exercise.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "exercise-XXXXXX";

static size_t read_all(char *text, size_t capacity) {
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t length = fread(text, 1, capacity - 1, in);
    fclose(in);
    text[length] = 0;
    return length;
}

static void what_was_noted_is_written(void **state) {
    (void)state;
    char text[256];
    pp_exercise_note(PP_EXERCISE_STEP, 2, 3);
    pp_exercise_note(PP_EXERCISE_RULE, 255, 0);
    pp_exercise_note(PP_EXERCISE_STEP, 2, 3);
    write_counts();
    read_all(text, sizeof(text));
    assert_string_equal(text, "0 255 0 1\n5 2 3 2\n");
    write_counts();  // as another process does, to the same file
    assert_int_equal(read_all(text, sizeof(text)), 2 * strlen("0 255 0 1\n5 2 3 2\n"));
}

static void without_a_file_nothing_is_written(void **state) {
    (void)state;
    unsetenv("PP_EXERCISED");
    write_counts();
    setenv("PP_EXERCISED", "/no/such/folder/file", 1);
    write_counts();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_noted_is_written),
        cmocka_unit_test(without_a_file_nothing_is_written),
    };
    int file = mkstemp(path);
    if (file < 0) {
        return 1;
    }
    close(file);
    setenv("PP_EXERCISED", path, 1);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    unsetenv("PP_EXERCISED");  // what was noted here is none of the report's
    return failed;
}
