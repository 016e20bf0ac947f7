// SPDX-License-Identifier: MIT
// What an adapter answers to OID requests, and what it keeps of what is set.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

#define BOUND "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\n"

static struct pp_verdict verdict;

static void play(const struct fixture_steps *steps, const char *ops) {
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
}

static NDIS_OID_REQUEST request;
static UCHAR buffer[512];

static NDIS_STATUS ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, uint32_t bytes) {
    fixture_fill_oid(&request, /*is_set=*/false, oid, buffer, bytes);
    request.RequestType = type;
    return fixture_oid(&request);
}

static NDIS_STATUS query(NDIS_OID oid, uint32_t bytes) {
    return ask(NdisRequestQueryInformation, oid, bytes);
}

static NDIS_STATUS set(NDIS_OID oid, const void *value, uint32_t bytes) {
    if (bytes > 0) {
        memcpy(buffer, value, bytes);
    }
    return ask(NdisRequestSetInformation, oid, bytes);
}

static NDIS_STATUS set_number(NDIS_OID oid, ULONG value) { return set(oid, &value, sizeof(value)); }

static ULONG number(NDIS_OID oid) {
    assert_int_equal(query(oid, sizeof(ULONG)), NDIS_STATUS_SUCCESS);
    assert_int_equal(request.DATA.QUERY_INFORMATION.BytesWritten, sizeof(ULONG));
    ULONG value;
    memcpy(&value, buffer, sizeof(value));
    return value;
}

// === Answers ===

static void check_values(void) {
    assert_int_equal(number(OID_GEN_MAXIMUM_FRAME_SIZE), 1500);
    assert_int_equal(number(OID_GEN_MAXIMUM_TOTAL_SIZE), 1514);
    assert_int_equal(number(OID_GEN_MEDIA_IN_USE), NdisMedium802_3);
    assert_int_equal(number(OID_GEN_PHYSICAL_MEDIUM), NdisPhysicalMedium802_3);
    assert_int_equal(number(OID_GEN_LINK_SPEED), 10000000);  // of 100 bits a second
    assert_int_equal(number(OID_GEN_HARDWARE_STATUS), NdisHardwareStatusReady);
    assert_int_equal(number(OID_802_3_MAXIMUM_LIST_SIZE), 32);
    assert_int_equal(number(OID_GEN_CURRENT_PACKET_FILTER), 0);
    assert_int_equal(number(OID_GEN_CURRENT_LOOKAHEAD), 1500);
    assert_int_equal(query(OID_802_3_CURRENT_ADDRESS, sizeof(buffer)), NDIS_STATUS_SUCCESS);
    assert_memory_equal(buffer, "\x02pool\x00", 6);
    assert_int_equal(query(OID_GEN_LINK_STATE, sizeof(buffer)), NDIS_STATUS_SUCCESS);
    assert_int_equal(((NDIS_LINK_STATE *)buffer)->MediaConnectState, MediaConnectStateConnected);
    assert_int_equal(query(OID_GEN_VENDOR_DESCRIPTION, sizeof(buffer)), NDIS_STATUS_SUCCESS);
    assert_string_equal((char *)buffer, "poolproof Ethernet");
}

