// SPDX-License-Identifier: MIT
// A shift too far is seen, and the driver goes on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/driver.h>
#include <poolproof/run.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

static const struct pp_program program = {.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};
static struct pp_verdict verdict;

static void play(bool is_strict) {
    const struct pp_run_options options = {.is_strict = is_strict};
    pp_run(pp_driver_find("shifter"), &program, &options, &verdict);
}

static void test_shift_is_advice(void **state) {
    (void)state;
    play(/*is_strict=*/false);
    assert_false(verdict.is_finding);
}

static void test_shift_is_seen(void **state) {
    (void)state;
    if (!__has_feature(undefined_behavior_sanitizer)) {
        skip();
    }
    play(/*is_strict=*/true);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title,
                        "poolproof: SHIFT-RANGE: shift by too many bits in DriverEntry");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shift_is_advice),
                                       cmocka_unit_test(test_shift_is_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
