// SPDX-License-Identifier: MIT
// Faults belong to ops and are counted within them; nothing fails that no op has asked for.
#include "base/emit.h"
#include "faults/injector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pp_program program;
static uint32_t fired_event_count;
static uint64_t fired_point, fired_call;

static bool note(const struct pp_event *event) {
    if (event->kind == PP_EVENT_FAULT_FIRED) {
        fired_event_count++;
        fired_point = event->args[0];
        fired_call = event->args[1];
    }
    return true;
}

static int begin(void **state) {
    (void)state;
    memset(&pp_now, 0, sizeof(pp_now));
    fired_event_count = 0;
    pp_event_set_sink(note);
    memset(&program, 0, sizeof(program));
    return 0;
}

#define INJECTOR_TEST(function) cmocka_unit_test_setup(function, begin)

// As a string: 'x' a call that failed, '.' one that did not.
static const char *calls(enum pp_point point, size_t count) {
    static char text[64];
    for (size_t i = 0; i < count; i++) {
        text[i] = pp_fault_fires(point) ? 'x' : '.';
    }
    text[count] = '\0';
    return text;
}

static void add_fault(uint16_t op, enum pp_point point, uint8_t nth, bool is_persistent) {
    struct pp_op *it = &program.ops[op];
    it->faults[it->fault_count++] =
        (struct pp_fault){.point = (uint8_t)point, .nth = nth, .is_persistent = is_persistent};
    program.op_count = op >= program.op_count ? op + 1u : program.op_count;
}

static void test_nth_call_fails_once(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 3, false);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 6), "..x...");
    assert_int_equal(fired_event_count, 1);
    assert_int_equal(fired_point, PP_POINT_NBL_ALLOCATE);
    assert_int_equal(fired_call, 3);
}

static void test_persistent_fault_fails_from_there_on(void **state) {
    (void)state;
    add_fault(0, PP_POINT_MDL_MAP, 2, true);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_MDL_MAP, 6), ".xxxxx");
    assert_int_equal(pp_fault_counts()->fired, 1);  // one fault, however often it strikes
    assert_int_equal(pp_fault_counts()->failed[PP_POINT_MDL_MAP], 5);
}

static void test_points_are_apart(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 1, false);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_NB_ALLOCATE, 3), "...");
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 2), "x.");
}

static void test_two_faults_of_one_point(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 1, false);
    add_fault(0, PP_POINT_NBL_ALLOCATE, 3, false);
    add_fault(0, PP_POINT_NBL_ALLOCATE, 5, true);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 7), "x.x.xxx");
    assert_int_equal(pp_fault_counts()->armed, 3);
    assert_int_equal(pp_fault_counts()->fired, 3);
}

static void test_any_counts_all_points(void **state) {
    (void)state;
    add_fault(0, PP_POINT_ANY, 3, false);
    add_fault(0, PP_POINT_NBL_ALLOCATE, 3, false);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 1), ".");
    assert_string_equal(calls(PP_POINT_MDL_MAP, 3), ".x.");
    assert_int_equal(fired_point, PP_POINT_MDL_MAP);
    assert_int_equal(fired_call, 2);  // of its own
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 3), ".x.");
    assert_int_equal(pp_fault_counts()->failed[PP_POINT_MDL_MAP], 1);
    assert_int_equal(pp_fault_counts()->reached[PP_POINT_ANY], 0);
    assert_int_equal(pp_fault_chances(0)->points[PP_POINT_ANY], 7);
    assert_int_equal(pp_fault_counts()->fired, 2);
}

static void test_any_from_there_on(void **state) {
    (void)state;
    add_fault(0, PP_POINT_ANY, 2, true);
    pp_fault_arm(&program);
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 2), ".x");
    assert_string_equal(calls(PP_POINT_MDL_MAP, 2), "xx");
}

// Deleting another op must leave a fault's meaning alone.
static void test_each_op_counts_for_itself(void **state) {
    (void)state;
    add_fault(1, PP_POINT_NBL_ALLOCATE, 2, false);
    add_fault(2, PP_POINT_NBL_ALLOCATE, 1, false);
    pp_fault_arm(&program);
    pp_now.op = 0;
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 5), ".....");
    pp_now.op = 1;
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 1), ".");
    pp_now.op = 2;
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 2), "x.");
    pp_now.op = 1;  // its fibers go on later
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 2), "x.");
}

