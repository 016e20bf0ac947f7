// SPDX-License-Identifier: MIT
// NET_BUFFERs of the world's own pool.
#include "pool/arena_pool.h"

void pp_nb_init(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdls, ULONG offset, SIZE_T length) {
    nb->Next = NULL;
    nb->MdlChain = mdls;
    nb->DataOffset = offset;
    nb->stDataLength = length;
    nb->ChecksumBias = 0;
    nb->Reserved = 0;
    nb->NdisPoolHandle = pool;
    nb->DataPhysicalAddress.QuadPart = 0;
    nb->SharedMemoryInfo = NULL;
    pp_arena_adjust(nb);
}

// A7: data begins behind the whole buffer, ready to be retreated, or at its beginning.
void pp_nb_init_with_data(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdl, void *data, ULONG data_size) {
    pp_mdl_init(mdl, data, data_size);
    pp_nb_init(nb, pool, mdl, pp_pool_data_offset_is_zero() ? 0 : data_size, 0);
}

// The closed gap in front of an NB says whose it is.
static const NET_BUFFER_LIST **owner_field(const NET_BUFFER *nb) {
    return (const NET_BUFFER_LIST **)((uintptr_t)nb - PP_POOL_GAP);
}

void pp_nb_close_gap(NET_BUFFER *nb, const NET_BUFFER_LIST *nbl) {
    *owner_field(nb) = nbl;
    pp_guard_close(owner_field(nb), PP_POOL_GAP);
}

// The books of the NBL in whose block a live NB lies, else NULL. Without a guard, a driver may have
// written to the gap: it is not trusted.
PP_READS_CLOSED static const struct pp_block *block_around(const NET_BUFFER *nb) {
    if (!pp_arena_contains(owner_field(nb)) || (uintptr_t)nb % MEMORY_ALLOCATION_ALIGNMENT != 0) {
        return NULL;
    }
    const NET_BUFFER_LIST *nbl = *owner_field(nb);
    pp_guard_define(&nbl, sizeof(nbl));  // of a stray NB nothing there may be defined
    if (!pp_arena_is(nbl, PP_USE_NBL)) {
        return NULL;
    }
    const struct pp_block *block = pp_arena_find(nbl);
    bool is_there = block->owner_b != 0 && (uintptr_t)nbl + block->owner_b == (uintptr_t)nb;
    return is_there ? block : NULL;
}

static bool is_block(const NET_BUFFER *nb) {
    return pp_arena_is(nb, PP_USE_NB) || pp_arena_is(nb, PP_USE_DERIVED_NB);
}

bool pp_arena_is_nb(const NET_BUFFER *nb) { return is_block(nb) || block_around(nb) != NULL; }

NDIS_HANDLE pp_arena_pool_of_nb(const NET_BUFFER *nb) {
    const struct pp_block *block = is_block(nb) ? pp_arena_find(nb) : block_around(nb);
    return block != NULL ? pp_arena_pool_handle(block->owner_a) : NULL;
}

// | NET_BUFFER | gap | MDL | gap | data |, the last two only from a pool with data
NET_BUFFER *pp_arena_allocate_nb(NDIS_HANDLE handle, bool with_data, MDL *mdls, ULONG offset,
                                 SIZE_T length) {
    const struct pp_arena_pool *pool = pp_arena_pool_of(handle, /*is_nb_pool=*/true);
    if (pool == NULL || with_data != (pool->data_size > 0)) {
        return NULL;
    }
    uint32_t mdl_offset = pp_part_offset(sizeof(NET_BUFFER));
    uint32_t data_offset = pp_part_offset(mdl_offset + (uint32_t)sizeof(MDL));
    size_t size = with_data ? (size_t)data_offset + pool->data_size : sizeof(NET_BUFFER);
    struct pp_block *books = pp_arena_take_block(size, PP_USE_NB);
    if (books == NULL) {
        return NULL;
    }
    books->owner_a = pp_arena_pool_index(handle);
    char *block = pp_arena_memory(books);
    NET_BUFFER *nb = (NET_BUFFER *)block;
    if (with_data) {
        pp_guard_close(block + mdl_offset - PP_POOL_GAP, PP_POOL_GAP);
        pp_guard_close(block + data_offset - PP_POOL_GAP, PP_POOL_GAP);
        pp_nb_init_with_data(nb, handle, (MDL *)(block + mdl_offset), block + data_offset,
                             pool->data_size);
    } else {
        pp_nb_init(nb, handle, mdls, offset, length);
    }
    return nb;
}

void pp_arena_free_nb(NET_BUFFER *nb) {
    if (pp_arena_is(nb, PP_USE_NB)) {
        pp_arena_give(nb);
    }
}
