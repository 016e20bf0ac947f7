// SPDX-License-Identifier: MIT
// Plans: their text there and back, every way in which it can be wrong, and what they make of programs.
#include <poolproof/plan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define V "plan 1\n"
#define MISSING "missing version line: \"plan 1\" must come first"

static const struct {
    const char *text;
    uint32_t line, column;
    const char *message;
} cases[] = {
    {"", 1, 1, MISSING},
    {"# only a comment\n", 2, 1, MISSING},
    {"poolproof 1\n", 1, 1, MISSING},
    {"plan\n", 1, 5, "the format version must be a number from 0 to 4294967295"},
    {"plan 2\n", 1, 6, "format version 2, this build reads 1"},
    {"plan 1 x\n", 1, 8, "only a comment may follow the version"},
    {V "every (fail: any 1)", 2, 20, "the last line has no newline: is the text cut off?"},
    {V "wite (fail: any 1)\n", 2, 1, "unknown op \"wite\"; did you mean \"write\"?"},
    {V "evry (fail: any 1)\n", 2, 1, "unknown op \"evry\"; did you mean \"every\"?"},
    {V "nbl_pool (fail: any 1)\n", 2, 1, "unknown op \"nbl_pool\"; \"list ops\" shows them all"},
    {V "write\n", 2, 6, "expected \"(fail: POINT N)\" or \"(outcome: POINT = STATUS)\""},
    {V "write(f0)\n", 2, 7, "unknown attribute \"f0\"; there are fail, outcome and at"},
    {V "write (at: 3 -> 0)\n", 2, 1, "a plan has faults and outcomes, no choices"},
    {V "write (fail: nbl.alocate 1)\n", 2, 14,
     "unknown fault point \"nbl.alocate\"; did you mean \"nbl.allocate\"?"},
    {V "write (fail: any 0)\n", 2, 18, "the call 0 is out of range 1 to 255"},
    {V "write (outcome: open = paused)\n", 2, 24,
     "open answers pending, failure, resources, adapter_not_found, unsupported_media; not \"paused\""},
    // contradictions
    {V "write (fail: any 2) (fail: any 2)\n", 2, 32, "any 2 fails already"},
    {V "write (fail: any 2)\nevery (fail: any 2)\n", 3, 1,
     "any 2 fails already, or fails what has failed"},
    {V "write (fail: any 1..)\nwrite (fail: nbl.allocate 2)\n", 3, 1,
     "nbl.allocate 2 fails already, or fails what has failed"},
    {V "write (fail: nbl.allocate 2)\nevery (fail: any 1..)\n", 3, 1,
     "any 1.. fails already, or fails what has failed"},
    {V "write (fail: nbl.allocate 2..) (fail: nbl.allocate 7)\n", 2, 1,
     "nbl.allocate 2.. fails already, or fails what has failed"},
    {V "bind (outcome: open = pending)\nevery (outcome: open = failure)\n", 3, 1,
     "open has its outcome already, pending"},
    {V "bind (outcome: open = pending) (outcome: open = failure)\n", 2, 42,
     "open has its outcome already"},
};

static void test_wrong_texts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pp_plan plan = {.line_count = 77};
        struct pp_error error = {0};
        char actual[256], expected[256];
        if (pp_plan_parse(cases[i].text, strlen(cases[i].text), &plan, &error)) {
            fail_msg("this is no plan:\n%s", cases[i].text);
        }
        snprintf(actual, sizeof actual, "%u:%u: %s", error.line, error.column, error.message);
        snprintf(expected, sizeof expected, "%u:%u: %s", cases[i].line, cases[i].column,
                 cases[i].message);
        assert_string_equal(actual, expected);
        assert_int_equal(plan.line_count, 77);
    }
}

static struct pp_plan parse(const char *text) {
    struct pp_plan plan;
    struct pp_error error;
    if (!pp_plan_parse(text, strlen(text), &plan, &error)) {
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    }
    return plan;
}

