// SPDX-License-Identifier: MIT
// Mutation: always valid, within the limit, the same for the same seed, and able to reach
// everything.
#include "random_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct pp_program program, before, again;

static void test_every_result_is_valid(void **unused) {
    (void)unused;
    uint64_t state = 21;
    unsigned changed = 0;
    for (uint32_t seed = 0; seed < 60000; seed++) {
        uint32_t op_count_max = seed % 50 == 0 ? random_below(&state, 300) : 40;
        if (seed % 16 == 0) {
            enum pp_language language = seed / 16 % PP_LANGUAGE_COUNT;
            random_program(&state, language, seed % 48 == 0 ? PP_PROGRAM_OPS_MAX : 20, &program);
        }
        before = program;
        pp_program_mutate(&program, op_count_max, NULL, seed);
        const char *reason = pp_program_check(&program);
        if (reason) {
            fail_msg("seed %u: %s", seed, reason);
        }
        assert_true(program.op_count <= op_count_max);
        assert_int_equal(program.language, before.language);
        changed += !pp_program_equal(&program, &before);
    }
    assert_true(changed > 55000);
}

static void test_every_crossing_is_valid(void **unused) {
    (void)unused;
    static struct pp_program other, other_before;
    uint64_t state = 22;
    unsigned changed = 0;
    for (uint32_t seed = 0; seed < 30000; seed++) {
        uint32_t op_count_max = seed % 50 == 0 ? random_below(&state, 300) : 40;
        enum pp_language language = seed % PP_LANGUAGE_COUNT;
        random_program(&state, language, seed % 99 == 0 ? PP_PROGRAM_OPS_MAX : 20, &program);
        random_program(&state, language, seed % 69 == 0 ? PP_PROGRAM_OPS_MAX : 20, &other);
        before = program;
        other_before = other;
        pp_program_cross(&program, &other, op_count_max, seed);
        assert_null(pp_program_check(&program));
        assert_true(program.op_count <= op_count_max);
        assert_true(pp_program_equal(&other, &other_before));
        changed += !pp_program_equal(&program, &before);
        again = before;
        pp_program_cross(&again, &other, op_count_max, seed);
        assert_true(pp_program_equal(&program, &again));
    }
    assert_true(changed > 20000);
}

static void test_same_seed_same_change(void **unused) {
    (void)unused;
    uint64_t state = 23;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        random_program(&state, seed % PP_LANGUAGE_COUNT, 20, &program);
        // What lies in memory behind the ops in use must have no influence.
        memset(&again, (int)(seed & 0xff), sizeof again);
        again.language = program.language;
        again.op_count = program.op_count;
        memcpy(again.ops, program.ops, program.op_count * sizeof program.ops[0]);
        pp_program_mutate(&program, 64, NULL, seed);
        pp_program_mutate(&again, 64, NULL, seed);
        assert_true(pp_program_equal(&program, &again));
    }
}

static void check_other_seeds_other_changes(enum pp_language language) {
    uint64_t state = 24;
    unsigned same = 0;
    random_program(&state, language, 20, &before);
    while (before.op_count < 10) {
        random_program(&state, language, 20, &before);
    }
    again = before;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        program = before;
        pp_program_mutate(&program, 64, NULL, seed);
        same += pp_program_equal(&program, &again);
        again = program;
    }
    assert_true(same < 100);
}

static void test_other_seeds_other_changes(void **unused) {
    (void)unused;
    for (unsigned language = 0; language < PP_LANGUAGE_COUNT; language++) {
        check_other_seeds_other_changes(language);
    }
}

