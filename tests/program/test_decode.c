// SPDX-License-Identifier: MIT
// The binary form: total, prefix-stable, and the inverse of encode.
#include "random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define ROUND_TRIPS 100000

static struct pp_program program, decoded;
static uint8_t bytes[PP_PROGRAM_BYTES_MAX + 64];

static void test_round_trip(void **unused) {
    (void)unused;
    uint64_t state = 1;
    for (unsigned i = 0; i < ROUND_TRIPS; i++) {
        enum pp_language language = i % PP_LANGUAGE_COUNT;
        random_program(&state, language, i % 99 ? 24 : PP_PROGRAM_OPS_MAX, &program);
        assert_null(pp_program_check(&program));
        size_t size = pp_program_encode(&program, bytes, PP_PROGRAM_BYTES_MAX);
        assert_int_equal(size == 0, program.op_count == 0);
        assert_false(pp_program_is_text(bytes, size));
        memset(&decoded, 0x5a, sizeof decoded);
        pp_program_decode(language, bytes, size, &decoded);
        assert_null(pp_program_check(&decoded));
        assert_true(pp_program_equal(&decoded, &program));
    }
}

static void test_any_bytes_are_a_valid_program(void **unused) {
    (void)unused;
    uint64_t state = 2;
    uint32_t op_counts[PP_LANGUAGE_COUNT] = {0};
    for (unsigned i = 0; i < ROUND_TRIPS; i++) {
        enum pp_language language = i % PP_LANGUAGE_COUNT;
        size_t size = random_below(&state, i % 99 ? 200 : sizeof bytes);
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (uint8_t)random_next(&state);
        }
        pp_program_decode(language, bytes, size, &program);
        assert_null(pp_program_check(&program));
        assert_int_equal(program.language, language);
        op_counts[language] += program.op_count;
    }
    // Not all of it may be thrown away.
    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        assert_true(op_counts[i] > ROUND_TRIPS / PP_LANGUAGE_COUNT);
    }
}

// Is `part` what `whole` is when cut somewhere, attributes of its last op included?
static bool is_prefix(const struct pp_program *part, const struct pp_program *whole) {
    static struct pp_program cut;
    if (part->op_count > whole->op_count) {
        return false;
    }
    cut = *whole;
    cut.op_count = part->op_count;
    if (part->op_count > 0) {
        const struct pp_op *part_last = &part->ops[part->op_count - 1];
        struct pp_op *cut_last = &cut.ops[part->op_count - 1];
        if (part_last->fault_count > cut_last->fault_count ||
            part_last->outcome_count > cut_last->outcome_count ||
            part_last->choice_count > cut_last->choice_count) {
            return false;
        }
        cut_last->fault_count = part_last->fault_count;
        cut_last->outcome_count = part_last->outcome_count;
        cut_last->choice_count = part_last->choice_count;
    }
    return pp_program_equal(part, &cut);
}

static void test_prefix_of_bytes_is_prefix_of_program(void **unused) {
    (void)unused;
    uint64_t state = 3;
    for (unsigned i = 0; i < 500; i++) {
        enum pp_language language = i % PP_LANGUAGE_COUNT;
        size_t size = 1 + random_below(&state, 120);
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (uint8_t)random_next(&state);
        }
        pp_program_decode(language, bytes, size, &program);
        for (size_t cut = 0; cut <= size; cut++) {
            // A copy of its own, so that a sanitizer sees a read beyond the cut.
            uint8_t copy[120];
            memcpy(copy, bytes, cut);
            pp_program_decode(language, copy, cut, &decoded);
            assert_true(is_prefix(&decoded, &program));
        }
    }
}

static void test_no_bytes_are_the_empty_program(void **unused) {
    (void)unused;
    program.op_count = 7;
    pp_program_decode(PP_LANGUAGE_PROTOCOL, NULL, 0, &program);
    assert_int_equal(program.op_count, 0);
    assert_int_equal(pp_program_encode(&program, NULL, 0), 0);
}

