// SPDX-License-Identifier: MIT
// The checkers also watch our own world: what it must never do ends the process, with its id. Here they
// are told of a world that does it, and of one that does what comes nearest.
#include "base/arena.h"
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

#define NBL_COUNT 3
#define FRAME_BYTES 60u
#define BIND_CONTEXT 0x40u
#define ADDRESS(object) ((uint64_t)(uintptr_t)(object))

static int binding, other_binding, protocol;
static NET_PNP_EVENT_NOTIFICATION notifications[2];
static NDIS_OID_REQUEST request;
static NDIS_OPEN_PARAMETERS open_parameters;
static NDIS_HANDLE open_handle;
static NET_BUFFER_LIST *nbls;
static NET_BUFFER *nbs;
static MDL *mdls;
static UCHAR (*frames)[FRAME_BYTES];

static void tell5(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                  uint64_t a4) {
    const struct pp_event event = {.kind = (uint16_t)kind, .args = {a0, a1, a2, a3, a4}};
    const struct pp_finding *finding = pp_check_event(&event);
    if (finding != NULL) {
        fprintf(stderr, "the driver is blamed: %s\n", finding->title);
        abort();
    }
}

static void tell(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2) {
    tell5(kind, a0, a1, a2, 0, 0);
}

// Of the binding that all is about.
static void tell_of(enum pp_event_kind kind, uint64_t a1) { tell(kind, ADDRESS(&binding), a1, 0); }

// === The way there ===

static void begin_bind(void) {
    tell5(PP_EVENT_BINDING_BEGIN, ADDRESS(&binding), 0, 0, 0, BIND_CONTEXT);
    tell(PP_EVENT_REGISTERED, ADDRESS(&protocol), NDIS_STATUS_SUCCESS, 0);
    tell5(PP_EVENT_OPEN, ADDRESS(&protocol), BIND_CONTEXT, ADDRESS(&open_parameters), 0,
          ADDRESS(&open_handle));
}

static void open_now(void) {
    begin_bind();
    tell_of(PP_EVENT_OPEN_OUTPUTS, 0);
    tell_of(PP_EVENT_OPENED, NDIS_STATUS_SUCCESS);
}

static void open_later(void) {
    begin_bind();
    tell_of(PP_EVENT_OPENED, NDIS_STATUS_PENDING);
}

static void finish_open(NDIS_STATUS status) {
    tell_of(PP_EVENT_OPEN_FINISH, (uint32_t)status);
    if (status == NDIS_STATUS_SUCCESS) {
        tell_of(PP_EVENT_OPEN_OUTPUTS, 0);
    }
    tell_of(PP_EVENT_OPEN_FINISHED, (uint32_t)status);
}

static void call(enum pp_callback callback) {
    tell(PP_EVENT_CALLBACK_ENTER, callback, ADDRESS(&binding), 0);
}

static void be_paused(void) {
    open_now();
    tell_of(PP_EVENT_BINDING_PAUSED, 0);
}

static void be_running(void) {
    be_paused();
    tell_of(PP_EVENT_BINDING_RESTARTING, 0);
    tell_of(PP_EVENT_BINDING_RUNNING, 0);
}

static void begin_unbind(void) {
    be_paused();
    tell_of(PP_EVENT_BINDING_CLOSING, 0);
    tell_of(PP_EVENT_CLOSE, 0);
}

static void be_unbound(void) {
    begin_unbind();
    tell_of(PP_EVENT_CLOSE_ANSWERED, NDIS_STATUS_SUCCESS);
    tell_of(PP_EVENT_BINDING_END, NDIS_STATUS_SUCCESS);
}

// === States ===

static void bind_twice(void) {
    be_paused();
    begin_bind();
}

static void bind_again(void) {
    be_unbound();
    begin_bind();
}

static void restart_while_running(void) {
    be_running();
    tell_of(PP_EVENT_BINDING_RESTARTING, 0);
}

static void run_without_restart(void) {
    be_paused();
    tell_of(PP_EVENT_BINDING_RUNNING, 0);
}