static void test_the_world_itself_never_fails(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 1, true);
    program.ops[0].outcomes[0] = (struct pp_outcome){PP_OUTCOME_OPEN, PP_STATUS_FAILURE};
    program.ops[0].outcome_count = 1;
    pp_fault_arm(&program);
    pp_now.op = PP_OP_NONE;
    assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 3), "...");
    bool is_set = true;
    assert_int_equal(pp_fault_outcome(PP_OUTCOME_OPEN, &is_set), PP_STATUS_SUCCESS);
    assert_false(is_set);
    assert_int_equal(pp_fault_counts()->reached[PP_POINT_NBL_ALLOCATE], 3);
    assert_int_equal(pp_fault_counts()->fired, 0);
}

static void test_outcomes(void **state) {
    (void)state;
    program.op_count = 2;
    program.ops[1].outcomes[0] = (struct pp_outcome){PP_OUTCOME_OPEN, PP_STATUS_PENDING};
    program.ops[1].outcomes[1] = (struct pp_outcome){PP_OUTCOME_SEND, PP_STATUS_SUCCESS};
    program.ops[1].outcome_count = 2;
    pp_fault_arm(&program);
    bool is_set;
    pp_now.op = 0;
    assert_int_equal(pp_fault_outcome(PP_OUTCOME_SEND, &is_set), PP_STATUS_SUCCESS);
    assert_false(is_set);
    pp_now.op = 1;
    for (int i = 0; i < 3; i++) {  // every call of the op is answered so
        assert_int_equal(pp_fault_outcome(PP_OUTCOME_OPEN, &is_set), PP_STATUS_PENDING);
        assert_true(is_set);
    }
    assert_int_equal(pp_fault_counts()->fired, 1);
    assert_int_equal(pp_fault_outcome(PP_OUTCOME_SEND, &is_set), PP_STATUS_SUCCESS);
    assert_true(is_set);  // an explicit success is more than none
    assert_int_equal(pp_fault_outcome(PP_OUTCOME_CLOSE, &is_set), PP_STATUS_SUCCESS);
    assert_false(is_set);
    assert_int_equal(pp_fault_counts()->armed, 2);
    assert_int_equal(pp_fault_counts()->fired, 2);
}

static void test_arming_starts_anew(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 2, false);
    add_fault(0, PP_POINT_MDL_MAP, 9, false);
    for (int i = 0; i < 3; i++) {
        pp_fault_arm(&program);
        assert_int_equal(pp_fault_counts()->reached[PP_POINT_NBL_ALLOCATE], 0);
        assert_int_equal(pp_fault_counts()->fired, 0);
        assert_string_equal(calls(PP_POINT_NBL_ALLOCATE, 4), ".x..");
        assert_int_equal(pp_fault_counts()->armed, 2);  // armed, and one of them did not fire
        assert_int_equal(pp_fault_counts()->fired, 1);
        assert_int_equal(pp_fault_counts()->reached[PP_POINT_NBL_ALLOCATE], 4);
        assert_int_equal(pp_fault_counts()->failed[PP_POINT_NBL_ALLOCATE], 1);
    }
}

// A call is the 70000th of its op, not the 4464th.
static void test_counting_does_not_wrap(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NBL_ALLOCATE, 1, false);
    pp_fault_arm(&program);
    uint32_t failed = 0;
    for (uint32_t i = 0; i < 140000; i++) {
        failed += pp_fault_fires(PP_POINT_NBL_ALLOCATE);
    }
    assert_int_equal(failed, 1);
}

static uint64_t way(void) {
    uint64_t only = UINT64_MAX;
    for (uint32_t i = 0; i < PP_FAULT_WAYS; i++) {
        if (pp_fault_counts()->ways[i / 64] >> i % 64 & 1) {
            assert_int_equal(only, UINT64_MAX);
            only = i;
        }
    }
    return only;
}