static void test_record_cut_off_is_left_out(void **unused) {
    (void)unused;
    // adapter: mtu 64 + 0x0102, backfill 3, frames by filter
    const uint8_t adapter[] = {PP_OP_ADAPTER, 0x02, 0x01, 3, 1};
    pp_program_decode(PP_LANGUAGE_PROTOCOL, adapter, sizeof adapter - 1, &program);
    assert_int_equal(program.op_count, 0);
    pp_program_decode(PP_LANGUAGE_PROTOCOL, adapter, sizeof adapter, &program);
    assert_int_equal(program.op_count, 1);
    assert_int_equal(program.ops[0].args[0], 64 + 0x0102);
    assert_int_equal(program.ops[0].args[1], 3);
}

static void test_values_are_reduced(void **unused) {
    (void)unused;
    const uint8_t records[] = {
        PP_OP_ADAPTER,
        0xff,
        0xff,
        0xff,
        0xff,  // mtu modulo its range
        PP_OP_BIND,
        0xff,  // the only adapter there is
        PP_OP_COUNT,
        0xff,
        0xff,  // fault: nth 256 is 1 again
        PP_OP_COUNT + 1,
        PP_OUTCOME_CLOSE,
        0xff,  // close has one answer
        PP_OP_COUNT + 2,
        0,
        0,
        0,
        0,
        9,  // no place at all: the first call
        PP_OP_COUNT + 3,
        0,
        1,  // tags wrap around: op 0
    };
    pp_program_decode(PP_LANGUAGE_PROTOCOL, records, sizeof records, &program);
    assert_int_equal(program.op_count, 3);
    assert_int_equal(program.ops[0].args[0], 64 + 0xffff % (9000 - 64 + 1));
    assert_int_equal(program.ops[1].args[0], 0);
    assert_int_equal(program.ops[1].fault_count, 1);
    assert_int_equal(program.ops[1].faults[0].nth, 1);
    assert_int_equal(program.ops[1].outcomes[0].status, PP_STATUS_PENDING);
    assert_int_equal(program.ops[1].choices[0].at, 1);
    assert_int_equal(program.ops[1].choices[0].target, 9);
    assert_int_equal(program.ops[2].kind, 0);
}

static void test_records_out_of_place_are_left_out(void **unused) {
    (void)unused;
    const uint8_t records[] = {
        PP_OP_COUNT,
        0,
        0,  // an attribute before any op
        PP_OP_BIND,
        0,
        PP_OP_COUNT,
        0,
        0,  // no adapter yet; nor has its fault an op
        PP_OP_LOAD,
        PP_OP_PAUSE,
        0,
        PP_OP_COUNT,
        0,
        0,  // not load's fault
        PP_OP_LOAD,
        PP_OP_COUNT,
        0,
        4,
        PP_OP_COUNT,
        0,
        4,  // the same fault twice
        PP_OP_COUNT + 1,
        0,
        0,
        PP_OP_COUNT + 1,
        0,
        1,  // one outcome for a point
        PP_OP_COUNT + 2,
        5,
        0,
        2,
        0,
        1,
        PP_OP_COUNT + 2,
        5,
        0,
        2,
        0,
        2,  // switch points ascend
        PP_OP_COUNT + 2,
        6,
        0,
        1,
        0,
        3,
    };
    pp_program_decode(PP_LANGUAGE_PROTOCOL, records, sizeof records, &program);
    assert_int_equal(program.op_count, 2);
    assert_int_equal(program.ops[0].kind, PP_OP_LOAD);
    assert_int_equal(program.ops[0].fault_count, 0);
    assert_int_equal(program.ops[1].fault_count, 1);
    assert_int_equal(program.ops[1].outcome_count, 1);
    assert_int_equal(program.ops[1].choice_count, 2);
    assert_int_equal(program.ops[1].choices[0].accesses, 2);
    assert_int_equal(program.ops[1].choices[1].at, 6);
    assert_int_equal(program.ops[1].choices[1].accesses, 1);
}

