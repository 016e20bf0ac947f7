// SPDX-License-Identifier: MIT
// The text form: what it looks like, and that parse is the inverse of print.
#include "random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define ROUND_TRIPS 100000

static struct pp_program program, parsed;
static char text[128 * 1024], again[128 * 1024];

static void parse_good(const char *source, struct pp_program *ret_program) {
    struct pp_error error = {0};
    if (!pp_program_parse(source, strlen(source), ret_program, &error)) {
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    }
}

static const char listing[] =
    "poolproof 1\n"
    "a0 = adapter(backfill: 64)\n"
    "b0 = bind(a0)                  (outcome: open = pending)\n"
    "finish_open(b0, status: failure)  (fail: nbl.allocate 1)\n"
    "restart(b0)\n"
    "f0 = create(a0)\n"
    "write(f0, length: 1514)        (fail: nbl.allocate 2..) (outcome: send = paused) (at: 3 -> "
    "1)\n"
    "complete(b0, nbl: 255, count: 3, status: send_aborted, order: reverse, irql: passive)"
    "  (at: 0+1 -> 0) (at: 7 -> time) (at: 7+12 -> 1) (at: 65535+65535 -> 254)\n"
    "advance()\n";

static void test_listing_prints_as_it_was_written(void **unused) {
    (void)unused;
    parse_good(listing, &program);
    assert_null(pp_program_check(&program));
    assert_int_equal(pp_program_print(&program, PP_OP_NONE, text, sizeof text), strlen(listing));
    assert_string_equal(text, listing);
}

static void test_parse_fills_in_values(void **unused) {
    (void)unused;
    parse_good(listing, &program);
    assert_int_equal(program.op_count, 8);
    assert_int_equal(program.ops[0].args[0], 1500);
    assert_int_equal(program.ops[0].args[1], 64);
    const struct pp_op *write = &program.ops[5];
    assert_int_equal(write->kind, PP_OP_WRITE);
    assert_int_equal(write->args[1], 1514);
    assert_int_equal(write->fault_count, 1);
    assert_int_equal(write->faults[0].point, PP_POINT_NBL_ALLOCATE);
    assert_int_equal(write->faults[0].nth, 2);
    assert_true(write->faults[0].is_persistent);
    assert_int_equal(write->outcomes[0].point, PP_OUTCOME_SEND);
    assert_int_equal(write->outcomes[0].status, PP_STATUS_PAUSED);
    assert_int_equal(write->choices[0].at, 3);
    assert_int_equal(write->choices[0].target, 1);
    const struct pp_op *complete = &program.ops[6];
    const uint16_t expect[] = {0, 255, 3, 4, 1, 1};
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(complete->args[i], expect[i]);
    }
    assert_int_equal(complete->choices[0].at, 0);
    assert_int_equal(complete->choices[0].accesses, 1);
    assert_int_equal(complete->choices[1].accesses, 0);
    assert_int_equal(complete->choices[1].target, PP_TARGET_TIME);
    assert_int_equal(complete->choices[2].accesses, 12);
    assert_int_equal(complete->choices[3].at, 65535);
}

static void test_round_trip(void **unused) {
    (void)unused;
    uint64_t state = 11;
    for (unsigned i = 0; i < ROUND_TRIPS; i++) {
        struct pp_error error = {0};
        random_program(&state, i % PP_LANGUAGE_COUNT, i % 99 ? 16 : PP_PROGRAM_OPS_MAX, &program);
        size_t length = pp_program_print(&program, PP_OP_NONE, text, sizeof text);
        assert_true(length < sizeof text);
        assert_true(pp_program_is_text((const uint8_t *)text, length));
        memset(&parsed, 0x5a, sizeof parsed);
        assert_true(pp_program_parse(text, length, &parsed, &error));
        assert_null(pp_program_check(&parsed));
        assert_true(pp_program_equal(&parsed, &program));
    }
}

// Damaged text must be refused or read as something that prints and parses again.
static void test_damaged_text_is_refused_or_understood(void **unused) {
    (void)unused;
    uint64_t state = 12;
    unsigned refused = 0, understood = 0;
    for (unsigned i = 0; i < 30000; i++) {
        struct pp_error error = {0};
        random_program(&state, i % PP_LANGUAGE_COUNT, 6, &program);
        size_t length = pp_program_print(&program, PP_OP_NONE, text, sizeof text);
        for (unsigned edits = 1 + random_below(&state, 3); edits > 0; edits--) {
            text[random_below(&state, (uint32_t)length)] =
                text[random_below(&state, 4) ? random_below(&state, (uint32_t)length) : length];
        }
        if (!pp_program_parse(text, length, &program, &error)) {
            refused++;
            assert_in_range(error.line, 1, length);
            assert_in_range(error.column, 1, length + 1);
            assert_true(error.message[0] != '\0');
            continue;
        }
        understood++;
        assert_null(pp_program_check(&program));
        length = pp_program_print(&program, PP_OP_NONE, again, sizeof again);
        assert_true(pp_program_parse(again, length, &parsed, &error));
        assert_true(pp_program_equal(&parsed, &program));
    }
    assert_true(refused > 500 && understood > 500);
}

