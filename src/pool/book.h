// SPDX-License-Identifier: MIT
// The books of the pools, shared by the files of src/pool.
#pragma once
#include "pool/pool.h"

struct pp_pool {
    bool is_live;
    bool is_nb_pool;
    bool has_nb;  // NBL pools: fAllocateNetBuffer
    uint8_t protocol_id;
    uint16_t context_size;
    uint32_t data_size;
};

// The pool of a handle if it is a live pool of that kind, else NULL.
struct pp_pool *pp_pool_of(NDIS_HANDLE handle, bool is_nb_pool);

NDIS_HANDLE pp_pool_handle(const struct pp_pool *pool);

// Closes what lies between the parts of an NB that has MDL and data.
void pp_nb_close_gaps(NET_BUFFER *nb, uint32_t size);

// Fills in an NB whose chain is `mdls` and whose data starts at `offset`.
void pp_nb_init(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdls, ULONG offset, SIZE_T length);

// Fills in an NB, MDL and buffer that a pool makes as one; see pp_pool_set_data_offset_zero.
void pp_nb_init_with_data(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdl, void *data, ULONG data_size);

#define PP_POOL_GAP 16u
#define PP_CHAIN_MAX 65536u  // NBs or MDLs: a longer list is taken to be cyclic

// `unit` is a power of two.
static inline uint32_t pp_round_up(uint32_t size, uint32_t unit) {
    return (size + unit - 1) & ~(unit - 1);
}
