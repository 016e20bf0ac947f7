// SPDX-License-Identifier: MIT
// A plain pool, to begin from when you bring your own. Each structure is a block of its own; nothing is
// cached, nothing is laid out cleverly. Here is what pools, NBLs, NBs, context and MDLs are; beside this
// file are derived NBLs (naive_derive.c), the start of used data (naive_retreat.c), and the bytes
// (naive_bytes.c).
#include "naive.h"

#include <string.h>

// === Records ===

static struct naive_record *buckets[1021];  // a prime, since addresses have a stride
static ULONG pool_count;                    // made so far

static void reset(void) {
    memset(buckets, 0, sizeof(buckets));
    pool_count = 0;
}

static struct naive_record **bucket_of(const void *object) {
    return &buckets[(ULONG_PTR)object / MEMORY_ALLOCATION_ALIGNMENT % RTL_NUMBER_OF(buckets)];
}

struct naive_record *naive_find(const void *object, enum naive_kind kind) {
    struct naive_record *record = *bucket_of(object);
    while (record != NULL && (record->object != object || record->kind != kind)) {
        record = record->next;
    }
    return record;
}

struct naive_record *naive_note(enum naive_kind kind, void *object, struct naive_record *owner) {
    struct naive_record *record = pp_pool_memory_take(sizeof(*record));
    if (record == NULL) {
        return NULL;
    }
    struct naive_record **bucket = bucket_of(object);
    *record = (struct naive_record){.next = *bucket, .kind = kind, .object = object, .owner = owner};
    *bucket = record;
    if (owner != NULL) {
        record->sibling = owner->owned;
        owner->owned = record;
    }
    return record;
}

struct naive_record *naive_make(enum naive_kind kind, size_t size, struct naive_record *owner) {
    void *block = pp_pool_memory_take(size);
    struct naive_record *record = block != NULL ? naive_note(kind, block, owner) : NULL;
    if (block != NULL && record == NULL) {
        pp_pool_memory_give(block);
    }
    return record;
}

static void take_out(struct naive_record *record) {
    struct naive_record **link = bucket_of(record->object);
    while (*link != record) {
        link = &(*link)->next;
    }
    *link = record->next;
    if (record->owner != NULL) {
        link = &record->owner->owned;
        while (*link != record) {
            link = &(*link)->sibling;
        }
        *link = record->sibling;
    }
}

void naive_discard(struct naive_record *record) {
    if (record == NULL) {
        return;
    }
    if (record->kind == NAIVE_MDL_IN_FRONT) {
        pp_pool_tell_mdl_gone(record->object);
    }
    while (record->owned != NULL) {
        naive_discard(record->owned);
    }
    take_out(record);
    if (record->kind < NAIVE_BLOCK_END) {
        pp_pool_memory_give(record->object);
    }
    pp_pool_memory_give(record);
}

static void *object_of(const struct naive_record *record) {
    return record != NULL ? record->object : NULL;
}

// === Pools ===

// Whoever passes more than `size` has a newer structure, which begins like the one we know.
static struct naive_record *make_pool(enum naive_kind kind, const NDIS_OBJECT_HEADER *header,
                                      USHORT size) {
    if (header->Type != NDIS_OBJECT_TYPE_DEFAULT || header->Revision != 1 || header->Size < size) {
        return NULL;
    }
    // Nothing is ever mapped there: a driver that looks into a handle is caught in the act.
    NDIS_HANDLE handle = (NDIS_HANDLE)(0x5c0000000000 + 64 * (ULONG_PTR)pool_count++);
    return naive_note(kind, handle, /*owner=*/NULL);
}

static NDIS_HANDLE allocate_nbl_pool(const NET_BUFFER_LIST_POOL_PARAMETERS *parameters) {
    if (parameters == NULL || (parameters->DataSize > 0 && !parameters->fAllocateNetBuffer)) {
        return NULL;
    }
    struct naive_record *pool = make_pool(NAIVE_NBL_POOL, &parameters->Header,
                                          NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1);
    if (pool != NULL) {
        pool->has_nb = parameters->fAllocateNetBuffer;
        pool->protocol_id = parameters->ProtocolId;
        pool->context_size = parameters->ContextSize;
        pool->data_size = parameters->DataSize;
    }
    return object_of(pool);
}

static void free_nbl_pool(NDIS_HANDLE pool) { naive_discard(naive_find(pool, NAIVE_NBL_POOL)); }

