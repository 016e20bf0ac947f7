// SPDX-License-Identifier: MIT
// A value of dyed content tells where it stood, as it is, swapped, or cut out of a read.
#include "base/dye.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static uint8_t content[300];
static struct pp_dyed dyed;

static int begin(void **state) {
    (void)state;
    pp_now.op = 3;
    pp_dye_begin(/*is_on=*/true, /*op=*/3);
    pp_dye_fill(content, sizeof(content), 7);
    return 0;
}

static uint32_t number(uint32_t at, uint32_t bytes) {
    uint32_t value = 0;
    memcpy(&value, content + at, bytes);
    return value;
}

static void test_bytes_differ(void **state) {
    (void)state;
    bool is_seen[256] = {false};
    for (uint32_t i = 0; i < PP_DYE_BYTES; i++) {
        assert_in_range(content[i], 64, 255);
        assert_false(is_seen[content[i]]);
        is_seen[content[i]] = true;
    }
    assert_int_equal(content[PP_DYE_BYTES], 7);
}

static void test_only_the_op_is_dyed(void **state) {
    (void)state;
    pp_now.op = 2;
    pp_dye_fill(content, sizeof(content), 7);
    assert_int_equal(content[0], 7);
    pp_now.op = 3;
    pp_dye_begin(/*is_on=*/false, 0);
    pp_dye_fill(content, sizeof(content), 7);
    assert_int_equal(content[0], 7);
    assert_false(pp_dye_find(number(20, 4), 1, &dyed));
}

static void expect(uint32_t at, uint32_t bytes, uint32_t other, uint32_t replaced) {
    assert_int_equal(dyed.at, at);
    assert_int_equal(dyed.bytes, bytes);
    assert_int_equal(pp_dye_replace(&dyed, other), replaced);
}

static void test_whole_values(void **state) {
    (void)state;
    assert_true(pp_dye_find(number(20, 4), 0x12345678, &dyed));
    expect(20, 4, 0x12345678, 0x12345678);
    assert_true(pp_dye_find(__builtin_bswap32(number(20, 4)), 0x12345678, &dyed));
    expect(20, 4, 0x12345678, 0x78563412);
    assert_true(pp_dye_find(number(191 - 1, 2), 5, &dyed));
    expect(190, 2, 5, 5);
    assert_true(pp_dye_find(__builtin_bswap16((uint16_t)number(40, 2)), 5, &dyed));
    expect(40, 2, 5, 0x0500);
    assert_true(pp_dye_find(number(0, 1), 5, &dyed));
    expect(0, 1, 5, 5);
    assert_false(pp_dye_find(number(0, 1), 0x100, &dyed));         // has no room there
    assert_false(pp_dye_find(number(20, 4) ^ 0x10000, 5, &dyed));  // nearly
    assert_false(pp_dye_find((uint64_t)1 << 32 | number(20, 4), 5, &dyed));
    assert_false(pp_dye_find(7, 5, &dyed));
}

// Half of a byte is nothing that could be looked for in all of the content.
static void test_parts_of_a_read(void **state) {
    (void)state;
    uint8_t byte = content[14];
    assert_false(pp_dye_find(byte & 15u, 4, &dyed));
    pp_dye_read(content + 14, 1);
    assert_true(pp_dye_find(byte & 15u, 4, &dyed));
    expect(14, 1, 4, (byte & 0xf0u) | 4);
    assert_true(pp_dye_find(byte >> 4, 4, &dyed));
    expect(14, 1, 4, (byte & 15u) | 0x40);
    uint8_t copy[2] = {content[30], content[31]};
    pp_dye_read(copy, 2);
    assert_true(pp_dye_find(copy[0] >> 4, 4, &dyed));  // of the last read first
    expect(30, 2, 4, (number(30, 2) & 0xff0fu) | 0x40);
}

// What the program says itself is not dyed: where content stands is known then by its address.
static void test_places(void **state) {
    (void)state;
    static uint8_t memory[17] = {0x21, 9, 9, 9};
    pp_dye_read(memory, 1);
    assert_false(pp_dye_find(2, 5, &dyed));
    pp_dye_place(memory, 16, 14);
    pp_dye_read(memory, 1);
    assert_true(pp_dye_find(2, 5, &dyed));
    expect(14, 1, 5, 0x51);
    pp_dye_read(memory + 15, 2);  // reaches out of it
    assert_true(pp_dye_find(2, 5, &dyed));
    expect(14, 1, 5, 0x51);
    begin(NULL);
    assert_false(pp_dye_find(2, 5, &dyed));  // forgotten
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_bytes_differ, begin),
        cmocka_unit_test_setup(test_only_the_op_is_dyed, begin),
        cmocka_unit_test_setup(test_whole_values, begin),
        cmocka_unit_test_setup(test_parts_of_a_read, begin),
        cmocka_unit_test_setup(test_places, begin),
    };
    return cmocka_run_group_tests_name("dye", tests, NULL, NULL);
}
