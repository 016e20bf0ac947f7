// SPDX-License-Identifier: MIT
// The player: what differs is found, named and told; what does not is left alone.
#include "programs.h"

#include "base/guard.h"
#include "pool/pool.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>

static struct pp_program program;
static struct pp_verdict verdict;
static struct pp_pool_functions wrong;

static void play(const struct pp_pool_functions *pool, const char *text) {
    pool_program(text, &program);
    pp_differ(pool, &program, NULL, &verdict);
}

static void check_title(const char *title) {
    if (!verdict.is_finding) {
        fail_msg("nothing found, expected: %s", title);
    }
    assert_string_equal(verdict.finding.title, title);
    assert_string_equal(verdict.finding.rule->id, "POOL-DIFFERS");
}

// The world's own pool, but for one function.
static void begin_wrong(void) {
    wrong = pp_pool_arena;
    wrong.name = "wrong";
}

// === Results ===

static ULONG physical_count_of_17(NET_BUFFER *nb) {
    (void)nb;
    return 17;
}

static void test_wrong_result_is_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.physical_count = physical_count_of_17;
    play(&wrong, "q0 = nb_pool(data: 10)\nk0 = nb_with_data(q0)\nphysical_count(k0)\n");
    check_title("poolproof: POOL-DIFFERS: result of physical_count");
    assert_int_equal(verdict.finding.op, 2);
    assert_non_null(strstr(verdict.finding.detail, "17, expected 0 to 1"));
}

static NDIS_HANDLE no_pool(const NET_BUFFER_POOL_PARAMETERS *parameters) {
    (void)parameters;
    return NULL;
}

static void test_failure_without_a_fault_is_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.allocate_nb_pool = no_pool;
    play(&wrong, "q0 = nb_pool()\n");
    check_title("poolproof: POOL-DIFFERS: result of nb_pool");
}

static int reset_count;

static void count_reset(void) {
    reset_count++;
    pp_pool_arena.reset();
}

// === State ===

static void adjust_nothing(NET_BUFFER *nb) { (void)nb; }

static void test_wrong_field_is_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.adjust = adjust_nothing;
    play(&wrong, "q0 = nb_pool(data: 10)\nk0 = nb_with_data(q0)\nset_nb(k0, value: 4)\nadjust(k0)\n");
    check_title("poolproof: POOL-DIFFERS: CurrentMdlOffset of adjust");
}

static NET_BUFFER *other;

static NET_BUFFER *allocate_and_touch(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset,
                                      SIZE_T length) {
    NET_BUFFER *nb = pp_pool_arena.allocate_nb(pool, with_data, mdls, offset, length);
    if (other != NULL) {
        other->DataLength++;
    }
    other = nb;
    return nb;
}

// What an op changes beside what it names comes out at the end.
static void test_change_of_another_object_is_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.allocate_nb = allocate_and_touch;
    other = NULL;
    play(&wrong, "q0 = nb_pool(data: 10)\nk0 = nb_with_data(q0)\nk1 = nb_with_data(q0)\n");
    check_title("poolproof: POOL-DIFFERS: DataLength of the end of the program");
    assert_int_equal(verdict.finding.op, PP_OP_NONE);
}

static void keep_everything(NET_BUFFER *nb) { (void)nb; }

static void test_memory_left_is_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.free_nb = keep_everything;
    play(&wrong, "q0 = nb_pool()\nk0 = nb(q0)\n");
    check_title("poolproof: POOL-DIFFERS: memory left at the end of the program");
}

static NDIS_STATUS copy_nothing(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                                ULONG from_offset, ULONG *ret_copied) {
    (void)to, (void)to_offset, (void)from, (void)from_offset;
    *ret_copied = bytes;
    return NDIS_STATUS_SUCCESS;
}

static void test_wrong_bytes_are_found(void **state) {
    (void)state;
    begin_wrong();
    wrong.copy = copy_nothing;
    play(&wrong,
         "memory(data_offset: zero)\nq0 = nb_pool(data: 10)\nk0 = nb_with_data(q0)\n"
         "k1 = nb_with_data(q0)\nset_nb(k1, field: length, value: 10)\ncopy(k0, k1, bytes: 10)\n");
    check_title("poolproof: POOL-DIFFERS: content of a buffer after copy");
}

// === Faults ===

static NET_BUFFER *allocate_once(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset,
                                 SIZE_T length) {
    NET_BUFFER *nb =
        other == NULL ? pp_pool_arena.allocate_nb(pool, with_data, mdls, offset, length) : NULL;
    other = nb;
    return nb;
}

