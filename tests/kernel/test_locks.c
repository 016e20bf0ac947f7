// SPDX-License-Identifier: MIT
// Spin locks between fibers, and the IRQL that comes with them.
#include "fibers.h"

#include "base/emit.h"

static NDIS_SPIN_LOCK lock;
static KSPIN_LOCK raw_lock;

static void hold(void *subject, uint64_t letter) {
    (void)subject;
    NdisAcquireSpinLock(&lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    fibers_note((char)letter);
    pp_switch_point();
    fibers_note((char)(letter - 'a' + 'A'));
    NdisReleaseSpinLock(&lock);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void test_lock_keeps_others_out(void **state) {
    (void)state;
    NdisAllocateSpinLock(&lock);
    fibers_choose(0, 2, 0);  // inside the lock
    fibers_start(1, hold, 'b');
    fibers_start(2, hold, 'c');
    fibers_start(0, hold, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aAcCbB");  // c has waited for longer
    assert_int_equal(lock.SpinLock, 0);
}

// Whoever comes in while the woken one has not run yet may take the lock; the woken one waits on.
static void test_lock_may_be_taken_on_the_way(void **state) {
    (void)state;
    NdisAllocateSpinLock(&lock);
    fibers_choose(0, 2, 0);
    fibers_choose(1, 2, 0);
    fibers_start(1, hold, 'b');
    fibers_start(2, hold, 'c');
    fibers_start(0, hold, 'a');
    assert_true(pp_schedule_settle());
    const char *notes = fibers_notes();
    assert_int_equal(notes[6], '\0');
    for (int i = 0; i < 6; i += 2) {
        assert_int_equal(notes[i] - 'a', notes[i + 1] - 'A');
    }
}

static void nest(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    KIRQL irql;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    NdisAcquireSpinLock(&lock);
    KeAcquireSpinLock(&raw_lock, &irql);
    assert_int_equal(irql, DISPATCH_LEVEL);
    KeReleaseSpinLock(&raw_lock, irql);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&lock);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);

    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NdisDprAcquireSpinLock(&lock);
    KeAcquireSpinLockAtDpcLevel(&raw_lock);
    assert_int_not_equal(raw_lock, 0);
    KeReleaseSpinLockFromDpcLevel(&raw_lock);
    NdisDprReleaseSpinLock(&lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisAcquireSpinLock(&lock);  // at DISPATCH_LEVEL, and back to it
    NdisReleaseSpinLock(&lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    fibers_note('n');
}

static void test_levels_nest(void **state) {
    (void)state;
    NdisAllocateSpinLock(&lock);
    KeInitializeSpinLock(&raw_lock);
    fibers_start(0, nest, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "n");
}

// The IRQL is the fiber's, not the machine's: there are many processors.
static void note_irql(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    fibers_note((char)('0' + KeGetCurrentIrql()));
}

static void test_irql_is_of_the_fiber(void **state) {
    (void)state;
    NdisAllocateSpinLock(&lock);
    fibers_choose(0, 2, 0);
    fibers_start(1, note_irql, 'i');
    fibers_start(0, hold, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "a0A");
}

static void keep(void *subject, uint64_t letter) {
    (void)subject;
    KIRQL irql;
    KeAcquireSpinLock(&raw_lock, &irql);
    fibers_note((char)letter);
}

// Somebody who does not come back with the lock leaves the others waiting; nothing else breaks.
static void test_lock_that_is_kept(void **state) {
    (void)state;
    KeInitializeSpinLock(&raw_lock);
    fibers_start(0, keep, 'b');
    assert_true(pp_schedule_settle());
    static char blocker;
    (void)blocker;
    fibers_start(0, note_irql, 'i');  // on another stack, or on the same
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "b0");
}

static NDIS_RW_LOCK older;

static void use_older_lock(void *subject, uint64_t letter) {
    (void)subject;
    LOCK_STATE held;
    NdisAcquireReadWriteLock(&older, letter == 'w', &held);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    fibers_note((char)letter);
    pp_switch_point();
    fibers_note((char)(letter - 'a' + 'A'));
    NdisReleaseReadWriteLock(&older, &held);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

// Those who read go in together, one who writes alone.
static void test_older_read_write_lock(void **state) {
    (void)state;
    NdisInitializeReadWriteLock(&older);
    fibers_choose(0, 1, 0);
    fibers_start(1, use_older_lock, 'w');
    fibers_start(0, use_older_lock, 'r');
    assert_true(pp_schedule_settle());
    const char *notes = fibers_notes();
    assert_non_null(strstr(notes, "rR"));
    assert_non_null(strstr(notes, "wW"));
}

static void use_protection(void *subject, uint64_t letter) {
    (void)subject;
    EX_RUNDOWN_REF ref;
    ExInitializeRundownProtection(&ref);
    assert_true(ExAcquireRundownProtection(&ref));
    ExReleaseRundownProtection(&ref);
    ExWaitForRundownProtectionRelease(&ref);
    ExRundownCompleted(&ref);
    assert_false(ExAcquireRundownProtection(&ref));
    ExReInitializeRundownProtection(&ref);
    assert_true(ExAcquireRundownProtection(&ref));
    ExReleaseRundownProtection(&ref);
    fibers_note((char)letter);
}

static void test_protection_begins_again(void **state) {
    (void)state;
    fibers_start(0, use_protection, 'p');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "p");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_lock_keeps_others_out),
        FIBERS_TEST(test_lock_may_be_taken_on_the_way),
        FIBERS_TEST(test_levels_nest),
        FIBERS_TEST(test_irql_is_of_the_fiber),
        FIBERS_TEST(test_lock_that_is_kept),
        FIBERS_TEST(test_older_read_write_lock),
        FIBERS_TEST(test_protection_begins_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
