// SPDX-License-Identifier: MIT
// The pools that are linked to a binary.
#include "table.h"

#include <poolproof/differ.h>
#include <string.h>

static void test_list(void **state) {
    (void)state;
    assert_ptr_equal(pp_pool_at(0), &pp_pool_arena);
    assert_ptr_equal(pp_pool_find(pp_pool_arena.name), &pp_pool_arena);
    assert_ptr_equal(pp_pool_find("naive"), table);
    assert_null(pp_pool_find("nobody's"));
    assert_null(pp_pool_at(pp_pool_count()));
    assert_true(pp_pool_count() >= 2);
    for (uint32_t i = 2; i < pp_pool_count(); i++) {
        assert_true(strcmp(pp_pool_at(i - 1)->name, pp_pool_at(i)->name) < 0);
        assert_ptr_equal(pp_pool_find(pp_pool_at(i)->name), pp_pool_at(i));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