static void pause_while_paused(void) {
    be_paused();
    tell_of(PP_EVENT_BINDING_PAUSING, 0);
}

static void unbind_while_running(void) {
    be_running();
    tell_of(PP_EVENT_BINDING_CLOSING, 0);
}

static void all_steps(void) {
    be_running();
    tell_of(PP_EVENT_BINDING_PAUSING, 0);
    tell_of(PP_EVENT_BINDING_PAUSED, 0);
    tell_of(PP_EVENT_BINDING_RESTARTING, 0);
    tell_of(PP_EVENT_BINDING_PAUSED, 0);  // the restart has failed
    tell_of(PP_EVENT_BINDING_CLOSING, 0);
    tell_of(PP_EVENT_CLOSE, 0);
    tell_of(PP_EVENT_CLOSE_ANSWERED, NDIS_STATUS_SUCCESS);
    tell_of(PP_EVENT_BINDING_END, NDIS_STATUS_SUCCESS);
}

static void tell_pnp(int index, NET_PNP_EVENT_CODE code) {
    tell(PP_EVENT_PNP_EVENT, ADDRESS(&binding), ADDRESS(&notifications[index]), code);
}

static void answer_pnp(int index, NET_PNP_EVENT_CODE code) {
    tell(PP_EVENT_PNP_ANSWERED, ADDRESS(&binding), ADDRESS(&notifications[index]), code);
}

static void two_events_at_once(void) {
    be_running();
    tell_pnp(0, NetEventQueryPower);
    tell_pnp(1, NetEventQueryPower);
}

static void one_event_after_another(void) {
    be_running();
    tell_pnp(0, NetEventQueryPower);
    answer_pnp(0, NetEventQueryPower);
    tell_pnp(1, NetEventQueryPower);
}

static void pause_told_while_running(void) {
    be_running();
    tell_pnp(0, NetEventPause);
}

static void restart_told_while_paused(void) {
    be_paused();
    tell_pnp(0, NetEventRestart);
}

static void restart_and_pause_told(void) {
    be_paused();
    tell_of(PP_EVENT_BINDING_RESTARTING, 0);
    tell_pnp(0, NetEventRestart);
    answer_pnp(0, NetEventRestart);
    tell_of(PP_EVENT_BINDING_RUNNING, 0);
    tell_of(PP_EVENT_BINDING_PAUSING, 0);
    tell_pnp(0, NetEventPause);
}

// === Calls ===

static void call_after_end(void) {
    be_unbound();
    call(PP_CALLBACK_SEND_COMPLETE);
}

static void receive_after_close(void) {
    begin_unbind();
    tell_of(PP_EVENT_CLOSE_ANSWERED, NDIS_STATUS_SUCCESS);
    call(PP_CALLBACK_RECEIVE);
}

static void status_after_pending_close(void) {
    begin_unbind();
    tell_of(PP_EVENT_CLOSE_ANSWERED, NDIS_STATUS_PENDING);
    tell_of(PP_EVENT_CLOSE_FINISHED, 0);
    call(PP_CALLBACK_STATUS);
}

static void status_before_open(void) {
    open_later();
    call(PP_CALLBACK_STATUS);
}

static void status_while_close_pends(void) {
    begin_unbind();
    call(PP_CALLBACK_RECEIVE);
    tell_of(PP_EVENT_CLOSE_ANSWERED, NDIS_STATUS_PENDING);
    call(PP_CALLBACK_STATUS);
    tell_of(PP_EVENT_CLOSE_FINISHED, 0);
    call(PP_CALLBACK_CLOSE_COMPLETE);
}

// === Results of an open ===

static void outputs_at_once(void) {
    begin_bind();
    tell_of(PP_EVENT_OPEN_OUTPUTS, 0);
    tell_of(PP_EVENT_OPENED, NDIS_STATUS_PENDING);
}

static void outputs_while_open_pends(void) {
    open_later();
    tell_of(PP_EVENT_OPEN_OUTPUTS, 0);
}

