// SPDX-License-Identifier: MIT
// NET_BUFFER_LISTs of the world's own pool, and what comes with them.
#include "pool/arena_pool.h"

// Offsets into the block of an NBL; 0 where it has no such part.
struct layout {
    uint32_t context;
    uint32_t nb;
    uint32_t mdl;
    uint32_t data;
    uint32_t size;
};

static uint32_t round_up(uint32_t size) { return pp_round_up(size, MEMORY_ALLOCATION_ALIGNMENT); }

static uint32_t add_part(struct layout *layout, uint32_t size) {
    uint32_t offset = pp_part_offset(layout->size);
    layout->size = offset + size;
    return offset;
}

static struct layout layout_of(const struct pp_arena_pool *pool, uint32_t context_bytes) {
    struct layout layout = {.size = sizeof(NET_BUFFER_LIST)};
    if (context_bytes > 0) {
        layout.context = add_part(&layout, (uint32_t)sizeof(NET_BUFFER_LIST_CONTEXT) + context_bytes);
    }
    if (pool->has_nb) {
        layout.nb = add_part(&layout, sizeof(NET_BUFFER));
    }
    if (pool->data_size > 0) {
        layout.mdl = add_part(&layout, sizeof(MDL));
        layout.data = add_part(&layout, pool->data_size);
    }
    return layout;
}

static void close_gap(const char *block, uint32_t part) {
    pp_guard_close(block + part - PP_POOL_GAP, PP_POOL_GAP);
}

// What is unused belongs to whoever comes later.
static void init_context(NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_CONTEXT *context, uint32_t total,
                         uint32_t used) {
    context->Next = NULL;
    context->Size = (USHORT)total;
    context->Offset = (USHORT)(total - used);
    pp_guard_close(context->ContextData, context->Offset);
    nbl->Context = context;
}

void pp_nbl_init(NET_BUFFER_LIST *nbl, NDIS_HANDLE pool, uint8_t protocol_id) {
    nbl->Next = NULL;
    nbl->FirstNetBuffer = NULL;
    nbl->Context = NULL;
    nbl->ParentNetBufferList = NULL;
    nbl->NdisPoolHandle = pool;
    nbl->Scratch = NULL;
    nbl->SourceHandle = NULL;
    nbl->NblFlags = 0;
    nbl->ChildRefCount = 0;
    nbl->Flags = 0;
    nbl->Status = NDIS_STATUS_SUCCESS;
    for (size_t i = 0; i < RTL_NUMBER_OF(nbl->NetBufferListInfo); i++) {
        nbl->NetBufferListInfo[i] = NULL;
    }
    NET_BUFFER_LIST_INFO(nbl, NetBufferListProtocolId) = (PVOID)(ULONG_PTR)protocol_id;
}

static void init_nb(NET_BUFFER_LIST *nbl, const struct layout *layout, uint32_t data_size, MDL *mdls,
                    ULONG offset, SIZE_T length) {
    char *block = (char *)nbl;
    NET_BUFFER *nb = (NET_BUFFER *)(block + layout->nb);
    pp_nb_close_gap(nb, nbl);
    if (layout->data != 0) {
        close_gap(block, layout->mdl);
        close_gap(block, layout->data);
        pp_nb_init_with_data(nb, nbl->NdisPoolHandle, (MDL *)(block + layout->mdl), block + layout->data,
                             data_size);
    } else {
        pp_nb_init(nb, nbl->NdisPoolHandle, mdls, offset, length);
    }
    nbl->FirstNetBuffer = nb;
}

NET_BUFFER_LIST *pp_arena_allocate_nbl(NDIS_HANDLE handle, bool with_nb, USHORT context_size,
                                       USHORT context_backfill, MDL *mdls, ULONG offset, SIZE_T length) {
    const struct pp_arena_pool *pool = pp_arena_pool_of(handle, /*is_nb_pool=*/false);
    if (pool == NULL || (with_nb && (!pool->has_nb || pool->data_size > 0))) {
        return NULL;
    }
    // A8: whatever is more, the pool's own wish or this call's.
    uint32_t used = round_up(context_size);
    uint32_t wanted = used + round_up(context_backfill);
    uint32_t total = wanted > round_up(pool->context_size) ? wanted : round_up(pool->context_size);
    if (total > UINT16_MAX || pool->data_size > PP_ARENA_BLOCK_MAX) {
        return NULL;
    }
    struct layout layout = layout_of(pool, total);
    struct pp_block *books = pp_arena_take_block(layout.size, PP_USE_NBL);
    if (books == NULL) {
        return NULL;
    }
    books->owner_a = pp_arena_pool_index(handle);
    books->owner_b = layout.nb;
    books->is_retired = pool->is_verify;
    char *block = pp_arena_memory(books);
    NET_BUFFER_LIST *nbl = (NET_BUFFER_LIST *)block;
    pp_nbl_init(nbl, handle, pool->protocol_id);
    if (layout.context != 0) {
        close_gap(block, layout.context);
        init_context(nbl, (NET_BUFFER_LIST_CONTEXT *)(block + layout.context), total, used);
    }
    if (layout.nb != 0) {
        init_nb(nbl, &layout, pool->data_size, mdls, offset, length);
    }
    return nbl;
}

void pp_arena_free_nbl(NET_BUFFER_LIST *nbl) {
    struct pp_block *books = pp_arena_live(nbl, PP_USE_NBL);
    if (books != NULL) {
        pp_arena_free_all_context(nbl);  // A33
        pp_arena_give_block(books);
    }
}

bool pp_arena_is_nbl(const NET_BUFFER_LIST *nbl) {
    return pp_arena_is(nbl, PP_USE_NBL) || pp_arena_is(nbl, PP_USE_DERIVED_NBL);
}

NDIS_HANDLE pp_arena_pool_of_nbl(const NET_BUFFER_LIST *nbl) {
    return pp_arena_is_nbl(nbl) ? pp_arena_pool_handle(pp_arena_find(nbl)->owner_a) : NULL;
}
