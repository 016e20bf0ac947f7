// SPDX-License-Identifier: MIT
// What a driver sees of a received frame, in which states, and what becomes of it: returned in any order
// and grouping, late, or taken back when the callback returns.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;
static char log_text[2048];

static void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void log_line(const char *format, ...) {
    size_t length = strlen(log_text);
    va_list args;
    va_start(args, format);
    vsnprintf(log_text + length, sizeof(log_text) - length, format, args);
    va_end(args);
}

static void play(const struct fixture_steps *steps, const char *ops) {
    log_text[0] = '\0';
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
}

static void expect_log(const struct fixture_steps *steps, const char *ops, const char *expect) {
    play(steps, ops);
    assert_string_equal(log_text, expect);
}

#define BOUND "a0 = adapter()\nb0 = bind(a0)\n"
#define RUNNING BOUND "restart(b0)\n"

// === What is indicated ===

// As "offset of the data: bytes of each MDL, length"; then the frame must be whole.
static void log_mdls(NET_BUFFER_LIST *chain, ULONG flags) {
    const NET_BUFFER *nb = chain->FirstNetBuffer;
    log_line("%u:", (unsigned)nb->DataOffset);
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        log_line(" %u%s", (unsigned)mdl->ByteCount, mdl == nb->CurrentMdl ? "*" : "");
    }
    log_line(", %u;", (unsigned)nb->DataLength);
    fixture_receive(chain, flags);
}

static const struct fixture_steps logging_mdls = {.receive = log_mdls};

static void test_frames_are_cut_as_asked(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        const char *expect;
    } cases[] = {
        {"receive(b0)\n", "0: 60*, 60;"},
        {"receive(b0, length: 14)\n", "0: 14*, 14;"},
        {"receive(b0, length: 9014)\n", "0: 1514*, 1514;"},  // the adapter's MTU
        {"receive(b0, split: 14)\n", "0: 14* 46, 60;"},
        {"receive(b0, split: 1)\n", "0: 1* 59, 60;"},
        {"receive(b0, split: 60)\n", "0: 60*, 60;"},
        {"receive(b0, split: 255)\n", "0: 60*, 60;"},
        {"frames(backfill: 20)\nreceive(b0, split: 14)\n", "20: 34* 46, 60;"},
        {"frames(mdls: pieces)\nreceive(b0, split: 20)\n", "0: 20* 20 20, 60;"},
        {"frames(mdls: pieces)\nreceive(b0, length: 14)\n", "0: 14*, 14;"},
        {"frames(mdls: pieces, backfill: 3)\nreceive(b0, length: 14, split: 5)\n", "3: 8* 5 4, 14;"},
        {"frames(mdls: unused_first)\nreceive(b0)\n", "16: 16 60*, 60;"},
        {"frames(mdls: unused_first, backfill: 5)\nreceive(b0, split: 6)\n", "5: 5 6* 54, 60;"},
        {"frames(mdls: unused_last)\nreceive(b0)\n", "0: 60* 16, 60;"},
        {"frames(mdls: header)\nreceive(b0)\n", "0: 14* 46, 60;"},
        {"frames(mdls: header, backfill: 2)\nreceive(b0, split: 34)\n", "2: 36* 26, 60;"},
        {"frames(mdls: header)\nreceive(b0, length: 14)\n", "0: 14*, 14;"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ops[256];
        snprintf(ops, sizeof(ops), RUNNING "%s", cases[i].ops);
        expect_log(&logging_mdls, ops, cases[i].expect);
    }
}

static void test_a_frame_in_many_pieces_ends(void **state) {
    (void)state;
    play(&logging_mdls, RUNNING "frames(mdls: pieces)\nreceive(b0, length: 1514, split: 1)\n");
    assert_non_null(strstr(log_text, " 1484, 1514;"));
}

// The header as it stands in the frame, then the last byte.
static void log_bytes(NET_BUFFER_LIST *chain, ULONG flags) {
    UCHAR storage[64];
    const UCHAR *bytes = NdisGetDataBuffer(chain->FirstNetBuffer, 60, storage, 1, 0);
    for (int i = 0; i < 14; i++) {
        log_line("%02x%s", bytes[i], i == 5 || i == 11 ? " " : "");
    }
    log_line(" %02x;", bytes[59]);
    fixture_receive(chain, flags);
}

static const struct fixture_steps logging_bytes = {.receive = log_bytes};

