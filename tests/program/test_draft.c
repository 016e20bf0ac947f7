// SPDX-License-Identifier: MIT
// Edits of a draft: what becomes of handles when ops come, go and move.
#include "program/draft.h"
#include "program/vary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pp_program program, source_program;
static struct pp_draft draft, source;
static char text[1024];

static void parse(const char *ops, struct pp_program *ret_program) {
    struct pp_error error = {0};
    int length = snprintf(text, sizeof text, "poolproof 1\n%s", ops);
    if (!pp_program_parse(text, (size_t)length, ret_program, &error)) {
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    }
}

static void assert_program(const char *ops) {
    assert_null(pp_program_check(&program));
    pp_program_print(&program, PP_OP_NONE, text, sizeof text);
    assert_string_equal(text + strlen("poolproof 1\n"), ops);
}

#define TWO_BINDS "a0 = adapter()\nb0 = bind(a0)\nb1 = bind(a0)\nrestart(b0)\nrestart(b1)\n"

static void test_lost_objects_take_their_ops_along(void **unused) {
    (void)unused;
    parse(TWO_BINDS, &program);
    pp_draft_open(&draft, &program, 64);
    pp_draft_remove(&draft, 1, 1);
    pp_draft_close(&draft, /*is_rebinding=*/false);
    assert_program("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n");
}

static void test_lost_objects_are_replaced(void **unused) {
    (void)unused;
    parse(TWO_BINDS, &program);
    pp_draft_open(&draft, &program, 64);
    pp_draft_remove(&draft, 1, 1);
    pp_draft_close(&draft, /*is_rebinding=*/true);
    assert_program("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nrestart(b0)\n");
    pp_draft_open(&draft, &program, 64);
    pp_draft_remove(&draft, 0, 1);
    pp_draft_close(&draft, /*is_rebinding=*/true);
    assert_program("");
}

static void test_move_keeps_handles_on_their_objects(void **unused) {
    (void)unused;
    parse("a0 = adapter(mtu: 100)\na1 = adapter(mtu: 200)\nb0 = bind(a0)\nb1 = bind(a1)\n", &program);
    pp_draft_open(&draft, &program, 64);
    pp_draft_move(&draft, 0, 1);
    pp_draft_move(&draft, 3, 2);
    pp_draft_close(&draft, /*is_rebinding=*/false);
    assert_program("a0 = adapter(mtu: 200)\na1 = adapter(mtu: 100)\nb0 = bind(a0)\nb1 = bind(a1)\n");
}

static void test_chunk_of_its_own_is_about_its_copies(void **unused) {
    (void)unused;
    parse("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n", &program);
    pp_draft_open(&draft, &program, 64);
    assert_true(pp_draft_insert_chunk(&draft, 4, &draft, 1, 2));
    pp_draft_close(&draft, /*is_rebinding=*/false);
    assert_program("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
                   "b1 = bind(a0)\nrestart(b1)\n");
}

static void test_chunk_of_another_finds_new_objects(void **unused) {
    (void)unused;
    parse("a0 = adapter()\na1 = adapter()\n", &program);
    parse("a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nclose(f0)\n", &source_program);
    pp_draft_open(&source, &source_program, 64);
    pp_draft_open(&draft, &program, 64);
    assert_true(pp_draft_insert_chunk(&draft, 2, &source, 1, 4));
    pp_draft_close(&draft, /*is_rebinding=*/true);
    assert_program("a0 = adapter()\na1 = adapter()\nb0 = bind(a1)\nrestart(b0)\nf0 = create(a1)\n"
                   "close(f0)\n");
}

static void test_no_room(void **unused) {
    (void)unused;
    const struct pp_op load = {.kind = PP_OP_LOAD};
    parse(TWO_BINDS, &program);
    pp_draft_open(&draft, &program, 4);
    assert_int_equal(program.op_count, 4);
    assert_false(pp_draft_insert(&draft, 0, &load));
    assert_false(pp_draft_insert_chunk(&draft, 0, &draft, 0, 1));
    pp_draft_remove(&draft, 3, 1);
    assert_true(pp_draft_insert(&draft, 0, &load));
    // Ids are not given out twice, so they are used up in the end.
    unsigned inserted = 0;
    for (pp_draft_remove(&draft, 0, 1); pp_draft_insert(&draft, 0, &load); inserted++) {
        pp_draft_remove(&draft, 0, 1);
    }
    assert_int_equal(inserted, PP_DRAFT_IDS_MAX - 5);
    pp_draft_close(&draft, /*is_rebinding=*/false);
    assert_program("a0 = adapter()\nb0 = bind(a0)\nb1 = bind(a0)\n");
}

static void test_a_lone_fault_can_become_persistent(void **unused) {
    (void)unused;
    unsigned persistent = 0;
    for (uint32_t seed = 0; seed < 400; seed++) {
        struct pp_dice dice = {.state = seed};
        struct pp_op op = {.fault_count = 1, .faults = {{.point = 3, .nth = 200}}};
        pp_vary_fault(&dice, &op, UINT32_C(1) << 3, NULL);
        persistent += op.fault_count == 1 && op.faults[0].point == 3 && op.faults[0].nth == 200 &&
                      op.faults[0].is_persistent;
    }
    assert_true(persistent > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_objects_take_their_ops_along),
        cmocka_unit_test(test_lost_objects_are_replaced),
        cmocka_unit_test(test_move_keeps_handles_on_their_objects),
        cmocka_unit_test(test_chunk_of_its_own_is_about_its_copies),
        cmocka_unit_test(test_chunk_of_another_finds_new_objects),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_a_lone_fault_can_become_persistent),
    };
    return cmocka_run_group_tests_name("program draft", tests, NULL, NULL);
}
