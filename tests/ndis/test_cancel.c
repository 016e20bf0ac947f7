// SPDX-License-Identifier: MIT
// What may become of sends that a driver cancels: nothing, or they come back aborted, at once or later,
// or one as if it had been sent. Only those with the id come back.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;
static char log_text[512];

static void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void log_line(const char *format, ...) {
    size_t length = strlen(log_text);
    va_list args;
    va_start(args, format);
    vsnprintf(log_text + length, sizeof(log_text) - length, format, args);
    va_end(args);
}

// Writes of 14, 15 bytes are sent with ids 14, 15; one of no bytes cancels those of 14.
static NTSTATUS send_or_cancel(IRP *irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    if (length == 0) {
        NdisCancelSendNetBufferLists(fixture.binding, (PVOID)14);
        log_line("cancelled;");
        return fixture_end_irp(irp, STATUS_SUCCESS);
    }
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, (PVOID)(ULONG_PTR)length);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void log_complete(NET_BUFFER_LIST *chain) {
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        log_line("%u: %x;", (unsigned)NET_BUFFER_LIST_FIRST_NB(nbl)->DataLength, (unsigned)nbl->Status);
        fixture_end_send(nbl);
    }
}

static void expect_log(const char *cancel, const char *expect) {
    char ops[512];
    const struct fixture_steps steps = {.write = send_or_cancel, .send_complete = log_complete};
    snprintf(ops, sizeof(ops),
             "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0, length: 14)\n"
             "write(f0, length: 15)\nwrite(f0, length: 14)\n%scomplete(b0, count: 9)\n",
             cancel);
    log_text[0] = '\0';
    fixture_play(&steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_string_equal(log_text, expect);
}

static void test_cancelled_sends(void **state) {
    (void)state;
    expect_log("", "14: 0;15: 0;14: 0;");
    expect_log("write(f0, length: 0)\n", "cancelled;14: 0;15: 0;14: 0;");
    expect_log("write(f0, length: 0)  (outcome: cancel = send_aborted)\n",
               "14: c023000c;14: c023000c;cancelled;15: 0;");
    expect_log("write(f0, length: 0)  (outcome: cancel = pending)\n",
               "cancelled;14: c023000c;14: c023000c;15: 0;");
    expect_log("write(f0, length: 0)  (outcome: cancel = success)\n", "14: 0;cancelled;15: 0;14: 0;");
}

static NTSTATUS make_ids(void) {
    UCHAR first = NdisGeneratePartialCancelId();
    UCHAR second = NdisGeneratePartialCancelId();
    assert_int_not_equal(first, 0);
    assert_int_not_equal(first, second);
    log_line("%u;", first);
    return STATUS_SUCCESS;
}

// Equal in equal runs.
static void test_partial_ids(void **state) {
    (void)state;
    const struct fixture_steps steps = {.load = make_ids};
    log_text[0] = '\0';
    fixture_play(&steps, "load()\n", NULL, &verdict);
    fixture_play(&steps, "load()\n", NULL, &verdict);
    assert_string_equal(log_text, "1;1;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancelled_sends),
        cmocka_unit_test(test_partial_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