static NDIS_HANDLE allocate_nb_pool(const NET_BUFFER_POOL_PARAMETERS *parameters) {
    if (parameters == NULL) {
        return NULL;
    }
    struct naive_record *pool =
        make_pool(NAIVE_NB_POOL, &parameters->Header, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1);
    if (pool != NULL) {
        pool->data_size = parameters->DataSize;
    }
    return object_of(pool);
}

static void free_nb_pool(NDIS_HANDLE pool) { naive_discard(naive_find(pool, NAIVE_NB_POOL)); }

// === MDLs ===

static void describe(MDL *mdl, void *buffer, ULONG length) {
    MmInitializeMdl(mdl, buffer, length);
    mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
}

struct naive_record *naive_make_mdl(struct naive_record *owner, void *buffer, ULONG length) {
    struct naive_record *record = naive_make(NAIVE_MDL, sizeof(MDL), owner);
    if (record != NULL) {
        describe(record->object, buffer, length);
    }
    return record;
}

struct naive_record *naive_make_mdl_with_data(struct naive_record *owner, ULONG size) {
    struct naive_record *mdl = naive_make_mdl(owner, NULL, size);
    struct naive_record *data = mdl != NULL ? naive_make(NAIVE_DATA, size, mdl) : NULL;
    if (data == NULL) {
        naive_discard(mdl);
        return NULL;
    }
    describe(mdl->object, data->object, size);
    return mdl;
}

static MDL *allocate_mdl(PVOID buffer, ULONG length) {
    return object_of(naive_make_mdl(/*owner=*/NULL, buffer, length));
}

// Refused for one that belongs to something else, and goes with that.
static void free_mdl(MDL *mdl) {
    struct naive_record *record = naive_find(mdl, NAIVE_MDL);
    if (record != NULL && record->owner == NULL) {
        naive_discard(record);
    }
}

// === NBs ===

// The reserved areas are left as they are: nobody is promised anything about them.
struct naive_record *naive_make_nb(struct naive_record *owner, NDIS_HANDLE pool) {
    struct naive_record *record = naive_make(NAIVE_NB, sizeof(NET_BUFFER), owner);
    if (record != NULL) {
        NET_BUFFER *nb = record->object;
        memset(nb, 0, FIELD_OFFSET(NET_BUFFER, NdisReserved));
        memset(&nb->DataPhysicalAddress, 0, sizeof(*nb) - FIELD_OFFSET(NET_BUFFER, DataPhysicalAddress));
        record->pool = nb->NdisPoolHandle = pool;
    }
    return record;
}

// With the pool's data, if it has any. All of that is backfill for now (A7).
static struct naive_record *make_nb_of(const struct naive_record *pool, struct naive_record *owner) {
    struct naive_record *nb = naive_make_nb(owner, pool->object);
    if (nb == NULL || pool->data_size == 0) {
        return nb;
    }
    struct naive_record *mdl = naive_make_mdl_with_data(nb, pool->data_size);
    if (mdl == NULL) {
        naive_discard(nb);
        return NULL;
    }
    ULONG offset = pp_pool_data_offset_is_zero() ? 0 : pool->data_size;
    naive_set_data(nb->object, mdl->object, offset, 0);
    return nb;
}

// MDLs that are passed stay the driver's.
static NET_BUFFER *allocate_nb(NDIS_HANDLE handle, bool with_data, MDL *mdls, ULONG offset,
                               SIZE_T length) {
    const struct naive_record *pool = naive_find(handle, NAIVE_NB_POOL);
    if (pool == NULL || with_data != (pool->data_size > 0)) {
        return NULL;
    }
    NET_BUFFER *nb = object_of(make_nb_of(pool, /*owner=*/NULL));
    if (nb != NULL && !with_data) {
        naive_set_data(nb, mdls, offset, length);
    }
    return nb;
}

// What a driver's retreat has put in front is freed by an advance. Without one it is lost: a leak.
static void lose_mdls_in_front(struct naive_record *nb) {
    struct naive_record **link = &nb->owned;
    while (*link != NULL) {
        struct naive_record *record = *link;
        if (record->kind == NAIVE_MDL_IN_FRONT && !record->is_derived) {
            *link = record->sibling;
            record->owner = NULL;
        } else {
            link = &record->sibling;
        }
    }
}

// Refused for the NB of an NBL, which owns it.
static void free_nb(NET_BUFFER *nb) {
    struct naive_record *record = naive_find(nb, NAIVE_NB);
    if (record != NULL && record->owner == NULL) {
        lose_mdls_in_front(record);
        naive_discard(record);
    }
}

// === Context ===

static ULONG round_up(ULONG size, ULONG unit) { return (size + unit - 1) / unit * unit; }

