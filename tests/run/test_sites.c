// SPDX-License-Identifier: MIT
// Sites are those of the run, in its order; sites are alike if nothing that matters tells them apart.
#include <poolproof/driver.h>
#include <poolproof/run.h>
#include <poolproof/site.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct pp_verdict verdict;

// The sites of the echo driver playing it.
static const struct pp_site *sites_of(const char *text, uint32_t *ret_count) {
    static struct pp_program program;
    struct pp_error error;
    const struct pp_run_options options = {.sites = PP_SITES_STATES};

    assert_true(pp_program_parse(text, strlen(text), &program, &error));
    pp_run(pp_driver_find("echo"), &program, &options, &verdict);
    return pp_run_sites(ret_count);
}

// The nth site of that op's calls of the point.
static struct pp_site find(const struct pp_site *sites, uint32_t count, uint16_t op,
                           enum pp_point point) {
    for (uint32_t i = 0; i < count; i++) {
        if (sites[i].op == op && sites[i].point == point && !sites[i].is_outcome) {
            return sites[i];
        }
    }
    fail_msg("op %u has no site of %s", op, pp_point_infos[point].name);
    return (struct pp_site){0};
}

#define BEGIN "poolproof 1\na0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"

static void test_sites_are_the_calls_of_fault_points(void **state) {
    (void)state;
    uint32_t count, reached = 0, sited = 0;
    const struct pp_site *sites = sites_of(BEGIN "write(f0)\nunbind(b0)\n", &count);
    for (uint32_t i = 0; i < PP_POINT_ANY; i++) {
        reached += verdict.point_reached[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        sited += !sites[i].is_outcome;
        assert_true(i == 0 || sites[i].op >= sites[i - 1].op || sites[i].is_outcome);
        assert_true(sites[i].place < pp_place_count());
    }
    // DriverEntry is called for the world's own sake, and has no sites.
    assert_true(sited > 0 && sited <= reached);
    struct pp_site write = find(sites, count, 4, PP_POINT_NBL_ALLOCATE);
    const struct pp_place *place = pp_place_at(write.place);
    assert_int_equal(write.nth, 1);
    assert_false(write.is_answered);
    assert_int_equal(place->point, PP_POINT_NBL_ALLOCATE);
    assert_true(place->depth > 0);
    assert_non_null(pp_place_function(place, 0));
    assert_int_equal(pp_place_add(place), write.place);
}

static void test_a_fault_answers_its_site(void **state) {
    (void)state;
    uint32_t count;
    const struct pp_site *sites =
        sites_of(BEGIN "write(f0) (fail: nbl.allocate 1)\nunbind(b0)\n", &count);
    assert_true(find(sites, count, 4, PP_POINT_NBL_ALLOCATE).is_answered);
    assert_false(find(sites, count, 1, PP_POINT_NBL_POOL_ALLOCATE).is_answered);
}

static void test_repeated_ops_become_alike(void **state) {
    (void)state;
    uint32_t count;
    const struct pp_site *sites =
        sites_of(BEGIN "write(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\n"
                       "write(f0)\nwrite(f0, length: 99)\nunbind(b0)\n",
                 &count);
    struct pp_site first = find(sites, count, 4, PP_POINT_NBL_ALLOCATE);
    struct pp_site fifth = find(sites, count, 8, PP_POINT_NBL_ALLOCATE);
    struct pp_site before_other = find(sites, count, 9, PP_POINT_NBL_ALLOCATE);
    struct pp_site other = find(sites, count, 10, PP_POINT_NBL_ALLOCATE);
    assert_int_equal(first.place, fifth.place);
    assert_int_equal(first.place, other.place);
    assert_true(first.state != fifth.state);         // none out, or some
    assert_true(other.state != before_other.state);  // another length
    sites = sites_of(BEGIN "write(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\nwrite(f0)\n"
                           "write(f0)\nwrite(f0)\nwrite(f0)\nunbind(b0)\n",
                     &count);
    struct pp_site again = find(sites, count, 8, PP_POINT_NBL_ALLOCATE);
    assert_true(again.state == fifth.state);  // of another run
    assert_true(find(sites, count, 9, PP_POINT_NBL_ALLOCATE).state == again.state);
    assert_true(find(sites, count, 10, PP_POINT_NBL_ALLOCATE).state == again.state);
    // What comes next finds what a fault here has left.
    assert_true(find(sites, count, 11, PP_POINT_NBL_ALLOCATE).state != again.state);
}

static void test_sites_are_only_noted_if_wanted(void **state) {
    (void)state;
    static struct pp_program program;
    struct pp_error error;
    uint32_t count;
    const char text[] = BEGIN "write(f0)\nunbind(b0)\n";
    assert_true(pp_program_parse(text, strlen(text), &program, &error));
    sites_of(text, &count);
    uint64_t digest = verdict.digest;
    assert_true(count > 0);
    pp_run(pp_driver_find("echo"), &program, NULL, &verdict);
    pp_run_sites(&count);
    assert_int_equal(count, 0);
    assert_true(verdict.digest == digest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sites_are_the_calls_of_fault_points),
        cmocka_unit_test(test_a_fault_answers_its_site),
        cmocka_unit_test(test_repeated_ops_become_alike),
        cmocka_unit_test(test_sites_are_only_noted_if_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
