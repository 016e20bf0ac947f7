// SPDX-License-Identifier: MIT
// A copy that the end of the destination cuts short reports all bytes as copied.
// Expected title: poolproof: POOL-DIFFERS: result of copy
#include "planted.h"

static NDIS_STATUS copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                        ULONG from_offset, ULONG *ret_copied) {
    NDIS_STATUS status = pp_pool_naive.copy(to, to_offset, bytes, from, from_offset, ret_copied);
    if (status == NDIS_STATUS_SUCCESS && *ret_copied < bytes &&
        from_offset + *ret_copied < from->DataLength) {
        *ret_copied = bytes;  // the bug
    }
    return status;
}

PLANTED_POOL(copied_is_what_was_asked) { pool->copy = copy; }