static void test_frames_have_the_bytes_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        const char *expect;
    } cases[] = {
        {"receive(b0)\n", "02706f6f6c00 027065657200 0800 00;"},
        {"receive(b0, split: 13)\n", "02706f6f6c00 027065657200 0800 00;"},
        {"frames(to: broadcast, ethertype: 65261, fill: 171)\nreceive(b0)\n",
         "ffffffffffff 027065657200 feed ab;"},
        {"frames(to: multicast, fill: 1, mdls: pieces, backfill: 7)\nreceive(b0, split: 2)\n",
         "01005e000001 027065657200 0800 01;"},
        {"frames(to: other, mdls: unused_first)\nreceive(b0)\n", "026f74686572 027065657200 0800 00;"},
        {"frames(to: other)\nframes()\nreceive(b0)\n", "02706f6f6c00 027065657200 0800 00;"},
        {"frame_field(bytes: 4, value: 0xb788)\nframe_field(at: 59, value: 17)\n"
         "receive(b0, split: 20)\n",
         "02706f6f6c00 027065657200 0800 11;"},
        {"frame_field(at: 57, bytes: 4, value: 0x04030201)\nreceive(b0)\n",
         "02706f6f6c00 027065657200 0800 03;"},
        {"frame_field(at: 59, value: 9)\nframe_field(at: 59, value: 7)\nframe_field(at: 255, bytes: 4)\n"
         "receive(b0, length: 300)\n",
         "02706f6f6c00 027065657200 0800 07;"},
        {"frame_field(at: 59, value: 5)\nframes()\nreceive(b0)\n", "02706f6f6c00 027065657200 0800 00;"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ops[256];
        snprintf(ops, sizeof(ops), RUNNING "%s", cases[i].ops);
        expect_log(&logging_bytes, ops, cases[i].expect);
    }
}

static void test_frames_go_to_the_adapters_own_address(void **state) {
    (void)state;
    expect_log(&logging_bytes,
               "a0 = adapter()\na1 = adapter()\nb0 = bind(a1)\nrestart(b0)\nreceive(b0)\n",
               "02706f6f6c01 027065657200 0800 00;");
}

// What the NBL itself says.
static void log_nbl(NET_BUFFER_LIST *chain, ULONG flags) {
    int count = 0;
    for (const NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = nbl->Next) {
        count++;
    }
    log_line("%d flags %x nbl %x type %x%s%s%s%s;", count, (unsigned)flags, (unsigned)chain->NblFlags,
             (unsigned)(ULONG_PTR)NET_BUFFER_LIST_INFO(chain, NetBufferListFrameType),
             chain->ParentNetBufferList != NULL ? " child" : "",
             chain->SourceHandle == fixture.binding ? " own" : "",
             chain->FirstNetBuffer->Next != NULL ? " several" : "",
             KeGetCurrentIrql() == DISPATCH_LEVEL ? " dispatch" : "");
    fixture_receive(chain, flags);
}

static const struct fixture_steps logging_nbls = {.receive = log_nbl};

static void test_nbls_say_what_they_are(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        const char *expect;
    } cases[] = {
        {"receive(b0)\n", "1 flags 101 nbl 0 type 8 dispatch;"},
        {"receive(b0, count: 16, irql: passive)\n", "16 flags 100 nbl 0 type 8;"},
        {"receive(b0, count: 3, lend: resources)\n", "3 flags 103 nbl 0 type 8 dispatch;"},
        {"frames(nbl: read_only, ethertype: 4660)\nreceive(b0, lend: resources, irql: passive)\n",
         "1 flags 102 nbl 2 type 3412;"},
        {"frames(nbl: loopback)\nreceive(b0)\n", "1 flags 101 nbl 8000 type 8 dispatch;"},
        {"frames(nbl: child)\nreceive(b0)\n", "1 flags 101 nbl 0 type 8 child dispatch;"},
        {"frames(mdls: header)\nreceive(b0)\n", "1 flags 101 nbl 100 type 8 dispatch;"},
        {"frames(mdls: header)\nreceive(b0, length: 14)\n", "1 flags 101 nbl 0 type 8 dispatch;"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ops[256];
        snprintf(ops, sizeof(ops), RUNNING "%s", cases[i].ops);
        expect_log(&logging_nbls, ops, cases[i].expect);
    }
}

// There is room for context, and what the adapter's driver keeps there is not this driver's.
static void use_context(NET_BUFFER_LIST *chain, ULONG flags) {
    NDIS_STATUS status = NdisAllocateNetBufferListContext(chain, 16, 0, 'tset');
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(chain), 1, 16);
    NdisFreeNetBufferListContext(chain, 16);
    log_line("%x, no more blocks: %d;", (unsigned)status, chain->Context->Next == NULL);
    fixture_receive(chain, flags);
}

