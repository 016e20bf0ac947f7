// SPDX-License-Identifier: MIT
// Same program, same build: same run, event for event. Held for the whole corpus and for thousands of
// mutants of it, one after the other and in reversed order (a run must not see what ran before it), and
// in another process (a run must not see where things happen to lie).
#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENERATED_COUNT 10000u
#define GENERATED_COUNT_PLANTED 2000u
#define GENERATED_COUNT_OTHER_PROCESS 500u

struct outcome {
    uint64_t digest;
    uint32_t event_count;
    uint32_t fault_fired_count;
    uint16_t op_played_count;
    uint8_t is_finding;
    char title[96];
};

static struct outcome outcomes[GENERATED_COUNT];

static struct outcome outcome_of(const struct pp_driver *driver, const struct pp_program *program) {
    static struct pp_verdict verdict;
    corpus_run(driver, program, &verdict);
    struct outcome outcome;
    memset(&outcome, 0, sizeof(outcome));
    outcome.digest = verdict.digest;
    outcome.event_count = verdict.event_count;
    outcome.fault_fired_count = verdict.fault_fired_count;
    outcome.op_played_count = (uint16_t)verdict.op_played_count;
    outcome.is_finding = verdict.is_finding;
    if (verdict.is_finding) {
        snprintf(outcome.title, sizeof(outcome.title), "%s", verdict.finding.title);
    }
    return outcome;
}

static void expect_equal(const struct pp_driver *driver, const struct pp_program *program,
                         const char *which, uint32_t number, const struct outcome *actual,
                         const struct outcome *expect) {
    if (memcmp(actual, expect, sizeof(*actual)) == 0) {
        return;
    }
    static char text[1 << 16];
    pp_program_print(program, PP_OP_NONE, text, sizeof(text));
    fail_msg("%s, %s %u: digest %016llx, %u events, '%s'; was %016llx, %u events, '%s'\n%s",
             driver->name, which, number, (unsigned long long)actual->digest, actual->event_count,
             actual->title, (unsigned long long)expect->digest, expect->event_count, expect->title,
             text);
}

static void check_generated(const struct pp_driver *driver, uint32_t count) {
    static struct pp_program program;
    uint32_t event_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        corpus_generate(i, &program);
        outcomes[i] = outcome_of(driver, &program);
        event_count += outcomes[i].event_count;
        struct outcome again = outcome_of(driver, &program);
        expect_equal(driver, &program, "program", i, &again, &outcomes[i]);
    }
    for (uint32_t i = count; i-- > 0;) {
        corpus_generate(i, &program);
        struct outcome again = outcome_of(driver, &program);
        expect_equal(driver, &program, "in reversed order, program", i, &again, &outcomes[i]);
    }
    assert_true(event_count > count * 10);  // the programs did something
}

static void test_corpus_runs_alike(void **state) {
    (void)state;
    static const char *const folders[] = {"seeds/", "regressions/"};
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        for (size_t folder = 0; folder < 2; folder++) {
            size_t count;
            const struct corpus_entry *entries = corpus_read(folders[folder], &count);
            for (size_t i = 0; i < count; i++) {
                struct outcome first = outcome_of(*driver, &entries[i].program);
                struct outcome again = outcome_of(*driver, &entries[i].program);
                expect_equal(*driver, &entries[i].program, entries[i].path, 0, &again, &first);
            }
        }
    }
}

static void test_good_drivers_run_alike(void **state) {
    (void)state;
    check_generated(pp_driver_find("echo"), GENERATED_COUNT);
    check_generated(pp_driver_find("twin"), GENERATED_COUNT);
}

// Runs end early here, in every state of the world.
static void test_planted_driver_runs_alike(void **state) {
    (void)state;
    check_generated(pp_driver_find("nbl_freed_in_flight"), GENERATED_COUNT_PLANTED);
    check_generated(pp_driver_find("pause_loses_wakeup"), GENERATED_COUNT_PLANTED);
}

static uint64_t digest_of_many(void) {
    static struct pp_program program;
    uint64_t digest = 0;
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        for (uint32_t i = 0; i < GENERATED_COUNT_OTHER_PROCESS; i++) {
            corpus_generate(i, &program);
            struct outcome outcome = outcome_of(*driver, &program);
            digest = digest * 31 + outcome.digest;
        }
    }
    return digest;
}

static const char *self;

static void test_other_process_runs_alike(void **state) {
    (void)state;
    char command[4096];
    snprintf(command, sizeof(command), "'%s' --digest", self);
    FILE *other = popen(command, "r");
    assert_non_null(other);
    unsigned long long digest = 0;
    assert_int_equal(fscanf(other, "%llx", &digest), 1);
    assert_int_equal(pclose(other), 0);
    assert_true(digest == digest_of_many());
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc > 1 && strcmp(argv[1], "--digest") == 0) {
        printf("%llx\n", (unsigned long long)digest_of_many());
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_runs_alike),
        cmocka_unit_test(test_good_drivers_run_alike),
        cmocka_unit_test(test_planted_driver_runs_alike),
        cmocka_unit_test(test_other_process_runs_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
