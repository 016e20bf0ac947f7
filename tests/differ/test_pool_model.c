// SPDX-License-Identifier: MIT
// The model alone, against what the documentation says of small cases: all numbers here were worked out
// by hand, no pool is there.
#include "differ/pool_model.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static struct pp_expect expect;

static int begin(void **state) {
    (void)state;
    pp_pool_model_reset();
    return 0;
}

static struct pp_call call_of(enum pp_pool_op_kind kind) {
    return (struct pp_call){.kind = (uint8_t)kind,
                            .object.passed = PP_PASS_NOTHING,
                            .second.passed = PP_PASS_NOTHING,
                            .third.passed = PP_PASS_NOTHING,
                            .align = 1,
                            .has_tag = true,
                            .is_same = true};
}

static struct pp_call call_on(enum pp_pool_op_kind kind, int id) {
    struct pp_call call = call_of(kind);
    call.object = (struct pp_operand){PP_PASS_RIGHT, id};
    return call;
}

// The call is legal and succeeds.
static int apply(const struct pp_call *call) {
    pp_pool_model_judge(call, &expect);
    assert_false(expect.is_skipped);
    assert_int_equal(expect.rule_count, 0);
    assert_false(expect.fails);
    return pp_pool_model_apply(call);
}

static void check_breaks(const struct pp_call *call, const char *rule) {
    pp_pool_model_judge(call, &expect);
    assert_false(expect.is_skipped);
    for (uint8_t i = 0; i < expect.rule_count; i++) {
        if (strcmp(expect.rules[i], rule) == 0) {
            return;
        }
    }
    fail_msg("%s is not broken", rule);
}

static int nbl_pool(bool has_nb, uint32_t data_size, uint32_t context) {
    struct pp_call call = call_of(PP_POOL_OP_NBL_POOL);
    call.has_nb = has_nb;
    call.size = data_size;
    call.context = context;
    return apply(&call);
}

static int new_mdl(uint32_t length) {
    struct pp_call call = call_of(PP_POOL_OP_BUFFER);
    call.size = length;
    int buffer = apply(&call);
    call = call_on(PP_POOL_OP_MDL, buffer);
    call.length = length;
    return apply(&call);
}

// An NBL with an NB over MDLs of 50 and 70 bytes, used from 20 on.
static int nbl_over_two_mdls(void) {
    int first = new_mdl(50), last = new_mdl(70);
    struct pp_call call = call_on(PP_POOL_OP_CHAIN, first);
    call.second = (struct pp_operand){PP_PASS_RIGHT, last};
    apply(&call);
    call = call_on(PP_POOL_OP_NBL_OVER, nbl_pool(true, 0, 0));
    call.second = (struct pp_operand){PP_PASS_RIGHT, first};
    call.offset = 20;
    call.length = 90;
    return apply(&call);
}

static void check_nb(int id, uint32_t offset, uint64_t length, int current, uint32_t current_offset) {
    const struct pp_model_nb *nb = &pp_model.nbs[id];
    assert_int_equal(nb->offset, offset);
    assert_int_equal(nb->length, length);
    assert_int_equal(nb->current, current);
    assert_int_equal(nb->current_offset, current_offset);
}

static void check_mdl(int id, int buffer, uint32_t start, uint32_t length) {
    assert_int_equal(pp_model.mdls[id].buffer, buffer);
    assert_int_equal(pp_model.mdls[id].start, start);
    assert_int_equal(pp_model.mdls[id].length, length);
}

// === Allocation ===

// NB with data: used data begins behind the whole buffer, and is none (A7).
static void test_nbl_with_data(void **state) {
    (void)state;
    struct pp_call call = call_on(PP_POOL_OP_NBL, nbl_pool(true, 100, 0));
    int nb = pp_model.nbls[apply(&call)].nb;
    check_nb(nb, 100, 0, pp_model.nbs[nb].mdl, 100);
    call.object.id = nbl_pool(false, 0, 0);
    assert_int_equal(pp_model.nbls[apply(&call)].nb, PP_NONE);
}

