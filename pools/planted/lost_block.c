// SPDX-License-Identifier: MIT
// The first MDL that is freed is kept to be used again, and never is: its block is not given back.
// Expected title: poolproof: POOL-DIFFERS: memory left at the end of the program
#include "planted.h"

static MDL *spare;

static void reset(void) {
    pp_pool_naive.reset();
    spare = NULL;
}

static void free_mdl(MDL *mdl) {
    const struct naive_record *record = naive_find(mdl, NAIVE_MDL);
    if (spare == NULL && record != NULL && record->owner == NULL) {
        spare = mdl;  // the bug: allocate_mdl does not look there
    } else if (mdl != spare) {
        pp_pool_naive.free_mdl(mdl);
    }
}

PLANTED_POOL(lost_block) {
    pool->reset = reset;
    pool->free_mdl = free_mdl;
}
