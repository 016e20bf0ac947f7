// SPDX-License-Identifier: MIT
// Function names from the binary's own symbol table: static functions too, with or without a sanitizer.
#include "base/symbol.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static uintptr_t place;

__attribute__((noinline)) static void note_place(void) {
    place = (uintptr_t)__builtin_return_address(0);
}

__attribute__((noinline)) static void a_function_of_this_file(void) {
    note_place();
    __asm__ volatile("");
}

static void test_static_functions_have_names(void **state) {
    (void)state;
    assert_string_equal(pp_symbol_name((uintptr_t)a_function_of_this_file), "a_function_of_this_file");
    a_function_of_this_file();
    assert_string_equal(pp_symbol_name(place - 1), "a_function_of_this_file");
    assert_string_equal(pp_symbol_name((uintptr_t)test_static_functions_have_names),
                        "test_static_functions_have_names");
}

static void test_what_is_no_code_has_no_name(void **state) {
    (void)state;
    int on_stack;
    assert_null(pp_symbol_name(0));
    assert_null(pp_symbol_name(1));
    assert_null(pp_symbol_name((uintptr_t)&on_stack));
    assert_null(pp_symbol_name((uintptr_t)&place));
    assert_null(pp_symbol_name(UINTPTR_MAX));
}

static struct {
    char first[8];
    char second[8];
} pair;

static void test_variables_have_names(void **state) {
    (void)state;
    uintptr_t offset = 7;
    assert_string_equal(pp_symbol_variable((uintptr_t)&pair, &offset), "pair");
    assert_int_equal(offset, 0);
    assert_string_equal(pp_symbol_variable((uintptr_t)&pair.second[2], &offset), "pair");
    assert_int_equal(offset, 10);
    int on_stack;
    assert_null(pp_symbol_variable((uintptr_t)&on_stack, &offset));
    assert_null(pp_symbol_variable((uintptr_t)a_function_of_this_file, &offset));
    assert_null(pp_symbol_variable(0, &offset));
}

static void test_description_begins_with_the_function(void **state) {
    (void)state;
    char text[256];
    a_function_of_this_file();
    pp_symbol_describe(place, text, sizeof(text));
    assert_int_equal(strncmp(text, "a_function_of_this_file", strlen("a_function_of_this_file")), 0);
    assert_null(strstr(text, "0x"));
    pp_symbol_describe(1, text, sizeof(text));
    assert_string_equal(text, "?");
    char small[5];
    pp_symbol_describe(place, small, sizeof(small));
    assert_string_equal(small, "a_fu");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_static_functions_have_names),
        cmocka_unit_test(test_what_is_no_code_has_no_name),
        cmocka_unit_test(test_variables_have_names),
        cmocka_unit_test(test_description_begins_with_the_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
