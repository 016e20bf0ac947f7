// SPDX-License-Identifier: MIT
// The NDIS buffer functions, which a driver calls (declared in include/wdk), and what the rest of the
// world needs of them.
//
//   driver ──▶ front_*.c: rules, faults, events ──▶ a table of functions (poolproof/pool.h)
//                                                     └─ pp_pool_arena: pools.c, nbl.c, nb.c, ...
#pragma once
#include "base/arena.h"

#include <ndis.h>
#include <poolproof/pool.h>

#define PP_CHAIN_MAX 65536u  // NBs, MDLs or context blocks: a longer list is taken to be cyclic

// Uses of arena blocks; other layers number theirs from PP_USE_POOL_END on.
enum pp_pool_use {
    PP_USE_NBL = 1,
    PP_USE_DERIVED_NBL,
    PP_USE_NB,
    PP_USE_DERIVED_NB,
    PP_USE_MDL,          // NdisAllocateMdl, IoAllocateMdl
    PP_USE_DERIVED_MDL,  // of a clone, a fragment or a reassembled NBL
    PP_USE_RETREAT_MDL,  // MDL and buffer that a retreat put in front
    PP_USE_DERIVED_RETREAT_MDL,
    PP_USE_CONTEXT,  // block of NdisAllocateNetBufferListContext
    PP_USE_GENERIC,  // NDIS_GENERIC_OBJECT
    PP_USE_FOREIGN,  // pp_pool_memory_take
    PP_USE_POOL_END
};

// Where the NB of a pool with DataSize starts: behind its whole buffer (data_offset_zero false), ready
// to be retreated, or at its beginning.
void pp_pool_set_data_offset_zero(bool is_zero);

// Forgets all pools.
void pp_pool_reset(void);

// Blocks that the pool in use has for what it made.
uint32_t pp_pool_memory_held(void);

// True if this may be a live NBL: a block that a pool has made.
bool pp_pool_is_nbl(const NET_BUFFER_LIST *nbl);

// Closes to the driver, or opens, everything an NBL hands over when it is sent: itself, its context, its
// NBs, their MDLs and the bytes these describe. What a driver sends from its globals or its stack stays
// open.
void pp_pool_hand_over(NET_BUFFER_LIST *nbl);
void pp_pool_hand_back(NET_BUFFER_LIST *nbl);

// True if some of these MDLs or bytes are closed before they are handed over: another NBL has them too.
bool pp_pool_is_shared(const NET_BUFFER_LIST *nbl);

// Fills in an MDL that describes nonpaged memory. Sends no event.
void pp_mdl_init(MDL *mdl, void *buffer, uint32_t length);

// `unit` is a power of two.
static inline uint32_t pp_round_up(uint32_t size, uint32_t unit) {
    return (size + unit - 1) & ~(unit - 1);
}
