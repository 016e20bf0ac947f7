// SPDX-License-Identifier: MIT
// A loop of a driver is seen in every build, also if all that it does is to go round.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/driver.h>
#include <poolproof/run.h>

static const struct pp_program program = {.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};

static void test_loop_without_calls_and_memory(void **state) {
    (void)state;
    static struct pp_verdict verdict, again;
    const struct pp_run_options options = {0};
    pp_run(pp_driver_find("looper"), &program, &options, &verdict);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title, "poolproof: ENDLESS: endless loop in DriverEntry");
    pp_run(pp_driver_find("looper"), &program, &options, &again);
    assert_true(again.is_finding);
    assert_int_equal(again.digest, verdict.digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_loop_without_calls_and_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
