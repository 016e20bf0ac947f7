// SPDX-License-Identifier: MIT
// What a driver looks for in the content of one op, and where: in received frames, in the input of
// writes, controls and actions, also where it compares memory.
#include "kernel/learn.h"
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

void pp_driver_trace_const_cmp2(uint16_t left, uint16_t right);
void pp_driver_trace_const_cmp4(uint32_t left, uint32_t right);

static struct pp_verdict verdict;

static bool is_hinted(uint32_t at, uint32_t bytes, uint32_t value) {
    uint32_t count, found = 0;
    const struct pp_hint *hints = pp_learned_hints(&count);
    for (uint32_t i = 0; i < count; i++) {
        found += hints[i].at == at && hints[i].bytes == bytes && hints[i].value == value;
    }
    assert_in_range(found, 0, 1);
    return found == 1;
}

// As the compiler has a driver do it.
static void compare(const UCHAR *bytes) {
    ULONG word;
    memcpy(&word, bytes + 20, sizeof(word));
    pp_driver_trace_const_cmp4(0x11223344, word);
    pp_driver_trace_const_cmp2(0x5566, RtlUshortByteSwap(*(const USHORT *)(bytes + 30)));
    pp_driver_trace_const_cmp4(0x11223344, word);
}

static void compare_nbl(NET_BUFFER_LIST *chain, ULONG flags) {
    UCHAR storage[40];
    const UCHAR *frame = NdisGetDataBuffer(chain->FirstNetBuffer, sizeof(storage), storage, 1, 0);
    if (frame != NULL) {
        compare(frame);
    }
    fixture_receive(chain, flags);
}

static NTSTATUS compare_input(IRP *irp) {
    compare(irp->AssociatedIrp.SystemBuffer);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS compare_written(IRP *irp) {
    compare(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void compare_bytes(const struct pp_action_input *input) {
    compare(input->bytes);
    UCHAR name[6] = {'e', 'c', 'h', 'o', '!', '!'};
    RtlCompareMemory(name, (const UCHAR *)input->bytes + 7, sizeof(name));
}

static const struct fixture_steps steps = {
    .receive = compare_nbl,
    .control = compare_input,
    .write = compare_written,
    .actions = (const struct pp_action[]){{.name = "compare", .call = compare_bytes}, {.name = NULL}},
};

static void play(const char *ops, uint16_t op, bool is_dyed) {
    const struct pp_run_options options = {.is_dyed = is_dyed, .dyed_op = op};
    fixture_play(&steps, ops, &options, &verdict);
    assert_false(verdict.is_finding);
}

static void expect(const char *ops, uint16_t op) {
    play(ops, op, /*is_dyed=*/true);
    assert_true(is_hinted(20, 4, 0x11223344));
    assert_true(is_hinted(30, 2, 0x6655));
    play(ops, (uint16_t)(op - 1), /*is_dyed=*/true);
    assert_false(is_hinted(20, 4, 0x11223344));
    play(ops, op, /*is_dyed=*/false);
    assert_false(is_hinted(20, 4, 0x11223344));
}

static void test_frames(void **state) {
    (void)state;
    const char *begin = "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n";
    char ops[200];
    snprintf(ops, sizeof(ops), "%sreceive(b0, split: 22)\nunbind(b0)\n", begin);
    expect(ops, 3);
    snprintf(ops, sizeof(ops), "%sframe_field(at: 20)\nreceive(b0)\nunbind(b0)\n", begin);
    play(ops, 4, /*is_dyed=*/true);
    assert_true(is_hinted(20, 4, 0x11223344));  // it is not all dye any more, but known by its place
    assert_true(is_hinted(30, 2, 0x6655));
}

static void test_inputs(void **state) {
    (void)state;
    expect("a0 = adapter()\nf0 = create(a0)\nioctl(f0, in: 64)\n", 2);
    expect("a0 = adapter()\nf0 = create(a0)\nwrite(f0)\n", 2);
    expect("a0 = adapter()\nact(length: 64)\n", 1);
    assert_false(is_hinted(7, 4, 0x6f686365));
    play("act(length: 64)\n", 0, /*is_dyed=*/true);
    assert_true(is_hinted(7, 4, 0x6f686365));  // "echo"
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames), cmocka_unit_test(test_inputs)};
    return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