// The larger of the pool's space and what is asked for; used at its end (A8).
static void test_context_of_an_nbl(void **state) {
    (void)state;
    struct pp_call call = call_on(PP_POOL_OP_NBL, nbl_pool(false, 0, 64));
    call.context = 16;
    call.context_backfill = 16;
    int context = pp_model.nbls[apply(&call)].context;
    assert_int_equal(pp_model.contexts[context].size, 64);
    assert_int_equal(pp_model.contexts[context].offset, 48);
    call.context_backfill = 80;
    context = pp_model.nbls[apply(&call)].context;
    assert_int_equal(pp_model.contexts[context].size, 96);
    assert_int_equal(pp_model.contexts[context].offset, 80);
    call.context_backfill = 65520;
    pp_pool_model_judge(&call, &expect);
    assert_true(expect.fails);
}

static void test_range_of_an_allocation(void **state) {
    (void)state;
    struct pp_call call = call_of(PP_POOL_OP_NB_POOL);
    call = call_on(PP_POOL_OP_NB_OVER, apply(&call));
    call.second = (struct pp_operand){PP_PASS_RIGHT, new_mdl(64)};
    call.offset = 64;
    apply(&call);
    call.length = 1;
    check_breaks(&call, "ALLOC-RANGE");
    call.length = UINT32_MAX - 63;  // the sum of both has no room in 32 bits
    check_breaks(&call, "ALLOC-RANGE");
    call.second.passed = PP_PASS_NOTHING;
    check_breaks(&call, "ALLOC-NULLMDL");
}

// === Retreat and advance ===

static void test_retreat_and_advance(void **state) {
    (void)state;
    int nb = pp_model.nbls[nbl_over_two_mdls()].nb, first = pp_model.nbs[nb].mdl;
    int last = pp_model.mdls[first].next;
    check_nb(nb, 20, 90, first, 20);
    struct pp_call call = call_on(PP_POOL_OP_ADVANCE, nb);
    call.delta = 30;
    call.free_mdl = true;
    apply(&call);
    check_nb(nb, 50, 60, last, 0);  // where one ends, the next begins
    call = call_on(PP_POOL_OP_RETREAT, nb);
    call.delta = 50;
    apply(&call);
    assert_int_equal(expect.ask_count, 0);
    check_nb(nb, 0, 110, first, 0);
    // There is no room: 14 bytes and 6 of backfill in front, the data begins behind the backfill (A9).
    call.delta = 14;
    call.backfill = 6;
    apply(&call);
    assert_int_equal(expect.ask_count, 1);
    check_nb(nb, 6, 124, pp_model.nbs[nb].mdl, 6);
    assert_int_equal(pp_model.mdls[pp_model.nbs[nb].mdl].length, 20);
    call = call_on(PP_POOL_OP_ADVANCE, nb);
    call.delta = 14;
    apply(&call);
    assert_string_equal(expect.advice[0], "RA-FREEMDL");
    check_nb(nb, 20, 110, first, 0);
    call.delta = 111;
    check_breaks(&call, "RA-OVERRUN");
    call.delta = 0;
    call.free_mdl = true;
    apply(&call);
    check_nb(nb, 0, 110, first, 0);
}

// The old backfill stays in front of the data (A9): 5 bytes left of 20, 14 wanted.
static void test_retreat_keeps_old_backfill(void **state) {
    (void)state;
    int nb = pp_model.nbls[nbl_over_two_mdls()].nb, first = pp_model.nbs[nb].mdl;
    struct pp_call call = call_on(PP_POOL_OP_RETREAT, nb);
    call.delta = 15;
    apply(&call);
    check_nb(nb, 5, 105, first, 5);
    call.delta = 14;
    apply(&call);
    check_nb(nb, 5, 119, pp_model.nbs[nb].mdl, 5);
    assert_int_equal(pp_model.mdls[pp_model.nbs[nb].mdl].length, 14);
}

// === Derived NBLs ===

