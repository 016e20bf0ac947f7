// SPDX-License-Identifier: MIT
// There is room for four NB pools; a fifth is refused, though nothing has failed.
// Expected title: poolproof: POOL-DIFFERS: result of nb_pool
#include "planted.h"

static ULONG live_count;

static void reset(void) {
    pp_pool_naive.reset();
    live_count = 0;
}

static NDIS_HANDLE allocate_nb_pool(const NET_BUFFER_POOL_PARAMETERS *parameters) {
    NDIS_HANDLE pool = live_count < 4 ? pp_pool_naive.allocate_nb_pool(parameters) : NULL;  // the bug
    live_count += pool != NULL;
    return pool;
}

static void free_nb_pool(NDIS_HANDLE pool) {
    live_count -= naive_find(pool, NAIVE_NB_POOL) != NULL;
    pp_pool_naive.free_nb_pool(pool);
}

PLANTED_POOL(four_nb_pools) {
    pool->reset = reset;
    pool->allocate_nb_pool = allocate_nb_pool;
    pool->free_nb_pool = free_nb_pool;
}
