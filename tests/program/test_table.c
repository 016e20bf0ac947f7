// SPDX-License-Identifier: MIT
// The info tables hold what the rest of src/program takes for granted of a row of the .def files.
#include <poolproof/program.h>

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static void check_word(const char *word) {
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_.");
    assert_true(length > 0 && word[length] == '\0');
    assert_true(length < 32);
}

static void check_arg(const struct pp_arg_info *arg) {
    if (arg->kind == PP_ARG_HANDLE) {
        assert_in_range(arg->letter, 'a', 'z');
        assert_null(arg->word);
        return;
    }
    check_word(arg->word);
    assert_true(arg->min <= arg->standard && arg->standard <= arg->max);
    assert_int_equal(arg->kind == PP_ARG_CHOICE, arg->words != NULL);
    for (unsigned i = 0; arg->words && i <= arg->max; i++) {
        check_word(arg->words[i]);
    }
}

static void check_ops(const struct pp_language_info *language) {
    for (unsigned kind = 0; kind < language->op_count; kind++) {
        const struct pp_op_info *info = &language->ops[kind];
        check_word(info->word);
        assert_non_null(info->about);
        assert_true(info->result == 0 || (info->result >= 'a' && info->result <= 'z'));
        assert_true(info->arg_count <= PP_OP_ARGS_MAX);
        for (unsigned i = 0; i < info->arg_count; i++) {
            check_arg(&info->args[i]);
            // The text form gives handles by place, before all that have words.
            assert_false(i > 0 && info->args[i].kind == PP_ARG_HANDLE &&
                         info->args[i - 1].kind != PP_ARG_HANDLE);
        }
        assert_null(info->args[info->arg_count].word);
        for (unsigned other = 0; other < kind; other++) {
            assert_string_not_equal(info->word, language->ops[other].word);
        }
    }
}

static void check_every_letter_has_a_creator(const struct pp_language_info *language) {
    for (unsigned kind = 0; kind < language->op_count; kind++) {
        for (unsigned i = 0; i < language->ops[kind].arg_count; i++) {
            const struct pp_arg_info *arg = &language->ops[kind].args[i];
            bool has_creator = arg->kind != PP_ARG_HANDLE;
            for (unsigned other = 0; other < language->op_count; other++) {
                has_creator |= language->ops[other].result == arg->letter;
            }
            assert_true(has_creator);
        }
    }
}

static void test_ops_are_well_formed(void **state) {
    (void)state;
    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        check_ops(&pp_languages[i]);
        check_every_letter_has_a_creator(&pp_languages[i]);
    }
}

static void test_languages_are_well_formed(void **state) {
    (void)state;
    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        const struct pp_language_info *language = &pp_languages[i];
        check_word(language->word);
        assert_in_range(language->attribute_count, 1, PP_ATTRIBUTE_COUNT);
        assert_in_range(language->points, 1, (UINT32_C(1) << PP_POINT_COUNT) - 1);
    }
    assert_ptr_equal(pp_languages[PP_LANGUAGE_PROTOCOL].ops, pp_op_infos);
    assert_ptr_equal(pp_languages[PP_LANGUAGE_POOL].ops, pp_pool_op_infos);
    assert_false(pp_languages[PP_LANGUAGE_POOL].points >> PP_POINT_DEVICE_CREATE & 1);
    assert_true(pp_languages[PP_LANGUAGE_POOL].points >> PP_POINT_NBL_ALLOCATE & 1);
}

static void test_known_rows(void **state) {
    (void)state;
    const struct pp_op_info *complete = &pp_op_infos[PP_OP_COMPLETE];
    assert_string_equal(complete->word, "complete");
    assert_int_equal(complete->result, 0);
    assert_int_equal(complete->arg_count, 6);
    assert_int_equal(complete->args[0].letter, 'b');
    assert_string_equal(complete->args[2].word, "count");
    assert_int_equal(complete->args[2].min, 1);
    assert_int_equal(complete->args[2].max, 255);
    assert_int_equal(complete->args[2].standard, 1);
    assert_string_equal(complete->args[4].words[1], "reverse");
    assert_int_equal(complete->args[4].max, 2);
    assert_int_equal(pp_op_infos[PP_OP_LOAD].arg_count, 0);
    assert_int_equal(pp_op_infos[PP_OP_ADAPTER].result, 'a');
    assert_int_equal(pp_outcome_infos[PP_OUTCOME_CLOSE].statuses, 1u << PP_STATUS_PENDING);
    assert_int_equal(pp_status_values[PP_STATUS_RESOURCES], 0xC000009A);
    assert_string_equal(pp_status_words[PP_STATUS_PAUSED], "paused");
}

static void test_points_are_well_formed(void **state) {
    (void)state;
    for (unsigned i = 0; i < PP_POINT_COUNT; i++) {
        check_word(pp_point_infos[i].name);
        assert_non_null(pp_point_infos[i].function);
        assert_non_null(pp_point_infos[i].duty);
        assert_int_equal(pp_point_infos[i].statuses, 0);
    }
    for (unsigned i = 0; i < PP_OUTCOME_COUNT; i++) {
        check_word(pp_outcome_infos[i].name);
        assert_int_not_equal(pp_outcome_infos[i].statuses, 0);
        for (unsigned point = 0; point < PP_POINT_COUNT; point++) {
            assert_string_not_equal(pp_outcome_infos[i].name, pp_point_infos[point].name);
        }
    }
    for (unsigned i = 0; i < PP_STATUS_COUNT; i++) {
        check_word(pp_status_words[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops_are_well_formed),
        cmocka_unit_test(test_languages_are_well_formed),
        cmocka_unit_test(test_known_rows),
        cmocka_unit_test(test_points_are_well_formed),
    };
    return cmocka_run_group_tests_name("program table", tests, NULL, NULL);
}
