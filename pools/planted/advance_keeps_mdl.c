// SPDX-License-Identifier: MIT
// An MDL in front that ends exactly where used data begins now is taken to be used still.
// Expected title: poolproof: POOL-DIFFERS: MDL chain of advance
#include "planted.h"

static void advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free) {
    bool ends_there = naive_find(nb, NAIVE_NB) != NULL && nb->MdlChain != NULL &&
                      nb->MdlChain->ByteCount == nb->DataOffset + delta;
    pp_pool_naive.advance(nb, delta, free_mdl && !ends_there, free);  // the bug
}

PLANTED_POOL(advance_keeps_mdl) { pool->advance = advance; }
