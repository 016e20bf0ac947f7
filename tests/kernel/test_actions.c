// SPDX-License-Identifier: MIT
// Calls of a driver by others: what they are given, when they are made, what they may do.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <string.h>

static struct pp_verdict verdict;

static void play(const struct pp_action *actions, const char *ops) {
    const struct fixture_steps steps = {.actions = actions};
    fixture_play(&steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s", verdict.finding.title);
    }
}

// === What they are given ===

static struct pp_action_input inputs[32];
static uint8_t bytes[64];
static KIRQL level;
static unsigned count;

static void note(const struct pp_action_input *input) {
    level = KeGetCurrentIrql();
    if (input->length > 0) {
        memcpy(bytes, input->bytes, input->length < sizeof(bytes) ? input->length : sizeof(bytes));
    }
    inputs[count++ % 32] = *input;
}

static const struct pp_action noting[] = {
    {.name = "any", .call = note},
    {.name = "some",
     .call = note,
     .irql = DISPATCH_LEVEL,
     .first = {10, 12},
     .second = {7, 0},
     .length = {2, 4}},
    {.name = NULL},
};

static void expect(unsigned index, unsigned first, unsigned second, unsigned length) {
    assert_true(index < count);
    assert_int_equal(inputs[index].first, first);
    assert_int_equal(inputs[index].second, second);
    assert_int_equal(inputs[index].length, length);
    assert_int_equal(inputs[index].bytes != NULL, length > 0);
}

static void test_numbers_are_in_range(void **state) {
    (void)state;
    count = 0;
    play(noting, "act(first: 0xffffffff, second: 4)\n"
                 "act(action: 1, first: 11, second: 9, length: 3)\n"
                 "act(action: 3, first: 13, length: 9000)\n"
                 "act(action: 4, first: 9, length: 9000)\n");
    assert_int_equal(count, 4);
    expect(0, 0xffffffff, 4, 0);
    expect(1, 11, 7, 3);
    expect(2, 10 + 13 % 3, 7, 2 + 9000 % 3);
    expect(3, 9, 0, 9000);
}

static void test_bytes_are_of_the_program(void **state) {
    (void)state;
    play(noting, "field(at: 1, value: 0x04030201)\n"
                 "act(length: 7, fill: 9)\n");
    assert_memory_equal(bytes, ((uint8_t[]){9, 1, 2, 3, 4, 9, 9}), 7);
    count = 0;
    play(noting, "act(content: adapter)\n"  // there is none
                 "act(content: number, value: 5)\n");
    expect(0, 0, 0, 0);
    expect(1, 0, 0, 4);
    assert_memory_equal(bytes, ((uint8_t[]){5, 0, 0, 0}), 4);
}

static void test_level_is_the_action_s(void **state) {
    (void)state;
    play(noting, "act(action: 1)\n");
    assert_int_equal(level, DISPATCH_LEVEL);
    play(noting, "act()\n");
    assert_int_equal(level, PASSIVE_LEVEL);
}

// === When they are made ===

static void test_only_a_loaded_driver_is_called(void **state) {
    (void)state;
    count = 0;
    play(noting, "load()\nunload()\nact()\n");
    assert_int_equal(count, 1);  // it is loaded again for that
    play(NULL, "act()\n");
    assert_int_equal(verdict.op_played_count, 0);
}

static KEVENT news;
static unsigned waiting_count;

static void wait(const struct pp_action_input *input) {
    (void)input;
    waiting_count++;
    KeWaitForSingleObject(&news, Executive, KernelMode, FALSE, NULL);
    waiting_count--;
}

static NTSTATUS make_news(void) {
    KeInitializeEvent(&news, NotificationEvent, FALSE);
    return STATUS_SUCCESS;
}

static NDIS_STATUS tell_news(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    NDIS_STATUS status = fixture_unbind(unbind_context);
    KeSetEvent(&news, IO_NO_INCREMENT, FALSE);
    return status;
}

static const struct pp_action waiting[] = {{.name = "wait", .call = wait}, {.name = NULL}};

