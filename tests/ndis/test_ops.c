// SPDX-License-Identifier: MIT
// What a program can do when: an op whose object is gone, busy or in another state is skipped and
// changes nothing. Answers that pend, and what the driver sees of a completion.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;
static const struct fixture_steps none;

static void play(const struct fixture_steps *steps, const char *ops) {
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
}

// === Ops in states ===

// The ops after "...": how many of all ops did something.
static void test_ops_in_wrong_states_are_skipped(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        uint32_t played;
    } cases[] = {
        // Before anything is there
        {"a0 = adapter()\nb0 = bind(a0)\n", 2},
        {"a0 = adapter()\nb0 = bind(a0)\nload()\n", 2},  // loaded already
        {"unload()\n", 1},                               // loads first
        {"unload()\nunload()\n", 2},                     // and again
        {"load()\nunload()\nload()\nunload()\n", 4},
        // Restart, pause, unbind by state
        {"a0 = adapter()\nb0 = bind(a0)\npause(b0)\n", 2},
        {"a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nrestart(b0)\n", 3},
        {"a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\npause(b0)\npause(b0)\n", 4},
        {"a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\nunbind(b0)\n", 3},
        {"a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\nrestart(b0)\npause(b0)\n", 3},
        {"a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nunbind(b0)\n", 4},
        // A bind that failed leaves no binding
        {"a0 = adapter()\nb0 = bind(a0)  (outcome: open = failure)\nrestart(b0)\nunbind(b0)\n", 2},
        // Nothing pends, nothing is out
        {"a0 = adapter()\nb0 = bind(a0)\nfinish_open(b0)\nfinish_close(b0)\ncomplete(b0)\n", 2},
        // Files
        {"a0 = adapter()\nf0 = create(a0)\nclose(f0)\nclose(f0)\nwrite(f0)\n", 3},
        // After the end
        {"a0 = adapter()\nb0 = bind(a0)\nunload()\nrestart(b0)\nunbind(b0)\ncomplete(b0)\n", 3},
        {"advance(ms: 1)\nadvance(ms: 10000)\n", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        play(&none, cases[i].ops);
        if (verdict.op_played_count != cases[i].played) {
            fail_msg("%u ops played, not %u, of\n%s", verdict.op_played_count, cases[i].played,
                     cases[i].ops);
        }
    }
}

// While a binding is about something, nothing else begins with it.
static void test_busy_bindings_are_left_alone(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        uint32_t played;
    } cases[] = {
        {"a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\nrestart(b0)\nunbind(b0)\n"
         "finish_open(b0)\n",
         3},
        {"a0 = adapter()\nb0 = bind(a0)\nunbind(b0)  (outcome: close = "
         "pending)\nunbind(b0)\nrestart(b0)\n"
         "finish_close(b0)\nfinish_close(b0)\n",
         4},
        // The pause waits for its send; so does an unbind
        {"a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\npause(b0)\n"
         "pause(b0)\nrestart(b0)\nunbind(b0)\ncomplete(b0)\nrestart(b0)\n",
         8},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        play(&none, cases[i].ops);
        if (verdict.op_played_count != cases[i].played) {
            fail_msg("%u ops played, not %u, of\n%s", verdict.op_played_count, cases[i].played,
                     cases[i].ops);
        }
    }
}

// === Answers that pend ===

static char log_text[512];

static void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void log_line(const char *format, ...) {
    size_t length = strlen(log_text);
    va_list args;
    va_start(args, format);
    vsnprintf(log_text + length, sizeof(log_text) - length, format, args);
    va_end(args);
}

static NDIS_STATUS bind_and_log(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_make_pools();
    fixture.binding = NULL;
    NDIS_STATUS status = fixture_open(bind_context, parameters);
    log_line("bind %x%s;", (unsigned)status, fixture.binding != NULL ? " handle" : "");
    if (status != NDIS_STATUS_SUCCESS) {
        fixture_free_pools();
    }
    return status;
}

