// SPDX-License-Identifier: MIT
// The NB of an NB pool with data always begins at offset 0, which only some programs ask for.
// Expected title: poolproof: POOL-DIFFERS: DataOffset of nb_with_data
#include "planted.h"

static NET_BUFFER *allocate_nb(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset,
                               SIZE_T length) {
    NET_BUFFER *nb = pp_pool_naive.allocate_nb(pool, with_data, mdls, offset, length);
    if (nb != NULL && with_data) {
        naive_set_data(nb, nb->MdlChain, 0, 0);  // the bug
    }
    return nb;
}

PLANTED_POOL(data_begins_at_zero) { pool->allocate_nb = allocate_nb; }
