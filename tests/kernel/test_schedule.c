// SPDX-License-Identifier: MIT
// Which fiber runs next: the last one started, until it blocks or ends, unless the program has chosen.
#include "fibers.h"

#include "base/emit.h"

static char object;

// Notes its letter three times, with a switch point before each: "aaa".
static void run_three(void *subject, uint64_t letter) {
    (void)subject;
    for (int i = 0; i < 3; i++) {
        pp_switch_point();
        fibers_note((char)letter);
    }
}

static void block_once(void *subject, uint64_t letter) {
    (void)subject;
    fibers_note((char)letter);
    bool was_woken = pp_schedule_block(&object, PP_NEVER);
    fibers_note(was_woken ? (char)(letter - 'a' + 'A') : '!');
}

static void test_last_started_runs_first_and_to_its_end(void **state) {
    (void)state;
    fibers_start(0, run_three, 'a');
    fibers_start(1, run_three, 'b');
    fibers_start(2, run_three, 'c');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "cccbbbaaa");
    assert_null(pp_schedule_current());
}

static void start_two(void *subject, uint64_t letter) {
    fibers_note((char)letter);
    fibers_start(1, run_three, 'x');
    fibers_start(1, run_three, 'y');
    run_three(subject, letter);
}

static void test_started_by_a_fiber(void **state) {
    (void)state;
    fibers_start(0, run_three, 'b');
    fibers_start(0, start_two, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aaaayyyxxxbbb");
}

static void test_choice_hands_over(void **state) {
    (void)state;
    fibers_choose(1, 2, 0);
    fibers_start(0, run_three, 'a');
    fibers_start(1, run_three, 'b');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "baaabb");
}

// Ready behind the chooser: c, then a. The chosen one goes on, the chooser gets in line behind all.
static void test_choice_names_whom(void **state) {
    (void)state;
    static const char *const expect[] = {"baaacccbb", "bcccaaabb"};
    for (uint8_t target = 0; target < 6; target++) {
        fibers_begin(state);
        fibers_choose(1, 2, target);
        fibers_start(0, run_three, 'c');
        fibers_start(0, run_three, 'a');
        fibers_start(1, run_three, 'b');
        assert_true(pp_schedule_settle());
        if (target % 3 == 2) {  // the program itself: settling is over for now
            assert_string_equal(fibers_notes(), "bbbaaaccc");
        } else {
            assert_string_equal(fibers_notes(), expect[target % 3]);
        }
        fibers_end(state);
    }
}

// While an op is played, the choice of the program stops settling: the next op comes in between.
static void test_choice_of_the_program(void **state) {
    (void)state;
    fibers_choose(1, 2, 1);  // ready are: a, then the program
    fibers_start(0, run_three, 'a');
    fibers_start(1, run_three, 'b');
    pp_now.op = 1;
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "b");
    fibers_start(2, run_three, 'c');
    pp_now.op = 2;
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "cccbbaaa");
}

// Points are those of an op, whichever of its fibers reaches them; other ops' do not count.
static void test_points_are_counted_by_op(void **state) {
    (void)state;
    fibers_choose(1, 5, 0);
    fibers_start(0, run_three, 'a');
    fibers_start(1, run_three, 'c');
    fibers_start(1, run_three, 'b');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "bbbcaaacc");
}

static void test_choices_come_in_order(void **state) {
    (void)state;
    fibers_choose(0, 1, 0);
    fibers_choose(0, 2, 0);
    fibers_choose(0, 3, 0);
    fibers_choose(0, 60000, 0);  // never reached
    fibers_start(1, run_three, 'b');
    fibers_start(0, run_three, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "bbbaaa");
    assert_int_equal(fibers_crash(), -1);
}

static void test_choices_of_both(void **state) {
    (void)state;
    for (uint16_t at = 1; at <= 3; at++) {
        fibers_choose(0, at, 0);
        fibers_choose(1, at, 0);
    }
    fibers_start(1, run_three, 'b');
    fibers_start(0, run_three, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "ababab");
}

// Nobody else is ready: the chooser goes on by itself.
static void test_choice_without_an_alternative(void **state) {
    (void)state;
    fibers_choose(0, 2, 7);
    fibers_start(0, run_three, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aaa");
}

static void test_wake_all_in_the_order_of_blocking(void **state) {
    (void)state;
    for (char letter = 'a'; letter <= 'd'; letter++) {
        fibers_start(0, block_once, letter);
        assert_true(pp_schedule_settle());
    }
    assert_string_equal(fibers_notes(), "abcd");
    assert_ptr_equal(pp_schedule_first_blocked()->wait_object, &object);
    assert_int_equal(pp_schedule_wake(&object, /*all=*/true), 4);
    assert_null(pp_schedule_first_blocked());
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "ABCD");
}