// Pool programs have no outcomes and choices, so no tags for them, and no devices.
static void test_what_a_language_does_not_have_is_left_out(void **unused) {
    (void)unused;
    const uint8_t op_count = PP_POOL_OP_COUNT;
    const uint8_t records[] = {
        op_count,
        PP_POINT_DEVICE_CREATE,
        0,  // no such fault
        op_count,
        PP_POINT_NBL_ALLOCATE,
        0,
        op_count + 1,  // tags wrap around: op 0
    };
    program = (struct pp_program){.language = PP_LANGUAGE_POOL, .op_count = 1};
    for (unsigned i = 0; i < pp_pool_op_infos[0].arg_count; i++) {
        program.ops[0].args[i] = pp_pool_op_infos[0].args[i].standard;
    }
    memset(bytes, 0, sizeof bytes);
    size_t size = pp_program_encode(&program, bytes, sizeof bytes);
    memcpy(bytes + size, records, sizeof records);
    pp_program_decode(PP_LANGUAGE_POOL, bytes, sizeof bytes, &program);
    assert_int_equal(program.ops[0].fault_count, 1);
    assert_int_equal(program.ops[0].faults[0].point, PP_POINT_NBL_ALLOCATE);
    assert_int_equal(program.ops[1].kind, 0);
}

static void test_ops_beyond_the_limit_are_left_out(void **unused) {
    (void)unused;
    size_t size = 0;
    for (; size < PP_PROGRAM_OPS_MAX + 8; size++) {
        bytes[size] = PP_OP_LOAD;
    }
    const uint8_t fault[] = {PP_OP_COUNT, 0, 0};
    memcpy(bytes + size, fault, sizeof fault);
    pp_program_decode(PP_LANGUAGE_PROTOCOL, bytes, size + sizeof fault, &program);
    assert_int_equal(program.op_count, PP_PROGRAM_OPS_MAX);
    assert_int_equal(program.ops[PP_PROGRAM_OPS_MAX - 1].fault_count, 0);
}

static void test_attributes_beyond_the_limits_are_left_out(void **unused) {
    (void)unused;
    size_t size = 0;
    bytes[size++] = PP_OP_LOAD;
    for (unsigned i = 0; i < 20; i++) {
        const uint8_t records[] = {
            PP_OP_COUNT, 0, (uint8_t)i, PP_OP_COUNT + 1, (uint8_t)i, 0, PP_OP_COUNT + 2, (uint8_t)i, 0,
            0,           0, 0};
        memcpy(bytes + size, records, sizeof records);
        size += sizeof records;
    }
    pp_program_decode(PP_LANGUAGE_PROTOCOL, bytes, size, &program);
    assert_int_equal(program.op_count, 1);
    assert_int_equal(program.ops[0].fault_count, PP_OP_FAULTS_MAX);
    assert_int_equal(program.ops[0].outcome_count, PP_OP_OUTCOMES_MAX);
    assert_int_equal(program.ops[0].choice_count, PP_OP_CHOICES_MAX);
}

static void test_input_behind_the_size_limit_is_ignored(void **unused) {
    (void)unused;
    memset(bytes, PP_OP_COUNT, sizeof bytes);  // attributes of no op
    bytes[PP_PROGRAM_BYTES_MAX - 1] = PP_OP_LOAD;
    bytes[PP_PROGRAM_BYTES_MAX] = PP_OP_LOAD;
    // The records of three bytes must end right before the load.
    size_t begin = (PP_PROGRAM_BYTES_MAX - 1) % 3;
    memset(bytes, PP_OP_UNLOAD, begin);
    pp_program_decode(PP_LANGUAGE_PROTOCOL, bytes, sizeof bytes, &program);
    assert_int_equal(program.op_count, begin + 1);
    assert_int_equal(program.ops[begin].kind, PP_OP_LOAD);
}

