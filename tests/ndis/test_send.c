// SPDX-License-Identifier: MIT
// Sends, however many there are: each comes back, and only once.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>

#define CHAIN_COUNT 300u  // NBLs of one send
static struct pp_verdict verdict;
static unsigned list_count;  // lists that came back
static unsigned nbl_count;   // NBLs in them

// NBLs over the IRP's MDL. The first one has the IRP.
static NTSTATUS send_chain(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER_LIST *last = nbl;
    for (unsigned i = 1; i < CHAIN_COUNT; i++) {
        last->Next =
            NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, irp->MdlAddress, 0, 60);
        last = last->Next;
        last->SourceHandle = fixture.binding;
    }
    fixture.kept[0] = irp;
    fixture_send(nbl);
    return STATUS_PENDING;
}

static void count_and_free(NET_BUFFER_LIST *chain) {
    list_count++;
    while (chain != NULL) {
        NET_BUFFER_LIST *next = chain->Next;
        NdisFreeNetBufferList(chain);
        chain = next;
        nbl_count++;
    }
    if (nbl_count % CHAIN_COUNT == 0) {
        fixture_end_irp(fixture.kept[0], STATUS_SUCCESS);
        fixture_release();
    }
}

static void play(const char *ops) {
    const struct fixture_steps steps = {.write = send_chain, .send_complete = count_and_free};
    list_count = nbl_count = 0;
    fixture_play(&steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
}

#define UP_TO_CREATE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"

static void test_long_chain(void **state) {
    (void)state;
    play(UP_TO_CREATE "write(f0)  (outcome: send = success)\n");
    assert_int_equal(list_count, 1);
    assert_int_equal(nbl_count, CHAIN_COUNT);
    play(UP_TO_CREATE "write(f0)\nreset(b0)\n");
    assert_int_equal(list_count, 1);
    assert_int_equal(nbl_count, CHAIN_COUNT);
    play(UP_TO_CREATE "write(f0)\ncomplete(b0, nbl: 255, count: 255)\ncomplete(b0, count: 255)\n");
    assert_int_equal(list_count, 2);
    assert_int_equal(nbl_count, CHAIN_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_chain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
