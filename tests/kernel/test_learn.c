// SPDX-License-Identifier: MIT
// What is learned of comparisons: constants and cases, each once, and what stands against a value of the
// program; no small ones, no addresses; and the engine hears of all.
#include "kernel/learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

void pp_driver_trace_cmp2(uint16_t left, uint16_t right);
void pp_driver_trace_const_cmp4(uint32_t left, uint32_t right);
void pp_driver_trace_const_cmp2(uint16_t left, uint16_t right);
void pp_driver_trace_cmp8(uint64_t left, uint64_t right);
void pp_driver_trace_switch(uint64_t value, uint64_t *cases);

// The EtherType that frames are to have: as the driver loads it, its bytes are swapped.
static const struct pp_program program = {.op_count = 1,
                                          .ops = {{.kind = PP_OP_FRAMES, .args = {[1] = 0x1234}}}};

static bool is_there(uint32_t value) {
    struct pp_offer offer = pp_learned();
    uint32_t found = 0;
    for (uint32_t i = 0; i < offer.value_count; i++) {
        found += offer.values[i] == value;
    }
    assert_in_range(found, 0, 1);
    return found == 1;
}

static void test_learning(void **state) {
    (void)state;
    uint64_t cases[] = {2, 32, 0x22e008, 0x22e00c};
    pp_learn_begin(&program, NULL);
    for (int i = 0; i < 3; i++) {
        pp_driver_trace_const_cmp4(0x8a316714, 5);
        pp_driver_trace_cmp2(0x88b5, 0x3412);
        pp_driver_trace_cmp2(0x7777, 0x6666);
        pp_driver_trace_cmp8(0x5e0000000010, 0x3412);
        pp_driver_trace_switch(7, cases);
    }
    assert_true(is_there(0x8a316714));
    assert_false(is_there(5));  // the driver's side of it
    assert_true(is_there(0x88b5));
    assert_false(is_there(0x3412));  // the program's
    assert_false(is_there(0x7777));  // has nothing to do with the program
    assert_false(is_there(0x10));
    assert_true(is_there(0x22e008));
    assert_true(is_there(0x22e00c));
    assert_false(is_there(7));
}

static bool is_wished(uint32_t from, uint32_t to) {
    struct pp_offer offer = pp_learned();
    for (uint32_t i = 0; i < offer.wish_count; i++) {
        if (offer.wishes[i].from == from && offer.wishes[i].to == to) {
            return true;
        }
    }
    return false;
}

// What stands against a value of the program is what the driver would have in its place.
static void test_wishes(void **state) {
    (void)state;
    uint64_t cases[] = {1, 32, 0x4321};
    pp_learn_begin(&program, NULL);
    pp_driver_trace_cmp2(0x3412, 0xb588);
    pp_driver_trace_const_cmp2(0x9999, 0x3412);
    pp_driver_trace_const_cmp2(0x8888, 0x1111);
    pp_driver_trace_switch(0x1234, cases);
    assert_true(is_wished(0x3412, 0xb588));
    assert_true(is_wished(0x3412, 0x9999));
    assert_true(is_wished(0x1234, 0x4321));
    assert_false(is_wished(0x1111, 0x8888));
}

// The EtherType of IPv4, which frames have if the program says nothing, is 8 as the driver loads it.
static void test_wishes_about_defaults(void **state) {
    (void)state;
    static const struct pp_program nothing = {.op_count = 0};
    pp_learn_begin(&nothing, NULL);
    pp_driver_trace_cmp2(8, 0x8e89);
    pp_driver_trace_cmp2(9, 0x8e8a);
    assert_true(is_wished(8, 0x8e89));
    assert_false(is_wished(9, 0x8e8a));
}

// What the driver's source says already takes no room.
static void test_known_sets_are_not_learned(void **state) {
    (void)state;
    static const uint32_t sets[] = {1, 0x5550001, 2, 0x5550002, 0x5550003, 0};
    pp_learn_begin(&program, sets);
    for (uint32_t i = 0; i < 5; i++) {
        pp_driver_trace_const_cmp4(0x5550000 + i, 0x1234);
    }
    assert_true(is_there(0x5550000));
    assert_false(is_there(0x5550001));
    assert_false(is_there(0x5550003));
    assert_true(is_there(0x5550004));
    assert_true(is_wished(0x1234, 0x5550003));
}

// However much is learned, what was given stays.
static void test_given_values_stay(void **state) {
    (void)state;
    pp_value_give(0x1234567);
    pp_value_give(0x1234567);
    for (uint32_t i = 0; i < 3 * PP_VALUES_MAX; i++) {
        pp_driver_trace_const_cmp4(0x40000000 + i, 0);
    }
    assert_int_equal(pp_learned().value_count, PP_VALUES_MAX);
    assert_true(is_there(0x1234567));
    assert_true(is_there(0x40000000 + 3 * PP_VALUES_MAX - 1));
    assert_false(is_there(0x40000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_learning), cmocka_unit_test(test_wishes),
                                       cmocka_unit_test(test_wishes_about_defaults),
                                       cmocka_unit_test(test_known_sets_are_not_learned),
                                       cmocka_unit_test(test_given_values_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
