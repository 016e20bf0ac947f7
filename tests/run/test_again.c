// SPDX-License-Identifier: MIT
// The op `again` tries what has just failed once more, as it was; and nothing else.
#include <poolproof/driver.h>
#include <poolproof/run.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct pp_verdict verdict;

static void play(const char *driver, const char *text) {
    static struct pp_program program;
    struct pp_error error;

    if (!pp_program_parse(text, strlen(text), &program, &error)) {
        fail_msg("line %u: %s", error.line, error.message);
    }
    pp_run(pp_driver_find(driver), &program, NULL, &verdict);
    assert_false(verdict.is_finding);
}

#define BEGIN "poolproof 1\na0 = adapter()\n"

static void test_what_failed_gets_the_number_that_it_was_to_have(void **state) {
    (void)state;
    play("echo", BEGIN "b0 = bind(a0) (fail: nbl_pool.allocate 1)\nagain()\nrestart(b0)\n"
                       "f0 = create(a0)\nwrite(f0) (fail: nbl.allocate 1)\nagain()\n"
                       "complete(b0)\nunbind(b0)\n");
    assert_int_equal(verdict.op_played_count, 9);
    assert_true(pp_run_has_failed(1) && pp_run_has_failed(5));
    assert_false(pp_run_has_failed(2) || pp_run_has_failed(6));
}

static void test_what_fails_again_can_be_tried_again(void **state) {
    (void)state;
    play("echo", BEGIN "b0 = bind(a0) (fail: any 1)\nagain() (fail: any 1)\nagain()\nrestart(b0)\n");
    assert_int_equal(verdict.op_played_count, 5);
    assert_true(pp_run_has_failed(2));
}

static void test_nothing_else_is_tried(void **state) {
    (void)state;
    play("echo", BEGIN "again()\n");
    assert_int_equal(verdict.op_played_count, 1);
    play("echo", BEGIN "b0 = bind(a0)\nagain()\nrestart(b0)\nagain()\n");
    assert_int_equal(verdict.op_played_count, 3);
    play("echo", BEGIN "b0 = bind(a0) (fail: any 1)\nadvance()\nagain()\n");
    assert_int_equal(verdict.op_played_count, 3);
}

// What pends may yet succeed.
static void test_what_pends_has_not_failed(void **state) {
    (void)state;
    play("echo", BEGIN "b0 = bind(a0) (outcome: open = pending)\nagain()\n"
                       "finish_open(b0, status: failure)\nagain()\n");
    assert_int_equal(verdict.op_played_count, 3);
}

// The driver tap opens the adapter whose name the input has.
static void test_its_input_is_the_same(void **state) {
    (void)state;
    play("tap", BEGIN "b0 = bind(a0)\nrestart(b0)\nf0 = create(a0, path: none)\n"
                      "field(content: adapter)\n"
                      "ioctl(f0, code: 0x122000) (outcome: oid.inside = failure)\nagain()\nread(f0)\n"
                      "receive(b0)\n");
    assert_true(pp_run_has_failed(5));
    assert_false(pp_run_has_failed(6));
    assert_int_equal(verdict.op_played_count, 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_failed_gets_the_number_that_it_was_to_have),
        cmocka_unit_test(test_what_fails_again_can_be_tried_again),
        cmocka_unit_test(test_nothing_else_is_tried),
        cmocka_unit_test(test_what_pends_has_not_failed),
        cmocka_unit_test(test_its_input_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
