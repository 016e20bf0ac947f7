// SPDX-License-Identifier: MIT
// Bounded text: whatever is added, it ends, and nothing is written behind it.
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void test_pieces_follow_each_other(void **state) {
    (void)state;
    char memory[64];
    struct pp_text text;
    pp_text_init(&text, memory, sizeof(memory));
    assert_string_equal(memory, "");
    pp_text_add(&text, "%d", 12);
    pp_text_add(&text, "%s", "");
    pp_text_add(&text, "-%s", "x");
    assert_string_equal(memory, "12-x");
    assert_int_equal(text.length, 4);
}

static void test_what_does_not_fit_is_cut(void **state) {
    (void)state;
    for (size_t capacity = 1; capacity < 12; capacity++) {
        char memory[16];
        memset(memory, '#', sizeof(memory));
        struct pp_text text;
        pp_text_init(&text, memory, capacity);
        for (int i = 0; i < 4; i++) {
            pp_text_add(&text, "%s", "abc");
        }
        char expect[16];
        snprintf(expect, capacity, "abcabcabcabc");
        assert_string_equal(memory, expect);
        assert_int_equal(text.length, capacity - 1);
        assert_int_equal(memory[capacity], '#');
    }
}

static void test_exact_fit(void **state) {
    (void)state;
    char memory[4];
    struct pp_text text;
    pp_text_init(&text, memory, sizeof(memory));
    pp_text_add(&text, "abc");
    pp_text_add(&text, "d");
    assert_string_equal(memory, "abc");
    assert_int_equal(text.length, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_follow_each_other),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
        cmocka_unit_test(test_exact_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
