// SPDX-License-Identifier: MIT
// Events of both types, timeouts and sleeping, in virtual time.
#include "fibers.h"

#define MS PP_TICKS_PER_MS

static KEVENT event;
static NDIS_EVENT ndis_event;
static LONGLONG timeout;  // of the waits; 1: for ever

static NTSTATUS wait(void) {
    LARGE_INTEGER time = {.QuadPart = timeout};
    return KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, timeout == 1 ? NULL : &time);
}

static char letter_of(NTSTATUS status, uint64_t letter) {
    return status == STATUS_SUCCESS ? (char)(letter - 'a' + 'A') : status == STATUS_TIMEOUT ? '-' : '?';
}

static void wait_once(void *subject, uint64_t letter) {
    (void)subject;
    fibers_note((char)letter);
    fibers_note(letter_of(wait(), letter));
}

static void begin_waits(EVENT_TYPE type, bool is_set, LONGLONG new_timeout) {
    KeInitializeEvent(&event, type, is_set);
    timeout = new_timeout;
    for (char letter = 'c'; letter >= 'a'; letter--) {
        fibers_start(0, wait_once, letter);
    }
    assert_true(pp_schedule_settle());
}

// The driver's calls are made by a fiber.
static LONG set_result;
static void set_event(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    set_result = KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

static void set(void) {
    fibers_start(1, set_event, 's');
    assert_true(pp_schedule_settle());
}

static void test_notification_event_lets_all_go(void **state) {
    (void)state;
    begin_waits(NotificationEvent, false, 1);
    assert_string_equal(fibers_notes(), "abc");
    set();
    assert_string_equal(fibers_notes(), "ABC");
    assert_int_equal(set_result, 0);
    assert_int_equal(KeReadStateEvent(&event), 1);
    fibers_start(0, wait_once, 'd');  // and stays set
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "dD");
    set();
    assert_int_equal(set_result, 1);
    assert_int_equal(KeResetEvent(&event), 1);
    assert_int_equal(KeResetEvent(&event), 0);
    fibers_start(0, wait_once, 'e');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "e");
}

static void test_synchronization_event_lets_one_go(void **state) {
    (void)state;
    begin_waits(SynchronizationEvent, false, 1);
    assert_string_equal(fibers_notes(), "abc");
    set();
    assert_string_equal(fibers_notes(), "A");
    assert_int_equal(KeReadStateEvent(&event), 0);
    set();
    set();
    assert_string_equal(fibers_notes(), "BC");
    set();  // nobody waits: kept for the next
    assert_int_equal(KeReadStateEvent(&event), 1);
    set();  // but not counted
    fibers_start(0, wait_once, 'e');
    fibers_start(0, wait_once, 'd');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "dDe");
}

static void test_event_that_begins_set(void **state) {
    (void)state;
    begin_waits(SynchronizationEvent, true, 1);
    assert_string_equal(fibers_notes(), "aAbc");
    KeClearEvent(&event);
    assert_int_equal(KeReadStateEvent(&event), 0);
}

// Two sets in one go wake two, even though the first has not run in between.
static void set_twice(void *subject, uint64_t letter) {
    set_event(subject, letter);
    set_event(subject, letter);
}

static void test_sets_are_not_lost(void **state) {
    (void)state;
    begin_waits(SynchronizationEvent, false, 1);
    fibers_notes();
    fibers_start(1, set_twice, 's');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "AB");
}

static void set_and_reset(void *subject, uint64_t letter) {
    set_event(subject, letter);
    KeResetEvent(&event);
}

static void test_woken_is_woken(void **state) {
    (void)state;
    begin_waits(NotificationEvent, false, 1);
    fibers_notes();
    fibers_start(1, set_and_reset, 's');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "ABC");
}

static void test_timeout(void **state) {
    (void)state;
    begin_waits(SynchronizationEvent, false, -(LONGLONG)(10 * MS));
    assert_string_equal(fibers_notes(), "abc");
    assert_int_equal(pp_schedule_next_wake(), 10 * MS);
    assert_true(pp_schedule_advance_to(5 * MS));
    set();
    assert_string_equal(fibers_notes(), "A");
    assert_true(pp_schedule_advance_to(10 * MS - 1));
    assert_string_equal(fibers_notes(), "");
    assert_true(pp_schedule_advance_to(10 * MS));
    assert_string_equal(fibers_notes(), "--");
    assert_int_equal(pp_schedule_next_wake(), PP_NEVER);
    set();  // nobody waits any more
    assert_int_equal(KeReadStateEvent(&event), 1);
}

