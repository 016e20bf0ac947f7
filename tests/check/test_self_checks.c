// SPDX-License-Identifier: MIT
// The checkers also watch our own world: what it must never do ends the process, with its id.
#include "base/guard.h"
#include "check/check.h"

#include <poolproof/event.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ndis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int binding;
static NET_PNP_EVENT_NOTIFICATION notifications[2];
static NDIS_OID_REQUEST request;

static void tell(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2) {
    const struct pp_event event = {.kind = (uint16_t)kind, .args = {a0, a1, a2}};
    pp_check_event(&event);
}

static void begin(void) {
    pp_check_begin((struct pp_range){NULL, NULL});
    tell(PP_EVENT_BINDING_BEGIN, (uintptr_t)&binding, 0, 0);
    tell(PP_EVENT_OPENED, (uintptr_t)&binding, NDIS_STATUS_SUCCESS, 0);
}

static void tell_pnp(int index) {
    tell(PP_EVENT_PNP_EVENT, (uintptr_t)&binding, (uintptr_t)&notifications[index], NetEventPause);
}

static void answer_pnp(int index) {
    tell(PP_EVENT_PNP_ANSWERED, (uintptr_t)&binding, (uintptr_t)&notifications[index], NetEventPause);
}

static void take_request(void) {
    tell(PP_EVENT_OID_TAKEN, (uintptr_t)&binding, (uintptr_t)&request, 0);
    pp_guard_close(&request, sizeof(request));
}

static void return_request(void) {
    tell(PP_EVENT_OID_RETURN, (uintptr_t)&binding, (uintptr_t)&request, 0);
}

static void two_events_at_once(void) {
    tell_pnp(0);
    tell_pnp(1);
}

static void one_event_after_another(void) {
    tell_pnp(0);
    answer_pnp(0);
    tell_pnp(1);
}

static void request_completed_twice(void) {
    take_request();
    return_request();
    return_request();
}

static void request_answered_with_pending(void) {
    tell(PP_EVENT_OID_ANSWERED, (uintptr_t)&binding, (uintptr_t)&request, (uint32_t)NDIS_STATUS_PENDING);
}

static void request_completed_once(void) {
    take_request();
    return_request();
    pp_guard_open(&request, sizeof(request));
    tell(PP_EVENT_OID_ANSWERED, (uintptr_t)&binding, (uintptr_t)&request, NDIS_STATUS_SUCCESS);
}

// What the process said before it ended; empty if it came to its end.
static void run_apart(void (*act)(void), char *said, size_t capacity) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        begin();
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], said + length, capacity - 1 - length)) > 0;) {
        length += (size_t)got;
    }
    said[length] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(WIFSIGNALED(status), length > 0);
}

static void test_what_the_world_must_not_do(void **state) {
    (void)state;
    static const struct {
        void (*act)(void);
        const char *id;  // NULL: it may
    } cases[] = {
        {two_events_at_once, "RT-STATE"},         {one_event_after_another, NULL},
        {request_completed_twice, "RT-OID-ONCE"}, {request_answered_with_pending, "RT-OID-ONCE"},
        {request_completed_once, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char said[4096];
        run_apart(cases[i].act, said, sizeof(said));
        if (cases[i].id == NULL ? said[0] != '\0' : strstr(said, cases[i].id) == NULL) {
            fail_msg("case %zu says '%s'", i, said);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_the_world_must_not_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
