// SPDX-License-Identifier: MIT
// An interlocked operation is one access to memory: another fiber may come before it, and not inside.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/program.h>
#include <poolproof/run.h>
#include <stdio.h>

#define ONE_WRITE "a0 = adapter()\nf0 = create(a0)\nwrite(f0)\n"
#define OPERATION_COUNT 11u

static struct pp_verdict verdict;

static NTSTATUS do_nothing(IRP *irp) { return fixture_end_irp(irp, STATUS_SUCCESS); }

static NTSTATUS do_each(IRP *irp) {
    LONG volatile *word = (LONG volatile *)&fixture.kept[0];
    InterlockedIncrement(word);
    InterlockedDecrement(word);
    InterlockedExchange(word, 1);
    InterlockedExchangeAdd(word, 1);
    InterlockedAdd(word, 1);
    InterlockedAnd(word, 3);
    InterlockedOr(word, 4);
    InterlockedXor(word, 4);
    InterlockedCompareExchange(word, 5, 3);
    InterlockedExchangePointer(&fixture.kept[1], NULL);
    InterlockedCompareExchangePointer(&fixture.kept[1], NULL, NULL);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static uint32_t count_accesses(NTSTATUS (*write)(IRP *irp)) {
    const struct fixture_steps steps = {.write = write};
    fixture_play(&steps, ONE_WRITE, NULL, &verdict);
    assert_false(verdict.is_finding);
    return verdict.reach.accesses[PP_OP_WRITE];
}

static void test_count(void **state) {
    (void)state;
    uint32_t without = count_accesses(do_nothing);
    if (without == 0) {
        skip();  // a build that counts none
    }
    assert_int_equal(count_accesses(do_each) - without, OPERATION_COUNT);
    assert_int_equal(*(LONG *)&fixture.kept[0], 5);
}

// A reference that is taken by a look and then a step loses one if another fiber comes in between; one
// that is taken by a step alone does not.
static NTSTATUS take_in_two_steps(IRP *irp) {
    LONG volatile *count = (LONG volatile *)&fixture.kept[0];
    LONG seen = *count;
    InterlockedExchange(count, seen + 1);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS take_in_one_step(IRP *irp) {
    InterlockedIncrement((LONG volatile *)&fixture.kept[0]);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// Of two writes, the second of which comes before each access of the first in turn.
static LONG fewest(NTSTATUS (*write)(IRP *irp)) {
    const struct fixture_steps steps = {.write = write};
    LONG least = 2;
    for (unsigned access = 1; access < 64; access++) {
        char ops[256];
        snprintf(ops, sizeof(ops),
                 "a0 = adapter()\nf0 = create(a0)\nwrite(f0)  (at: 0+%u -> 0)\nwrite(f0)\n", access);
        fixture_play(&steps, ops, NULL, &verdict);
        assert_false(verdict.is_finding);
        LONG count = *(LONG *)&fixture.kept[0];
        least = count < least ? count : least;
    }
    return least;
}

static void test_race(void **state) {
    (void)state;
    if (count_accesses(do_nothing) == 0) {
        skip();
    }
    assert_int_equal(fewest(take_in_two_steps), 1);
    assert_int_equal(fewest(take_in_one_step), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_count), cmocka_unit_test(test_race)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