static void log_open_complete(NDIS_STATUS status) {
    log_line("open complete %x;", (unsigned)status);
    fixture.open_status = status;
    NdisSetEvent(&fixture.adapter_done);
}

static void log_close_complete(void) {
    log_line("close complete;");
    NdisSetEvent(&fixture.adapter_done);
}

static NDIS_STATUS unbind_and_log(NDIS_HANDLE unbind_context) {
    log_line("unbind;");
    fixture_unbind(unbind_context);
    log_line("unbound;");
    return NDIS_STATUS_SUCCESS;
}

static const struct fixture_steps logging = {.bind = bind_and_log,
                                             .unbind = unbind_and_log,
                                             .open_complete = log_open_complete,
                                             .close_complete = log_close_complete};

static void expect_log(const char *ops, const char *expect) {
    log_text[0] = '\0';
    play(&logging, ops);
    assert_string_equal(log_text, expect);
}

static void test_open(void **state) {
    (void)state;
    expect_log("a0 = adapter()\nb0 = bind(a0)\n", "bind 0 handle;unbind;unbound;");
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = failure)\n", "bind c0000001;");
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = unsupported_media)\n", "bind c0010019;");
    // The outcome is the op's own: the next bind succeeds
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = resources)\nb1 = bind(a0)\n",
               "bind c000009a;bind 0 handle;unbind;unbound;");
}

static void test_open_that_pends(void **state) {
    (void)state;
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\nadvance(ms: 100)\n"
               "finish_open(b0)\n",
               "open complete 0;bind 0 handle;unbind;unbound;");
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\n"
               "finish_open(b0, status: adapter_not_found)\n",
               "open complete c0010006;bind c0010006;");
    // Nobody finishes it: the world does, in the end
    expect_log("a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\n",
               "open complete 0;bind 0 handle;unbind;unbound;");
}

static void test_close_that_pends(void **state) {
    (void)state;
    expect_log(
        "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)  (outcome: close = pending)\nadvance(ms: 100)\n"
        "finish_close(b0)\n",
        "bind 0 handle;unbind;close complete;unbound;");
    expect_log("a0 = adapter()\nb0 = bind(a0)\nunbind(b0)  (outcome: close = pending)\n",
               "bind 0 handle;unbind;close complete;unbound;");
}

// === Completions ===

static NTSTATUS write_and_number(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    nbl->ProtocolReserved[0] = fixture.kept[0];
    fixture.kept[0] = (void *)((ULONG_PTR)fixture.kept[0] + 1);
    fixture_send(nbl);
    return STATUS_PENDING;
}

// One call as "irql: number status ...;"
static void log_completion(NET_BUFFER_LIST *chain) {
    log_line("%d:", KeGetCurrentIrql());
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        log_line(" %d %x", (int)(ULONG_PTR)nbl->ProtocolReserved[0], (unsigned)nbl->Status);
        fixture_end_send(nbl);
    }
    log_line(";");
}

static const struct fixture_steps completing = {.write = write_and_number,
                                                .send_complete = log_completion};

#define FIVE_WRITES                                                 \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\n"

static void expect_completions(const char *ops, const char *expect) {
    log_text[0] = '\0';
    play(&completing, ops);
    assert_string_equal(log_text, expect);
}

static void test_completions_come_as_asked(void **state) {
    (void)state;
    expect_completions(FIVE_WRITES "complete(b0, count: 5)\n", "2: 0 0 1 0 2 0 3 0 4 0;");
    expect_completions(FIVE_WRITES "complete(b0, count: 255)\n", "2: 0 0 1 0 2 0 3 0 4 0;");
    expect_completions(FIVE_WRITES
                       "complete(b0, nbl: 1, count: 2, order: reverse)\ncomplete(b0, count: 3)\n",
                       "2: 2 0 1 0;2: 0 0 3 0 4 0;");
    expect_completions(FIVE_WRITES "complete(b0, nbl: 3, count: 5, status: failure)\n"
                                   "complete(b0, count: 3, irql: passive)\n",
                       "2: 3 c0000001 4 c0000001;0: 0 0 1 0 2 0;");
    // Modulo those that are out
    expect_completions(FIVE_WRITES
                       "complete(b0, nbl: 7)\ncomplete(b0, count: 4, status: send_aborted)\n",
                       "2: 2 0;2: 0 c023000c 1 c023000c 3 c023000c 4 c023000c;");
}

