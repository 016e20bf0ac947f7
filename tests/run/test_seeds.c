// SPDX-License-Identifier: MIT
// Every program of the corpus is clean on every good driver and does something there, and no fault in a
// seed is there in vain.
#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;

// Runs the programs of the folder on each good driver. Returns how many drivers there are.
static size_t check_clean(const char *folder) {
    size_t driver_count = 0;
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        if ((*driver)->expected_title != NULL) {
            continue;
        }
        driver_count++;
        size_t count;
        const struct corpus_entry *entries = corpus_read(folder, &count);
        for (size_t i = 0; i < count; i++) {
            corpus_run(*driver, &entries[i].program, &verdict);
            if (verdict.is_finding) {
                fail_msg("%s on %s:\n%s\n%s", entries[i].path, (*driver)->name, verdict.finding.title,
                         verdict.finding.detail);
            }
            assert_true(verdict.op_played_count > 0);
            assert_true(verdict.rule_check_count > 0);
        }
    }
    return driver_count;
}

static void test_good_drivers_are_clean(void **state) {
    (void)state;
    assert_true(check_clean("seeds/") >= 2);
    check_clean("regressions/");
}

// A fault that no driver ever meets shows nothing: the program says more than it does.
static void test_faults_of_seeds_fire(void **state) {
    (void)state;
    size_t count;
    const struct corpus_entry *entries = corpus_read("seeds/", &count);
    for (size_t i = 0; i < count; i++) {
        uint32_t most_fired = 0;
        for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
            corpus_run(*driver, &entries[i].program, &verdict);
            most_fired = verdict.fault_fired_count > most_fired ? verdict.fault_fired_count : most_fired;
        }
        if (verdict.fault_armed_count > 0 && most_fired == 0) {
            fail_msg("%s: none of its %u faults fires", entries[i].path, verdict.fault_armed_count);
        }
    }
}

// Mutants of the corpus are clean, too: a good driver keeps the contract in every case.
static void test_good_drivers_are_clean_on_mutants(void **state) {
    (void)state;
    static struct pp_program program;
    static char text[1 << 16];
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        for (uint32_t i = 0; (*driver)->expected_title == NULL && i < 20000; i++) {
            corpus_generate(100000 + i, &program);
            corpus_run(*driver, &program, &verdict);
            if (verdict.is_finding) {
                pp_program_print(&program, PP_OP_NONE, text, sizeof(text));
                fail_msg("%s:\n%s\n%s\n%s", (*driver)->name, verdict.finding.title,
                         verdict.finding.detail, text);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_drivers_are_clean),
        cmocka_unit_test(test_faults_of_seeds_fire),
        cmocka_unit_test(test_good_drivers_are_clean_on_mutants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