static void test_clone(void **state) {
    (void)state;
    int original = nbl_over_two_mdls();
    struct pp_call call = call_on(PP_POOL_OP_CLONE, original);
    int clone = apply(&call), nb = pp_model.nbls[clone].nb, mdl = pp_model.nbs[nb].mdl;
    assert_int_equal(expect.ask_count, 4);  // NBL, NB, two MDLs
    check_nb(nb, 0, 90, mdl, 0);
    check_mdl(mdl, 0, 20, 30);
    check_mdl(pp_model.mdls[mdl].next, 1, 0, 60);
    assert_int_equal(pp_model.nbls[clone].context, PP_NONE);
    call.flags = 2;  // NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS
    int shared = pp_model.nbls[apply(&call)].nb;
    assert_int_equal(expect.ask_count, 2);
    check_nb(shared, 20, 90, pp_model.nbs[pp_model.nbls[original].nb].mdl, 20);
    call = call_on(PP_POOL_OP_FREE_NBL, original);
    check_breaks(&call, "FREE-PARENT-LIVE");
    call.object.id = clone;
    check_breaks(&call, "FREE-PAIR-CLONE");
    call.kind = PP_POOL_OP_FREE_CLONE;
    call.flags = 2;
    check_breaks(&call, "FREE-CLONE-FLAGS");
    call.flags = 0;
    apply(&call);
    check_breaks(&(struct pp_call){.kind = PP_POOL_OP_FREE_CLONE, .object = {PP_PASS_FREED, clone}},
                 "FREE-NBL-DOUBLE");
}

// 90 bytes without the first 10, in pieces of 32: 32 (20 + 12), 32, 16; each behind 14 bytes of header
// and 2 of backfill.
static void test_fragments(void **state) {
    (void)state;
    static const uint32_t lengths[] = {32, 32, 16};
    struct pp_call call = call_on(PP_POOL_OP_FRAGMENT, nbl_over_two_mdls());
    call.start = 10;
    call.max = 32;
    call.delta = 14;
    call.backfill = 2;
    int nb = pp_model.nbls[apply(&call)].nb;
    assert_int_equal(expect.ask_count, 1 + 3 + 4 + 3);
    for (int i = 0; i < 3; i++, nb = pp_model.nbs[nb].next) {
        int front = pp_model.nbs[nb].mdl, mdl = pp_model.mdls[front].next;
        check_nb(nb, 2, lengths[i] + 14, front, 2);
        assert_int_equal(pp_model.mdls[front].length, 16);
        check_mdl(mdl, i > 0, i == 0 ? 30 : i == 1 ? 12 : 44, i == 0 ? 20 : lengths[i]);
    }
    assert_int_equal(nb, PP_NONE);
    call.start = 91;
    check_breaks(&call, "DERIVE-ARGS");
    call.start = 0;
    call.max = 0;
    check_breaks(&call, "DERIVE-ARGS");
}

// The three pieces again, 4 bytes cut off of each.
static void test_reassembled(void **state) {
    (void)state;
    struct pp_call call = call_on(PP_POOL_OP_FRAGMENT, nbl_over_two_mdls());
    call.max = 32;
    call = call_on(PP_POOL_OP_REASSEMBLE, apply(&call));
    call.start = 4;
    int nb = pp_model.nbls[apply(&call)].nb, mdl = pp_model.nbs[nb].mdl;
    assert_int_equal(expect.ask_count, 1 + 1 + 4);
    check_nb(nb, 0, 90 - 3 * 4, mdl, 0);
    check_mdl(mdl, 0, 24, 26);
    check_mdl(mdl = pp_model.mdls[mdl].next, 1, 0, 2);
    check_mdl(mdl = pp_model.mdls[mdl].next, 1, 6, 28);
    check_mdl(mdl = pp_model.mdls[mdl].next, 1, 38, 22);
    assert_int_equal(pp_model.mdls[mdl].next, PP_NONE);
    call.second = (struct pp_operand){PP_PASS_RIGHT, nbl_pool(false, 0, 0)};
    check_breaks(&call, "DERIVE-ARGS");
}

// === Context ===

