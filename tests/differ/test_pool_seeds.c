// SPDX-License-Identifier: MIT
// The seeds are clean on pools that are right, with rules and without; each pool with a planted bug is
// found by one of them; each rule that a pool program can break is broken by one of them.
#include "programs.h"

#include "base/guard.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;

static bool is_right(const struct pp_pool_functions *pool) {
    return strcmp(pool->name, "arena") == 0 || strcmp(pool->name, "naive") == 0;
}

static void check_seeds(bool without_rules) {
    size_t count;
    const struct pool_seed *seeds = pool_seeds(&count);
    uint32_t right_count = 0;
    for (uint32_t p = 0; p < pp_pool_count(); p++) {
        for (size_t i = 0; i < count && is_right(pp_pool_at(p)); i++) {
            pool_check(pp_pool_at(p), &seeds[i].program, without_rules, seeds[i].name);
        }
        right_count += is_right(pp_pool_at(p));
    }
    assert_int_equal(right_count, 2);
}

static void test_seeds_are_clean(void **state) {
    (void)state;
    check_seeds(/*without_rules=*/false);
}

static void test_seeds_are_clean_without_rules(void **state) {
    (void)state;
    check_seeds(/*without_rules=*/true);
}

// What breaks a rule because of memory that is not there is not played where nobody would see it.
static void need_guard(void) {
    if (!PP_HAS_GUARD) {
        skip();
    }
}

// A fault that is never met, or a program of which nothing is played, shows nothing.
static void test_seeds_do_something(void **state) {
    (void)state;
    need_guard();
    size_t count;
    const struct pool_seed *seeds = pool_seeds(&count);
    for (size_t i = 0; i < count; i++) {
        pp_differ(&pp_pool_arena, &seeds[i].program, NULL, &verdict);
        if (verdict.op_played_count < seeds[i].program.op_count) {
            fail_msg("%s: %u of %u ops are played", seeds[i].name, verdict.op_played_count,
                     seeds[i].program.op_count);
        }
        if (verdict.fault_fired_count < verdict.fault_armed_count) {
            fail_msg("%s: %u of %u faults fire", seeds[i].name, verdict.fault_fired_count,
                     verdict.fault_armed_count);
        }
    }
}

static void test_planted_pools_are_found(void **state) {
    (void)state;
    size_t count;
    const struct pool_seed *seeds = pool_seeds(&count);
    uint32_t planted_count = 0;
    for (uint32_t p = 0; p < pp_pool_count(); p++) {
        const struct pp_pool_functions *pool = pp_pool_at(p);
        bool is_found = is_right(pool);
        planted_count += !is_found;
        for (size_t i = 0; i < count && !is_found; i++) {
            pp_differ(pool, &seeds[i].program, NULL, &verdict);
            is_found = verdict.is_finding;
        }
        if (!is_found) {
            fail_msg("no seed finds what is wrong with %s", pool->name);
        }
    }
    assert_true(planted_count >= 20);
}

// What a pool program cannot do, it cannot do wrong.
static bool is_reachable(const char *id) {
    static const char *const families[] = {"POOL-",   "ALLOC-", "FREE-", "NB-",  "CTX-", "RA-",
                                           "DERIVE-", "GDB-",   "MDL-",  "MEM-", NULL};
    // By receiving, sending, restarting, unloading; by touching memory itself; or by losing what a call
    // returned, of which the player knows nothing.
    static const char *const others[] = {"POOL-LEAK",
                                         "POOL-RESIZE",
                                         "POOL-SIZED",

                                         "ALLOC-NULL-USE",
                                         "MEM-WILD",
                                         "ALLOC-FAIL-UNWIND",
                                         "ALLOC-NO-FAIL",
                                         "FREE-NBL-INFLIGHT",
                                         "FREE-NBL-FOREIGN",
                                         "NB-NEXT",
                                         "MDL-CHAIN",
                                         "MDL-MAP-NULL",
                                         "MDL-ONE-THREAD",
                                         "CTX-BOUNDS",
                                         "CTX-NULL",
                                         "CTX-HANDOVER",
                                         "RA-STATUS",
                                         "RA-BALANCE",
                                         "RA-RX-FREEMDL",
                                         "GDB-NULL",
                                         "GDB-LIFE",
                                         "MEM-NULL",
                                         NULL};
    for (size_t i = 0; others[i] != NULL; i++) {
        if (strcmp(id, others[i]) == 0) {
            return false;
        }
    }
    for (size_t i = 0; families[i] != NULL; i++) {
        if (strncmp(id, families[i], strlen(families[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void test_rules_are_broken_by_seeds(void **state) {
    (void)state;
    need_guard();
    static uint32_t broken[256];
    size_t count;
    const struct pool_seed *seeds = pool_seeds(&count);
    for (size_t i = 0; i < count; i++) {
        pp_differ(&pp_pool_arena, &seeds[i].program, NULL, &verdict);
        for (uint32_t rule = 0; rule < pp_rule_count; rule++) {
            broken[rule] += pp_differ_broken()[rule];
        }
    }
    for (uint32_t rule = 0; rule < pp_rule_count; rule++) {
        if (broken[rule] == 0 && is_reachable(pp_rules[rule].id)) {
            fail_msg("no seed breaks %s", pp_rules[rule].id);
        }
    }
}

static void test_mutants_are_clean(void **state) {
    (void)state;
    static struct pp_program program;
    for (uint32_t number = 0; number < 20000; number++) {
        pool_generate(number, &program);
        pool_check(&pp_pool_arena, &program, /*without_rules=*/false, "a mutant");
        pool_check(pp_pool_find("naive"), &program, /*without_rules=*/number % 2 != 0, "a mutant");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_are_clean),
        cmocka_unit_test(test_seeds_are_clean_without_rules),
        cmocka_unit_test(test_seeds_do_something),
        cmocka_unit_test(test_planted_pools_are_found),
        cmocka_unit_test(test_rules_are_broken_by_seeds),
        cmocka_unit_test(test_mutants_are_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
