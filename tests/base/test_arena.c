// SPDX-License-Identifier: MIT
// The world's memory: blocks and their books, reuse in the order that was asked for, and damage that is
// seen without a guard.
#include "base/arena.h"
#include "base/guard.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

#define USE 7

static int begin(void **state) {
    (void)state;
    pp_arena_reset();
    return 0;
}

#define ARENA_TEST(function) cmocka_unit_test_setup(function, begin)

// The first test of this process: nothing has touched the arena before.
static void test_reuse_set_before_the_first_block(void **state) {
    (void)state;
    pp_arena_set_reuse(PP_REUSE_LIFO);
    void *memory = pp_arena_take(100, USE);
    pp_arena_give(memory);
    assert_ptr_equal(pp_arena_take(100, USE), memory);
}

static void test_blocks_lie_apart_and_are_aligned(void **state) {
    (void)state;
    char *last_end = NULL;
    for (size_t size = 0; size < 5000; size += 37) {
        char *memory = pp_arena_take(size, USE);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % PP_ARENA_GRANULE, 0);
        assert_true(memory >= (char *)PP_ARENA_BASE + 16);  // a redzone in front of the first, too
        assert_true(last_end == NULL || memory >= last_end + 16);
        memset(memory, 1, size);
        last_end = memory + size;
    }
    assert_null(pp_arena_check());
}

static void test_content_is_the_same_in_each_run(void **state) {
    char first[100];
    memcpy(first, pp_arena_take(sizeof(first), USE), sizeof(first));
    begin(state);
    assert_memory_equal(pp_arena_take(sizeof(first), USE), first, sizeof(first));
}

static void test_find_and_is(void **state) {
    (void)state;
    char *memory = pp_arena_take(100, USE);
    const struct pp_block *block = pp_arena_find(memory);
    assert_non_null(block);
    assert_int_equal(block->size, 100);
    assert_true(block->capacity >= 100);
    assert_true(pp_arena_is(memory, USE));
    assert_false(pp_arena_is(memory, USE + 1));
    assert_null(pp_arena_find(memory + 16));
    assert_null(pp_arena_find(memory + 1));
    assert_null(pp_arena_find(memory - 16));
    assert_null(pp_arena_find(NULL));
    assert_null(pp_arena_find((void *)UINTPTR_MAX));
    assert_null(pp_arena_find((char *)PP_ARENA_BASE + PP_ARENA_BYTES));
    pp_arena_give(memory);
    assert_false(pp_arena_is(memory, USE));
    assert_ptr_equal(pp_arena_find(memory), block);  // known for as long as nobody else has it
    assert_true(pp_arena_contains(memory));
    assert_true(pp_arena_contains((char *)PP_ARENA_BASE + PP_ARENA_BYTES - 1));
    assert_false(pp_arena_contains((char *)PP_ARENA_BASE + PP_ARENA_BYTES));
    assert_false(pp_arena_contains(&memory));
}

static void test_reset_forgets(void **state) {
    char *memory = pp_arena_take(100, USE);
    char *second = pp_arena_take(100, USE);
    begin(state);
    assert_null(pp_arena_find(memory));
    assert_null(pp_arena_find(second));
    assert_ptr_equal(pp_arena_take(200, USE), memory);
    assert_null(pp_arena_find(second));  // in the middle of the new block, and stale
}

static void test_owner_words_are_fresh(void **state) {
    (void)state;
    pp_arena_set_reuse(PP_REUSE_LIFO);
    char *memory = pp_arena_take(100, USE);
    pp_arena_find(memory)->owner_a = pp_arena_find(memory)->owner_b = 9;
    pp_arena_give(memory);
    assert_ptr_equal(pp_arena_take(100, USE), memory);
    assert_int_equal(pp_arena_find(memory)->owner_a, 0);
    assert_int_equal(pp_arena_find(memory)->owner_b, 0);
}

static void test_never_reuses(void **state) {
    (void)state;
    char *memory = pp_arena_take(64, USE);
    pp_arena_give(memory);
    for (int i = 0; i < 100; i++) {
        char *next = pp_arena_take(64, USE);
        assert_ptr_not_equal(next, memory);
        pp_arena_give(next);
    }
}

static void test_lifo_gives_the_last_first(void **state) {
    (void)state;
    pp_arena_set_reuse(PP_REUSE_LIFO);
    char *blocks[4];
    for (int i = 0; i < 4; i++) {
        blocks[i] = pp_arena_take(64, USE);
    }
    for (int i = 0; i < 4; i++) {
        pp_arena_give(blocks[i]);
    }
    for (int i = 3; i >= 0; i--) {
        assert_ptr_equal(pp_arena_take(60, USE), blocks[i]);  // the same class of sizes
    }
    assert_ptr_not_equal(pp_arena_take(64, USE), blocks[0]);
}

// The oldest first, but not before some more were given back: late use of freed memory meets a new
// owner.
static void test_fifo_gives_the_oldest_first(void **state) {
    (void)state;
    enum { COUNT = 20 };
    pp_arena_set_reuse(PP_REUSE_FIFO);
    char *blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = pp_arena_take(64, USE);
    }
    pp_arena_give(blocks[0]);
    char *fresh = pp_arena_take(64, USE);
    assert_ptr_not_equal(fresh, blocks[0]);
    for (int i = 1; i < COUNT; i++) {
        pp_arena_give(blocks[i]);
    }
    for (int i = 0; i < COUNT - 8; i++) {
        assert_ptr_equal(pp_arena_take(64, USE), blocks[i]);
    }
    assert_ptr_not_equal(pp_arena_take(64, USE), blocks[COUNT - 8]);
}

