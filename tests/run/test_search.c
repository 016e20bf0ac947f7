// SPDX-License-Identifier: MIT
// Schedules that a search tries: the same for the same seed, each one written down as choices that do
// the same again, clean on correct drivers, and good enough to find races between plain accesses.
#include "corpus.h"

#include "base/guard.h"

#include <poolproof/driver.h>
#include <poolproof/run.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict plain, searched, replayed;
static struct pp_program recorded;

static const struct pp_search strategies[] = {
    {.strategy = PP_STRATEGY_RANDOM},
    {.strategy = PP_STRATEGY_PCT, .depth = 3},
    {.strategy = PP_STRATEGY_DELAY, .depth = 2},
    {.strategy = PP_STRATEGY_ROBIN},
};
#define STRATEGY_COUNT (sizeof(strategies) / sizeof(strategies[0]))

static const struct pp_program *program_of(const char *folder, const char *path) {
    size_t count;
    const struct corpus_entry *entries = corpus_read(folder, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].path, path) == 0) {
            return &entries[i].program;
        }
    }
    fail_msg("there is no corpus/%s", path);
    return NULL;
}

static void run_search(const struct pp_driver *driver, const struct pp_program *program,
                       const struct pp_search *search) {
    const struct pp_run_options options = {.search = search};
    pp_run(driver, program, &options, &searched);
    recorded = *pp_run_recorded();
}

static uint32_t choice_count(const struct pp_program *program) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < program->op_count; i++) {
        count += program->ops[i].choice_count;
    }
    return count;
}

// Returns how many choices were made in these schedules.
static uint32_t check_schedules(const struct pp_driver *driver, const struct corpus_entry *entry,
                                struct pp_search search) {
    uint32_t made = 0;
    pp_run(driver, &entry->program, NULL, &plain);
    search.step_count = plain.step_count;
    for (search.number = 1; search.number <= 6; search.number++) {
        run_search(driver, &entry->program, &search);
        if (searched.is_finding) {
            fail_msg("%s, %s, strategy %u, number %u: %s", driver->name, entry->path, search.strategy,
                     search.number, searched.finding.title);
        }
        made += choice_count(&recorded);
        assert_null(pp_program_check(&recorded));
        pp_run(driver, &recorded, NULL, &replayed);
        if (replayed.digest != searched.digest) {
            fail_msg("%s, %s, strategy %u, number %u: its choices do something else", driver->name,
                     entry->path, search.strategy, search.number);
        }
    }
    return made;
}

static void test_each_schedule_is_recorded(void **state) {
    (void)state;
    static const char *const drivers[] = {"echo", "twin", "relay", "late"};
    size_t count;
    const struct corpus_entry *entries = corpus_read("seeds/protocol/", &count);
    for (size_t j = 0; j < STRATEGY_COUNT; j++) {
        uint32_t made = 0;
        for (size_t i = 0; i < count; i++) {
            const struct pp_driver *driver = pp_driver_find(drivers[(i + j) % 4]);
            assert_non_null(driver);
            made += check_schedules(driver, &entries[i], strategies[j]);
        }
        assert_true(made > count);
    }
}

static void test_same_seed_same_schedule(void **state) {
    (void)state;
    const struct pp_driver *driver = pp_driver_find("echo");
    const struct pp_program *program =
        program_of("seeds/protocol/", "seeds/protocol/unbind_races_with_write.prog");
    uint32_t differing = 0;
    for (uint32_t number = 1; number <= 40; number++) {
        struct pp_search search = {
            .strategy = PP_STRATEGY_RANDOM, .number = number, .step_count = 200, .seed = 5};
        run_search(driver, program, &search);
        uint64_t digest = searched.digest;
        static struct pp_program before;
        before = recorded;
        run_search(driver, program, &search);
        assert_true(searched.digest == digest);
        assert_true(pp_program_equal(&recorded, &before));
        search.seed = 6;
        run_search(driver, program, &search);
        differing += !pp_program_equal(&recorded, &before);
    }
    assert_true(differing > 20);
}

// The number of the schedule that finds the driver's bug in a program without choices, or 0.
static uint32_t find(const char *name, struct pp_search search, uint32_t number_max) {
    const struct pp_driver *driver = pp_driver_find(name);
    char path[128];
    snprintf(path, sizeof(path), "regressions/planted/%s.prog", name);
    static struct pp_program program;
    program = *program_of("regressions/planted/", path);
    for (uint32_t i = 0; i < program.op_count; i++) {
        program.ops[i].choice_count = 0;
    }
    pp_run(driver, &program, NULL, &plain);
    assert_false(plain.is_finding);
    search.step_count = plain.step_count;
    for (search.number = 1; search.number <= number_max; search.number++) {
        run_search(driver, &program, &search);
        if (searched.is_finding && strcmp(searched.finding.title, driver->expected_title) == 0) {
            pp_run(driver, &recorded, NULL, &replayed);
            assert_true(replayed.is_finding);
            assert_string_equal(replayed.finding.title, driver->expected_title);
            assert_true(replayed.digest == searched.digest);
            return search.number;
        }
    }
    return 0;
}

#define HAS_ACCESS_POINTS (PP_HAS_GUARD || __clang_major__ >= 16)

// What one switch between a load and a store does, and what takes two.
static void test_races_between_accesses_are_found(void **state) {
    (void)state;
    static const struct {
        const char *driver;
        struct pp_search search;
    } races[] = {
        {"hold_released_outside_lock", {.strategy = PP_STRATEGY_DELAY, .depth = 2}},
        {"hold_released_outside_lock", {.strategy = PP_STRATEGY_PCT, .depth = 3}},
        {"hold_released_outside_lock", {.strategy = PP_STRATEGY_RANDOM}},
        {"flags_read_in_wrong_order", {.strategy = PP_STRATEGY_DELAY, .depth = 3}},
        {"flags_read_in_wrong_order", {.strategy = PP_STRATEGY_PCT, .depth = 3}},
        {"flags_read_in_wrong_order", {.strategy = PP_STRATEGY_RANDOM}},
    };
    if (!HAS_ACCESS_POINTS) {
        skip();
    }
    for (size_t i = 0; i < sizeof(races) / sizeof(races[0]); i++) {
        if (find(races[i].driver, races[i].search, 20000) == 0) {
            fail_msg("%s: not found by strategy %u", races[i].driver, races[i].search.strategy);
        }
    }
}

static void test_one_switch_is_not_enough(void **state) {
    (void)state;
    const struct pp_search one = {.strategy = PP_STRATEGY_DELAY, .depth = 1};
    assert_int_equal(find("flags_read_in_wrong_order", one, 3000), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_schedule_is_recorded),
        cmocka_unit_test(test_same_seed_same_schedule),
        cmocka_unit_test(test_races_between_accesses_are_found),
        cmocka_unit_test(test_one_switch_is_not_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
