// SPDX-License-Identifier: MIT
// Each NB is said to come from the NB pool that was made last. With one pool, that is right.
// Expected title: poolproof: POOL-DIFFERS: result of pool_of_nb
#include "planted.h"

static NDIS_HANDLE last_pool;

static void reset(void) {
    pp_pool_naive.reset();
    last_pool = NULL;
}

static NDIS_HANDLE allocate_nb_pool(const NET_BUFFER_POOL_PARAMETERS *parameters) {
    NDIS_HANDLE pool = pp_pool_naive.allocate_nb_pool(parameters);
    last_pool = pool != NULL ? pool : last_pool;
    return pool;
}

static NDIS_HANDLE pool_of_nb(const NET_BUFFER *nb) {
    const struct naive_record *record = naive_find(nb, NAIVE_NB);
    bool has_nb_pool = record != NULL && naive_find(record->pool, NAIVE_NB_POOL) != NULL;
    return has_nb_pool ? last_pool : pp_pool_naive.pool_of_nb(nb);  // the bug
}

PLANTED_POOL(wrong_owner_pool) {
    pool->reset = reset;
    pool->allocate_nb_pool = allocate_nb_pool;
    pool->pool_of_nb = pool_of_nb;
}