static void test_context_has_room(void **state) {
    (void)state;
    const struct fixture_steps steps = {.receive = use_context};
    expect_log(&steps, RUNNING "receive(b0)\n", "0, no more blocks: 1;");
}

// === States ===

static const struct fixture_steps none;

static void test_frames_come_while_the_adapter_is_open(void **state) {
    (void)state;
    static const struct {
        const char *ops;
        uint32_t played;
    } cases[] = {
        {BOUND "receive(b0)\n", 3},  // paused
        {RUNNING "receive(b0)\nreceive(b0)\n", 5},
        {RUNNING "pause(b0)\nreceive(b0)\nunbind(b0)\nreceive(b0)\n", 6},
        {RUNNING "receive(b0)\nunbind(b0)\nreceive(b0)\n", 5},
        // The open pends, then fails, then there is none
        {"a0 = adapter()\nb0 = bind(a0)  (outcome: open = pending)\nreceive(b0)\nfinish_open(b0)\n"
         "receive(b0)\n",
         4},
        {"a0 = adapter()\nb0 = bind(a0)  (outcome: open = failure)\nreceive(b0)\n", 2},
        // A pause that waits for its send
        {RUNNING "f0 = create(a0)\nwrite(f0)\npause(b0)\nreceive(b0)\ncomplete(b0)\n", 8},
        // A close that pends: nothing can be returned any more
        {BOUND "unbind(b0)  (outcome: close = pending)\nreceive(b0)\n"
               "receive(b0, lend: resources)\nfinish_close(b0)\nreceive(b0, lend: resources)\n",
         5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        play(&none, cases[i].ops);
        if (verdict.op_played_count != cases[i].played) {
            fail_msg("%u ops played, not %u, of\n%s", verdict.op_played_count, cases[i].played,
                     cases[i].ops);
        }
    }
}

// === Returning ===

static void keep(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NET_BUFFER_LIST *last = chain;
    while (last->Next != NULL) {
        last = last->Next;
    }
    last->Next = fixture.kept[0];
    fixture.kept[0] = chain;
}

static void return_kept(void) {
    if (fixture.kept[0] != NULL) {
        fixture_return(fixture.kept[0]);
        fixture.kept[0] = NULL;
    }
}

static NDIS_STATUS pause_returning(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    log_line("pause;");
    fixture_stop();
    return_kept();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS unbind_and_log(NDIS_HANDLE unbind_context) {
    log_line("unbind;");
    return fixture_unbind(unbind_context);
}

static void test_several_indications_go_back_as_one(void **state) {
    (void)state;
    const struct fixture_steps steps = {
        .receive = keep, .pause = pause_returning, .unbind = unbind_and_log};
    expect_log(&steps,
               RUNNING
               "receive(b0, count: 3)\nreceive(b0, count: 2, length: 100, split: 14)\nunbind(b0)\n",
               "pause;unbind;");
}

// Every second one, backwards; then the rest.
static void return_in_disorder(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    NET_BUFFER_LIST *parts[2] = {NULL, NULL};
    int count = 0;
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        nbl->Next = parts[count % 2];
        parts[count++ % 2] = nbl;
    }
    fixture_return(parts[1]);
    fixture_return(parts[0]);
    log_line("%d;", count);
}

static void test_order_does_not_matter(void **state) {
    (void)state;
    const struct fixture_steps steps = {.receive = return_in_disorder};
    expect_log(&steps, RUNNING "receive(b0, count: 5)\nreceive(b0, count: 16)\n", "5;16;");
}

// The driver has answered its pause, but the adapter cannot be paused yet.
static NDIS_STATUS pause_keeping(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    log_line("pause;");
    return NDIS_STATUS_SUCCESS;
}

static NTSTATUS write_returning(IRP *irp) {
    return_kept();
    log_line("returned;");
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static const struct fixture_steps late = {
    .receive = keep, .pause = pause_keeping, .unbind = unbind_and_log, .write = write_returning};

static void test_a_pause_waits_for_what_is_lent(void **state) {
    (void)state;
    expect_log(&late, RUNNING "f0 = create(a0)\nreceive(b0)\nunbind(b0)\nwrite(f0)\n",
               "pause;returned;unbind;");
    // Neither restart nor unbind begins before that
    play(&late, RUNNING "f0 = create(a0)\nreceive(b0)\npause(b0)\nrestart(b0)\nunbind(b0)\nwrite(f0)\n"
                        "restart(b0)\n");
    assert_int_equal(verdict.op_played_count, 8);
}

static void test_what_is_never_returned_keeps_the_pause(void **state) {
    (void)state;
    fixture_play(&late, RUNNING "receive(b0)\n", NULL, &verdict);
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.title,
                        "poolproof: PAUSE-DEADLINE: pause never finishes, NBL not "
                        "returned, received in ReceiveNetBufferLists");
}

// What is borrowed is gone when the callback returns, and holds up nobody.
static void remember(NET_BUFFER_LIST *chain, ULONG flags) {
    (void)flags;
    fixture.kept[1] = chain;
}

static void test_what_is_borrowed_is_not_waited_for(void **state) {
    (void)state;
    const struct fixture_steps steps = {.receive = remember, .unbind = unbind_and_log};
    expect_log(&steps, RUNNING "receive(b0, count: 4, lend: resources)\nunbind(b0)\n", "unbind;");
}

// A close waits for a receive callback that another processor is in.
static void receive_slowly(NET_BUFFER_LIST *chain, ULONG flags) {
    log_line("begin;");
    NdisMSleep(1000);
    fixture_receive(chain, flags);
    log_line("end;");
}

static void test_a_close_waits_for_receives(void **state) {
    (void)state;
    const struct fixture_steps steps = {.receive = receive_slowly, .unbind = unbind_and_log};
    expect_log(&steps, BOUND "receive(b0, irql: passive)\nunbind(b0)\n", "begin;unbind;end;");
    expect_log(&steps,
               BOUND "unbind(b0)  (outcome: close = pending)\n"
                     "receive(b0, irql: passive, lend: resources)\nfinish_close(b0)\n",
               "unbind;begin;end;");
}

// Two at once, on two processors.
static void test_receives_run_at_once(void **state) {
    (void)state;
    const struct fixture_steps steps = {.receive = receive_slowly};
    expect_log(&steps, RUNNING "receive(b0, irql: passive)\nreceive(b0, irql: passive)\n",
               "begin;begin;end;end;");
}

// === Loopback ===

static NTSTATUS write_asking(IRP *irp, ULONG flags) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, flags);
    log_line("sent;");
    return STATUS_PENDING;
}