static void open_without_outputs(void) {
    begin_bind();
    tell_of(PP_EVENT_OPENED, NDIS_STATUS_SUCCESS);
}

static void outputs_after_open(void) {
    open_later();
    tell_of(PP_EVENT_OPEN_FINISH, NDIS_STATUS_SUCCESS);
    tell_of(PP_EVENT_OPEN_FINISHED, NDIS_STATUS_SUCCESS);
}

static void completion_of_pending_open(void) {
    open_later();
    call(PP_CALLBACK_OPEN_COMPLETE);
}

static void open_that_fails_late(void) {
    open_later();
    finish_open(NDIS_STATUS_FAILURE);
    call(PP_CALLBACK_OPEN_COMPLETE);
}

static void open_that_pends(void) {
    open_later();
    finish_open(NDIS_STATUS_SUCCESS);
    call(PP_CALLBACK_OPEN_COMPLETE);
}

// === Sends ===

static void make_nbls(void) {
    nbls = pp_arena_take(NBL_COUNT * sizeof(*nbls), 0);
    nbs = pp_arena_take(NBL_COUNT * sizeof(*nbs), 0);
    mdls = pp_arena_take(NBL_COUNT * sizeof(*mdls), 0);
    frames = pp_arena_take(NBL_COUNT * sizeof(*frames), 0);
    for (int i = 0; i < NBL_COUNT; i++) {
        mdls[i] = (MDL){.MappedSystemVa = frames[i], .ByteCount = FRAME_BYTES};
        nbs[i] = (NET_BUFFER){
            .MdlChain = &mdls[i], .CurrentMdl = &mdls[i], .DataLength = FRAME_BYTES, .Next = NULL};
        nbls[i] = (NET_BUFFER_LIST){.FirstNetBuffer = &nbs[i],
                                    .SourceHandle = &binding,
                                    .Next = i + 1 < NBL_COUNT ? &nbls[i + 1] : NULL};
    }
}

static void submit(void) {
    be_running();
    make_nbls();
    for (int i = 0; i < NBL_COUNT; i++) {
        tell5(PP_EVENT_NBL_MADE, ADDRESS(&nbls[i]), 0, ADDRESS(&nbs[i]), ADDRESS(&mdls[i]), 0);
    }
    tell_of(PP_EVENT_SEND, ADDRESS(&nbls[0]));
}

static void arrive(int index) { tell_of(PP_EVENT_SEND_ARRIVED, ADDRESS(&nbls[index])); }

static void take_over(void) {
    submit();
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[0]));
    for (int i = 0; i < NBL_COUNT; i++) {
        arrive(i);
    }
}

static void complete(int index, uint32_t count, NDIS_STATUS status) {
    for (NET_BUFFER_LIST *nbl = &nbls[index]; nbl != NULL; nbl = nbl->Next) {
        nbl->Status = status;
    }
    tell5(PP_EVENT_SEND_RETURN, ADDRESS(&binding), ADDRESS(&nbls[index]), count, 0, 0);
}

static void take_another_chain(void) {
    submit();
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[1]));
}

static void overtake_nbl(void) {
    submit();
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[0]));
    arrive(1);
}

static void overtake_send(void) {
    submit();
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[0]));
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[0]));
}

static void complete_before_arrival(void) {
    submit();
    tell_of(PP_EVENT_SEND_TAKEN, ADDRESS(&nbls[0]));
    arrive(0);
    nbls[0].Next = NULL;
    complete(0, 1, NDIS_STATUS_SUCCESS);
}

static void complete_twice(void) {
    take_over();
    complete(0, NBL_COUNT, NDIS_STATUS_SUCCESS);
    complete(2, 1, NDIS_STATUS_SUCCESS);
}

static void complete_on_other_binding(void) {
    take_over();
    tell5(PP_EVENT_BINDING_BEGIN, ADDRESS(&other_binding), 1, 0, 0, BIND_CONTEXT + 1);
    tell5(PP_EVENT_SEND_RETURN, ADDRESS(&other_binding), ADDRESS(&nbls[0]), NBL_COUNT, 0, 0);
}