static void test_completions_are_interleaved(void **state) {
    (void)state;
    expect_completions(FIVE_WRITES "complete(b0, count: 5, order: interleaved)\n",
                       "2: 0 0 2 0 4 0 1 0 3 0;");
    expect_completions(FIVE_WRITES "complete(b0, nbl: 3, count: 2, order: interleaved)\n"
                                   "complete(b0, order: interleaved)\n"
                                   "complete(b0, count: 2, order: interleaved, irql: passive)\n",
                       "2: 3 0 4 0;2: 0 0;0: 1 0 2 0;");
}

static void log_flags(NET_BUFFER_LIST *chain) {
    log_line("%d %x;", KeGetCurrentIrql(), (unsigned)fixture.completion_flags);
    fixture_end_send(chain);
}

// The flag promises DISPATCH_LEVEL; without it, it may be.
static void test_completions_need_not_tell_their_irql(void **state) {
    (void)state;
    const struct fixture_steps steps = {.send_complete = log_flags};
    log_text[0] = '\0';
    play(&steps, FIVE_WRITES "complete(b0)\ncomplete(b0, irql: passive)\n"
                             "complete(b0, count: 1, irql: dispatch_untold)\n");
    assert_string_equal(log_text, "2 1;0 0;2 0;2 1;2 1;");
}

// Nobody completes them: the world does, one by one, when the pause comes.
static void test_what_is_owed_is_delivered(void **state) {
    (void)state;
    expect_completions(FIVE_WRITES, "2: 0 0;2: 1 0;2: 2 0;2: 3 0;2: 4 0;");
}

static void test_completion_inside_the_call(void **state) {
    (void)state;
    expect_completions("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
                       "write(f0)  (outcome: send = paused)\nwrite(f0)\ncomplete(b0, count: 2)\n",
                       "2: 1 c023002a;2: 0 0 2 0;");
}

static void test_each_binding_has_its_own_sends(void **state) {
    (void)state;
    log_text[0] = '\0';
    play(&completing, "a0 = adapter()\na1 = adapter()\nb0 = bind(a0)\nunbind(b0)\nb1 = bind(a1)\n"
                      "restart(b1)\nf0 = create(a1)\nwrite(f0)\ncomplete(b0)\ncomplete(b1)\n");
    assert_string_equal(log_text, "2: 0 0;");
    assert_int_equal(verdict.op_played_count, 9);
}

// What a driver gets to know of its adapter.
static NDIS_STATUS look_at_parameters(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    log_line("%u %u %d %d;", (unsigned)parameters->MtuSize, (unsigned)parameters->DataBackFillSize,
             parameters->MediaType, parameters->AdapterName->Length);
    return fixture_bind(bind_context, parameters);
}

static void test_bind_parameters(void **state) {
    (void)state;
    const struct fixture_steps looking = {.bind = look_at_parameters};
    log_text[0] = '\0';
    play(&looking, "a0 = adapter(mtu: 9000, backfill: 64)\nb0 = bind(a0)\nunbind(b0)\n");
    assert_string_equal(log_text, "9000 64 0 92;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops_in_wrong_states_are_skipped),
        cmocka_unit_test(test_busy_bindings_are_left_alone),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_open_that_pends),
        cmocka_unit_test(test_close_that_pends),
        cmocka_unit_test(test_completions_come_as_asked),
        cmocka_unit_test(test_completions_are_interleaved),
        cmocka_unit_test(test_completions_need_not_tell_their_irql),
        cmocka_unit_test(test_what_is_owed_is_delivered),
        cmocka_unit_test(test_completion_inside_the_call),
        cmocka_unit_test(test_each_binding_has_its_own_sends),
        cmocka_unit_test(test_bind_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
