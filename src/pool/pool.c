// SPDX-License-Identifier: MIT
// Making and freeing pools. A call that breaks a rule is reported before anything happens; if the run
// goes on nevertheless, it does nothing.
#include "pool/pool.h"

#include "base/emit.h"
#include "base/handle.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "pool/book.h"

#define POOL_COUNT_MAX 4096u

static struct pp_pool pools[POOL_COUNT_MAX];
static uint32_t pool_count;

void pp_pool_reset(void) {
    pool_count = 0;
    pp_pool_set_data_offset_zero(false);
}

NDIS_HANDLE pp_pool_handle(const struct pp_pool *pool) {
    return pp_handle_make(PP_HANDLE_POOL, (uint32_t)(pool - pools));
}

struct pp_pool *pp_pool_of(NDIS_HANDLE handle, bool is_nb_pool) {
    uint32_t index = pp_handle_index(PP_HANDLE_POOL, handle, pool_count);
    if (index == PP_HANDLE_NONE || !pools[index].is_live || pools[index].is_nb_pool != is_nb_pool) {
        return NULL;
    }
    return &pools[index];
}

static struct pp_pool *add_pool(struct pp_pool pool) {
    if (pool_count == POOL_COUNT_MAX) {
        return NULL;
    }
    pools[pool_count] = pool;
    pools[pool_count].is_live = true;
    return &pools[pool_count++];
}

static bool header_is_valid(const NDIS_OBJECT_HEADER *header, UCHAR revision, USHORT size) {
    return header->Type == NDIS_OBJECT_TYPE_DEFAULT && header->Revision >= revision &&
           header->Size >= size;
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
                                          NET_BUFFER_LIST_POOL_PARAMETERS *Parameters) {
    pp_switch_point();
    struct pp_pool *pool = NULL;
    pp_touch_read(Parameters, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1);
    if (Parameters != NULL && !pp_fault_fires(PP_POINT_NBL_POOL_ALLOCATE) &&
        header_is_valid(&Parameters->Header, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                        NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1) &&
        (Parameters->DataSize == 0 || Parameters->fAllocateNetBuffer)) {
        pool = add_pool((struct pp_pool){.has_nb = Parameters->fAllocateNetBuffer != FALSE,
                                         .protocol_id = Parameters->ProtocolId,
                                         .context_size = Parameters->ContextSize,
                                         .data_size = Parameters->DataSize});
    }
    NDIS_HANDLE handle = pool != NULL ? pp_pool_handle(pool) : NULL;
    PP_EMIT(NBL_POOL_MADE, pp_object(handle), pool != NULL && pool->has_nb,
            pool != NULL ? pool->data_size : 0, pool != NULL ? pool->context_size : 0,
            pp_object(NdisHandle));
    return handle;
}

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, NET_BUFFER_POOL_PARAMETERS *Parameters) {
    pp_switch_point();
    struct pp_pool *pool = NULL;
    pp_touch_read(Parameters, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1);
    if (Parameters != NULL && !pp_fault_fires(PP_POINT_NB_POOL_ALLOCATE) &&
        header_is_valid(&Parameters->Header, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                        NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1)) {
        pool = add_pool((struct pp_pool){.is_nb_pool = true, .data_size = Parameters->DataSize});
    }
    NDIS_HANDLE handle = pool != NULL ? pp_pool_handle(pool) : NULL;
    PP_EMIT(NB_POOL_MADE, pp_object(handle), pool != NULL ? pool->data_size : 0, pp_object(NdisHandle));
    return handle;
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle) {
    pp_switch_point();
    PP_EMIT(NBL_POOL_FREE, pp_object(PoolHandle));
    struct pp_pool *pool = pp_pool_of(PoolHandle, /*is_nb_pool=*/false);
    if (pool != NULL) {
        pool->is_live = false;
    }
}

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle) {
    pp_switch_point();
    PP_EMIT(NB_POOL_FREE, pp_object(PoolHandle));
    struct pp_pool *pool = pp_pool_of(PoolHandle, /*is_nb_pool=*/true);
    if (pool != NULL) {
        pool->is_live = false;
    }
}