// All that an adapter says it supports can be asked for or set.
static void check_list(void) {
    assert_int_equal(query(OID_GEN_SUPPORTED_LIST, 0), NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_true(request.DATA.QUERY_INFORMATION.BytesNeeded <= sizeof(buffer));
    assert_int_equal(query(OID_GEN_SUPPORTED_LIST, sizeof(buffer)), NDIS_STATUS_SUCCESS);
    uint32_t count = request.DATA.QUERY_INFORMATION.BytesWritten / sizeof(NDIS_OID);
    static NDIS_OID oids[sizeof(buffer) / sizeof(NDIS_OID)];
    memcpy(oids, buffer, count * sizeof(NDIS_OID));
    for (uint32_t i = 0; i < count; i++) {
        NDIS_STATUS asked = query(oids[i], sizeof(buffer));
        NDIS_STATUS told = ask(NdisRequestSetInformation, oids[i], 0);
        if (asked != NDIS_STATUS_SUCCESS && told != NDIS_STATUS_INVALID_LENGTH) {
            fail_msg("OID 0x%X can be neither asked for nor set", oids[i]);
        }
        if (told != NDIS_STATUS_SUCCESS && told != NDIS_STATUS_INVALID_LENGTH) {
            assert_int_equal(told, NDIS_STATUS_INVALID_OID);
        }
    }
}

static void check_refusals(void) {
    assert_int_equal(query(OID_GEN_MACHINE_NAME, sizeof(buffer)), NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(query(OID_GEN_PROTOCOL_OPTIONS, sizeof(buffer)), NDIS_STATUS_INVALID_OID);
    assert_int_equal(set_number(OID_GEN_VENDOR_ID, 1), NDIS_STATUS_INVALID_OID);
    assert_int_equal(set_number(OID_GEN_MACHINE_NAME, 1), NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(ask(NdisRequestMethod, OID_GEN_VENDOR_ID, 0), NDIS_STATUS_INVALID_OID);
    assert_int_equal(ask(NdisRequestMethod, OID_GEN_MACHINE_NAME, 0), NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(query(OID_GEN_VENDOR_ID, 3), NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_int_equal(request.DATA.QUERY_INFORMATION.BytesNeeded, 4);
    assert_int_equal(request.DATA.QUERY_INFORMATION.BytesWritten, 0);
    assert_int_equal(ask(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, 3),
                     NDIS_STATUS_INVALID_LENGTH);
    assert_int_equal(request.DATA.SET_INFORMATION.BytesNeeded, 4);
    assert_int_equal(set_number(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_SMT),
                     NDIS_STATUS_NOT_SUPPORTED);
    assert_int_equal(set_number(OID_GEN_CURRENT_LOOKAHEAD, 1501), NDIS_STATUS_INVALID_DATA);
}

static void check_kept(void) {
    static const UCHAR groups[33][6] = {{1, 2, 3}, {1, 2, 4}};
    assert_int_equal(set_number(OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_BROADCAST), 0);
    assert_int_equal(request.DATA.SET_INFORMATION.BytesRead, 4);
    assert_int_equal(number(OID_GEN_CURRENT_PACKET_FILTER), NDIS_PACKET_TYPE_BROADCAST);
    assert_int_equal(set_number(OID_GEN_CURRENT_LOOKAHEAD, 128), 0);
    assert_int_equal(number(OID_GEN_CURRENT_LOOKAHEAD), 128);
    assert_int_equal(set(OID_802_3_MULTICAST_LIST, groups, 12), 0);
    assert_int_equal(set(OID_802_3_ADD_MULTICAST_ADDRESS, groups[1], 6), NDIS_STATUS_MULTICAST_EXISTS);
    assert_int_equal(set(OID_802_3_ADD_MULTICAST_ADDRESS, groups[2], 6), 0);
    assert_int_equal(set(OID_802_3_DELETE_MULTICAST_ADDRESS, groups[0], 6), 0);
    assert_int_equal(set(OID_802_3_DELETE_MULTICAST_ADDRESS, groups[0], 6),
                     NDIS_STATUS_MULTICAST_NOT_FOUND);
    assert_int_equal(query(OID_802_3_MULTICAST_LIST, sizeof(buffer)), 0);
    assert_int_equal(request.DATA.QUERY_INFORMATION.BytesWritten, 12);
    assert_memory_equal(buffer, groups[1], 12);
    assert_int_equal(set(OID_802_3_MULTICAST_LIST, groups, 7), NDIS_STATUS_INVALID_LENGTH);
    assert_int_equal(set(OID_802_3_MULTICAST_LIST, groups, sizeof(groups)), NDIS_STATUS_MULTICAST_FULL);
    assert_int_equal(set(OID_802_3_MULTICAST_LIST, groups, sizeof(groups) - 6), 0);
    assert_int_equal(set(OID_802_3_ADD_MULTICAST_ADDRESS, "\3\3\3\3\3\3", 6),
                     NDIS_STATUS_MULTICAST_FULL);
}

static void (*check)(void);

// A check that fails ends the test from inside the driver; the next run begins anew.
static NDIS_STATUS bind_and_check(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    check();
    fixture_reached();
    return status;
}

static void play_check(void (*new_check)(void), const char *ops) {
    const struct fixture_steps steps = {.bind = bind_and_check};
    check = new_check;
    play(&steps, ops);
    assert_int_equal(fixture.reached_count, 1);
}

static void test_values(void **state) {
    (void)state;
    play_check(check_values, BOUND);
}

static void test_supported_list_is_true(void **state) {
    (void)state;
    play_check(check_list, BOUND);
}

static void test_refusals(void **state) {
    (void)state;
    play_check(check_refusals, BOUND);
}

static void test_what_is_set_is_kept(void **state) {
    (void)state;
    play_check(check_kept, BOUND);
}

// === Failures and completions ===

static NDIS_STATUS answered;

static void ask_for_vendor(void) { answered = query(OID_GEN_VENDOR_ID, sizeof(ULONG)); }

static void test_every_failure_is_answered(void **state) {
    (void)state;
    static const char *const words[] = {"failure",        "resources",          "not_supported",
                                        "not_recognized", "not_accepted",       "invalid_length",
                                        "invalid_data",   "invalid_oid",        "buffer_too_short",
                                        "closing",        "closing_indicating", "reset_in_progress"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char ops[128];
        snprintf(ops, sizeof(ops), "a0 = adapter()\nb0 = bind(a0) (outcome: oid = %s)\n", words[i]);
        play_check(ask_for_vendor, ops);
        assert_int_not_equal(answered, NDIS_STATUS_SUCCESS);
        assert_int_not_equal(answered, NDIS_STATUS_PENDING);
        if (answered == NDIS_STATUS_BUFFER_TOO_SHORT) {
            assert_true(request.DATA.QUERY_INFORMATION.BytesNeeded > sizeof(ULONG));
        }
    }
}

static void ask_for_two(void) {
    static NDIS_OID_REQUEST other;
    static ULONG value;
    fixture_fill_oid(&other, /*is_set=*/false, OID_GEN_VENDOR_ID, &value, sizeof(value));
    assert_int_equal(NdisOidRequest(fixture.binding, &other), NDIS_STATUS_PENDING);
    answered = query(OID_GEN_MAXIMUM_FRAME_SIZE, sizeof(ULONG));
}

// The second is completed first; what it answers is what is true then.
static void test_late_completions_in_any_order(void **state) {
    (void)state;
    play_check(ask_for_two, "a0 = adapter()\nb0 = bind(a0) (outcome: oid = pending)\n"
                            "finish_oid(b0, request: 1)\nfinish_oid(b0, status: failure)\n");
    assert_int_equal(answered, NDIS_STATUS_SUCCESS);
    assert_int_equal(request.DATA.QUERY_INFORMATION.BytesWritten, sizeof(ULONG));
    assert_int_equal(verdict.op_played_count, 4);
}

static void ask_directly(void) {
    fixture_fill_oid(&request, /*is_set=*/false, OID_GEN_VENDOR_ID, buffer, sizeof(ULONG));
    NdisResetEvent(&fixture.oid_done);
    answered = NdisDirectOidRequest(fixture.binding, &request);
    if (answered == NDIS_STATUS_PENDING) {
        NdisCancelOidRequest(fixture.binding, &request);  // is of the other kind
        NdisCancelDirectOidRequest(fixture.binding, &request);
        NdisWaitEvent(&fixture.oid_done, 0);
        answered = fixture.oid_status;
    }
}

static void test_direct_requests(void **state) {
    (void)state;
    play_check(ask_directly, BOUND);
    assert_int_equal(answered, NDIS_STATUS_SUCCESS);
    play_check(ask_directly, "a0 = adapter()\nb0 = bind(a0) (outcome: oid = pending) "
                             "(outcome: oid.cancel = failure)\n");
    assert_int_equal(answered, NDIS_STATUS_FAILURE);
    play_check(ask_directly, "a0 = adapter()\nb0 = bind(a0) (outcome: oid = pending)\nfinish_oid(b0)\n");
    assert_int_equal(answered, NDIS_STATUS_SUCCESS);
}

// === Filters ===

static NDIS_STATUS restart_with_filter(void) {
    set_number(OID_GEN_CURRENT_PACKET_FILTER, (ULONG)(uintptr_t)fixture.kept[7]);
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

static ULONG wanted;

static NDIS_STATUS bind_and_want(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture.kept[7] = (void *)(uintptr_t)wanted;
    return fixture_bind(bind_context, parameters);
}

static void test_packet_filters(void **state) {
    (void)state;
    static const struct {
        ULONG filter;
        uint32_t passed;  // of frames to the adapter, to all, to a group, to another
    } cases[] = {{0, 0},
                 {NDIS_PACKET_TYPE_DIRECTED, 1},
                 {NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST, 2},
                 {NDIS_PACKET_TYPE_MULTICAST, 0},
                 {NDIS_PACKET_TYPE_ALL_MULTICAST, 1},
                 {NDIS_PACKET_TYPE_PROMISCUOUS, 4}};
    const struct fixture_steps steps = {.bind = bind_and_want, .restart = restart_with_filter};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wanted = cases[i].filter;
        play(&steps, "a0 = adapter(frames: by_filter)\nb0 = bind(a0)\nreceive(b0)\nrestart(b0)\n"
                     "receive(b0)\nframes(to: broadcast)\nreceive(b0)\nframes(to: multicast)\n"
                     "receive(b0)\nframes(to: other)\nreceive(b0)\n");
        assert_int_equal(verdict.op_played_count, 6 + cases[i].passed);
    }
    const struct fixture_steps none = {.bind = NULL};
    play(&none, "a0 = adapter()\nb0 = bind(a0)\nframes(to: other)\nreceive(b0)\n");
    assert_int_equal(verdict.op_played_count, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_supported_list_is_true),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_what_is_set_is_kept),
        cmocka_unit_test(test_every_failure_is_answered),
        cmocka_unit_test(test_late_completions_in_any_order),
        cmocka_unit_test(test_direct_requests),
        cmocka_unit_test(test_packet_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
