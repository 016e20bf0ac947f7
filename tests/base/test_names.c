// SPDX-License-Identifier: MIT
// Names stand for addresses wherever something is printed or compared.
#include "base/arena.h"
#include "base/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int begin(void **state) {
    (void)state;
    pp_name_reset();
    return 0;
}

static void test_each_kind_counts_for_itself(void **state) {
    (void)state;
    pp_name_give(PP_NAME_NBL, PP_ARENA_BASE);
    pp_name_give(PP_NAME_POOL, 0x5d0000000000);
    pp_name_give(PP_NAME_NBL, PP_ARENA_BASE + 64);
    assert_string_equal(pp_name_text(PP_ARENA_BASE), "n0");
    assert_string_equal(pp_name_text(PP_ARENA_BASE + 64), "n1");
    assert_string_equal(pp_name_text(0x5d0000000000), "p0");
    assert_string_equal(pp_name_print(pp_name_code(PP_ARENA_BASE + 64)), "n1");
    assert_int_not_equal(pp_name_code(PP_ARENA_BASE), pp_name_code(PP_ARENA_BASE + 64));
}

static void test_what_has_no_name(void **state) {
    (void)state;
    assert_string_equal(pp_name_text(0), "NULL");
    assert_string_equal(pp_name_text(12345), "?");
    assert_int_equal(pp_name_code(12345), 0);
    assert_int_equal(pp_name_code(0), 0);
    assert_string_equal(pp_name_print(0), "?");
}

static void test_reused_memory_gets_a_new_name(void **state) {
    (void)state;
    pp_name_give(PP_NAME_NBL, PP_ARENA_BASE);
    pp_name_give(PP_NAME_MEMORY, PP_ARENA_BASE);
    assert_string_equal(pp_name_text(PP_ARENA_BASE), "mem0");
    pp_name_give(PP_NAME_NBL, PP_ARENA_BASE);
    assert_string_equal(pp_name_text(PP_ARENA_BASE), "n1");
}

static void test_given_serials(void **state) {
    (void)state;
    pp_name_give_serial(PP_NAME_BINDING, 64, 7);
    assert_string_equal(pp_name_text(64), "b7");
}

static void test_reset_begins_at_zero(void **state) {
    pp_name_give(PP_NAME_IRP, 64);
    begin(state);
    assert_string_equal(pp_name_text(64), "?");
    pp_name_give(PP_NAME_IRP, 128);
    assert_string_equal(pp_name_text(128), "irp0");
}

// Several texts live at once: a line of a report has more than one name in it.
static void test_texts_live_for_a_while(void **state) {
    (void)state;
    const char *texts[8];
    for (uint32_t i = 0; i < 8; i++) {
        pp_name_give(PP_NAME_MDL, 64 + i);
        texts[i] = pp_name_text(64 + i);
    }
    assert_string_equal(texts[0], "mdl0");
    assert_string_equal(texts[7], "mdl7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_kind_counts_for_itself, begin),
        cmocka_unit_test_setup(test_what_has_no_name, begin),
        cmocka_unit_test_setup(test_reused_memory_gets_a_new_name, begin),
        cmocka_unit_test_setup(test_given_serials, begin),
        cmocka_unit_test_setup(test_reset_begins_at_zero, begin),
        cmocka_unit_test_setup(test_texts_live_for_a_while, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
