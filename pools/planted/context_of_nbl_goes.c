// SPDX-License-Identifier: MIT
// A give that empties a block of context unlinks it, also the one that came with the NBL.
// Expected title: poolproof: POOL-DIFFERS: context blocks of give_context
#include "planted.h"

static void free_context(NET_BUFFER_LIST *nbl, USHORT size) {
    pp_pool_naive.free_context(nbl, size);
    if (naive_is_nbl(nbl) && naive_find(nbl->Context, NAIVE_CONTEXT) != NULL &&
        nbl->Context->Offset == nbl->Context->Size) {
        nbl->Context = nbl->Context->Next;  // the bug
    }
}

PLANTED_POOL(context_of_nbl_goes) { pool->free_context = free_context; }
