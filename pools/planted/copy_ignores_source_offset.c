// SPDX-License-Identifier: MIT
// An offset that leads beyond the source's first MDL is taken to be 0.
// Expected title: poolproof: POOL-DIFFERS: result of copy
#include "planted.h"

static NDIS_STATUS copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                        ULONG from_offset, ULONG *ret_copied) {
    bool has_mdl = naive_find(from, NAIVE_NB) != NULL && from->CurrentMdl != NULL;
    if (has_mdl && from_offset >= from->CurrentMdl->ByteCount - from->CurrentMdlOffset) {
        from_offset = 0;  // the bug
    }
    return pp_pool_naive.copy(to, to_offset, bytes, from, from_offset, ret_copied);
}

PLANTED_POOL(copy_ignores_source_offset) { pool->copy = copy; }
