// SPDX-License-Identifier: MIT
// Pages are counted by length, as if all data began at the start of one.
// Expected title: poolproof: POOL-DIFFERS: result of physical_count
#include "planted.h"

static ULONG physical_count(NET_BUFFER *nb) {
    if (naive_find(nb, NAIVE_NB) == NULL || nb->CurrentMdl == NULL) {
        return 0;
    }
    struct naive_place place = naive_place_in(nb, 0);
    ULONG count = 0, left = nb->DataLength, piece;
    while ((piece = naive_bytes_at(&place, left)) > 0) {
        count += BYTES_TO_PAGES(piece);  // the bug
        place.offset += piece;
        left -= piece;
    }
    return count > 0 ? count : 1;
}

PLANTED_POOL(physical_count_without_offset) { pool->physical_count = physical_count; }