// However many wait, what they wait for can come.
static void test_who_waits_keeps_the_driver_loaded(void **state) {
    (void)state;
    static char ops[2048] = "a0 = adapter()\nb0 = bind(a0)\n";
    for (unsigned i = 0; i < 60; i++) {
        strcat(ops, "act()\n");
    }
    const struct fixture_steps steps = {.actions = waiting, .load = make_news, .unbind = tell_news};
    strcat(ops, "unload()\n");
    waiting_count = 0;
    fixture_play(&steps, ops, NULL, &verdict);
    assert_false(verdict.is_finding);
    assert_int_equal(waiting_count, 0);
    assert_in_range(verdict.op_played_count, 2 + 10, 2 + 59);  // not all, and not the unload
}

// === What they may do ===

static KSPIN_LOCK lock;

static void keep_lock(const struct pp_action_input *input) {
    (void)input;
    KIRQL old;
    KeInitializeSpinLock(&lock);
    fixture_reached();
    KeAcquireSpinLock(&lock, &old);
}

static void release_lock(const struct pp_action_input *input) {
    (void)input;
    KIRQL old;
    KeInitializeSpinLock(&lock);
    fixture_reached();
    KeAcquireSpinLock(&lock, &old);
    KeReleaseSpinLock(&lock, old);
}

static void wait_for_ever(const struct pp_action_input *input) {
    (void)input;
    KEVENT nobodys;
    KeInitializeEvent(&nobodys, NotificationEvent, FALSE);
    fixture_reached();
    KeWaitForSingleObject(&nobodys, Executive, KernelMode, FALSE, NULL);
}

static void wait_a_while(const struct pp_action_input *input) {
    (void)input;
    KEVENT nobodys;
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeInitializeEvent(&nobodys, NotificationEvent, FALSE);
    fixture_reached();
    KeWaitForSingleObject(&nobodys, Executive, KernelMode, FALSE, &second);
}

static void keep_bytes(const struct pp_action_input *input) {
    if (fixture.kept[0] != NULL) {
        fixture_reached();
        *(volatile char *)fixture.kept[0] = 1;
    }
    fixture.kept[0] = input->bytes;
}

static void use_bytes(const struct pp_action_input *input) {
    fixture_reached();
    *(volatile char *)input->bytes = 1;
}

// An MDL over the caller's memory, which is nonpaged pool like any.
static void describe_bytes(const struct pp_action_input *input) {
    MDL *mdl = NdisAllocateMdl(fixture.protocol, input->bytes, input->length);
    fixture_reached();
    if (mdl != NULL) {
        NdisFreeMdl(mdl);
    }
}

static void describe_more(const struct pp_action_input *input) {
    MDL *mdl = NdisAllocateMdl(fixture.protocol, input->bytes, input->length + 1);
    fixture_reached();
    if (mdl != NULL) {
        NdisFreeMdl(mdl);
    }
}

#define ACTION(function) \
    ((const struct pp_action[]){{.name = #function, .call = function}, {.name = NULL}})
static const struct check_case cases[] = {
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned at another IRQL in an action",
     .catches = {.actions = ACTION(keep_lock)},
     .silent = {.actions = ACTION(release_lock)},
     .program = "act()\n"},
    {.rule = "STUCK",
     .title = "poolproof: STUCK: action never returns, waits for an event that nobody sets in an action",
     .catches = {.actions = ACTION(wait_for_ever)},
     .silent = {.actions = ACTION(wait_a_while)},
     .program = "act()\n"},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed memory written in an action",
     .catches = {.actions = ACTION(keep_bytes)},
     .silent = {.actions = ACTION(use_bytes)},
     .program = "act(length: 4)\nact(length: 4)\n",
     .build = CHECK_WITH_GUARD},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: MDL that is longer than its memory asked for in an action",
     .catches = {.actions = ACTION(describe_more)},
     .silent = {.actions = ACTION(describe_bytes)},
     .program = "act(length: 4)\n"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_in_range),
        cmocka_unit_test(test_bytes_are_of_the_program),
        cmocka_unit_test(test_level_is_the_action_s),
        cmocka_unit_test(test_only_a_loaded_driver_is_called),
        cmocka_unit_test(test_who_waits_keeps_the_driver_loaded),
    };
    int failed_count = cmocka_run_group_tests_name("actions", tests, NULL, NULL);
    return failed_count + CHECK_RUN("actions", cases);
}