static void test_wake_the_longest_waiting(void **state) {
    (void)state;
    fibers_start(0, block_once, 'b');
    fibers_start(0, block_once, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "ab");
    static char other;
    assert_int_equal(pp_schedule_wake(&other, /*all=*/true), 0);
    assert_int_equal(pp_schedule_wake(&object, /*all=*/false), 1);
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "A");
    assert_int_equal(pp_schedule_wake(&object, /*all=*/false), 1);
    assert_int_equal(pp_schedule_wake(&object, /*all=*/false), 0);
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "B");
}

static void note_sleep(void *subject, uint64_t letter) {
    (void)subject;
    fibers_note((char)letter);
    bool was_woken = pp_schedule_block(NULL, pp_schedule_ticks() + (uint64_t)(letter - 'a' + 1) * 100);
    fibers_note(was_woken ? '?' : (char)(letter - 'a' + 'A'));
}

static void test_time_wakes_in_its_order(void **state) {
    (void)state;
    fibers_start(0, note_sleep, 'b');
    fibers_start(0, note_sleep, 'c');
    fibers_start(0, note_sleep, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "acb");
    assert_int_equal(pp_schedule_ticks(), 0);  // settling takes no time
    assert_int_equal(pp_schedule_next_wake(), 100);
    assert_true(pp_schedule_advance_to(99));
    assert_string_equal(fibers_notes(), "");
    assert_true(pp_schedule_advance_to(250));
    assert_string_equal(fibers_notes(), "AB");
    assert_int_equal(pp_schedule_ticks(), 250);
    assert_true(pp_schedule_advance_to(250));
    assert_true(pp_schedule_advance_to(10));  // time does not go back
    assert_int_equal(pp_schedule_ticks(), 250);
    assert_true(pp_schedule_advance_to(300));
    assert_string_equal(fibers_notes(), "C");
    assert_int_equal(pp_schedule_next_wake(), PP_NEVER);
}

static void sleep_again(void *subject, uint64_t letter) {
    note_sleep(subject, letter);
    note_sleep(subject, letter);
}

// Each sees the time at which it was to wake, not that to which the program lets time pass.
static void test_time_stops_at_each_wake(void **state) {
    (void)state;
    fibers_start(0, sleep_again, 'a');  // 100, 200
    fibers_start(0, note_sleep, 'b');   // 200
    fibers_start(0, note_sleep, 'c');   // 300
    assert_true(pp_schedule_advance_to(1000));
    const char *notes = fibers_notes();
    assert_int_equal(notes[0], 'c');
    assert_int_equal(notes[3], 'A');
    assert_int_equal(notes[7], 'C');
    assert_int_equal(pp_schedule_ticks(), 1000);
}

static void test_fibers_run_out(void **state) {
    (void)state;
    pp_now.op = 0;
    uint32_t count = 0;
    while (pp_schedule_start(PP_ACTIVITY_DPC, block_once, NULL, 'a')) {
        count++;
    }
    assert_true(count >= PP_FIBER_COUNT / 2 && count < PP_FIBER_COUNT);
    assert_true(pp_schedule_settle());
    assert_false(pp_schedule_start(PP_ACTIVITY_DPC, run_three, NULL, 'b'));
    fibers_notes();
    pp_now.op = PP_OP_NONE;  // some are kept for what the world owes, so that what blocks can end
    while (pp_schedule_start(PP_ACTIVITY_DPC, run_three, NULL, 'b')) {
        count++;
    }
    assert_int_equal(count, PP_FIBER_COUNT);
    assert_true(pp_schedule_settle());
    fibers_notes();
    pp_schedule_wake(&object, /*all=*/false);
    assert_true(pp_schedule_settle());
    fibers_start(0, run_three, 'b');  // one has ended
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "Abbb");
}

static void test_busy_while_about_it(void **state) {
    (void)state;
    assert_true(pp_schedule_start(PP_ACTIVITY_DPC, run_three, &object, 'a'));
    assert_false(pp_schedule_is_busy(&object));  // completions come at any time, about anything
    assert_true(pp_schedule_start(PP_ACTIVITY_BIND, block_once, &object, 'a'));
    assert_true(pp_schedule_is_busy(&object));
    assert_true(pp_schedule_settle());
    assert_true(pp_schedule_is_busy(&object));
    pp_schedule_wake(&object, /*all=*/true);
    assert_true(pp_schedule_settle());
    assert_false(pp_schedule_is_busy(&object));
}

// === Between calls ===

// An access of driver code, as src/kernel/access.c counts it.
static void touch(const void *address) {
    if (--pp_now.access_countdown == 0) {
        pp_now.access_due((uintptr_t)address);
    }
}

