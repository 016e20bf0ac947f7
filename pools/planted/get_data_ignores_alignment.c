// SPDX-License-Identifier: MIT
// Bytes that lie in one MDL are never copied, aligned or not.
// Expected title: poolproof: POOL-DIFFERS: result of get_data
#include "planted.h"

static PVOID get_data(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple,
                      UINT align_offset) {
    (void)align_multiple;  // the bug
    (void)align_offset;
    return pp_pool_naive.get_data(nb, bytes, storage, 1, 0);
}

PLANTED_POOL(get_data_ignores_alignment) { pool->get_data = get_data; }
