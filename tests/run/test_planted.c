// SPDX-License-Identifier: MIT
// Each planted bug is found: the program of its name in corpus/regressions/planted gets exactly the
// title that the driver's head promises.
#include "corpus.h"

#include "base/guard.h"
#include "kernel/crash.h"

#include <poolproof/rule.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pp_program *program_of(const char *driver) {
    size_t count;
    const struct corpus_entry *entries = corpus_read("regressions/planted/", &count);
    char path[256];
    snprintf(path, sizeof(path), "regressions/planted/%s.prog", driver);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].path, path) == 0) {
            return &entries[i].program;
        }
    }
    fail_msg("there is no corpus/%s", path);
    return NULL;
}

// The touch itself is seen by a guard only.
static bool needs_guard(const char *title) {
    return strstr(title, "poolproof: MEM-UAF: ") == title ||
           strstr(title, "poolproof: RX-HDRMDL: ") == title ||
           strstr(title, "poolproof: RX-MULTIMDL: ") == title ||
           strstr(title, "poolproof: SEND-TOUCH: ") == title;
}

// A bug that breaks no more than advice is a finding for the strict only.
static bool is_advice(const char *title) {
    char id[32];
    assert_int_equal(sscanf(title, "poolproof: %31[^:]", id), 1);
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (strcmp(pp_rules[i].id, id) == 0) {
            return pp_rules[i].severity == PP_SEVERITY_COUNT_ONLY;
        }
    }
    fail_msg("there is no rule %s", id);
    return false;
}

static bool has_access_choice(const struct pp_program *program) {
    for (uint32_t i = 0; i < program->op_count; i++) {
        for (uint32_t j = 0; j < program->ops[i].choice_count; j++) {
            if (program->ops[i].choices[j].accesses > 0) {
                return true;
            }
        }
    }
    return false;
}

// How many accesses there are between two calls is the compiler's business: what a choice meets there in
// one build, a search has to find in another.
static void search(const struct pp_driver *driver, const struct pp_program *program,
                   const struct pp_run_options *plain, struct pp_verdict *verdict) {
    if (!PP_HAS_GUARD && __clang_major__ < 16) {
        skip();  // no switch points there
    }
    static struct pp_program bare;
    bare = *program;
    for (uint32_t i = 0; i < bare.op_count; i++) {
        bare.ops[i].choice_count = 0;
    }
    struct pp_search by = {.strategy = PP_STRATEGY_DELAY, .depth = 2, .step_count = 100};
    struct pp_run_options options = *plain;
    options.search = &by;
    do {
        by.number++;
        pp_run(driver, &bare, &options, verdict);
    } while (by.number < 20000 &&
             !(verdict->is_finding && strcmp(verdict->finding.title, driver->expected_title) == 0));
}

static void check_planted(void **state) {
    static struct pp_verdict verdict;
    const struct pp_driver *driver = *state;
    const struct pp_program *program = program_of(driver->name);
    if (!PP_HAS_GUARD && needs_guard(driver->expected_title)) {
        skip();
    }
    const struct pp_run_options options = {.is_strict = is_advice(driver->expected_title)};
    pp_crash_catch();
    pp_run(driver, program, &options, &verdict);
    if (!verdict.is_finding && has_access_choice(program)) {
        search(driver, program, &options, &verdict);
    }
    if (!verdict.is_finding) {
        fail_msg("nothing found; should be\n%s", driver->expected_title);
    }
    assert_string_equal(verdict.finding.title, driver->expected_title);
}

// A program about a driver that is gone is about nothing.
static void test_each_program_has_its_driver(void **state) {
    (void)state;
    size_t count;
    const struct corpus_entry *entries = corpus_read("regressions/planted/", &count);
    for (size_t i = 0; i < count; i++) {
        char name[128];
        assert_int_equal(sscanf(entries[i].path, "regressions/planted/%127[^.].prog", name), 1);
        const struct pp_driver *driver = pp_driver_find(name);
        if (driver == NULL || driver->expected_title == NULL) {
            fail_msg("%s: there is no planted driver of that name", entries[i].path);
        }
    }
}

int main(void) {
    size_t count = 0;
    while (pp_driver_list()[count] != NULL) {
        count++;
    }
    struct CMUnitTest *tests = calloc(count + 1, sizeof(*tests));
    size_t test_count = 0;
    for (size_t i = 0; tests != NULL && i < count; i++) {
        const struct pp_driver *driver = pp_driver_list()[i];
        if (driver->expected_title != NULL) {
            tests[test_count++] = (struct CMUnitTest){
                .name = driver->name, .test_func = check_planted, .initial_state = (void *)driver};
        }
    }
    if (tests == NULL || test_count == 0) {
        return 1;
    }
    tests[test_count++] = (struct CMUnitTest)cmocka_unit_test(test_each_program_has_its_driver);
    return _cmocka_run_group_tests("planted", tests, test_count, NULL, NULL);
}