// Notes its letter before each of three accesses, then in capitals after a call, and three more.
static void touch_three(void *subject, uint64_t letter) {
    (void)subject;
    for (int i = 0; i < 6; i++) {
        if (i == 3) {
            pp_switch_point();
        }
        fibers_note((char)(i < 3 ? letter : letter - 'a' + 'A'));
        touch(&object);
    }
}

static void test_choice_at_an_access(void **state) {
    (void)state;
    static const char *const expect[] = {"abbbBBBaaAAA", "aabbbBBBaAAA", "aaabbbBBBAAA", "aaaAAAbbbBBB"};
    for (uint16_t accesses = 1; accesses <= 4; accesses++) {
        fibers_begin(state);
        fibers_choose_access(1, 0, accesses, 0);  // the fourth is behind a call: too late
        fibers_start(0, touch_three, 'b');
        fibers_start(1, touch_three, 'a');
        assert_true(pp_schedule_settle());
        assert_string_equal(fibers_notes(), expect[accesses - 1]);
        fibers_end(state);
    }
}

static void test_choices_at_a_call_and_behind_it(void **state) {
    (void)state;
    fibers_choose_access(1, 0, 2, 0);
    fibers_choose_access(1, 0, 9, 0);  // never comes
    fibers_choose_access(1, 1, 0, 0);
    fibers_choose_access(1, 1, 1, 0);
    fibers_choose_access(1, 1, 3, 0);
    for (uint16_t i = 0; i < 6; i++) {
        fibers_choose_access(0, i / 3, i % 3 + 1, 0);
    }
    fibers_start(0, touch_three, 'b');
    fibers_start(1, touch_three, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aababAbAABBB");
}

// Accesses to the fiber's own stack are passed over; only it can see what is there.
static void touch_own_stack(void *subject, uint64_t letter) {
    (void)subject;
    char own = (char)letter;
    for (int i = 0; i < 3; i++) {
        fibers_note(own);
        touch(i < 2 ? &own : &object);
    }
    fibers_note(own);
}

static void test_own_stack_is_nobody_elses_business(void **state) {
    (void)state;
    fibers_choose_access(1, 0, 1, 0);
    fibers_start(0, run_three, 'b');
    fibers_start(1, touch_own_stack, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aaabbba");
}

static void test_time_passes_by_choice(void **state) {
    (void)state;
    fibers_choose(1, 2, PP_TARGET_TIME);
    fibers_choose(1, 3, PP_TARGET_TIME);
    fibers_start(0, note_sleep, 'b');  // until 200
    fibers_start(0, note_sleep, 'a');  // until 100
    assert_true(pp_schedule_settle());
    fibers_start(1, run_three, 'x');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "abxAxBx");
    assert_int_equal(pp_schedule_ticks(), 200);
}

static void note_alarm(void) { fibers_start(1, run_three, 'y'); }

static void test_an_alarm_rings_by_choice(void **state) {
    (void)state;
    fibers_choose(0, 2, PP_TARGET_TIME);
    fibers_choose(0, 3, PP_TARGET_TIME);  // there is nothing left to wait for
    pp_schedule_set_alarm(70, note_alarm);
    fibers_start(0, run_three, 'x');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "xyyyxx");
    assert_int_equal(pp_schedule_ticks(), 70);
}

// === Ends ===

static void loop(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    for (;;) {
        pp_switch_point();
    }
}

// It is let go on by and by, until nobody can help any more.
static void expect_endless(void) {
    assert_true(pp_schedule_settle());
    assert_true(pp_schedule_advance_to(pp_schedule_next_wake()));
    assert_true(pp_schedule_give_up_spinning());
    assert_false(pp_schedule_settle());
    assert_int_equal(fibers_crash(), PP_CRASH_ENDLESS);
}

static void test_endless_loop_in_one_fiber(void **state) {
    (void)state;
    fibers_start(0, run_three, 'a');
    fibers_start(1, loop, 'b');
    expect_endless();
    assert_string_equal(fibers_notes(), "aaa");
}

static volatile bool is_set;

static void spin(void *subject, uint64_t letter) {
    (void)subject;
    while (!is_set) {
        touch(&object);
    }
    fibers_note((char)letter);
}

static void set_after_sleep(void *subject, uint64_t letter) {
    (void)subject;
    pp_schedule_block(NULL, pp_schedule_ticks() + 3000 * PP_TICKS_PER_MS);
    is_set = true;
    fibers_note((char)letter);
}

// Who spins for what another fiber does is no loop, however long that takes.
static void test_spinning_for_another(void **state) {
    (void)state;
    is_set = false;
    fibers_start(0, spin, 's');
    fibers_start(1, set_after_sleep, 'w');
    assert_true(pp_schedule_advance_to(10000 * PP_TICKS_PER_MS));
    assert_string_equal(fibers_notes(), "ws");
    assert_false(pp_schedule_give_up_spinning());
}

