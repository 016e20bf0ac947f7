// SPDX-License-Identifier: MIT
// A driver's globals are those of a fresh image in each run: zeroed ones, initialised ones, pointers,
// statics of functions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/driver.h>
#include <poolproof/run.h>

static void test_globals_are_fresh_in_each_run(void **state) {
    (void)state;
    static struct pp_verdict verdict;
    static const struct pp_program program = {.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};
    const struct pp_driver *driver = pp_driver_find("global_keeper");
    assert_non_null(driver);
    assert_true(driver->data.end - driver->data.begin > 1200);
    assert_true(driver->bss.end - driver->bss.begin > 3200);
    uint64_t digest = 0;
    for (int run = 0; run < 5; run++) {
        pp_run(driver, &program, NULL, &verdict);
        if (verdict.is_finding) {
            fail_msg("run %d: %s", run, verdict.finding.title);
        }
        assert_int_equal(verdict.op_played_count, 1);
        assert_true(run == 0 || verdict.digest == digest);
        digest = verdict.digest;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_globals_are_fresh_in_each_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