// The longest programs that there are, with the limits in every place.
static void make_longest(struct pp_program *longest) {
    memset(longest, 0, sizeof *longest);
    longest->op_count = PP_PROGRAM_OPS_MAX;
    for (unsigned i = 0; i < PP_PROGRAM_OPS_MAX; i++) {
        struct pp_op *op = &longest->ops[i];
        op->kind = i == 0 ? PP_OP_ADAPTER : i < 128 ? PP_OP_BIND : PP_OP_COMPLETE;
        for (unsigned j = 0; j < pp_op_infos[op->kind].arg_count; j++) {
            op->args[j] = pp_op_infos[op->kind].args[j].max;
        }
        op->args[0] = op->kind == PP_OP_COMPLETE ? 126 : op->args[0];
        op->fault_count = PP_OP_FAULTS_MAX;
        op->outcome_count = PP_OP_OUTCOMES_MAX;
        op->choice_count = PP_OP_CHOICES_MAX;
        for (unsigned j = 0; j < PP_OP_FAULTS_MAX; j++) {
            op->faults[j] = (struct pp_fault){PP_POINT_COUNT - 1, (uint8_t)(255 - j), true};
        }
        for (unsigned j = 0; j < PP_OP_OUTCOMES_MAX; j++) {
            uint32_t statuses = pp_outcome_infos[j].statuses;
            op->outcomes[j] = (struct pp_outcome){(uint8_t)j, (uint8_t)(31 - __builtin_clz(statuses))};
        }
        for (unsigned j = 0; j < PP_OP_CHOICES_MAX; j++) {
            op->choices[j] =
                (struct pp_choice){UINT16_MAX, (uint16_t)(UINT16_MAX - PP_OP_CHOICES_MAX + 1 + j), 255};
        }
    }
}

static void test_limits_round_trip(void **unused) {
    (void)unused;
    make_longest(&program);
    assert_null(pp_program_check(&program));
    size_t size = pp_program_encode(&program, bytes, PP_PROGRAM_BYTES_MAX);
    assert_true(size > 0);
    pp_program_decode(PP_LANGUAGE_PROTOCOL, bytes, size, &decoded);
    assert_true(pp_program_equal(&decoded, &program));
}

static void test_encode_refuses_too_small_a_buffer(void **unused) {
    (void)unused;
    uint64_t state = 4;
    for (unsigned i = 0; i < 2000; i++) {
        random_program(&state, i % PP_LANGUAGE_COUNT, 12, &program);
        size_t size = pp_program_encode(&program, bytes, sizeof bytes);
        if (size == 0) {
            continue;
        }
        bytes[size] = 0xee;
        assert_int_equal(pp_program_encode(&program, bytes, size), size);
        assert_int_equal(bytes[size], 0xee);
        bytes[size - 1] = 0xee;
        assert_int_equal(pp_program_encode(&program, bytes, size - 1), 0);
        assert_int_equal(bytes[size - 1], 0xee);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_any_bytes_are_a_valid_program),
        cmocka_unit_test(test_prefix_of_bytes_is_prefix_of_program),
        cmocka_unit_test(test_no_bytes_are_the_empty_program),
        cmocka_unit_test(test_record_cut_off_is_left_out),
        cmocka_unit_test(test_values_are_reduced),
        cmocka_unit_test(test_records_out_of_place_are_left_out),
        cmocka_unit_test(test_what_a_language_does_not_have_is_left_out),
        cmocka_unit_test(test_ops_beyond_the_limit_are_left_out),
        cmocka_unit_test(test_attributes_beyond_the_limits_are_left_out),
        cmocka_unit_test(test_input_behind_the_size_limit_is_ignored),
        cmocka_unit_test(test_limits_round_trip),
        cmocka_unit_test(test_encode_refuses_too_small_a_buffer),
    };
    return cmocka_run_group_tests_name("program decode", tests, NULL, NULL);
}
