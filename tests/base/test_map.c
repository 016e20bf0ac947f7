// SPDX-License-Identifier: MIT
// The map against the dumbest model there is: a list that is searched from its end.
#include "base/arena.h"
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT 4000

static struct pp_map map;
static uintptr_t keys[COUNT];
static uint32_t values[COUNT];
static uint32_t model_count;

static uint32_t expect_of(uintptr_t key) {
    for (uint32_t i = model_count; i-- > 0;) {
        if (keys[i] == key) {
            return values[i];
        }
    }
    return PP_MAP_NONE;
}

static void put(uintptr_t key, uint32_t value) {
    pp_map_put(&map, key, value);
    keys[model_count] = key;
    values[model_count++] = value;
}

// Addresses of all sorts: in the arena and at its edges, aligned or not, handles, small numbers.
static uintptr_t key_of(uint32_t sequence) {
    static const uintptr_t bases[] = {1,
                                      PP_ARENA_BASE,
                                      PP_ARENA_BASE + PP_ARENA_BYTES - 1024,
                                      PP_ARENA_BASE - 512,
                                      0x5d0000000000,
                                      UINTPTR_MAX - 2000};
    return bases[sequence % 6] + (sequence >> 8 & 0x3FF) * (sequence >> 20 & 1 ? 16 : 1);
}

static void test_like_a_list(void **state) {
    (void)state;
    uint32_t sequence = 1;
    for (int round = 0; round < 3; round++) {
        model_count = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            sequence = sequence * 1664525u + 1013904223u;
            put(key_of(sequence), sequence >> 3);
            sequence = sequence * 1664525u + 1013904223u;
            uintptr_t key = key_of(sequence);
            assert_int_equal(pp_map_get(&map, key), expect_of(key));
        }
        for (uint32_t i = 0; i < model_count; i++) {
            assert_int_equal(pp_map_get(&map, keys[i]), expect_of(keys[i]));
        }
        pp_map_clear(&map);
        for (uint32_t i = 0; i < model_count; i++) {
            assert_int_equal(pp_map_get(&map, keys[i]), PP_MAP_NONE);
        }
    }
    assert_int_equal(pp_map_get(&map, 0), PP_MAP_NONE);
}

static void test_empty(void **state) {
    (void)state;
    static struct pp_map fresh;
    assert_int_equal(pp_map_get(&fresh, 1), PP_MAP_NONE);
    assert_int_equal(pp_map_get(&fresh, PP_ARENA_BASE), PP_MAP_NONE);
    assert_int_equal(pp_map_get_below(&fresh, PP_ARENA_BASE + 100, 1000), PP_MAP_NONE);
    pp_map_clear(&fresh);
}

static void test_values_may_be_anything(void **state) {
    (void)state;
    pp_map_put(&map, PP_ARENA_BASE, 0);
    assert_int_equal(pp_map_get(&map, PP_ARENA_BASE), 0);
    pp_map_put(&map, 5, 0);
    assert_int_equal(pp_map_get(&map, 5), 0);
    pp_map_put(&map, 5, PP_MAP_NONE - 2);
    assert_int_equal(pp_map_get(&map, 5), PP_MAP_NONE - 2);
    pp_map_clear(&map);
}

static void test_get_below(void **state) {
    (void)state;
    pp_map_put(&map, PP_ARENA_BASE + 160, 1);
    pp_map_put(&map, PP_ARENA_BASE + 320, 2);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 160, 64), 1);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 175, 64), 1);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 224, 64), 1);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 240, 64), PP_MAP_NONE);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 319, 1000), 1);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 320, 1000), 2);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 5000, 10000), 2);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + 100, 10000), PP_MAP_NONE);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE - 1, 10000), PP_MAP_NONE);
    assert_int_equal(pp_map_get_below(&map, 0, 10000), PP_MAP_NONE);
    assert_int_equal(pp_map_get_below(&map, PP_ARENA_BASE + PP_ARENA_BYTES, PP_ARENA_BYTES),
                     PP_MAP_NONE);
    pp_map_clear(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_like_a_list),
        cmocka_unit_test(test_values_may_be_anything),
        cmocka_unit_test(test_get_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
