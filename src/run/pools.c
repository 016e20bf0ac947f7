// SPDX-License-Identifier: MIT
// The pools of this binary: the world's own, and those that the build puts into the section pp_pools, a
// pointer to each.
#include <poolproof/differ.h>

#include "base/expect.h"

#include <stdlib.h>
#include <string.h>

#define POOL_COUNT_MAX 256

// Weak: a binary without other pools has no such section.
extern const struct pp_pool_functions *const __start_pp_pools[] __attribute__((weak));
extern const struct pp_pool_functions *const __stop_pp_pools[] __attribute__((weak));

static const struct pp_pool_functions *pools[POOL_COUNT_MAX] = {&pp_pool_arena};

static int by_name(const void *left, const void *right) {
    return strcmp((*(const struct pp_pool_functions *const *)left)->name,
                  (*(const struct pp_pool_functions *const *)right)->name);
}

uint32_t pp_pool_count(void) {
    static uint32_t count;
    if (count == 0) {
        size_t linked = (size_t)(__stop_pp_pools - __start_pp_pools);
        pp_expect(linked < POOL_COUNT_MAX, "%zu pools", linked);
        if (linked > 0) {
            memcpy(pools + 1, __start_pp_pools, linked * sizeof(pools[0]));
            qsort(pools + 1, linked, sizeof(pools[0]), by_name);
        }
        count = 1 + (uint32_t)linked;
    }
    return count;
}

const struct pp_pool_functions *pp_pool_at(uint32_t index) {
    return index < pp_pool_count() ? pools[index] : NULL;
}

const struct pp_pool_functions *pp_pool_find(const char *name) {
    for (uint32_t i = 0; i < pp_pool_count(); i++) {
        if (strcmp(pools[i]->name, name) == 0) {
            return pools[i];
        }
    }
    return NULL;
}