static void test_context_is_a_stack(void **state) {
    (void)state;
    struct pp_call call = call_on(PP_POOL_OP_NBL, nbl_pool(false, 0, 0));
    call.context_backfill = 32;
    int nbl = apply(&call), own = pp_model.nbls[nbl].context;
    call = call_on(PP_POOL_OP_TAKE_CONTEXT, nbl);
    call.context = 24;
    apply(&call);
    assert_int_equal(pp_model.nbls[nbl].context, own);
    assert_int_equal(pp_model.contexts[own].offset, 8);
    call.context = 16;
    call.context_backfill = 40;
    apply(&call);
    int pushed = pp_model.nbls[nbl].context;
    assert_int_equal(pp_model.contexts[pushed].size, 56);
    assert_int_equal(pp_model.contexts[pushed].offset, 40);
    struct pp_call free_nbl = call_on(PP_POOL_OP_FREE_NBL, nbl);
    check_breaks(&free_nbl, "FREE-NBL-CONTEXT");
    call = call_on(PP_POOL_OP_GIVE_CONTEXT, nbl);
    call.context = 24;
    check_breaks(&call, "CTX-STACK");
    call.context = 16;
    apply(&call);
    assert_int_equal(pp_model.nbls[nbl].context, own);
    call.context = 24;
    apply(&call);
    assert_int_equal(pp_model.contexts[own].offset, 32);
    check_breaks(&call, "CTX-BALANCE");
}

// === Data ===

static void test_data_in_one_piece(void **state) {
    (void)state;
    int nb = pp_model.nbls[nbl_over_two_mdls()].nb;
    struct pp_call call = call_on(PP_POOL_OP_GET_DATA, nb);
    call.bytes = 30;
    apply(&call);
    assert_int_equal(expect.result, PP_RESULT_ADDRESS);
    assert_int_equal(expect.value, 20);
    call.bytes = 31;  // the first of the second MDL
    pp_pool_model_judge(&call, &expect);
    assert_true(expect.fails);
    call.has_storage = true;
    apply(&call);
    assert_int_equal(expect.result, PP_RESULT_STORAGE);
    uint8_t bytes[31];
    assert_true(pp_pool_model_read(nb, 31, bytes));
    assert_int_equal(bytes[29], pp_pool_model_pattern(0, 49));
    assert_int_equal(bytes[30], pp_pool_model_pattern(1, 0));
    call.bytes = 91;
    pp_pool_model_judge(&call, &expect);
    assert_true(expect.fails);
    call.bytes = 4;
    call.align = 16;  // byte 20 of a buffer that begins on a page
    apply(&call);
    assert_int_equal(expect.result, PP_RESULT_STORAGE);
    call.align = 3;
    check_breaks(&call, "GDB-STORAGE");
}

// The source ends with its data, the destination with its chain.
static void test_copy(void **state) {
    (void)state;
    struct pp_call call = call_of(PP_POOL_OP_NB_POOL);
    int pool = apply(&call);
    call = call_on(PP_POOL_OP_NB_OVER, pool);
    call.second = (struct pp_operand){PP_PASS_RIGHT, new_mdl(40)};
    call.offset = 10;
    call.length = 5;
    int to = apply(&call), from = pp_model.nbls[nbl_over_two_mdls()].nb;
    call = call_on(PP_POOL_OP_COPY, to);
    call.second = (struct pp_operand){PP_PASS_RIGHT, from};
    call.offset = 2;
    call.bytes = 100;
    call.from_offset = 25;
    apply(&call);
    assert_int_equal(expect.value, 28);
    assert_int_equal(pp_model.content[12], pp_pool_model_pattern(1, 45));
    assert_int_equal(pp_model.content[17], pp_pool_model_pattern(2, 0));
    call.from_offset = 85;
    apply(&call);
    assert_int_equal(expect.value, 5);
    call.from_offset = 90;
    apply(&call);
    assert_int_equal(expect.value, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_nbl_with_data, begin),
        cmocka_unit_test_setup(test_context_of_an_nbl, begin),
        cmocka_unit_test_setup(test_range_of_an_allocation, begin),
        cmocka_unit_test_setup(test_retreat_and_advance, begin),
        cmocka_unit_test_setup(test_retreat_keeps_old_backfill, begin),
        cmocka_unit_test_setup(test_clone, begin),
        cmocka_unit_test_setup(test_fragments, begin),
        cmocka_unit_test_setup(test_reassembled, begin),
        cmocka_unit_test_setup(test_context_is_a_stack, begin),
        cmocka_unit_test_setup(test_data_in_one_piece, begin),
        cmocka_unit_test_setup(test_copy, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
