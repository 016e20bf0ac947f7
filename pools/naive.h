// SPDX-License-Identifier: MIT
// What the files of the plain pool share.
//
// A driver can write to every structure that it is given, so none is trusted. Each has a record, in a
// block whose address no driver knows; what has no record is refused. A record owns what goes with it,
// and to free is to discard a record with all that it owns:
//
//   NBL ─┬─ context block
//        ├─ NB ─┬─ MDL ── data   it came with its NBL, from a pool with data
//        │      ├─ MDL ── data   a retreat has put it in front
//        │      └─ MDL           a retreat too, but the driver's handler made it
//        └─ NB ─── MDL           derived: over the bytes of the original
//   NB  ─── MDL ── data          from an NB pool with data
//   MDL                          NdisAllocateMdl
#pragma once
#include <poolproof/pool.h>

extern const struct pp_pool_functions pp_pool_naive;

// A longer chain is taken to be a ring.
#define NAIVE_CHAIN_MAX 65536u

// === Records (naive.c) ===

enum naive_kind {
    NAIVE_NBL,
    NAIVE_NB,
    NAIVE_CONTEXT,
    NAIVE_MDL,
    NAIVE_MDL_IN_FRONT,  // a retreat has put it there
    NAIVE_DATA,
    NAIVE_BLOCK_END,  // what follows is no memory of ours
    NAIVE_MDL_OF_HANDLER,
    NAIVE_NBL_POOL,
    NAIVE_NB_POOL,
};

enum naive_derivation { NAIVE_NOT_DERIVED, NAIVE_CLONE, NAIVE_FRAGMENT, NAIVE_REASSEMBLED };

struct naive_record {
    struct naive_record *next;  // of the same bucket
    enum naive_kind kind;
    void *object;                  // the structure, or the handle of a pool
    struct naive_record *owner;    // goes when that one goes; NULL: is freed by itself
    struct naive_record *owned;    // the first of what goes with this one
    struct naive_record *sibling;  // the next of the same owner

    NDIS_HANDLE pool;                  // NBL, NB: where it comes from; NULL: from none of the driver's
    enum naive_derivation derivation;  // NBL
    struct naive_record *prepared;     // NB: the MDL for its front, while a retreat is under way
    bool is_pushed;                    // context: goes as soon as nothing of it is used
    bool is_derived;                   // MDL in front: not the driver's retreat, the derivation's
    bool has_nb;                       // NBL pool: its NBLs come with one
    UCHAR protocol_id;                 // NBL pool
    ULONG context_size;                // NBL pool
    ULONG data_size;                   // NBL pool, NB pool
};

// NULL if there is none of that kind, as for every object that a driver made up.
struct naive_record *naive_find(const void *object, enum naive_kind kind);

// Of an object that is not ours to give back; of a new block. NULL on failure.
struct naive_record *naive_note(enum naive_kind kind, void *object, struct naive_record *owner);
struct naive_record *naive_make(enum naive_kind kind, size_t size, struct naive_record *owner);

// With all that it owns. NULL is allowed.
void naive_discard(struct naive_record *record);

// === Structures (naive.c) ===

// Initialised; not linked to anything. NULL on failure. The pool of an NBL may be NULL.
struct naive_record *naive_make_nbl(const struct naive_record *pool, enum naive_derivation derivation);
struct naive_record *naive_make_nb(struct naive_record *owner, NDIS_HANDLE pool);
struct naive_record *naive_make_mdl(struct naive_record *owner, void *buffer, ULONG length);
struct naive_record *naive_make_mdl_with_data(struct naive_record *owner, ULONG size);

// True if this is an NBL of ours, and its NBs are too and end.
bool naive_is_nbl(const NET_BUFFER_LIST *nbl);

// === Used data space (naive_retreat.c) ===

// Sets all that an NB says about its data.
void naive_set_data(NET_BUFFER *nb, MDL *mdls, ULONG offset, SIZE_T length);
void naive_adjust(NET_BUFFER *nb);

NDIS_STATUS naive_retreat(NET_BUFFER *nb, ULONG delta, ULONG backfill,
                          NET_BUFFER_ALLOCATE_MDL_HANDLER allocate);
NDIS_STATUS naive_retreat_list(NET_BUFFER_LIST *nbl, ULONG delta, ULONG backfill,
                               NET_BUFFER_ALLOCATE_MDL_HANDLER allocate,
                               NET_BUFFER_FREE_MDL_HANDLER free);
void naive_advance(NET_BUFFER *nb, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL_HANDLER free);
void naive_advance_list(NET_BUFFER_LIST *nbl, ULONG delta, BOOLEAN free_mdl,
                        NET_BUFFER_FREE_MDL_HANDLER free);

// === Bytes (naive_bytes.c) ===

// A place in what a chain of MDLs describes.
struct naive_place {
    const MDL *mdl;
    size_t offset;  // in it, or in those behind it
    ULONG links;    // followed so far
};

// `skip` bytes behind the start of used data.
struct naive_place naive_place_in(const NET_BUFFER *nb, ULONG skip);

// How many bytes lie there in one piece, `max` at most; 0 where the chain ends.
ULONG naive_bytes_at(struct naive_place *place, ULONG max);

char *naive_address_at(const struct naive_place *place);

PVOID naive_get_data(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple, UINT align_offset);
NDIS_STATUS naive_copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                       ULONG from_offset, ULONG *ret_copied);
ULONG naive_physical_count(NET_BUFFER *nb);

// === Derived NBLs (naive_derive.c) ===

NET_BUFFER_LIST *naive_clone(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                             ULONG flags);
NET_BUFFER_LIST *naive_fragment(NET_BUFFER_LIST *original, NDIS_HANDLE nbl_pool, NDIS_HANDLE nb_pool,
                                ULONG start, ULONG length_max, ULONG delta, ULONG backfill);
NET_BUFFER_LIST *naive_reassemble(NET_BUFFER_LIST *fragments, NDIS_HANDLE pool, ULONG start, ULONG delta,
                                  ULONG backfill);