static void loop_over_memory(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    for (;;) {
        touch(&object);
    }
}

static void loop_on_its_stack(void *subject, uint64_t letter) {
    (void)subject;
    for (;;) {
        touch(&letter);
    }
}

static void test_endless_loop_that_calls_nothing(void **state) {
    (void)state;
    static const pp_fiber_function loops[] = {loop_over_memory, loop_on_its_stack};
    for (int i = 0; i < 4; i++) {
        fibers_begin(state);
        if (i >= 2) {
            fibers_choose_access(1, 0, 3, 0);
        }
        fibers_start(1, loops[i % 2], 'b');
        expect_endless();
        fibers_end(state);
    }
}

static char other_object;

static void ping(void *subject, uint64_t letter) {
    (void)subject;
    const char *mine = letter == 'a' ? &object : &other_object;
    const char *others = letter == 'a' ? &other_object : &object;
    for (;;) {
        pp_schedule_wake(others, /*all=*/true);
        pp_schedule_block(mine, PP_NEVER);
    }
}

static void test_endless_game_of_two_fibers(void **state) {
    (void)state;
    fibers_start(0, ping, 'a');
    fibers_start(0, ping, 'b');
    assert_false(pp_schedule_settle());
    assert_int_equal(fibers_crash(), PP_CRASH_ENDLESS);
}

static void end_run(void *subject, uint64_t letter) {
    (void)subject;
    fibers_note((char)letter);
    pp_fiber_end_run(pp_schedule_current());
}

static void test_fiber_ends_run(void **state) {
    (void)state;
    fibers_start(0, block_once, 'c');
    assert_true(pp_schedule_settle());
    fibers_start(0, run_three, 'a');
    fibers_start(0, end_run, 'b');
    assert_false(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "cb");
    fibers_end(state);  // drops those that are in the middle of something

    fibers_begin(state);
    fibers_start(0, run_three, 'a');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "aaa");
    assert_null(pp_schedule_first_blocked());
}

// What a fiber is acting as goes with it, and comes back with it.
static void note_self(void *subject, uint64_t letter) {
    (void)subject;
    assert_int_equal(pp_now.op, letter - 'a');
    pp_now.irql = (uint8_t)(letter - 'a');
    pp_now.callback = (uint16_t)letter;
    pp_switch_point();
    assert_int_equal(pp_now.op, letter - 'a');
    assert_int_equal(pp_now.irql, letter - 'a');
    assert_int_equal(pp_now.callback, letter);
    fibers_note((char)letter);
}

static void test_each_fiber_has_its_own_state(void **state) {
    (void)state;
    for (uint16_t op = 0; op < 3; op++) {
        fibers_choose(op, 1, 0);
        fibers_start(op, note_self, (char)('a' + op));
    }
    pp_now.irql = 1;
    assert_true(pp_schedule_settle());
    assert_int_equal(pp_now.irql, 1);
    assert_int_equal(pp_now.op, PP_OP_NONE);
    assert_string_equal(fibers_notes(), "cba");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_last_started_runs_first_and_to_its_end),
        FIBERS_TEST(test_started_by_a_fiber),
        FIBERS_TEST(test_choice_hands_over),
        FIBERS_TEST(test_choice_names_whom),
        FIBERS_TEST(test_choice_of_the_program),
        FIBERS_TEST(test_points_are_counted_by_op),
        FIBERS_TEST(test_choices_come_in_order),
        FIBERS_TEST(test_choices_of_both),
        FIBERS_TEST(test_choice_without_an_alternative),
        FIBERS_TEST(test_wake_all_in_the_order_of_blocking),
        FIBERS_TEST(test_wake_the_longest_waiting),
        FIBERS_TEST(test_time_wakes_in_its_order),
        FIBERS_TEST(test_time_stops_at_each_wake),
        FIBERS_TEST(test_fibers_run_out),
        FIBERS_TEST(test_busy_while_about_it),
        FIBERS_TEST(test_choice_at_an_access),
        FIBERS_TEST(test_choices_at_a_call_and_behind_it),
        FIBERS_TEST(test_own_stack_is_nobody_elses_business),
        FIBERS_TEST(test_time_passes_by_choice),
        FIBERS_TEST(test_an_alarm_rings_by_choice),
        FIBERS_TEST(test_endless_loop_in_one_fiber),
        FIBERS_TEST(test_spinning_for_another),
        FIBERS_TEST(test_endless_loop_that_calls_nothing),
        FIBERS_TEST(test_endless_game_of_two_fibers),
        FIBERS_TEST(test_fiber_ends_run),
        FIBERS_TEST(test_each_fiber_has_its_own_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
