// SPDX-License-Identifier: MIT
// Bring your own pool. Behind the NDIS buffer functions that a driver calls stands one table of
// functions; the world's own is pp_pool_arena (src/pool), a plain one to begin from is pools/naive.c.
//
// What stands in front (src/pool/front_*.c) asks the rules, answers with the program's faults, tells the
// checkers what happened, and calls the table. So a pool does the work and nothing else:
//   - it is called with arguments that no rule forbids (but without rules, with whatever a driver
//     passes: then it may refuse, and must not crash on NULL nor on what it has not made; the NB list of
//     an NBL that it is to derive from, to retreat or to advance ends in any case);
//   - a function that fails changes nothing;
//   - no function waits, and none calls the driver but for the two MDL handlers.
//
// The documentation of each NDIS function is its specification; where that is silent, docs/fidelity.md
// says what is expected. One run at a time, one thread.
#pragma once
#include <ndis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// For functions that follow MDLs: some of those may be in flight with another NBL, and closed to whoever
// looks at them without need.
#define PP_POOL_WALKS __attribute__((no_sanitize("address")))

// === What the world gives a pool ===

// Memory for everything that the pool makes: aligned to MEMORY_ALLOCATION_ALIGNMENT, content undefined,
// guarded on both sides. NULL only when the world is full. Each block is given back once, by its
// address; when all pools of a program are freed, none may be left. Blocks are given back for the pool
// when a run ends.
void *pp_pool_memory_take(size_t size);
void pp_pool_memory_give(void *block);

// True if this is a block that pp_pool_memory_take returned and that has not been given back.
bool pp_pool_memory_is(const volatile void *block);

// Asked once before each piece that a call makes: by clone, fragment and reassemble for the NBL, for
// each NB (also one that comes with its NBL) and for each MDL; by these and by a retreat for each MDL
// that a retreat puts in front, a handler's too. False: the program lets this piece fail, and with it
// the call. Allocators that make one thing are not called at all when they are to fail.
bool pp_pool_may_make_piece(void);

// To be told: a retreat has put this MDL in front of this NB's chain, one that it made itself or that
// the driver's handler made; and an MDL of the first kind is about to be given back.
void pp_pool_tell_mdl_added(const NET_BUFFER *nb, const MDL *mdl, bool is_handlers);
void pp_pool_tell_mdl_gone(const MDL *mdl);
// And: a retreat of a list failed, and this MDL of the driver's handler is lost, since the driver gave
// no handler to free it with.
void pp_pool_tell_mdl_abandoned(const MDL *mdl);

// True if the NB of a pool with DataSize begins at offset 0 of its buffer instead of at its end; see
// docs/fidelity.md (A7).
bool pp_pool_data_offset_is_zero(void);

// === What a pool gives the world ===

struct pp_pool_functions {
    const char *name;  // a word

    // Forgets everything; its memory has been taken back already. Before each run.
    void (*reset)(void);

    // Pools. NULL on failure. A handle is any value that is not NULL and that no live pool has.
    NDIS_HANDLE (*allocate_nbl_pool)(const NET_BUFFER_LIST_POOL_PARAMETERS *parameters);
    void (*free_nbl_pool)(NDIS_HANDLE pool);
    NDIS_HANDLE (*allocate_nb_pool)(const NET_BUFFER_POOL_PARAMETERS *parameters);
    void (*free_nb_pool)(NDIS_HANDLE pool);

    // NBLs and NBs. `with_nb`: NdisAllocateNetBufferAndNetBufferList. The other of the two allocators is
    // called with mdls NULL, offset and length 0. Context: total = max(the pool's ContextSize,
    // ContextSize + ContextBackFill), each rounded up to MEMORY_ALLOCATION_ALIGNMENT; used at its end:
    // ContextSize; no block if the total is 0; failure above 65,535.
    NET_BUFFER_LIST *(*allocate_nbl)(NDIS_HANDLE pool, bool with_nb, USHORT context_size,
                                     USHORT context_backfill, MDL *mdls, ULONG offset, SIZE_T length);
    void (*free_nbl)(NET_BUFFER_LIST *nbl);
    NET_BUFFER *(*allocate_nb)(NDIS_HANDLE pool, bool with_data, MDL *mdls, ULONG offset, SIZE_T length);
    void (*free_nb)(NET_BUFFER *nb);

    // Context space; sizes are rounded up to the size of a pointer. RESOURCES on failure, also above
    // 65,535 bytes. The block that a give empties goes, if it was pushed.
    NDIS_STATUS (*allocate_context)(NET_BUFFER_LIST *nbl, USHORT size, USHORT backfill);
    void (*free_context)(NET_BUFFER_LIST *nbl, USHORT size);

    // Derived NBLs. NULL on failure. Pools may be NULL: the pool's own are used.
    NET_BUFFER_LIST *(*clone)(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                              ULONG flags);
    void (*free_clone)(NET_BUFFER_LIST *clone, ULONG flags);
    NET_BUFFER_LIST *(*fragment)(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                 ULONG start, ULONG length_max, ULONG delta, ULONG backfill);
    void (*free_fragment)(NET_BUFFER_LIST *fragment, ULONG delta);
    NET_BUFFER_LIST *(*reassemble)(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start,
                                   ULONG delta, ULONG backfill);
    void (*free_reassembled)(NET_BUFFER_LIST *reassembled, ULONG delta);

    // Used data space. Of a list: every NB, or none.
    NDIS_STATUS (*retreat)(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                           NET_BUFFER_ALLOCATE_MDL_HANDLER allocate);
    NDIS_STATUS (*retreat_list)(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                                NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                                NET_BUFFER_FREE_MDL_HANDLER free);
    void (*advance)(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free);
    void (*advance_list)(NET_BUFFER_LIST *nbl, ULONG delta, BOOLEAN free_mdl,
                         NET_BUFFER_FREE_MDL_HANDLER free);
    void (*adjust)(NET_BUFFER *nb);

    // Data.
    PVOID (*get_data)(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple,
                      UINT align_offset);
    NDIS_STATUS (*copy)(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                        ULONG from_offset, ULONG *ret_copied);
    ULONG (*physical_count)(NET_BUFFER *nb);

    // MDLs, both of NdisAllocateMdl and of IoAllocateMdl.
    MDL *(*allocate_mdl)(PVOID buffer, ULONG length);
    void (*free_mdl)(MDL *mdl);

    // Questions. NULL if it is none of this pool's.
    NDIS_HANDLE (*pool_of_nbl)(const NET_BUFFER_LIST *nbl);
    NDIS_HANDLE (*pool_of_nb)(const NET_BUFFER *nb);
};

// The world's own pool.
extern const struct pp_pool_functions pp_pool_arena;

// From the next run on, this pool stands behind the NDIS functions; NULL: pp_pool_arena.
void pp_pool_use(const struct pp_pool_functions *functions);
const struct pp_pool_functions *pp_pool_in_use(void);
