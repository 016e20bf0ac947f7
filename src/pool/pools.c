// SPDX-License-Identifier: MIT
// The world's own pool: its table, and the making and freeing of pools.
#include "base/handle.h"
#include "pool/arena_pool.h"

#define POOL_COUNT_MAX 4096u

static struct pp_arena_pool pools[POOL_COUNT_MAX];
static uint32_t pool_count;

static void reset(void) {
    pool_count = 0;
    pp_arena_forget_retreats();
}

uint32_t pp_arena_pool_index(NDIS_HANDLE handle) {
    return pp_handle_index(PP_HANDLE_POOL, handle, pool_count);
}

NDIS_HANDLE pp_arena_pool_handle(uint32_t index) {
    return index == PP_NO_POOL ? NULL : pp_handle_make(PP_HANDLE_POOL, index);
}

struct pp_arena_pool *pp_arena_pool_of(NDIS_HANDLE handle, bool is_nb_pool) {
    uint32_t index = pp_arena_pool_index(handle);
    if (index == PP_HANDLE_NONE || !pools[index].is_live || pools[index].is_nb_pool != is_nb_pool) {
        return NULL;
    }
    return &pools[index];
}

static NDIS_HANDLE add_pool(struct pp_arena_pool pool) {
    if (pool_count == POOL_COUNT_MAX) {
        return NULL;
    }
    pools[pool_count] = pool;
    pools[pool_count].is_live = true;
    return pp_arena_pool_handle(pool_count++);
}

// A later revision begins as the first one does.
static bool header_is_valid(const NDIS_OBJECT_HEADER *header, UCHAR revision, USHORT size) {
    return header->Type == NDIS_OBJECT_TYPE_DEFAULT && header->Revision >= revision &&
           header->Size >= size;
}

static NDIS_HANDLE allocate_nbl_pool(const NET_BUFFER_LIST_POOL_PARAMETERS *parameters) {
    if (!header_is_valid(&parameters->Header, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                         NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1) ||
        (parameters->DataSize > 0 && !parameters->fAllocateNetBuffer)) {
        return NULL;
    }
    // A3: Flags is younger than revision 1, and counts only if Size covers it.
    bool has_flags =
        parameters->Header.Size >= RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, Flags);
    return add_pool((struct pp_arena_pool){
        .has_nb = parameters->fAllocateNetBuffer != FALSE,
        .is_verify = has_flags && (parameters->Flags & NET_BUFFER_LIST_POOL_FLAG_VERIFY) != 0,
        .protocol_id = parameters->ProtocolId,
        .context_size = parameters->ContextSize,
        .data_size = parameters->DataSize});
}

static NDIS_HANDLE allocate_nb_pool(const NET_BUFFER_POOL_PARAMETERS *parameters) {
    if (!header_is_valid(&parameters->Header, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                         NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1)) {
        return NULL;
    }
    return add_pool((struct pp_arena_pool){.is_nb_pool = true, .data_size = parameters->DataSize});
}

static void free_pool(NDIS_HANDLE handle, bool is_nb_pool) {
    struct pp_arena_pool *pool = pp_arena_pool_of(handle, is_nb_pool);
    if (pool != NULL) {
        pool->is_live = false;
    }
}

static void free_nbl_pool(NDIS_HANDLE pool) { free_pool(pool, /*is_nb_pool=*/false); }

static void free_nb_pool(NDIS_HANDLE pool) { free_pool(pool, /*is_nb_pool=*/true); }

static void adjust(NET_BUFFER *nb) {
    if (pp_arena_is_nb(nb)) {
        pp_arena_adjust(nb);
    }
}

const struct pp_pool_functions pp_pool_arena = {
    .name = "arena",
    .reset = reset,
    .allocate_nbl_pool = allocate_nbl_pool,
    .free_nbl_pool = free_nbl_pool,
    .allocate_nb_pool = allocate_nb_pool,
    .free_nb_pool = free_nb_pool,
    .allocate_nbl = pp_arena_allocate_nbl,
    .free_nbl = pp_arena_free_nbl,
    .allocate_nb = pp_arena_allocate_nb,
    .free_nb = pp_arena_free_nb,
    .allocate_context = pp_arena_allocate_context,
    .free_context = pp_arena_free_context,
    .clone = pp_arena_clone,
    .free_clone = pp_arena_free_clone,
    .fragment = pp_arena_fragment,
    .free_fragment = pp_arena_free_fragment,
    .reassemble = pp_arena_reassemble,
    .free_reassembled = pp_arena_free_reassembled,
    .retreat = pp_arena_retreat,
    .retreat_list = pp_arena_retreat_list,
    .advance = pp_arena_advance,
    .advance_list = pp_arena_advance_list,
    .adjust = adjust,
    .get_data = pp_arena_get_data,
    .copy = pp_arena_copy,
    .physical_count = pp_arena_physical_count,
    .allocate_mdl = pp_arena_allocate_mdl,
    .free_mdl = pp_arena_free_mdl,
    .pool_of_nbl = pp_arena_pool_of_nbl,
    .pool_of_nb = pp_arena_pool_of_nb,
};
