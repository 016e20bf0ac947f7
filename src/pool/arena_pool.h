// SPDX-License-Identifier: MIT
// The world's own pool (pp_pool_arena), by its files. Structures are blocks of the arena; the books
// (pool of a block, what it is made of) are kept with the arena's block, never in fields that a driver
// can write. A call with something that this pool has not made does nothing.
//
// An NBL and what its pool gives it are one block:
//
//   | NET_BUFFER_LIST | gap | context header, context space | gap | NET_BUFFER | gap | MDL | gap | data
//   |
//                           '------ if there is context ----'     '- P1, P2 --'      '----- P2 ------'
//
// The gaps are closed to the driver. Of a block's two words of books, an NBL has its pool and the offset
// of its NB; a derived NBL its pool and its first piece, which has the next one.
#pragma once
#include "base/guard.h"
#include "pool/pool.h"

struct pp_arena_pool {
    bool is_live;
    bool is_nb_pool;
    bool has_nb;     // NBL pools: fAllocateNetBuffer
    bool is_verify;  // NET_BUFFER_LIST_POOL_FLAG_VERIFY: the memory of its NBLs is never used again
    uint8_t protocol_id;
    uint16_t context_size;
    uint32_t data_size;
};

#define PP_POOL_GAP 16u
#define PP_NO_POOL UINT32_MAX

// Pools. The pool of a handle if it is a live pool of that kind, else NULL.
struct pp_arena_pool *pp_arena_pool_of(NDIS_HANDLE handle, bool is_nb_pool);
// Numbers of pools, as the books have them.
uint32_t pp_arena_pool_index(NDIS_HANDLE handle);  // PP_NO_POOL for none
NDIS_HANDLE pp_arena_pool_handle(uint32_t index);  // NULL for PP_NO_POOL

// NBLs. Fills in a NET_BUFFER_LIST without NBs and context.
void pp_nbl_init(NET_BUFFER_LIST *nbl, NDIS_HANDLE pool, uint8_t protocol_id);
NET_BUFFER_LIST *pp_arena_allocate_nbl(NDIS_HANDLE pool, bool with_nb, USHORT context_size,
                                       USHORT context_backfill, MDL *mdls, ULONG offset, SIZE_T length);
void pp_arena_free_nbl(NET_BUFFER_LIST *nbl);
// True for a live NBL, a derived one too.
bool pp_arena_is_nbl(const NET_BUFFER_LIST *nbl);
NDIS_HANDLE pp_arena_pool_of_nbl(const NET_BUFFER_LIST *nbl);

// NBs. Fills in one whose chain is `mdls` and whose data starts at `offset`.
void pp_nb_init(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdls, ULONG offset, SIZE_T length);
// Fills in an NB, MDL and buffer that a pool makes as one.
void pp_nb_init_with_data(NET_BUFFER *nb, NDIS_HANDLE pool, MDL *mdl, void *data, ULONG data_size);
// Closes the gap in front of an NB that lies in the block of an NBL, which it then belongs to.
void pp_nb_close_gap(NET_BUFFER *nb, const NET_BUFFER_LIST *nbl);
// True for a live NB, wherever it lies.
bool pp_arena_is_nb(const NET_BUFFER *nb);
NET_BUFFER *pp_arena_allocate_nb(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset,
                                 SIZE_T length);
void pp_arena_free_nb(NET_BUFFER *nb);
NDIS_HANDLE pp_arena_pool_of_nb(const NET_BUFFER *nb);

// Context space.
NDIS_STATUS pp_arena_allocate_context(NET_BUFFER_LIST *nbl, USHORT size, USHORT backfill);
void pp_arena_free_context(NET_BUFFER_LIST *nbl, USHORT size);
void pp_arena_free_all_context(NET_BUFFER_LIST *nbl);

// Derived NBLs.
NET_BUFFER_LIST *pp_arena_clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                ULONG flags);
void pp_arena_free_clone(NET_BUFFER_LIST *clone, ULONG flags);
NET_BUFFER_LIST *pp_arena_fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                   ULONG start, ULONG length_max, ULONG delta, ULONG backfill);
void pp_arena_free_fragment(NET_BUFFER_LIST *fragment, ULONG delta);
NET_BUFFER_LIST *pp_arena_reassemble(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start,
                                     ULONG delta, ULONG backfill);
void pp_arena_free_reassembled(NET_BUFFER_LIST *reassembled, ULONG delta);

// Used data space.
NDIS_STATUS pp_arena_retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                             NET_BUFFER_ALLOCATE_MDL_HANDLER allocate);
NDIS_STATUS pp_arena_retreat_list(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                                  NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                                  NET_BUFFER_FREE_MDL_HANDLER free);
void pp_arena_advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free);
void pp_arena_advance_list(NET_BUFFER_LIST *nbl, ULONG delta, BOOLEAN free_mdl,
                           NET_BUFFER_FREE_MDL_HANDLER free);
void pp_arena_adjust(NET_BUFFER *nb);
void pp_arena_forget_retreats(void);

// Data.
PVOID pp_arena_get_data(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple,
                        UINT align_offset);
NDIS_STATUS pp_arena_copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                          ULONG from_offset, ULONG *ret_copied);
ULONG pp_arena_physical_count(NET_BUFFER *nb);

// MDLs.
MDL *pp_arena_allocate_mdl(PVOID buffer, ULONG length);
void pp_arena_free_mdl(MDL *mdl);

// Where a part begins that follows `size` bytes of a block.
static inline uint32_t pp_part_offset(uint32_t size) {
    return pp_round_up(size, MEMORY_ALLOCATION_ALIGNMENT) + PP_POOL_GAP;
}