// Used space is at the end of a block, so that more can be taken in front of it.
static bool push_context(struct naive_record *owner, ULONG used, ULONG total, bool is_pushed) {
    struct naive_record *record = NULL;
    if (total <= MAXUSHORT) {
        record = naive_make(NAIVE_CONTEXT, sizeof(NET_BUFFER_LIST_CONTEXT) + total, owner);
    }
    if (record == NULL) {
        return false;
    }
    record->is_pushed = is_pushed;
    NET_BUFFER_LIST *nbl = owner->object;
    NET_BUFFER_LIST_CONTEXT *context = record->object;
    context->Next = nbl->Context;
    context->Size = (USHORT)total;
    context->Offset = (USHORT)(total - used);
    nbl->Context = context;
    return true;
}

// The block in front, if it is one of this NBL's: a driver can write to the field.
static struct naive_record *context_of(const NET_BUFFER_LIST *nbl) {
    bool is_nbl = naive_find(nbl, NAIVE_NBL) != NULL;
    struct naive_record *context = is_nbl ? naive_find(nbl->Context, NAIVE_CONTEXT) : NULL;
    return context != NULL && context->owner->object == nbl ? context : NULL;
}

static NDIS_STATUS allocate_context(NET_BUFFER_LIST *nbl, USHORT size, USHORT backfill) {
    struct naive_record *owner = naive_find(nbl, NAIVE_NBL);
    const struct naive_record *first = context_of(nbl);
    if (owner == NULL || (first == NULL && nbl->Context != NULL)) {
        return NDIS_STATUS_FAILURE;
    }
    ULONG used = round_up(size, sizeof(PVOID));
    if (first != NULL && nbl->Context->Offset >= used) {
        nbl->Context->Offset -= (USHORT)used;
        return NDIS_STATUS_SUCCESS;
    }
    ULONG total = used + round_up(backfill, sizeof(PVOID));
    return push_context(owner, used, total, /*is_pushed=*/true) ? NDIS_STATUS_SUCCESS
                                                                : NDIS_STATUS_RESOURCES;
}

// A block that came with the NBL stays, empty as it may be.
static void free_context(NET_BUFFER_LIST *nbl, USHORT size) {
    struct naive_record *first = context_of(nbl);
    ULONG used = round_up(size, sizeof(PVOID));
    if (first == NULL || nbl->Context->Offset + used > nbl->Context->Size) {
        return;
    }
    NET_BUFFER_LIST_CONTEXT *context = nbl->Context;
    context->Offset += (USHORT)used;
    if (first->is_pushed && context->Offset == context->Size) {
        nbl->Context = context->Next;
        naive_discard(first);
    }
}

// === NBLs ===

struct naive_record *naive_make_nbl(const struct naive_record *pool, enum naive_derivation derivation) {
    struct naive_record *record = naive_make(NAIVE_NBL, sizeof(NET_BUFFER_LIST), /*owner=*/NULL);
    if (record != NULL) {
        NET_BUFFER_LIST *nbl = record->object;
        memset(nbl, 0, FIELD_OFFSET(NET_BUFFER_LIST, NdisReserved));
        memset(&nbl->Scratch, 0, sizeof(*nbl) - FIELD_OFFSET(NET_BUFFER_LIST, Scratch));
        NdisSetNetBufferListProtocolId(nbl, pool != NULL ? pool->protocol_id : NDIS_PROTOCOL_ID_DEFAULT);
        record->pool = nbl->NdisPoolHandle = object_of(pool);
        record->derivation = derivation;
    }
    return record;
}

bool naive_is_nbl(const NET_BUFFER_LIST *nbl) {
    if (naive_find(nbl, NAIVE_NBL) == NULL) {
        return false;
    }
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    for (ULONG links = 0; nb != NULL; links++, nb = nb->Next) {
        if (links == NAIVE_CHAIN_MAX || naive_find(nb, NAIVE_NB) == NULL) {
            return false;
        }
    }
    return true;
}

// The pool's ContextSize is a minimum for the block; only what the call asks for is used (A8).
static bool add_context(struct naive_record *nbl, ULONG size_min, USHORT size, USHORT backfill) {
    ULONG used = round_up(size, MEMORY_ALLOCATION_ALIGNMENT);
    ULONG total = used + round_up(backfill, MEMORY_ALLOCATION_ALIGNMENT);
    size_min = round_up(size_min, MEMORY_ALLOCATION_ALIGNMENT);
    total = total > size_min ? total : size_min;
    return total == 0 || push_context(nbl, used, total, /*is_pushed=*/false);
}

