// SPDX-License-Identifier: MIT
// NET_BUFFERs of their own: allocation and freeing.
#include "base/emit.h"
#include "base/guard.h"
#include "faults/injector.h"
#include "pool/book.h"

static bool data_offset_is_zero;

void pp_pool_set_data_offset_zero(bool is_zero) { data_offset_is_zero = is_zero; }

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
    NdisAdjustNetBufferCurrentMdl(nb);
}

void pp_nb_init_with_data(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdl, void *data, ULONG data_size) {
    pp_mdl_init(mdl, data, data_size);
    pp_nb_init(nb, pool, mdl, data_offset_is_zero ? 0 : data_size, 0);
}

// | NET_BUFFER | gap | MDL | gap | data |, the last two only from a pool with data
static uint32_t with_gap(uint32_t size) {
    return pp_round_up(size, MEMORY_ALLOCATION_ALIGNMENT) + PP_POOL_GAP;
}

static uint32_t mdl_offset(void) { return with_gap(sizeof(NET_BUFFER)); }

static uint32_t data_offset_in_block(void) { return mdl_offset() + with_gap(sizeof(MDL)); }

void pp_nb_close_gaps(NET_BUFFER *nb, uint32_t size) {
    if (size > sizeof(NET_BUFFER)) {
        pp_guard_close((char *)nb + mdl_offset() - PP_POOL_GAP, PP_POOL_GAP);
        pp_guard_close((char *)nb + data_offset_in_block() - PP_POOL_GAP, PP_POOL_GAP);
    }
}

static NET_BUFFER *make_nb(struct pp_pool *pool, MDL *mdls, ULONG data_offset, SIZE_T data_length) {
    bool has_data = pool->data_size > 0;
    size_t size = has_data ? (size_t)data_offset_in_block() + pool->data_size : sizeof(NET_BUFFER);
    char *block = pp_arena_take(size, PP_USE_NB);
    if (block == NULL) {
        return NULL;
    }
    NET_BUFFER *nb = (NET_BUFFER *)block;
    if (has_data) {
        pp_nb_close_gaps(nb, (uint32_t)size);
        pp_nb_init_with_data(nb, pp_pool_handle(pool), (MDL *)(block + mdl_offset()),
                             block + data_offset_in_block(), pool->data_size);
    } else {
        pp_nb_init(nb, pp_pool_handle(pool), mdls, data_offset, data_length);
    }
    return nb;
}

static NET_BUFFER *allocate(NDIS_HANDLE handle, bool with_data, MDL *mdls, ULONG data_offset,
                            SIZE_T data_length) {
    pp_switch_point();
    PP_EMIT(NB_ALLOCATE, pp_object(handle), with_data);
    struct pp_pool *pool = pp_pool_of(handle, /*is_nb_pool=*/true);
    NET_BUFFER *nb = NULL;
    if (pool != NULL && !pp_fault_fires(PP_POINT_NB_ALLOCATE) && with_data == (pool->data_size > 0)) {
        nb = make_nb(pool, mdls, data_offset, data_length);
    }
    PP_EMIT(NB_MADE, pp_object(nb), pp_object(handle), nb != NULL ? pp_arena_find(nb)->size : 0,
            with_data && nb != NULL ? pp_object(nb->MdlChain) : 0);
    return nb;
}

NET_BUFFER *NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, MDL *MdlChain, ULONG DataOffset,
                                  SIZE_T DataLength) {
    return allocate(PoolHandle, /*with_data=*/false, MdlChain, DataOffset, DataLength);
}

NET_BUFFER *NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle) {
    return allocate(PoolHandle, /*with_data=*/true, NULL, 0, 0);
}

VOID NdisFreeNetBuffer(NET_BUFFER *NetBuffer) {
    pp_switch_point();
    PP_EMIT(NB_FREE, pp_object(NetBuffer));
    if (pp_arena_is(NetBuffer, PP_USE_NB)) {
        pp_arena_give(NetBuffer);
    }
}
