// SPDX-License-Identifier: MIT
// What a driver is told of PnP, power, restarts, resets and statuses, in which order, and with what.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

#define BOUND "a0 = adapter()\nb0 = bind(a0)\n"
#define RUNNING BOUND "restart(b0)\n"

static struct pp_verdict verdict;

// What the driver was told, in words, in order.
static char told[512];

static void note(const char *word) {
    size_t length = strlen(told);
    snprintf(told + length, sizeof(told) - length, "%s%s", length > 0 ? " " : "", word);
}

static const char *word_of(NET_PNP_EVENT_CODE code) {
    static const char *const words[] = {"set_power",   "query_power", "query_remove",   "cancel_remove",
                                        "reconfigure", "bind_list",   "binds_complete", "capabilities",
                                        "pause",       "restart",     "activation",     "deactivation",
                                        "re_enable"};
    return words[code];
}

static void note_event(NDIS_HANDLE context, const NET_PNP_EVENT_NOTIFICATION *notification) {
    const NET_PNP_EVENT *event = &notification->NetPnPEvent;
    bool is_power = event->NetEvent == NetEventSetPower || event->NetEvent == NetEventQueryPower;
    char word[64];
    snprintf(word, sizeof(word), "%s%s", context == NULL ? "all:" : "", word_of(event->NetEvent));
    if (is_power) {
        size_t length = strlen(word);
        snprintf(word + length, sizeof(word) - length, "(%d)",
                 *(NET_DEVICE_POWER_STATE *)event->Buffer - NetDeviceStateD0);
    }
    note(word);
}