static void complete_with_pending(void) {
    take_over();
    complete(0, NBL_COUNT, NDIS_STATUS_PENDING);
}

static void complete_fewer_than_said(void) {
    take_over();
    nbls[1].Next = NULL;
    complete(0, NBL_COUNT, NDIS_STATUS_SUCCESS);
}

static void complete_more_than_said(void) {
    take_over();
    complete(0, 1, NDIS_STATUS_SUCCESS);
}

static void rest_with_sends_out(void) {
    take_over();
    nbls[1].Next = NULL;
    complete(0, 2, NDIS_STATUS_SUCCESS);
    tell_of(PP_EVENT_AT_REST, 0);
}

static void complete_in_parts_and_backwards(void) {
    take_over();
    nbls[2].Next = &nbls[1];
    nbls[1].Next = NULL;
    complete(2, 2, NDIS_STATUS_PAUSED);
    nbls[0].Next = NULL;
    complete(0, 1, NDIS_STATUS_SEND_ABORTED);
    tell_of(PP_EVENT_AT_REST, 0);
}

// === What comes back ===

static void lose_nb(void) {
    take_over();
    nbls[1].FirstNetBuffer = NULL;
    complete(0, NBL_COUNT, NDIS_STATUS_SUCCESS);
}

static void lose_mdl(void) {
    take_over();
    nbs[2].MdlChain = NULL;
    complete(0, NBL_COUNT, NDIS_STATUS_SUCCESS);
}

static void shorten_mdl(void) {
    take_over();
    mdls[0].ByteCount--;
    complete(0, NBL_COUNT, NDIS_STATUS_SUCCESS);
}

// What is not promised: links between NBLs, Status, Scratch.
static void change_what_may_change(void) {
    take_over();
    nbls[0].Next = NULL;
    nbls[0].Scratch = &binding;
    complete(0, 1, NDIS_STATUS_FAILURE);
}

// === Receives ===

static void indicate(uint64_t count) {
    be_running();
    make_nbls();
    call(PP_CALLBACK_RECEIVE);
    tell5(PP_EVENT_INDICATE, ADDRESS(&binding), ADDRESS(&nbls[0]), count, 0, 0);
}

static void indicate_fewer_than_said(void) { indicate(NBL_COUNT + 1); }

static void indicate_more_than_said(void) { indicate(NBL_COUNT - 1); }

static void indicate_as_said(void) { indicate(NBL_COUNT); }

// === OID requests ===

static void take_request(void) {
    be_running();
    tell(PP_EVENT_OID_TAKEN, ADDRESS(&binding), ADDRESS(&request), 0);
    pp_guard_close(&request, sizeof(request));
}

static void return_request(void) { tell_of(PP_EVENT_OID_RETURN, ADDRESS(&request)); }

static void complete_request_twice(void) {
    take_request();
    return_request();
    return_request();
}

static void rest_with_request_out(void) {
    take_request();
    tell_of(PP_EVENT_AT_REST, 0);
}

static void answer_request_with_pending(void) {
    be_running();
    tell(PP_EVENT_OID_ANSWERED, ADDRESS(&binding), ADDRESS(&request), (uint32_t)NDIS_STATUS_PENDING);
}

static void complete_request_once(void) {
    take_request();
    return_request();
    pp_guard_open(&request, sizeof(request));
    tell(PP_EVENT_OID_ANSWERED, ADDRESS(&binding), ADDRESS(&request), NDIS_STATUS_SUCCESS);
    tell_of(PP_EVENT_AT_REST, 0);
}

// What the process said before it ended; empty if it came to its end.
static void run_apart(void (*act)(void), char *said, size_t capacity) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        pp_check_begin((struct pp_range){NULL, NULL});
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

