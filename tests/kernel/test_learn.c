// SPDX-License-Identifier: MIT
// What is learned of comparisons: constants and cases, each once; no small ones, no addresses; and the
// engine hears of all.
#include "kernel/learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

void pp_driver_trace_cmp2(uint16_t left, uint16_t right);
void pp_driver_trace_const_cmp4(uint32_t left, uint32_t right);
void pp_driver_trace_cmp8(uint64_t left, uint64_t right);
void pp_driver_trace_switch(uint64_t value, uint64_t *cases);

static bool is_there(uint32_t value) {
    uint32_t count, found = 0;
    const uint32_t *values = pp_values(&count);
    for (uint32_t i = 0; i < count; i++) {
        found += values[i] == value;
    }
    assert_in_range(found, 0, 1);
    return found == 1;
}

static void test_learning(void **state) {
    (void)state;
    uint64_t cases[] = {2, 32, 0x22e008, 0x22e00c};
    for (int i = 0; i < 3; i++) {
        pp_driver_trace_const_cmp4(0x8a316714, 5);
        pp_driver_trace_cmp2(0x88b5, 0x0800);
        pp_driver_trace_cmp8(0x5e0000000010, 46);
        pp_driver_trace_switch(7, cases);
    }
    assert_true(is_there(0x8a316714));
    assert_false(is_there(5));  // the driver's side of it
    assert_true(is_there(0x88b5));
    assert_true(is_there(0x0800));
    assert_true(is_there(46));
    assert_false(is_there(0x10));
    assert_true(is_there(0x22e008));
    assert_true(is_there(0x22e00c));
    assert_false(is_there(7));
}

// However much is learned, what was given stays.
static void test_given_values_stay(void **state) {
    (void)state;
    uint32_t count;
    pp_value_give(0x1234567);
    pp_value_give(0x1234567);
    for (uint32_t i = 0; i < 3 * PP_VALUES_MAX; i++) {
        pp_driver_trace_const_cmp4(0x40000000 + i, 0);
    }
    pp_values(&count);
    assert_int_equal(count, PP_VALUES_MAX);
    assert_true(is_there(0x1234567));
    assert_true(is_there(0x40000000 + 3 * PP_VALUES_MAX - 1));
    assert_false(is_there(0x40000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_learning),
                                       cmocka_unit_test(test_given_values_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
