// SPDX-License-Identifier: MIT
// pp_program_check gives a reason for each way to be invalid; pp_program_equal sees each
// difference.
#include "random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct pp_program program, other;

static void make_good(void) {
    memset(&program, 0, sizeof program);
    program.op_count = 3;
    program.ops[0] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {1500, 0}};
    program.ops[1] = (struct pp_op){.kind = PP_OP_BIND};
    program.ops[2] = (struct pp_op){
        .kind = PP_OP_COMPLETE,
        .args = {0, 0, 1},
        .fault_count = 2,
        .faults = {{0, 1, false}, {0, 2, false}},
        .outcome_count = 2,
        .outcomes = {{PP_OUTCOME_OPEN, PP_STATUS_PENDING}, {PP_OUTCOME_SEND, PP_STATUS_PAUSED}},
        .choice_count = 2,
        .choices = {{1, 0, 0}, {2, 0, 255}},
    };
}

static void assert_reason(const char *expect) {
    const char *actual = pp_program_check(&program);
    assert_non_null(actual);
    assert_string_equal(actual, expect);
    make_good();
}

static void test_reasons(void **state) {
    (void)state;
    struct pp_op *op = &program.ops[2];
    make_good();
    assert_null(pp_program_check(&program));
    program.language = PP_LANGUAGE_COUNT;
    assert_reason("a program is of no known language");
    program.op_count = PP_PROGRAM_OPS_MAX + 1;
    assert_reason("too many ops");
    op->kind = PP_OP_COUNT;
    assert_reason("an op is of no known kind");
    op->args[0] = 1;
    assert_reason("a handle names no object of an earlier op");
    program.ops[1] = program.ops[2];
    assert_reason("a handle names no object of an earlier op");
    op->args[1] = 256;
    assert_reason("an argument is out of range");
    op->args[2] = 0;
    assert_reason("an argument is out of range");
    op->args[5] = 3;
    assert_reason("an argument is out of range");
    op->fault_count = PP_OP_FAULTS_MAX + 1;
    assert_reason("an op has too many faults");
    op->faults[1].point = PP_POINT_COUNT;
    assert_reason("a fault is of no known point");
    op->faults[1].nth = 0;
    assert_reason("a fault's nth is 0");
    op->faults[1].nth = 1;
    assert_reason("an op has the same fault twice");
    op->outcome_count = PP_OP_OUTCOMES_MAX + 1;
    assert_reason("an op has too many outcomes");
    op->outcomes[1].point = PP_OUTCOME_COUNT;
    assert_reason("an outcome is of no known point");
    op->outcomes[1].status = PP_STATUS_PENDING;
    assert_reason("an outcome's status is none that its point documents");
    op->outcomes[1].status = PP_STATUS_COUNT;
    assert_reason("an outcome's status is none that its point documents");
    op->outcomes[1] = op->outcomes[0];
    assert_reason("an op has two outcomes for one point");
    op->choice_count = PP_OP_CHOICES_MAX + 1;
    assert_reason("an op has too many choices");
    op->choices[0].at = 0;
    assert_reason("an op's choices do not ascend from 1");
    op->choices[1] = op->choices[0];
    assert_reason("an op's choices do not ascend from 1");
}

// A pool program of one op with a fault. Nothing is named before it, so op 0 has no handle.
static struct pp_op *make_good_pool(void) {
    program = (struct pp_program){.language = PP_LANGUAGE_POOL, .op_count = 1};
    for (unsigned i = 0; i < pp_pool_op_infos[0].arg_count; i++) {
        program.ops[0].args[i] = pp_pool_op_infos[0].args[i].standard;
    }
    program.ops[0].fault_count = 1;
    program.ops[0].faults[0] = (struct pp_fault){PP_POINT_NBL_ALLOCATE, 1, false};
    assert_null(pp_program_check(&program));
    return &program.ops[0];
}

static void test_reasons_of_a_language(void **state) {
    (void)state;
    make_good_pool()->kind = PP_POOL_OP_COUNT;
    assert_reason("an op is of no known kind");
    make_good_pool()->faults[0].point = PP_POINT_LINK_CREATE;
    assert_reason("a fault is of a point that its language does not have");
    struct pp_op *op = make_good_pool();
    op->outcome_count = 1;
    op->outcomes[0] = (struct pp_outcome){PP_OUTCOME_OPEN, PP_STATUS_PENDING};
    assert_reason("an op has an attribute that its language does not have");
    op = make_good_pool();
    op->choice_count = 1;
    op->choices[0].at = 1;
    assert_reason("an op has an attribute that its language does not have");
}

static void assert_differs(void) {
    assert_false(pp_program_equal(&program, &other));
    assert_false(pp_program_equal(&other, &program));
    make_good();
}

static void test_each_difference_is_seen(void **state) {
    (void)state;
    struct pp_op *op = &program.ops[2];
    make_good();
    other = program;
    assert_true(pp_program_equal(&program, &other));
    program.language = PP_LANGUAGE_POOL;
    assert_differs();
    program.op_count--;
    assert_differs();
    op->kind = PP_OP_RESTART;
    assert_differs();
    op->args[1]++;
    assert_differs();
    op->fault_count--;
    assert_differs();
    op->faults[1].point++;
    assert_differs();
    op->faults[1].nth++;
    assert_differs();
    op->faults[1].is_persistent = true;
    assert_differs();
    op->outcome_count--;
    assert_differs();
    op->outcomes[0].point = PP_OUTCOME_REGISTER;
    assert_differs();
    op->outcomes[0].status = PP_STATUS_FAILURE;
    assert_differs();
    op->choice_count--;
    assert_differs();
    op->choices[1].at++;
    assert_differs();
    op->choices[1].accesses++;
    assert_differs();
    op->choices[1].target--;
    assert_differs();
}

static void test_what_is_not_used_does_not_count(void **state) {
    (void)state;
    make_good();
    other = program;
    program.ops[0].args[3] = 7;
    program.ops[1].faults[0].nth = 7;
    program.ops[1].outcomes[0].status = 7;
    program.ops[1].choices[0].at = 7;
    program.ops[3].kind = 0xff;
    assert_null(pp_program_check(&program));
    assert_true(pp_program_equal(&program, &other));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_reasons_of_a_language),
        cmocka_unit_test(test_each_difference_is_seen),
        cmocka_unit_test(test_what_is_not_used_does_not_count),
    };
    return cmocka_run_group_tests_name("program validity", tests, NULL, NULL);
}