static NDIS_STATUS on_event(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    note_event(context, notification);
    if (notification->NetPnPEvent.NetEvent == NetEventRestart) {
        fixture_start();
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS on_pause(NET_PNP_EVENT_NOTIFICATION *notification) {
    note_event(&fixture, notification);
    fixture_stop();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS on_unbind(NDIS_HANDLE unbind_context) {
    note("unbind");
    return fixture_unbind(unbind_context);
}

static void on_status(NDIS_STATUS_INDICATION *indication) {
    char word[64];
    snprintf(word, sizeof(word), "%x:%u@%d", (unsigned)indication->StatusCode,
             indication->StatusBufferSize, KeGetCurrentIrql());
    note(word);
    assert_int_equal(indication->StatusBuffer != NULL, indication->StatusBufferSize > 0);
}

static void on_send_complete(NET_BUFFER_LIST *chain) {
    while (chain != NULL) {
        NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(chain);
        note(chain->Status == NDIS_STATUS_RESET_IN_PROGRESS ? "send_reset" : "send");
        fixture_end_send(chain);
        chain = next;
    }
}

static const struct fixture_steps steps = {.event = on_event,
                                           .pause = on_pause,
                                           .unbind = on_unbind,
                                           .status = on_status,
                                           .send_complete = on_send_complete};

// What the driver was told, and how many of the ops found something to do.
static void check_told(const char *ops, const char *expect, uint32_t played_count) {
    told[0] = '\0';
    fixture_play(&steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_string_equal(told, expect);
    assert_int_equal(verdict.op_played_count, played_count);
}

// === PnP events ===

static void test_binds_complete_comes_once(void **state) {
    (void)state;
    check_told("load()\n", "", 1);
    check_told(BOUND "unbind(b0)\nb1 = bind(a0)\nunbind(b1)\n", "all:binds_complete unbind unbind", 5);
    check_told(BOUND "pnp_all()\nunbind(b0)\n", "all:binds_complete all:binds_complete unbind", 4);
    check_told("a0 = adapter()\nb0 = bind(a0)  (outcome: open = failure)\n", "all:binds_complete", 2);
}

static void test_events_of_all_bindings(void **state) {
    (void)state;
    check_told("load()\npnp_all(event: reconfigure)\npnp_all(event: bind_list)\n",
               "all:reconfigure all:bind_list", 3);
    check_told("load()\nunload()\npnp_all()\n", "all:binds_complete", 3);  // loads it again
}

static void test_events_of_a_binding(void **state) {
    (void)state;
    check_told(BOUND "pnp(b0)\npnp(b0, event: query_remove)\npnp(b0, event: cancel_remove)\n"
                     "pnp(b0, event: reconfigure)\nunbind(b0)\n",
               "all:binds_complete query_power(3) query_remove cancel_remove reconfigure unbind", 7);
    check_told(RUNNING "pnp(b0, event: pnp_capabilities)\npnp(b0, event: port_activation)\n"
                       "pnp(b0, event: port_deactivation)\npnp(b0, event: im_re_enable)\nunbind(b0)\n",
               "all:binds_complete restart capabilities activation deactivation re_enable pause unbind",
               8);
    check_told(BOUND "unbind(b0)\npnp(b0)\n", "all:binds_complete unbind", 3);
    check_told("a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\npnp(b0)\nfinish_open(b0)\n"
               "unbind(b0)\n",
               "all:binds_complete unbind", 4);
}

// === Power ===

static void test_power_comes_with_pause_and_restart(void **state) {
    (void)state;
    check_told(RUNNING "power(b0)\npower(b0, to: d0)\nunbind(b0)\n",
               "all:binds_complete restart set_power(3) pause set_power(0) restart pause unbind", 6);
    check_told(BOUND "power(b0, to: d1)\npower(b0, to: d0)\nunbind(b0)\n",
               "all:binds_complete set_power(1) set_power(0) unbind", 5);
    check_told(RUNNING "power(b0, to: d2)\nunbind(b0)\n",
               "all:binds_complete restart set_power(2) pause set_power(0) unbind", 5);
}

static void test_what_sleeps_neither_restarts_nor_receives(void **state) {
    (void)state;
    check_told(RUNNING "power(b0)\npower(b0, to: d1)\nrestart(b0)\nreceive(b0)\nunbind(b0)\n",
               "all:binds_complete restart set_power(3) pause set_power(0) unbind", 5);
    check_told(BOUND "power(b0, to: d0)\nunbind(b0)\n", "all:binds_complete unbind", 3);
}

// === Removal ===

static void test_removed_adapter_is_gone(void **state) {
    (void)state;
    check_told(RUNNING "remove(a0)\nremove(a0)\nb1 = bind(a0)\n",
               "all:binds_complete restart query_remove pause unbind", 4);
    check_told("a0 = adapter()\na1 = adapter()\nb0 = bind(a0)\nremove(a1)\nunbind(b0)\n",
               "all:binds_complete unbind", 5);
}

// === Restart ===

static char restart_text[128];

static NDIS_STATUS look_at_restart(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = notification->NetPnPEvent.Buffer;
    if (notification->NetPnPEvent.NetEvent != NetEventRestart) {
        return NDIS_STATUS_SUCCESS;
    }
    (void)context;
    size_t count = 0;
    ULONG mtu = 0, backfill = 0;
    NDIS_RESTART_ATTRIBUTES *at = parameters != NULL ? parameters->RestartAttributes : NULL;
    for (; at != NULL; at = at->Next, count++) {
        if (at->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES) {
            mtu = ((NDIS_RESTART_GENERAL_ATTRIBUTES *)at->Data)->MtuSize;
            backfill = ((NDIS_RESTART_GENERAL_ATTRIBUTES *)at->Data)->DataBackFillSize;
        }
    }
    snprintf(restart_text, sizeof(restart_text), "%d filters %d, %zu attributes, mtu %u, backfill %u",
             parameters != NULL, parameters != NULL && parameters->FilterModuleNameBufferLength > 0,
             count, mtu, backfill);
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

static void test_restart_parameters(void **state) {
    (void)state;
    static const struct {
        const char *args;
        const char *expect;
    } cases[] = {
        {"", "0 filters 0, 0 attributes, mtu 0, backfill 0"},
        {", buffer: filters", "1 filters 1, 0 attributes, mtu 0, backfill 0"},
        {", buffer: attributes", "1 filters 1, 2 attributes, mtu 1500, backfill 0"},
        {", buffer: attributes, mtu: 9000, backfill: 32",
         "1 filters 1, 2 attributes, mtu 9000, backfill 32"},
    };
    const struct fixture_steps look = {.event = look_at_restart};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ops[128];
        snprintf(ops, sizeof(ops), BOUND "restart(b0%s)\nunbind(b0)\n", cases[i].args);
        fixture_play(&look, ops, NULL, &verdict);
        assert_false(verdict.is_finding);
        assert_string_equal(restart_text, cases[i].expect);
    }
}

// === Status and reset ===

static void test_statuses(void **state) {
    (void)state;
    check_told(BOUND "status(b0)\nstatus(b0, news: media_connect, irql: passive)\n"
                     "status(b0, news: network_change)\nunbind(b0)\nstatus(b0)\n",
               "all:binds_complete 40010017:40@2 4001000b:0@0 40010018:4@2 unbind", 6);
    check_told(BOUND "unbind(b0)  (outcome: close = pending)\nstatus(b0)\nfinish_close(b0)\n",
               "all:binds_complete unbind 40010017:40@2", 5);
}

static void test_reset_completes_what_is_out(void **state) {
    (void)state;
    check_told(
        RUNNING "f0 = create(a0)\nwrite(f0)\nwrite(f0)\nreset(b0)\nreset(b0, part: end)\n"
                "write(f0)\ncomplete(b0)\nclose(f0)\nunbind(b0)\n",
        "all:binds_complete restart 40010004:0@2 send_reset send_reset 40010005:0@2 send pause unbind",
        11);
}

static void test_reset_in_parts(void **state) {
    (void)state;
    check_told(RUNNING "reset(b0, part: start)\nreset(b0)\nreset(b0, part: end)\nunbind(b0)\n",
               "all:binds_complete restart 40010004:0@2 40010005:0@2 pause unbind", 6);
    // The tear-down ends a reset.
    check_told(RUNNING "reset(b0, part: start)\n",
               "all:binds_complete restart 40010004:0@2 40010005:0@2 pause unbind", 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binds_complete_comes_once),
        cmocka_unit_test(test_events_of_all_bindings),
        cmocka_unit_test(test_events_of_a_binding),
        cmocka_unit_test(test_power_comes_with_pause_and_restart),
        cmocka_unit_test(test_what_sleeps_neither_restarts_nor_receives),
        cmocka_unit_test(test_removed_adapter_is_gone),
        cmocka_unit_test(test_restart_parameters),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_reset_completes_what_is_out),
        cmocka_unit_test(test_reset_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