// Where memory is not guarded a change is taken to be the driver's.
#define CHANGED                                                  \
    (PP_HAS_GUARD ? "RT-NB-INTACT: NB list or MDL chain changed" \
                  : "SEND-TOUCH: NBL changed while in flight")

static const struct {
    void (*act)(void);
    const char *says;  // NULL: nothing, the world may
} cases[] = {
    {bind_twice, "RT-STATE: a bind of what is bound"},
    {bind_again, NULL},
    {restart_while_running, "RT-STATE: a step that is not possible"},
    {run_without_restart, "RT-STATE: a step that is not possible"},
    {pause_while_paused, "RT-STATE: a step that is not possible"},
    {unbind_while_running, "RT-STATE: a step that is not possible"},
    {all_steps, NULL},
    {two_events_at_once, "RT-STATE: two PnP events at once"},
    {one_event_after_another, NULL},
    {pause_told_while_running, "RT-STATE: told to pause without a pause"},
    {restart_told_while_paused, "RT-STATE: told to restart without a restart"},
    {restart_and_pause_told, NULL},
    {call_after_end, "RT-NO-CB-AFTER: a call for a binding that has ended"},
    {receive_after_close, "RT-NO-CB-AFTER: a receive or status for a binding that is closed"},
    {status_after_pending_close, "RT-NO-CB-AFTER: a receive or status for a binding that is closed"},
    {status_before_open, "RT-NO-CB-AFTER: a receive or status for a binding that is closed"},
    {status_while_close_pends, NULL},
    {outputs_at_once, "RT-OUTPUTS-LATE: results of an open that has none"},
    {outputs_while_open_pends, "RT-OUTPUTS-LATE: results while the open pends"},
    {open_without_outputs, "RT-OUTPUTS-LATE: an open without its results"},
    {outputs_after_open, "RT-OUTPUTS-LATE: an open without its results"},
    {completion_of_pending_open, "RT-OUTPUTS-LATE: a completion of an open that pends"},
    {open_that_fails_late, NULL},
    {open_that_pends, NULL},
    {take_another_chain, "RT-SEND-FIFO: another chain than was sent"},
    {overtake_nbl, "RT-SEND-FIFO: an NBL overtakes another"},
    {overtake_send, "RT-SEND-FIFO: a send overtakes another"},
    {complete_before_arrival, "RT-SEND-FIFO: an NBL comes back before others have gone"},
    {complete_twice, "RT-COMPLETE-ONCE: completes an NBL that is not out"},
    {complete_on_other_binding, "RT-COMPLETE-ONCE: completes an NBL that is not out"},
    {complete_with_pending, "RT-COMPLETE-ONCE: completes with status 0x00000103"},
    {complete_fewer_than_said, "RT-COMPLETE-ONCE: completes another number of NBLs than it says"},
    {complete_more_than_said, "RT-COMPLETE-ONCE: completes another number of NBLs than it says"},
    {rest_with_sends_out, "RT-COMPLETE-ONCE: 1 NBLs never completed"},
    {complete_in_parts_and_backwards, NULL},
    {lose_nb, CHANGED},
    {lose_mdl, CHANGED},
    {shorten_mdl, CHANGED},
    {change_what_may_change, NULL},
    {indicate_fewer_than_said, "RX-COUNT: indicates another number of NBLs than it says"},
    {indicate_more_than_said, "RX-COUNT: indicates another number of NBLs than it says"},
    {indicate_as_said, NULL},
    {complete_request_twice, "RT-OID-ONCE: completes an OID request that does not pend"},
    {rest_with_request_out, "RT-OID-ONCE: an OID request never completed"},
    {answer_request_with_pending, "RT-OID-ONCE: completes an OID request with PENDING"},
    {complete_request_once, NULL},
};

static void test_what_the_world_must_not_do(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char said[4096];
        run_apart(cases[i].act, said, sizeof(said));
        if (cases[i].says == NULL ? said[0] != '\0' : strstr(said, cases[i].says) == NULL) {
            fail_msg("case %zu says '%s', not '%s'", i, said, cases[i].says);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_the_world_must_not_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