static void test_timeout_at_a_point_in_time(void **state) {
    (void)state;
    LARGE_INTEGER begin;
    KeQuerySystemTime(&begin);
    assert_true(pp_schedule_advance_to(7 * MS));
    begin_waits(NotificationEvent, false, begin.QuadPart + 9 * MS);
    assert_int_equal(pp_schedule_next_wake(), 9 * MS);
    fibers_notes();
    assert_true(pp_schedule_advance_to(9 * MS));
    assert_string_equal(fibers_notes(), "---");
    begin_waits(NotificationEvent, false, begin.QuadPart + 9 * MS);  // which is over
    assert_string_equal(fibers_notes(), "a-b-c-");
}

static void test_no_time_is_a_look(void **state) {
    (void)state;
    begin_waits(SynchronizationEvent, true, 0);
    assert_string_equal(fibers_notes(), "aAb-c-");
    assert_int_equal(pp_schedule_ticks(), 0);
}

static void wait_ndis(void *subject, uint64_t letter) {
    (void)subject;
    fibers_note((char)letter);
    fibers_note(NdisWaitEvent(&ndis_event, (UINT)timeout) ? (char)(letter - 'a' + 'A') : '-');
}

static void set_ndis(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    NdisSetEvent(&ndis_event);
}

static void test_ndis_event(void **state) {
    (void)state;
    NdisInitializeEvent(&ndis_event);
    timeout = 0;  // for ever
    fibers_start(0, wait_ndis, 'a');
    assert_true(pp_schedule_advance_to(1000000 * (uint64_t)MS));
    assert_string_equal(fibers_notes(), "a");
    fibers_start(0, set_ndis, 's');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "A");
    fibers_start(0, wait_ndis, 'b');  // stays set until it is reset
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "bB");
    NdisResetEvent(&ndis_event);
    timeout = 3;
    fibers_start(0, wait_ndis, 'c');
    assert_true(pp_schedule_settle());
    assert_int_equal(pp_schedule_next_wake(), pp_schedule_ticks() + 3 * MS);
    assert_true(pp_schedule_advance_to(pp_schedule_next_wake()));
    assert_string_equal(fibers_notes(), "c-");
}

static void sleep_microseconds(void *subject, uint64_t letter) {
    (void)subject;
    NdisMSleep((ULONG)timeout);
    fibers_note((char)letter);
}

static void delay(void *subject, uint64_t letter) {
    (void)subject;
    LARGE_INTEGER interval = {.QuadPart = timeout};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    fibers_note((char)letter);
}

static void test_sleep(void **state) {
    (void)state;
    static const struct {
        pp_fiber_function function;
        LONGLONG time;
        uint64_t expect_ticks;
    } cases[] = {
        {sleep_microseconds, 5000, 5 * MS},
        {sleep_microseconds, 1, MS},  // no finer than a real timer
        {sleep_microseconds, 0, MS},
        {delay, -2 * (LONGLONG)MS, 2 * MS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t begin = pp_schedule_ticks();
        timeout = cases[i].time;
        fibers_start(0, cases[i].function, 'z');
        assert_true(pp_schedule_settle());
        assert_string_equal(fibers_notes(), "");
        assert_int_equal(pp_schedule_next_wake(), begin + cases[i].expect_ticks);
        assert_true(pp_schedule_advance_to(begin + cases[i].expect_ticks));
        assert_string_equal(fibers_notes(), "z");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_notification_event_lets_all_go),
        FIBERS_TEST(test_synchronization_event_lets_one_go),
        FIBERS_TEST(test_event_that_begins_set),
        FIBERS_TEST(test_sets_are_not_lost),
        FIBERS_TEST(test_woken_is_woken),
        FIBERS_TEST(test_timeout),
        FIBERS_TEST(test_timeout_at_a_point_in_time),
        FIBERS_TEST(test_no_time_is_a_look),
        FIBERS_TEST(test_ndis_event),
        FIBERS_TEST(test_sleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
