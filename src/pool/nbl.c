// SPDX-License-Identifier: MIT
// NET_BUFFER_LISTs: allocation, freeing, and closing them while somebody else owns them.
#include "base/emit.h"
#include "base/guard.h"
#include "base/handle.h"
#include "faults/injector.h"
#include "pool/book.h"

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
    uint32_t offset = round_up(layout->size) + PP_POOL_GAP;
    layout->size = offset + size;
    return offset;
}

static struct layout layout_of(const struct pp_pool *pool, uint32_t context_bytes) {
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

// Closes or opens what lies between the parts.
static void close_gaps(const char *block, const struct layout *layout) {
    const uint32_t starts[] = {layout->context, layout->nb, layout->mdl, layout->data};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (starts[i] != 0) {
            pp_guard_close(block + starts[i] - PP_POOL_GAP, PP_POOL_GAP);
        }
    }
}

static void init_context(NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_CONTEXT *context, uint32_t total,
                         uint32_t used) {
    context->Next = NULL;
    context->Size = (USHORT)total;
    context->Offset = (USHORT)(total - used);
    nbl->Context = context;
}

static void init_nbl(NET_BUFFER_LIST *nbl, const struct pp_pool *pool) {
    nbl->Next = NULL;
    nbl->FirstNetBuffer = NULL;
    nbl->Context = NULL;
    nbl->ParentNetBufferList = NULL;
    nbl->NdisPoolHandle = pp_pool_handle(pool);
    nbl->Scratch = NULL;
    nbl->SourceHandle = NULL;
    nbl->NblFlags = 0;
    nbl->ChildRefCount = 0;
    nbl->Flags = 0;
    nbl->Status = NDIS_STATUS_SUCCESS;
    for (size_t i = 0; i < sizeof(nbl->NetBufferListInfo) / sizeof(nbl->NetBufferListInfo[0]); i++) {
        nbl->NetBufferListInfo[i] = NULL;
    }
    NET_BUFFER_LIST_INFO(nbl, NetBufferListProtocolId) = (PVOID)(ULONG_PTR)pool->protocol_id;
}

static NET_BUFFER_LIST *make_nbl(struct pp_pool *pool, USHORT context_size, USHORT backfill, MDL *mdls,
                                 ULONG data_offset, SIZE_T data_length) {
    // A8: whatever is more, the pool's own wish or this call's.
    uint32_t wanted = round_up(context_size) + round_up(backfill);
    uint32_t total = wanted > round_up(pool->context_size) ? wanted : round_up(pool->context_size);
    if (total > UINT16_MAX) {
        return NULL;
    }
    struct layout layout = layout_of(pool, total);
    char *block = pp_arena_take(layout.size, PP_USE_NBL);
    if (block == NULL) {
        return NULL;
    }
    struct pp_block *books = pp_arena_find(block);
    books->owner_a = pp_handle_index(PP_HANDLE_POOL, pp_pool_handle(pool), UINT32_MAX);
    books->owner_b = total;
    close_gaps(block, &layout);
    NET_BUFFER_LIST *nbl = (NET_BUFFER_LIST *)block;
    init_nbl(nbl, pool);
    if (layout.context != 0) {
        init_context(nbl, (NET_BUFFER_LIST_CONTEXT *)(block + layout.context), total,
                     round_up(context_size));
    }
    if (layout.nb != 0) {
        nbl->FirstNetBuffer = (NET_BUFFER *)(block + layout.nb);
        if (layout.data != 0) {
            pp_nb_init_with_data(nbl->FirstNetBuffer, nbl->NdisPoolHandle, (MDL *)(block + layout.mdl),
                                 block + layout.data, pool->data_size);
        } else {
            pp_nb_init(nbl->FirstNetBuffer, nbl->NdisPoolHandle, mdls, data_offset, data_length);
        }
    }
    return nbl;
}

// The MDL that came with a P2 NBL, or NULL.
static MDL *pool_mdl(const struct pp_pool *pool, const NET_BUFFER_LIST *nbl) {
    return pool->data_size > 0 ? nbl->FirstNetBuffer->MdlChain : NULL;
}

static NET_BUFFER_LIST *allocate(NDIS_HANDLE handle, bool with_nb, USHORT context_size, USHORT backfill,
                                 MDL *mdls, ULONG data_offset, SIZE_T data_length) {
    pp_switch_point();
    PP_EMIT(NBL_ALLOCATE, pp_object(handle), with_nb);
    struct pp_pool *pool = pp_pool_of(handle, /*is_nb_pool=*/false);
    NET_BUFFER_LIST *nbl = NULL;
    if (pool != NULL && !pp_fault_fires(PP_POINT_NBL_ALLOCATE) &&
        (!with_nb || (pool->has_nb && pool->data_size == 0))) {
        nbl = make_nbl(pool, context_size, backfill, mdls, data_offset, data_length);
    }
    if (nbl == NULL) {
        PP_EMIT(NBL_MADE, 0, pp_object(handle));
        return NULL;
    }
    PP_EMIT(NBL_MADE, pp_object(nbl), pp_object(handle), pp_object(nbl->FirstNetBuffer),
            pp_arena_find(nbl)->size, pp_object(pool_mdl(pool, nbl)));
    return nbl;
}

NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                           USHORT ContextBackFill) {
    return allocate(PoolHandle, /*with_nb=*/false, ContextSize, ContextBackFill, NULL, 0, 0);
}

NET_BUFFER_LIST *NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                       USHORT ContextBackFill, MDL *MdlChain,
                                                       ULONG DataOffset, SIZE_T DataLength) {
    return allocate(PoolHandle, /*with_nb=*/true, ContextSize, ContextBackFill, MdlChain, DataOffset,
                    DataLength);
}

bool pp_pool_is_nbl(const NET_BUFFER_LIST *nbl) { return pp_arena_is(nbl, PP_USE_NBL); }

typedef void (*range_function)(const void *address, size_t size);

// What a driver sends from its globals or its stack stays open: nobody would open it if the run ended
// here.
static bool is_ours(const void *address, size_t size) {
    return size > 0 && pp_arena_contains(address) && pp_arena_contains((const char *)address + size - 1);
}

static void close_range(const void *address, size_t size) {
    if (is_ours(address, size)) {
        pp_guard_close(address, size);
    }
}

static void open_range(const void *address, size_t size) {
    if (is_ours(address, size)) {
        pp_guard_open(address, size);
    }
}

PP_READS_CLOSED static void for_each_mdl(MDL *mdl, range_function act) {
    for (uint32_t i = 0; mdl != NULL && i < PP_CHAIN_MAX; i++) {
        if (act == open_range) {
            act(mdl, sizeof(*mdl));
        }
        MDL *next = mdl->Next;
        act(mdl->MappedSystemVa, mdl->ByteCount);
        act(mdl, sizeof(*mdl));
        mdl = next;
    }
}

// The blocks that were made beside the NBL's own.
PP_READS_CLOSED static void for_each_context_block(NET_BUFFER_LIST_CONTEXT *context,
                                                   range_function act) {
    while (pp_arena_is(context, PP_USE_CONTEXT)) {
        NET_BUFFER_LIST_CONTEXT *next = context->Next;
        act(context, pp_arena_find(context)->size);
        context = next;
    }
}

static void give_range(const void *address, size_t size) {
    (void)size;
    pp_arena_give((void *)address);
}

PP_READS_CLOSED VOID NdisFreeNetBufferList(NET_BUFFER_LIST *NetBufferList) {
    pp_switch_point();
    PP_EMIT(NBL_FREE, pp_object(NetBufferList));
    if (pp_pool_is_nbl(NetBufferList)) {
        for_each_context_block(NetBufferList->Context, give_range);  // A33
        pp_arena_give(NetBufferList);
    }
}

// MDLs may be shared, so some of what is followed here may be closed already.
PP_READS_CLOSED static void for_each_part(NET_BUFFER_LIST *nbl, range_function act) {
    struct pp_block *block = pp_arena_find(nbl);
    struct pp_pool *pool =
        pp_pool_of(pp_handle_make(PP_HANDLE_POOL, block->owner_a), /*is_nb_pool=*/false);
    if (act == open_range) {
        open_range(nbl, block->size);
        if (pool != NULL) {
            struct layout layout = layout_of(pool, block->owner_b);
            close_gaps((const char *)nbl, &layout);
        }
    }
    for_each_context_block(nbl->Context, act);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_CHAIN_MAX; i++) {
        bool is_own = pp_arena_is(nb, PP_USE_NB);  // else it lies in the NBL's block
        if (is_own && act == open_range) {
            uint32_t size = pp_arena_find(nb)->size;
            open_range(nb, size);
            pp_nb_close_gaps(nb, size);
        }
        NET_BUFFER *next = nb->Next;
        for_each_mdl(nb->MdlChain, act);
        if (is_own && act == close_range) {
            close_range(nb, pp_arena_find(nb)->size);
        }
        nb = next;
    }
    if (act == close_range) {
        close_range(nbl, block->size);
    }
}

void pp_pool_hand_over(NET_BUFFER_LIST *nbl) {
    if (PP_HAS_GUARD) {
        for_each_part(nbl, close_range);
    }
}

void pp_pool_hand_back(NET_BUFFER_LIST *nbl) {
    if (PP_HAS_GUARD) {
        for_each_part(nbl, open_range);
    }
}