static void check_from_nothing_everything_is_reached(enum pp_language language) {
    const struct pp_language_info *info = &pp_languages[language];
    bool kinds[UINT8_MAX + 1] = {false}, points[PP_POINT_COUNT] = {false};
    bool outcomes[PP_OUTCOME_COUNT][PP_STATUS_COUNT] = {{false}};
    bool has_persistent = false, has_choice = false, has_access = false, has_time = false,
         has_limit = false;
    program = (struct pp_program){.language = language};
    for (uint32_t seed = 0; seed < 200000; seed++) {
        pp_program_mutate(&program, 64, NULL, seed);
        for (uint32_t i = 0; i < program.op_count; i++) {
            const struct pp_op *op = &program.ops[i];
            kinds[op->kind] = true;
            has_choice |= op->choice_count > 1;
            for (unsigned j = 0; j < op->choice_count; j++) {
                has_access |= op->choices[j].accesses > 0;
                has_time |= op->choices[j].target == PP_TARGET_TIME;
            }
            has_limit |= op->fault_count == PP_OP_FAULTS_MAX;
            for (unsigned j = 0; j < op->fault_count; j++) {
                points[op->faults[j].point] = true;
                has_persistent |= op->faults[j].is_persistent;
            }
            for (unsigned j = 0; j < op->outcome_count; j++) {
                outcomes[op->outcomes[j].point][op->outcomes[j].status] = true;
            }
        }
        if (seed % 500 == 0) {
            program.op_count = 0;
        }
    }
    for (unsigned i = 0; i < info->op_count; i++) {
        assert_true(kinds[i]);
    }
    for (unsigned i = 0; i < PP_POINT_COUNT; i++) {
        assert_int_equal(points[i], info->points >> i & 1);
    }
    bool has_outcomes = info->attribute_count > PP_ATTRIBUTE_OUTCOME;
    for (unsigned i = 0; i < PP_OUTCOME_COUNT; i++) {
        for (unsigned j = 0; j < PP_STATUS_COUNT; j++) {
            assert_int_equal(outcomes[i][j], has_outcomes && pp_outcome_infos[i].statuses >> j & 1);
        }
    }
    assert_int_equal(has_choice, info->attribute_count > PP_ATTRIBUTE_CHOICE);
    assert_int_equal(has_access && has_time, has_choice);
    assert_true(has_persistent && has_limit);
}

// Most new choices are at calls that were reached, and not many accesses behind them.
static void test_choices_are_within_reach(void **unused) {
    (void)unused;
    static struct pp_reach reach;
    unsigned near = 0, far = 0;
    reach.calls[PP_OP_LOAD] = 5;
    reach.accesses[PP_OP_LOAD] = 40;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        program = (struct pp_program){.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};
        pp_program_mutate(&program, 1, &reach, seed);
        for (unsigned i = 0; program.op_count > 0 && i < program.ops[0].choice_count; i++) {
            const struct pp_choice *choice = &program.ops[0].choices[i];
            bool is_near =
                program.ops[0].kind == PP_OP_LOAD && choice->at <= 5 && choice->accesses <= 40;
            near += is_near;
            far += program.ops[0].kind == PP_OP_LOAD && !is_near;
        }
    }
    assert_true(near > 200);
    assert_true(far < near / 8);
}

// Most new faults are at points that ops of that kind came to, and so are outcomes.
static void test_faults_are_within_reach(void **unused) {
    (void)unused;
    static struct pp_reach reach;
    unsigned near = 0, far = 0, asked = 0, not_asked = 0;
    reach.points[PP_OP_LOAD][PP_POINT_MEMORY_ALLOCATE] = 3;
    reach.outcomes[PP_OP_LOAD] = UINT32_C(1) << PP_OUTCOME_OPEN;
    for (uint32_t seed = 0; seed < 20000; seed++) {
        program = (struct pp_program){.op_count = 1, .ops = {{.kind = PP_OP_LOAD}}};
        pp_program_mutate(&program, 1, &reach, seed);
        const struct pp_op *op = &program.ops[0];
        bool is_load = program.op_count > 0 && op->kind == PP_OP_LOAD;
        for (unsigned i = 0; is_load && i < op->fault_count; i++) {
            bool is_near = op->faults[i].point == PP_POINT_MEMORY_ALLOCATE && op->faults[i].nth <= 3;
            near += is_near;
            far += !is_near;
        }
        for (unsigned i = 0; is_load && i < op->outcome_count; i++) {
            asked += op->outcomes[i].point == PP_OUTCOME_OPEN;
            not_asked += op->outcomes[i].point != PP_OUTCOME_OPEN;
        }
    }
    assert_true(near > 200);
    assert_true(far < near / 2);
    assert_true(asked > 100);
    assert_true(not_asked < asked / 2);
}