static NTSTATUS write_with_loopback(IRP *irp) {
    return write_asking(irp, NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
}

static NTSTATUS write_without_loopback(IRP *irp) { return write_asking(irp, 0); }

// Length, first and last byte, flags.
static void log_looped(NET_BUFFER_LIST *chain, ULONG flags) {
    UCHAR storage[128];
    ULONG length = chain->FirstNetBuffer->DataLength;
    const UCHAR *bytes = NdisGetDataBuffer(chain->FirstNetBuffer, length, storage, 1, 0);
    log_line("received %u %x..%x nbl %x flags %x;", (unsigned)length, bytes[0], bytes[length - 1],
             (unsigned)chain->NblFlags, (unsigned)flags);
    fixture_receive(chain, flags);
}

static NDIS_STATUS restart_with_filter(ULONG types) {
    fixture_set(OID_GEN_CURRENT_PACKET_FILTER, &types, sizeof(types));
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart_broadcast(void) { return restart_with_filter(NDIS_PACKET_TYPE_BROADCAST); }
static NDIS_STATUS restart_directed(void) { return restart_with_filter(NDIS_PACKET_TYPE_DIRECTED); }
static NDIS_STATUS restart_without_local(void) {
    return restart_with_filter(NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL);
}

#define SENDING RUNNING "f0 = create(a0)\n"

static void test_sends_are_looped_back(void **state) {
    (void)state;
    static const struct fixture_steps asking = {.write = write_with_loopback, .receive = log_looped};
    static const struct fixture_steps silent = {.write = write_without_loopback, .receive = log_looped};
    const char *inside = SENDING "write(f0, fill: 255)  (outcome: loopback = success)\n";
    expect_log(&asking, inside, "received 60 ff..ff nbl 8000 flags 100;sent;");
    expect_log(&asking, SENDING "write(f0, fill: 255)  (outcome: loopback = pending)\n",
               "sent;received 60 ff..ff nbl 8000 flags 101;");
    expect_log(&asking,
               SENDING "frames(mdls: header)\nwrite(f0, length: 20)  (outcome: loopback = success)\n",
               "received 20 0..0 nbl 8100 flags 100;sent;");
    // Nobody has asked, or said so
    expect_log(&asking, SENDING "write(f0)\n", "sent;");
    expect_log(&silent, inside, "sent;");
}

static void log_count(NET_BUFFER_LIST *chain, ULONG flags) {
    unsigned count = 0;
    for (const NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = nbl->Next) {
        count++;
    }
    log_line("%u(", count);
    fixture_receive(chain, flags);
    log_line(")");
}

static void test_frames_come_again_inside_the_return(void **state) {
    (void)state;
    static const struct fixture_steps counting = {.receive = log_count};
    expect_log(&counting, RUNNING "receive(b0, count: 3)\n", "3()");
    expect_log(&counting, RUNNING "receive(b0, count: 3)  (outcome: return = success)\n", "3(3())");
    expect_log(&counting, RUNNING "receive(b0, lend: resources)  (outcome: return = success)\n", "1()");
}

static void test_the_filter_is_for_loopback_too(void **state) {
    (void)state;
    static const struct {
        NDIS_STATUS (*restart)(void);
        const char *expect;
    } cases[] = {
        {restart_broadcast, "received 60 ff..ff nbl 8000 flags 100;sent;"},
        {restart_directed, "sent;"},
        {restart_without_local, "sent;"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fixture_steps steps = {
            .write = write_with_loopback, .receive = log_looped, .restart = cases[i].restart};
        expect_log(&steps, SENDING "write(f0, fill: 255)  (outcome: loopback = success)\n",
                   cases[i].expect);
    }
}

// A driver that answers its own frames would do so for ever: inside a call only the first comes back.
static void answer(NET_BUFFER_LIST *chain, ULONG flags) {
    log_line("received;");
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = chain;
        IRP *irp = fixture.kept[1];
        fixture_hold();
        NET_BUFFER_LIST *nbl = fixture_make_send(irp);
        NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER,
                               NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
        log_line("answered;");
    }
    fixture_receive(chain, flags);
}

static NTSTATUS write_to_be_answered(IRP *irp) {
    fixture.kept[1] = irp;
    IoMarkIrpPending(irp);
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER,
                           NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    log_line("sent;");
    return STATUS_PENDING;
}

// The IRP is the first send's.
static void end_both(NET_BUFFER_LIST *chain) {
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = nbl->Next;
        if (fixture.kept[2] == NULL) {
            fixture.kept[2] = nbl;
            NdisFreeNetBufferList(nbl);
            fixture_release();
        } else {
            fixture_end_send(nbl);
        }
    }
}

static void test_loopback_in_a_loopback_comes_later(void **state) {
    (void)state;
    const struct fixture_steps steps = {
        .write = write_to_be_answered, .receive = answer, .send_complete = end_both};
    expect_log(&steps, SENDING "write(f0)  (outcome: loopback = success)\n",
               "received;answered;sent;received;");
}

// === Determinism ===

static void test_equal_runs_are_equal(void **state) {
    (void)state;
    const char *ops = RUNNING "frames(nbl: child, mdls: pieces)\nreceive(b0, count: 3, split: 9)\n";
    play(&none, ops);
    uint64_t digest = verdict.digest;
    play(&none, RUNNING "receive(b0)\n");
    assert_int_not_equal(verdict.digest, digest);
    play(&none, ops);
    assert_int_equal(verdict.digest, digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_cut_as_asked),
        cmocka_unit_test(test_a_frame_in_many_pieces_ends),
        cmocka_unit_test(test_frames_have_the_bytes_asked_for),
        cmocka_unit_test(test_frames_go_to_the_adapters_own_address),
        cmocka_unit_test(test_nbls_say_what_they_are),
        cmocka_unit_test(test_context_has_room),
        cmocka_unit_test(test_frames_come_while_the_adapter_is_open),
        cmocka_unit_test(test_several_indications_go_back_as_one),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_a_pause_waits_for_what_is_lent),
        cmocka_unit_test(test_what_is_never_returned_keeps_the_pause),
        cmocka_unit_test(test_what_is_borrowed_is_not_waited_for),
        cmocka_unit_test(test_a_close_waits_for_receives),
        cmocka_unit_test(test_receives_run_at_once),
        cmocka_unit_test(test_sends_are_looped_back),
        cmocka_unit_test(test_frames_come_again_inside_the_return),
        cmocka_unit_test(test_the_filter_is_for_loopback_too),
        cmocka_unit_test(test_loopback_in_a_loopback_comes_later),
        cmocka_unit_test(test_equal_runs_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
