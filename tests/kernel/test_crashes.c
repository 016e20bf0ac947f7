// SPDX-License-Identifier: MIT
// Whatever stops a driver's code becomes a finding, and the process goes on as if nothing had been:
// crash after crash, on one fiber with others in the middle of something.
#include "tests/check/fixture.h"

#include "base/guard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct pp_verdict verdict;
static volatile int one = 1;

static NTSTATUS read_nothing(void) { return *(volatile int *)(ULONG_PTR)(0x5b0000000000 * one); }
static NTSTATUS call_nothing(void) {
    ((void (*)(void))(ULONG_PTR)(0x5b0000000000 * one))();
    return STATUS_SUCCESS;
}
static NTSTATUS call_data(void) {
    static char code[16] = {(char)0xC3};
    ((void (*)(void))(ULONG_PTR)code)();
    return STATUS_SUCCESS;
}
static NTSTATUS trap(void) { __builtin_trap(); }
static NTSTATUS bug_check(void) { KeBugCheckEx(0xD1, 0, 0, 0, 0); }

// Jumps over the guard page below the stack, so to speak: a frame that is far larger than that.
static int take_much(int depth) {
    volatile char frame[30000];
    frame[0] = (char)depth;
    return depth == 0 ? 0 : take_much(depth - 1) + frame[0];
}
static NTSTATUS recurse_in_large_steps(void) { return take_much(1 << 20); }

static int take_little(int depth) {
    volatile char frame[16];
    frame[0] = (char)depth;
    return depth == 0 ? 0 : take_little(depth - 1) + frame[0];
}
static NTSTATUS recurse_in_small_steps(void) { return take_little(1 << 30); }

// Crashes inside a function of the world's, called with garbage.
static NTSTATUS pass_garbage(void) {
    RtlMoveMemory((void *)(ULONG_PTR)(0x5b0000000000 * one), &fixture, 64);
    return STATUS_SUCCESS;
}

static NTSTATUS set_garbage_event(void) {
    NdisSetEvent((NDIS_EVENT *)(ULONG_PTR)(0x5b0000000000 * one));
    return STATUS_SUCCESS;
}

static const struct {
    NTSTATUS (*act)(void);
    const char *title;
} crashes[] = {
    {read_nothing, "poolproof: MEM-WILD: memory used that does not exist in DriverEntry"},
    {call_nothing, "poolproof: MEM-WILD: memory used that does not exist in DriverEntry"},
    {call_data, "poolproof: MEM-WILD: memory used that does not exist in DriverEntry"},
    {trap, "poolproof: UNDEFINED: undefined behaviour in DriverEntry"},
    {bug_check, "poolproof: BUGCHECK: KeBugCheckEx called in DriverEntry"},
    {recurse_in_large_steps, "poolproof: STACK-OVERRUN: kernel stack overrun in DriverEntry"},
    {recurse_in_small_steps, "poolproof: STACK-OVERRUN: kernel stack overrun in DriverEntry"},
    {pass_garbage, "poolproof: MEM-WILD: memory used that does not exist in DriverEntry"},
    {set_garbage_event, "poolproof: MEM-WILD: memory used that does not exist in DriverEntry"},
};

static void check(size_t crash) {
    const struct fixture_steps steps = {.load = crashes[crash].act};
    fixture_play(&steps, NULL, NULL, &verdict);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title, crashes[crash].title);
}

static void test_crashes_are_findings(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        check(i);
    }
}

// Again and again, in any order: no crash leaves anything behind.
static void test_crash_after_crash(void **state) {
    (void)state;
    static const struct fixture_steps nothing;
    static struct pp_verdict clean;
    fixture_play(&nothing, check_one_write, NULL, &clean);
    assert_false(clean.is_finding);
    for (size_t i = 0; i < 200; i++) {
        check(i * 7 % (sizeof(crashes) / sizeof(crashes[0])));
        fixture_play(&nothing, check_one_write, NULL, &verdict);
        assert_false(verdict.is_finding);
        assert_true(verdict.digest == clean.digest);
    }
}

// With rules or without them: a crash is a finding of its own.
static void test_crash_without_rules(void **state) {
    (void)state;
    const struct pp_run_options options = {.without_rules = true};
    const struct fixture_steps steps = {.load = read_nothing};
    fixture_play(&steps, NULL, &options, &verdict);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title, crashes[0].title);
}

static NTSTATUS wait_or_crash(IRP *irp) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = irp;
        NdisWaitEvent(&fixture.adapter_done, 0);
    }
    return *(volatile int *)(ULONG_PTR)(0x5b0000000000 * one);
}

static void test_crash_beside_a_waiting_fiber(void **state) {
    (void)state;
    const struct fixture_steps steps = {.write = wait_or_crash};
    for (int i = 0; i < 3; i++) {
        fixture_play(
            &steps,
            "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nwrite(f0)\n", NULL,
            &verdict);
        assert_true(verdict.is_finding);
        assert_string_equal(verdict.finding.title,
                            "poolproof: MEM-WILD: memory used that does not exist in IRP_MJ_WRITE");
        assert_int_equal(verdict.finding.op, 5);
    }
}

// The report of a crash says where the driver was, not where the handler is.
static void test_stack_of_a_crash(void **state) {
    (void)state;
    check(0);
    assert_non_null(strstr(verdict.finding.detail, "read_nothing"));
    assert_null(strstr(verdict.finding.detail, "on_signal"));
}

static NTSTATUS get_sent_a_signal(void) {
    raise(SIGSEGV);
    return STATUS_SUCCESS;
}

// A signal that somebody sends is no crash of the driver, and is not swallowed.
static void test_sent_signal_is_no_finding(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const struct fixture_steps steps = {.load = get_sent_a_signal};
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        fixture_play(&steps, NULL, NULL, &verdict);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crashes_are_findings), cmocka_unit_test(test_crash_after_crash),
        cmocka_unit_test(test_crash_without_rules),  cmocka_unit_test(test_crash_beside_a_waiting_fiber),
        cmocka_unit_test(test_stack_of_a_crash),     cmocka_unit_test(test_sent_signal_is_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