static void test_from_nothing_everything_is_reached(void **unused) {
    (void)unused;
    for (unsigned language = 0; language < PP_LANGUAGE_COUNT; language++) {
        check_from_nothing_everything_is_reached(language);
    }
}

static void test_empty_program_often_gets_a_life_cycle(void **unused) {
    (void)unused;
    unsigned cycles = 0;
    program.language = PP_LANGUAGE_PROTOCOL;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        bool has_bind = false, has_write = false;
        program.op_count = 0;
        pp_program_mutate(&program, 64, NULL, seed);
        for (uint32_t i = 0; i < program.op_count; i++) {
            has_bind |= program.ops[i].kind == PP_OP_BIND;
            has_write |= program.ops[i].kind == PP_OP_WRITE;
        }
        cycles += has_bind && has_write;
    }
    assert_in_range(cycles, 100, 950);
}

// Removing the op that named a0 must make the a1 of others an a0, not another adapter.
static void test_handles_follow_their_objects(void **unused) {
    (void)unused;
    unsigned followed = 0;
    program.language = PP_LANGUAGE_PROTOCOL;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        program.op_count = 3;
        program.ops[0] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {100}};
        program.ops[1] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {200}};
        program.ops[2] = (struct pp_op){.kind = PP_OP_BIND, .args = {1}};
        pp_program_mutate(&program, 64, NULL, seed);
        if (program.op_count == 2 && program.ops[0].kind == PP_OP_ADAPTER &&
            program.ops[0].args[0] == 200 && program.ops[1].kind == PP_OP_BIND) {
            assert_int_equal(program.ops[1].args[0], 0);
            followed++;
        }
    }
    assert_true(followed > 20);
}

static void test_limit_of_no_ops(void **unused) {
    (void)unused;
    uint64_t state = 25;
    for (uint32_t seed = 0; seed < 200; seed++) {
        random_program(&state, seed % PP_LANGUAGE_COUNT, 20, &program);
        pp_program_mutate(&program, 0, NULL, seed);
        assert_int_equal(program.op_count, 0);
    }
}

// A value that was offered is soon an argument, as it is or with its bytes swapped; nothing but the
// program is needed to have it again.
static void test_offered_values_are_used(void **state) {
    (void)state;
    static const uint32_t offered[] = {0x8a316714, 0xb588};
    static struct pp_program made;
    bool has_code = false, has_type = false;
    pp_program_offer(&(struct pp_offer){.values = offered, .value_count = 2});
    for (uint32_t seed = 0; seed < 4000; seed++) {
        made = (struct pp_program){.language = PP_LANGUAGE_PROTOCOL};
        pp_program_mutate(&made, 16, NULL, seed);
        for (uint32_t i = 0; i < made.op_count; i++) {
            const struct pp_op *op = &made.ops[i];
            has_code |= op->kind == PP_OP_IOCTL && op->args[1] == offered[0];
            has_type |= op->kind == PP_OP_FRAMES && op->args[1] == 0x88b5;
        }
    }
    pp_program_offer(&(struct pp_offer){0});
    assert_true(has_code);
    assert_true(has_type);
}

