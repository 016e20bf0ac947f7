// SPDX-License-Identifier: MIT
// Used data that begins where an MDL ends is said to begin at that MDL's end, not at the next one's
// start.
// Expected title: poolproof: POOL-DIFFERS: CurrentMdlOffset of advance
#include "planted.h"

static void advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free) {
    pp_pool_naive.advance(nb, delta, free_mdl, free);
    if (naive_find(nb, NAIVE_NB) == NULL || nb->CurrentMdl == nb->MdlChain || nb->CurrentMdlOffset > 0) {
        return;
    }
    MDL *mdl = nb->MdlChain;
    while (mdl->Next != nb->CurrentMdl) {
        mdl = mdl->Next;
    }
    nb->CurrentMdl = mdl;  // the bug
    nb->CurrentMdlOffset = mdl->ByteCount;
}

PLANTED_POOL(current_mdl_at_end) { pool->advance = advance; }
