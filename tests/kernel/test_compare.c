// SPDX-License-Identifier: MIT
// What the C library would look at for a driver is looked at in the driver's name.
#include "base/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/driver.h>
#include <poolproof/run.h>

static void test_compare_of_freed_memory(void **state) {
    (void)state;
    if (!PP_HAS_GUARD) {
        skip();
    }
    static struct pp_verdict verdict;
    static const struct pp_program program = {.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};
    pp_run(pp_driver_find("comparer"), &program, NULL, &verdict);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title, "poolproof: MEM-UAF: freed memory read in DriverEntry");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare_of_freed_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