// The way of a fault for `nth` calls, in that callback.
static uint64_t way_of(uint8_t nth, bool is_persistent, uint16_t callback) {
    memset(&program, 0, sizeof(program));
    add_fault(0, PP_POINT_NBL_ALLOCATE, nth, is_persistent);
    pp_fault_arm(&program);
    pp_now.callback = callback;
    calls(PP_POINT_NBL_ALLOCATE, nth);
    return way();
}

static void test_ways_tell_apart(void **state) {
    (void)state;
    const uint64_t once = way_of(1, false, PP_CALLBACK_BIND);
    assert_int_not_equal(once, UINT64_MAX);
    assert_int_equal(way_of(1, false, PP_CALLBACK_BIND), once);
    assert_int_not_equal(way_of(1, true, PP_CALLBACK_BIND), once);
    assert_int_not_equal(way_of(2, false, PP_CALLBACK_BIND), once);
    assert_int_not_equal(way_of(1, false, PP_CALLBACK_RESTART), once);
    assert_int_equal(way_of(4, false, PP_CALLBACK_BIND), way_of(9, false, PP_CALLBACK_BIND));
    pp_fault_arm(&program);
    assert_int_equal(way(), UINT64_MAX);
}

static void test_an_outcome_is_a_way(void **state) {
    (void)state;
    bool is_set;
    uint64_t ways[2];
    const enum pp_status statuses[] = {PP_STATUS_PENDING, PP_STATUS_FAILURE};
    program.op_count = 1;
    program.ops[0].outcome_count = 1;
    for (int i = 0; i < 2; i++) {
        program.ops[0].outcomes[0] = (struct pp_outcome){PP_OUTCOME_OPEN, (uint8_t)statuses[i]};
        pp_fault_arm(&program);
        pp_fault_outcome(PP_OUTCOME_OPEN, &is_set);
        ways[i] = way();
    }
    assert_int_not_equal(ways[0], UINT64_MAX);
    assert_int_not_equal(ways[0], ways[1]);
}

static char told[64];

static void tell(const struct pp_fault_call *call) {
    size_t length = strlen(told);
    snprintf(told + length, sizeof(told) - length, "%s%u:%u%s%s ", call->is_outcome ? "o" : "p",
             call->point, call->nth, call->is_answered ? "!" : "", call->is_for_good ? "." : "");
}

static void test_listener_is_told_of_each_call_of_an_op(void **state) {
    (void)state;
    add_fault(0, PP_POINT_NB_POOL_ALLOCATE, 2, true);
    program.ops[0].outcomes[0] = (struct pp_outcome){PP_OUTCOME_OPTIONS, PP_STATUS_FAILURE};
    program.ops[0].outcome_count = 1;
    bool is_set;
    told[0] = '\0';
    pp_fault_arm(&program);
    pp_fault_listen(tell);
    calls(PP_POINT_NB_POOL_ALLOCATE, 3);
    for (int i = 0; i < 2; i++) {
        pp_fault_outcome(PP_OUTCOME_REGISTER, &is_set);
        pp_fault_outcome(PP_OUTCOME_OPTIONS, &is_set);
    }
    pp_now.op = PP_OP_NONE;
    calls(PP_POINT_NB_POOL_ALLOCATE, 1);
    pp_fault_listen(NULL);
    pp_now.op = 0;
    calls(PP_POINT_NB_POOL_ALLOCATE, 1);
    assert_string_equal(told, "p1:1 p1:2!. p1:3!. o0:1 o1:1! o0:2 o1:2! ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        INJECTOR_TEST(test_nth_call_fails_once),
        INJECTOR_TEST(test_persistent_fault_fails_from_there_on),
        INJECTOR_TEST(test_points_are_apart),
        INJECTOR_TEST(test_two_faults_of_one_point),
        INJECTOR_TEST(test_any_counts_all_points),
        INJECTOR_TEST(test_any_from_there_on),
        INJECTOR_TEST(test_each_op_counts_for_itself),
        INJECTOR_TEST(test_the_world_itself_never_fails),
        INJECTOR_TEST(test_outcomes),
        INJECTOR_TEST(test_arming_starts_anew),
        INJECTOR_TEST(test_counting_does_not_wrap),
        INJECTOR_TEST(test_ways_tell_apart),
        INJECTOR_TEST(test_an_outcome_is_a_way),
        INJECTOR_TEST(test_listener_is_told_of_each_call_of_an_op),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
