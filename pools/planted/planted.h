// SPDX-License-Identifier: MIT
// A pool that is wrong in one thing: the plain pool's table, changed by the block that follows
// PLANTED_POOL(name). A comment `the bug` marks the place.
#pragma once
#include "../naive.h"

#define PLANTED_POOL(bug)                                       \
    static void plant(struct pp_pool_functions *pool);          \
    struct pp_pool_functions pp_pool_##bug;                     \
    __attribute__((constructor)) static void make_table(void) { \
        pp_pool_##bug = pp_pool_naive;                          \
        pp_pool_##bug.name = #bug;                              \
        plant(&pp_pool_##bug);                                  \
    }                                                           \
    static void plant(struct pp_pool_functions *pool)