static void test_failed_call_is_made_again(void **state) {
    (void)state;
    play(&pp_pool_arena, "q0 = nb_pool()\nk0 = nb(q0) (fail: nb.allocate 1..)\npool_of_nb(k0)\n");
    assert_false(verdict.is_finding);
    assert_int_equal(verdict.fault_fired_count, 1);
    assert_int_equal(verdict.op_played_count, 3);
    begin_wrong();
    wrong.allocate_nb = allocate_once;
    other = NULL;
    play(&wrong, "q0 = nb_pool()\nk0 = nb(q0)\nk1 = nb(q0) (fail: nb.allocate 1)\n");
    check_title("poolproof: POOL-DIFFERS: result of nb");
}

// === Rules ===

static uint32_t broken_of(const char *id) {
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (strcmp(pp_rules[i].id, id) == 0) {
            return pp_differ_broken()[i];
        }
    }
    fail_msg("no rule %s", id);
    return 0;
}

static void test_broken_rules_are_counted(void **state) {
    (void)state;
    play(&pp_pool_arena, "p0 = nbl_pool(context: 8)\nn0 = nbl(p0)\nfree_nbl_pool(p0)\nfree_nbl(n0)\n"
                         "free_nbl(n0)\nfree_nbl(n0)\n");
    assert_false(verdict.is_finding);
    assert_int_equal(broken_of("POOL-FREE-LIVE-NBL"), 1);
    assert_int_equal(broken_of("FREE-NBL-DOUBLE"), 2);
    assert_int_equal(broken_of("POOL-CTX-ALIGN"), 1);
    play(&pp_pool_arena, "p0 = nbl_pool()\n");
    assert_int_equal(broken_of("FREE-NBL-DOUBLE"), 0);
}

static uint32_t free_count;

static void count_free(NET_BUFFER_LIST *nbl) {
    free_count++;
    pp_pool_arena.free_nbl(nbl);
}

static void test_refused_call_never_reaches_the_pool(void **state) {
    (void)state;
    static const struct pp_differ_options without_rules = {.without_rules = true};
    begin_wrong();
    wrong.free_nbl = count_free;
    free_count = 0;
    play(&wrong, "p0 = nbl_pool()\nn0 = nbl(p0)\nfree_nbl(n0)\nfree_nbl(n0)\n");
    assert_false(verdict.is_finding);
    assert_int_equal(free_count, 1);
    free_count = 0;
    pp_differ(&wrong, &program, &without_rules, &verdict);
    assert_false(verdict.is_finding);
    assert_int_equal(free_count, PP_HAS_GUARD ? 2 : 1);
}

// === The world around it ===

static void test_same_program_same_verdict(void **state) {
    (void)state;
    for (uint32_t number = 0; number < 500; number++) {
        pool_generate(number, &program);
        pp_differ(&pp_pool_arena, &program, NULL, &verdict);
        uint64_t digest = verdict.digest;
        pp_differ(&pp_pool_arena, &program, NULL, &verdict);
        assert_int_equal(verdict.digest, digest);
    }
}

static void test_world_is_left_empty(void **state) {
    (void)state;
    begin_wrong();
    wrong.reset = count_reset;
    reset_count = 0;
    play(&wrong, "p0 = nbl_pool(data: 100)\nn0 = nbl(p0)\n");
    assert_true(reset_count > 0);
    assert_ptr_equal(pp_pool_in_use(), &pp_pool_arena);
    assert_int_equal(pp_pool_memory_held(), 0);
    assert_int_equal(pp_arena_count_live(UINT16_MAX), 0);
}

static void test_report(void **state) {
    (void)state;
    static char report[1 << 16];
    begin_wrong();
    wrong.physical_count = physical_count_of_17;
    play(&wrong, "q0 = nb_pool()\nk0 = nb(q0)\nphysical_count(k0)\n");
    uint64_t digest = verdict.digest;
    pp_differ_report(&wrong, &program, &verdict, "play it", report, sizeof(report));
    static const char begin[] = "poolproof: POOL-DIFFERS: result of physical_count\n\n"
                                "  pool wrong, physical_count\n    17, expected 0 to 0\n\nprogram:\n";
    assert_memory_equal(report, begin, strlen(begin));
    assert_non_null(strstr(report, "->    2  physical_count(k0)\n"));
    assert_non_null(strstr(report, "NB made nb0 p0 ?\n"));
    assert_non_null(strstr(report, "\nreplay: play it\n"));
    assert_int_equal(verdict.digest, digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_result_is_found),
        cmocka_unit_test(test_failure_without_a_fault_is_found),
        cmocka_unit_test(test_wrong_field_is_found),
        cmocka_unit_test(test_change_of_another_object_is_found),
        cmocka_unit_test(test_memory_left_is_found),
        cmocka_unit_test(test_wrong_bytes_are_found),
        cmocka_unit_test(test_failed_call_is_made_again),
        cmocka_unit_test(test_broken_rules_are_counted),
        cmocka_unit_test(test_refused_call_never_reaches_the_pool),
        cmocka_unit_test(test_same_program_same_verdict),
        cmocka_unit_test(test_world_is_left_empty),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