// A value that the driver refused soon gives way to what it wanted, as it is or with both swapped.
static void test_wishes_are_granted(void **state) {
    (void)state;
    static const struct pp_wish wish = {.from = 0x3412, .to = 0xb588};
    static struct pp_program made;
    uint32_t granted = 0;
    pp_program_offer(&(struct pp_offer){.wishes = &wish, .wish_count = 1});
    for (uint32_t seed = 0; seed < 1000; seed++) {
        made = (struct pp_program){.language = PP_LANGUAGE_PROTOCOL, .op_count = 2};
        made.ops[0] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {1500}};
        made.ops[1] = (struct pp_op){.kind = PP_OP_FRAMES, .args = {[1] = 0x1234}};
        pp_program_mutate(&made, 2, NULL, seed);
        for (uint32_t i = 0; i < made.op_count; i++) {
            granted += made.ops[i].kind == PP_OP_FRAMES && made.ops[i].args[1] == 0x88b5;
        }
    }
    pp_program_offer(&(struct pp_offer){0});
    assert_in_range(granted, 20, 1000);
}

// Where an argument is one case of a switch, another one is soon there; nothing of other sets comes as
// often.
static void test_cases_give_way_to_each_other(void **state) {
    (void)state;
    static const uint32_t sets[] = {2, 0x22e008, 0x22e00c, 2, 0x99990, 0x99994, 0};
    static struct pp_program made;
    uint32_t siblings = 0, strangers = 0;
    pp_program_offer(&(struct pp_offer){.sets = sets});
    for (uint32_t seed = 0; seed < 4000; seed++) {
        made = (struct pp_program){.language = PP_LANGUAGE_PROTOCOL, .op_count = 3};
        made.ops[0] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {1500}};
        made.ops[1] = (struct pp_op){.kind = PP_OP_CREATE};
        made.ops[2] = (struct pp_op){.kind = PP_OP_IOCTL, .args = {[1] = 0x22e008}};
        pp_program_mutate(&made, 3, NULL, seed);
        for (uint32_t i = 0; i < made.op_count; i++) {
            siblings += made.ops[i].kind == PP_OP_IOCTL && made.ops[i].args[1] == 0x22e00c;
            strangers += made.ops[i].kind == PP_OP_IOCTL && made.ops[i].args[1] == 0x99994;
        }
    }
    pp_program_offer(&(struct pp_offer){0});
    assert_in_range(siblings, 10, 4000);
    assert_in_range(strangers, 0, siblings / 2);
}

// What holds as long as no op says anything else gives way, too: by a new op.
static void test_wishes_about_defaults_are_granted(void **state) {
    (void)state;
    static const struct pp_wish wish = {.from = 8, .to = 0xb588};  // 0x0800 as it is in a packet
    static struct pp_program made;
    uint32_t granted = 0;
    pp_program_offer(&(struct pp_offer){.wishes = &wish, .wish_count = 1});
    for (uint32_t seed = 0; seed < 1000; seed++) {
        made = (struct pp_program){.language = PP_LANGUAGE_PROTOCOL, .op_count = 1};
        made.ops[0] = (struct pp_op){.kind = PP_OP_ADAPTER, .args = {1500}};
        pp_program_mutate(&made, 2, NULL, seed);
        for (uint32_t i = 0; i < made.op_count; i++) {
            granted += made.ops[i].kind == PP_OP_FRAMES && made.ops[i].args[1] == 0x88b5;
        }
    }
    pp_program_offer(&(struct pp_offer){0});
    assert_in_range(granted, 20, 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases_give_way_to_each_other),
        cmocka_unit_test(test_wishes_about_defaults_are_granted),
        cmocka_unit_test(test_wishes_are_granted),
        cmocka_unit_test(test_offered_values_are_used),
        cmocka_unit_test(test_every_result_is_valid),
        cmocka_unit_test(test_every_crossing_is_valid),
        cmocka_unit_test(test_same_seed_same_change),
        cmocka_unit_test(test_other_seeds_other_changes),
        cmocka_unit_test(test_choices_are_within_reach),
        cmocka_unit_test(test_faults_are_within_reach),
        cmocka_unit_test(test_from_nothing_everything_is_reached),
        cmocka_unit_test(test_empty_program_often_gets_a_life_cycle),
        cmocka_unit_test(test_handles_follow_their_objects),
        cmocka_unit_test(test_limit_of_no_ops),
    };
    return cmocka_run_group_tests_name("program mutate", tests, NULL, NULL);
}