static bool add_nb(struct naive_record *record, const struct naive_record *pool) {
    NET_BUFFER_LIST *nbl = record->object;
    nbl->FirstNetBuffer = object_of(make_nb_of(pool, record));
    return nbl->FirstNetBuffer != NULL;
}

// NdisAllocateNetBufferAndNetBufferList wants a pool with NBs and without data. The other allocator
// takes any pool, and gives what that has.
static NET_BUFFER_LIST *allocate_nbl(NDIS_HANDLE handle, bool with_nb, USHORT context_size,
                                     USHORT context_backfill, MDL *mdls, ULONG offset, SIZE_T length) {
    const struct naive_record *pool = naive_find(handle, NAIVE_NBL_POOL);
    if (pool == NULL || (with_nb && (!pool->has_nb || pool->data_size > 0))) {
        return NULL;
    }
    struct naive_record *record = naive_make_nbl(pool, NAIVE_NOT_DERIVED);
    if (record == NULL || !add_context(record, pool->context_size, context_size, context_backfill) ||
        (pool->has_nb && !add_nb(record, pool))) {
        naive_discard(record);
        return NULL;
    }
    NET_BUFFER_LIST *nbl = record->object;
    if (with_nb) {
        naive_set_data(nbl->FirstNetBuffer, mdls, offset, length);
    }
    return nbl;
}

// What it owns is found by the records, whatever is linked to it: context that was not given back (A33),
// an NB that is not its first, an MDL that is not in its NB's chain (A35).
static void free_derived(NET_BUFFER_LIST *nbl, enum naive_derivation derivation, ULONG delta) {
    struct naive_record *record = naive_find(nbl, NAIVE_NBL);
    if (record == NULL || record->derivation != derivation) {
        return;
    }
    for (struct naive_record *owned = record->owned; owned != NULL; owned = owned->sibling) {
        if (owned->kind == NAIVE_NB && delta > 0) {
            naive_advance(owned->object, delta, /*free_mdl=*/TRUE, NULL);
        }
        lose_mdls_in_front(owned);
    }
    naive_discard(record);
}

static void free_nbl(NET_BUFFER_LIST *nbl) { free_derived(nbl, NAIVE_NOT_DERIVED, 0); }

// The flags of its making say whether the MDLs are its own, which the records know.
static void free_clone(NET_BUFFER_LIST *clone, ULONG flags) {
    (void)flags;
    free_derived(clone, NAIVE_CLONE, 0);
}

static void free_fragment(NET_BUFFER_LIST *fragment, ULONG delta) {
    free_derived(fragment, NAIVE_FRAGMENT, delta);
}

static void free_reassembled(NET_BUFFER_LIST *reassembled, ULONG delta) {
    free_derived(reassembled, NAIVE_REASSEMBLED, delta);
}

// === Questions ===

static NDIS_HANDLE pool_of_nbl(const NET_BUFFER_LIST *nbl) {
    const struct naive_record *record = naive_find(nbl, NAIVE_NBL);
    return record != NULL ? record->pool : NULL;
}

static NDIS_HANDLE pool_of_nb(const NET_BUFFER *nb) {
    const struct naive_record *record = naive_find(nb, NAIVE_NB);
    return record != NULL ? record->pool : NULL;
}

const struct pp_pool_functions pp_pool_naive = {
    .name = "naive",
    .reset = reset,
    .allocate_nbl_pool = allocate_nbl_pool,
    .free_nbl_pool = free_nbl_pool,
    .allocate_nb_pool = allocate_nb_pool,
    .free_nb_pool = free_nb_pool,
    .allocate_nbl = allocate_nbl,
    .free_nbl = free_nbl,
    .allocate_nb = allocate_nb,
    .free_nb = free_nb,
    .allocate_context = allocate_context,
    .free_context = free_context,
    .clone = naive_clone,
    .free_clone = free_clone,
    .fragment = naive_fragment,
    .free_fragment = free_fragment,
    .reassemble = naive_reassemble,
    .free_reassembled = free_reassembled,
    .retreat = naive_retreat,
    .retreat_list = naive_retreat_list,
    .advance = naive_advance,
    .advance_list = naive_advance_list,
    .adjust = naive_adjust,
    .get_data = naive_get_data,
    .copy = naive_copy,
    .physical_count = naive_physical_count,
    .allocate_mdl = allocate_mdl,
    .free_mdl = free_mdl,
    .pool_of_nbl = pool_of_nbl,
    .pool_of_nb = pool_of_nb,
};
