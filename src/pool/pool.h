// SPDX-License-Identifier: MIT
// The deterministic NDIS 6 pools: the functions that a driver calls are declared in include/wdk; this is
// what the rest of the world needs of them.
//
// An NBL and what its pool gives it are one block:
//
//   | NET_BUFFER_LIST | gap | context header, context space | gap | NET_BUFFER | gap | MDL | gap | data
//   |
//                           '------ if ContextSize > 0 -----'     '- P1, P2 --'      '----- P2 ------'
//
// The gaps are closed to the driver. The books (pool of a block, place of its NB) are kept with the
// arena's block, never in the fields that a driver can write.
#pragma once
#include "base/arena.h"

#include <ndis.h>

// Uses of arena blocks; other layers number theirs from PP_USE_POOL_END on.
enum pp_pool_use {
    PP_USE_NBL = 1,
    PP_USE_NB,
    PP_USE_MDL,          // NdisAllocateMdl, IoAllocateMdl
    PP_USE_RETREAT_MDL,  // MDL and buffer that a retreat added
    PP_USE_CONTEXT,      // block of NdisAllocateNetBufferListContext
    PP_USE_POOL_END
};

// Where the NB of a pool with DataSize starts: behind its whole buffer (data_offset_zero false), ready
// to be retreated, or at its beginning.
void pp_pool_set_data_offset_zero(bool is_zero);

// Forgets all pools.
void pp_pool_reset(void);

// Closes to the driver, or opens, everything an NBL hands over when it is sent: itself, its context, its
// NBs, their MDLs and the bytes these describe.
void pp_pool_hand_over(NET_BUFFER_LIST *nbl);
void pp_pool_hand_back(NET_BUFFER_LIST *nbl);

// True if a live NBL of a pool is at this address.
bool pp_pool_is_nbl(const NET_BUFFER_LIST *nbl);

// True if a live MDL is at this address, no matter who made it.
bool pp_pool_is_mdl(const MDL *mdl);

// Fills in an MDL that describes nonpaged memory. Sends no event.
void pp_mdl_init(MDL *mdl, void *buffer, uint32_t length);