static void test_no_more_lines_than_there_is_room_for(void **state) {
    (void)state;
    char text[PP_PLAN_BYTES_MAX] = V;
    struct pp_plan plan;
    struct pp_error error;
    for (int i = 0; i <= PP_PLAN_LINES_MAX; i++) {
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, "write (fail: any %d)\n", i + 2);
        assert_int_equal(pp_plan_parse(text, strlen(text), &plan, &error), i < PP_PLAN_LINES_MAX);
    }
    assert_int_equal(error.line, PP_PLAN_LINES_MAX + 2);
    assert_string_equal(error.message, "more than 64 lines");
}

static void test_printed_as_it_was_written(void **state) {
    (void)state;
    static const char text[] =
        "plan 1\n"
        "bind                           (fail: nbl_pool.allocate 1) (outcome: open = pending)\n"
        "every                          (fail: any 3..)\n";
    char printed[512];
    struct pp_plan plan = parse(text), again;
    assert_int_equal(pp_plan_print(&plan, printed, sizeof printed), strlen(text));
    assert_string_equal(printed, text);
    again = parse(printed);
    assert_memory_equal(&again, &plan, sizeof plan);
    assert_int_equal(pp_plan_print(&plan, printed, 10), strlen(text));
    assert_string_equal(printed, "plan 1\nbi");
}

// What the plan makes of a program, both as text.
static void check(const char *plan_text, const char *before, const char *after) {
    static struct pp_program program;
    char printed[4096];
    struct pp_error error;
    struct pp_plan plan = parse(plan_text);
    assert_true(pp_program_parse(before, strlen(before), &program, &error));
    pp_plan_apply(&plan, &program);
    assert_null(pp_program_check(&program));
    pp_program_print(&program, PP_OP_NONE, printed, sizeof printed);
    assert_string_equal(printed, after);
}

static void test_ops_get_what_is_meant_for_them(void **state) {
    (void)state;
    check(V "bind (outcome: open = pending)\nevery (fail: any 1)\n",
          "poolproof 1\na0 = adapter()\nb0 = bind(a0)\n",
          "poolproof 1\n"
          "a0 = adapter()                 (fail: any 1)\n"
          "b0 = bind(a0)                  (fail: any 1) (outcome: open = pending)\n");
}

static void test_what_the_program_says_stays(void **state) {
    (void)state;
    check(V "bind (outcome: open = pending) (fail: any 1) (fail: mdl.map 1)\n",
          "poolproof 1\na0 = adapter()\n"
          "b0 = bind(a0) (fail: any 1..) (fail: any 9) (fail: any 8) (outcome: open = failure)\n",
          "poolproof 1\na0 = adapter()\n"
          "b0 = bind(a0)                  (fail: any 1..) (fail: any 9) (fail: any 8) "
          "(fail: mdl.map 1) (outcome: open = failure)\n");
}

static void test_a_full_op_gets_no_more(void **state) {
    (void)state;
    check(V "load (fail: any 5) (outcome: return = success)\n",
          "poolproof 1\n"
          "load()                         (fail: any 1) (fail: any 2) (fail: any 3) (fail: any 4) "
          "(outcome: send = success) (outcome: oid = pending) (outcome: open = pending) "
          "(outcome: close = pending)\n",
          "poolproof 1\n"
          "load()                         (fail: any 1) (fail: any 2) (fail: any 3) (fail: any 4) "
          "(outcome: send = success) (outcome: oid = pending) (outcome: open = pending) "
          "(outcome: close = pending)\n");
}

static void test_pool_programs_stay(void **state) {
    (void)state;
    check(V "every (fail: any 1)\n", "poolproof 1 pool\np0 = nbl_pool()\n",
          "poolproof 1 pool\np0 = nbl_pool()\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_texts),
        cmocka_unit_test(test_no_more_lines_than_there_is_room_for),
        cmocka_unit_test(test_printed_as_it_was_written),
        cmocka_unit_test(test_ops_get_what_is_meant_for_them),
        cmocka_unit_test(test_what_the_program_says_stays),
        cmocka_unit_test(test_a_full_op_gets_no_more),
        cmocka_unit_test(test_pool_programs_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