// A block never serves a size that it has no room for, whatever the classes are.
static void test_reused_blocks_are_large_enough(void **state) {
    (void)state;
    pp_arena_set_reuse(PP_REUSE_LIFO);
    uint32_t sequence = 1;
    char *live[64] = {0};
    uint32_t sizes[64] = {0};
    for (int i = 0; i < 20000; i++) {
        sequence = sequence * 1664525u + 1013904223u;
        uint32_t slot = sequence >> 26;
        if (live[slot] != NULL) {
            for (uint32_t k = 0; k < sizes[slot]; k += 13) {
                assert_int_equal(live[slot][k], (char)slot);  // nobody else has written to it
            }
            pp_arena_give(live[slot]);
            live[slot] = NULL;
        } else {
            uint32_t limit = sequence >> 8 & 7 ? 600 : 70000;
            sizes[slot] = (sequence >> 4) % limit;
            live[slot] = pp_arena_take(sizes[slot], USE);
            assert_non_null(live[slot]);
            memset(live[slot], (int)slot, sizes[slot]);
        }
    }
    assert_null(pp_arena_check());
}

static void test_limits(void **state) {
    (void)state;
    assert_null(pp_arena_take(PP_ARENA_BLOCK_MAX + 1, USE));
    assert_null(pp_arena_take(SIZE_MAX, USE));
    assert_non_null(pp_arena_take(PP_ARENA_BLOCK_MAX, USE));
    int count = 1;
    while (pp_arena_take(PP_ARENA_BLOCK_MAX, USE) != NULL) {
        assert_true(++count < 100);
    }
    assert_true(count >= 2);
    assert_non_null(pp_arena_take(100, USE));  // there is still room for a small one
}

// === Damage ===

static void check_damage(char *memory, ptrdiff_t at) {
    char old = memory[at];
    memory[at] ^= 1;
    assert_ptr_equal(pp_arena_check(), memory + at);
    memory[at] = old;
    assert_null(pp_arena_check());
}

static void test_damage_is_seen_without_a_guard(void **state) {
    (void)state;
    if (PP_HAS_GUARD) {
        skip();  // the write itself is stopped
    }
    char *first = pp_arena_take(61, USE);
    char *memory = pp_arena_take(61, USE);
    char *large = pp_arena_take(1000, USE);
    assert_null(pp_arena_check());
    memset(memory, 0, 61);
    assert_null(pp_arena_check());
    check_damage(memory, 61);       // slack
    check_damage(memory, 64 + 15);  // the redzone behind it
    check_damage(memory, -1);       // and in front
    check_damage(large, 1000);
    check_damage(first, 70);
    pp_arena_give(memory);
    assert_null(pp_arena_check());
    check_damage(memory, 0);
    check_damage(memory, 60);
    check_damage(memory, 62);
}

// The first block's front redzone has no block before it.
static void test_damage_before_the_first_block(void **state) {
    (void)state;
    if (PP_HAS_GUARD) {
        skip();
    }
    char *memory = pp_arena_take(61, USE);
    check_damage(memory, -1);
    check_damage(memory, -16);
}

#if PP_HAS_GUARD
int __asan_address_is_poisoned(void const volatile *address);
#else
#define __asan_address_is_poisoned(address) ((void)(address), 0)
#endif

static void test_guard_is_exact(void **state) {
    (void)state;
    if (!PP_HAS_GUARD) {
        skip();
    }
    for (size_t size = 1; size < 200; size++) {
        char *memory = pp_arena_take(size, USE);
        assert_true(__asan_address_is_poisoned(memory - 1));
        assert_false(__asan_address_is_poisoned(memory));
        assert_false(__asan_address_is_poisoned(memory + size - 1));
        assert_true(__asan_address_is_poisoned(memory + size));
        assert_true(__asan_address_is_poisoned(memory + size + 15));
        pp_arena_give(memory);
        assert_true(__asan_address_is_poisoned(memory));
        assert_true(__asan_address_is_poisoned(memory + size - 1));
    }
    char *last = pp_arena_take(100, USE);
    begin(state);
    assert_true(__asan_address_is_poisoned(last));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reuse_set_before_the_first_block),
        ARENA_TEST(test_blocks_lie_apart_and_are_aligned),
        ARENA_TEST(test_content_is_the_same_in_each_run),
        ARENA_TEST(test_find_and_is),
        ARENA_TEST(test_reset_forgets),
        ARENA_TEST(test_owner_words_are_fresh),
        ARENA_TEST(test_never_reuses),
        ARENA_TEST(test_lifo_gives_the_last_first),
        ARENA_TEST(test_fifo_gives_the_oldest_first),
        ARENA_TEST(test_reused_blocks_are_large_enough),
        ARENA_TEST(test_limits),
        ARENA_TEST(test_damage_is_seen_without_a_guard),
        ARENA_TEST(test_damage_before_the_first_block),
        ARENA_TEST(test_guard_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