static void test_language_is_in_the_first_line(void **unused) {
    (void)unused;
    for (unsigned language = 0; language < PP_LANGUAGE_COUNT; language++) {
        program = (struct pp_program){.language = language};
        pp_program_print(&program, PP_OP_NONE, text, sizeof text);
        assert_string_equal(text,
                            language == PP_LANGUAGE_PROTOCOL ? "poolproof 1\n" : "poolproof 1 pool\n");
        parse_good(text, &parsed);
        assert_int_equal(parsed.language, language);
    }
    // The default may be written, as any other.
    parse_good("poolproof 1 protocol # x\nload()\n", &parsed);
    assert_int_equal(parsed.language, PP_LANGUAGE_PROTOCOL);
    parse_good("poolproof  1\tpool#x\n", &parsed);
    assert_int_equal(parsed.language, PP_LANGUAGE_POOL);
}

static void test_layout_is_free(void **unused) {
    (void)unused;
    parse_good("\xef\xbb\xbf"
               "  # what it shows \xc3\xa9\r\n"
               "\r\n"
               "\t poolproof   1 # the version\r\n"
               "#\n"
               "a0=adapter( backfill :64,mtu:64 )#x\n"
               " b0 = bind ( a0 ) ( fail : nbl.allocate 2 .. )(at:1->2)  # y\r\n"
               "load()\n",
               &program);
    assert_int_equal(program.op_count, 3);
    assert_int_equal(program.ops[0].args[0], 64);
    assert_int_equal(program.ops[0].args[1], 64);
    assert_true(program.ops[1].faults[0].is_persistent);
    assert_int_equal(program.ops[1].choices[0].target, 2);
}

static void test_empty_program(void **unused) {
    (void)unused;
    program.op_count = 3;
    parse_good("poolproof 1\n", &program);
    assert_int_equal(program.op_count, 0);
    pp_program_print(&program, PP_OP_NONE, text, sizeof text);
    assert_string_equal(text, "poolproof 1\n");
}

static void test_marked_listing_has_numbers_and_an_arrow(void **unused) {
    (void)unused;
    parse_good("poolproof 1\na0 = adapter()\nb0 = bind(a0)  (fail: mdl.map 1)\nrestart(b0)\n", &program);
    pp_program_print(&program, 1, text, sizeof text);
    assert_string_equal(text, "poolproof 1\n"
                              "      0  a0 = adapter()\n"
                              "->    1  b0 = bind(a0)                  (fail: mdl.map 1)\n"
                              "      2  restart(b0)\n");
}

static void test_truncated_print_tells_the_whole_length(void **unused) {
    (void)unused;
    parse_good(listing, &program);
    for (size_t capacity = 0; capacity <= sizeof listing; capacity++) {
        memset(text, 0x7f, sizeof listing + 8);
        assert_int_equal(pp_program_print(&program, PP_OP_NONE, text, capacity), strlen(listing));
        if (capacity > 0) {
            assert_int_equal(strlen(text), capacity - 1);
            assert_memory_equal(text, listing, capacity - 1);
        }
        assert_int_equal(text[capacity], 0x7f);
    }
    assert_int_equal(pp_program_print(&program, PP_OP_NONE, NULL, 0), strlen(listing));
}

static void test_every_count_of_ops_fits(void **unused) {
    (void)unused;
    size_t length = (size_t)snprintf(text, sizeof text, "poolproof 1\n");
    for (unsigned i = 0; i < PP_PROGRAM_OPS_MAX; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "a%u = adapter()\n", i);
    }
    parse_good(text, &program);
    assert_int_equal(program.op_count, PP_PROGRAM_OPS_MAX);
    pp_program_print(&program, PP_OP_NONE, again, sizeof again);
    assert_string_equal(again, text);
}

static void test_is_text(void **unused) {
    (void)unused;
    static const struct {
        const char *bytes;
        bool expect;
    } cases[] = {
        {"poolproof 1\n", true},
        {"poolproof", true},
        {"poolproof 1 pool\n", true},
        {"# title\npoolproof 1\n", true},
        {"#\r\npoolproof", true},
        {"\n\n  poolproof", true},
        {"\xef\xbb\xbfpoolproof 1", true},
        {"#\xc3\xa9\n", true},
        {"", false},
        {"poolproo", false},
        {"# no newline", false},
        {"#\x01\n", false},
        {"\x03\x01\x02", false},
        {"\n\n", false},
        {"#a\rb\n", false},
        {"AAAA\n", false},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = strlen(cases[i].bytes);
        if (pp_program_is_text((const uint8_t *)cases[i].bytes, size) != cases[i].expect) {
            fail_msg("case %u", i);
        }
    }
    assert_false(pp_program_is_text(NULL, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listing_prints_as_it_was_written),
        cmocka_unit_test(test_parse_fills_in_values),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damaged_text_is_refused_or_understood),
        cmocka_unit_test(test_language_is_in_the_first_line),
        cmocka_unit_test(test_layout_is_free),
        cmocka_unit_test(test_empty_program),
        cmocka_unit_test(test_marked_listing_has_numbers_and_an_arrow),
        cmocka_unit_test(test_truncated_print_tells_the_whole_length),
        cmocka_unit_test(test_every_count_of_ops_fits),
        cmocka_unit_test(test_is_text),
    };
    return cmocka_run_group_tests_name("program text", tests, NULL, NULL);
}
