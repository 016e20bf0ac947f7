// SPDX-License-Identifier: MIT
#include "check/flight.h"

#include "base/arena.h"
#include "base/grow.h"
#include "base/guard.h"

#include <ndis.h>

// What a driver has not written yet is digested like the rest.
#pragma clang attribute push(__attribute__((no_sanitize("memory"))), apply_to = function)
#define XXH_INLINE_ALL
#include <xxhash.h>
#pragma clang attribute pop

#define WALK_MAX 65536u  // NBs, or MDLs of an NB; longer lists are taken to be cyclic
#define NO_PART 0u
#define ADDRESSES_END ((uint64_t)1 << 47)  // of a process

struct part {
    uint64_t address;
    uint64_t size;    // 0: the slot is free
    uint64_t digest;  // where nothing guards it
    uint32_t nbl;     // index of the object
    uint32_t holder;  // index of the object that it lies in, or PP_OBJECT_NONE
    uint32_t next;    // of the same NBL, or of the free slots
};

static struct part *parts;  // slot 0 is never used
static uint32_t part_count = 1;
static uint32_t part_capacity;
static uint32_t part_free;

void pp_flight_reset(void) {
    part_count = 1;
    part_free = NO_PART;
}

static uint64_t digest_of(uint64_t address, uint64_t size) {
    return PP_HAS_GUARD ? 0 : XXH3_64bits((const void *)address, size);
}

static void add_part(struct pp_object *nbl, uint64_t address, uint64_t size) {
    if (size == 0) {
        return;
    }
    uint32_t index = part_free;
    if (index != NO_PART) {
        part_free = parts[index].next;
    } else {
        parts = pp_grow(parts, &part_capacity, part_count, sizeof(*parts));
        index = part_count++;
    }
    struct pp_object *holder = pp_model_holding(address);
    if (holder != NULL) {
        holder->flight_count++;
    }
    parts[index] = (struct part){.address = address,
                                 .size = size,
                                 .holder = holder != NULL ? pp_model_index(holder) : PP_OBJECT_NONE,
                                 .digest = digest_of(address, size),
                                 .nbl = pp_model_index(nbl),
                                 .next = nbl->first_part};
    nbl->first_part = index;
}

// The object that these bytes belong to, live or not; NULL if they are no object's.
static const struct pp_object *holder_of(uint64_t address) {
    if (!pp_arena_contains((const void *)address)) {
        return NULL;  // not worth a walk through all objects
    }
    const struct pp_object *object = pp_model_holding(address);
    return object != NULL ? object : pp_model_around(address, /*reach=*/0);
}

static bool is_within(uint64_t address, uint64_t size, const struct pp_object *object) {
    return address + size <= object->address + object->size;
}

// An MDL may be one that an allocator made, or lie inside memory that is the driver's.
static bool is_readable(uint64_t address, uint64_t size) {
    const struct pp_object *object = holder_of(address);
    return object != NULL && object->state != PP_OBJECT_FREED && is_within(address, size, object);
}

// What is wrong with the bytes that an MDL describes, or NULL. Nothing is known of bytes that are not
// the world's: a driver may send from its globals.
static const char *problem_of_data(uint64_t address, uint64_t size) {
    if (size == 0) {
        return NULL;
    }
    if (address < PP_NULL_PAGE_BYTES || address >= ADDRESSES_END) {
        return "MDL of memory that does not exist";
    }
    if (!pp_arena_contains((const void *)address)) {
        return NULL;
    }
    const struct pp_object *object = holder_of(address);
    if (object == NULL) {
        return "MDL of memory that is not the driver's";
    }
    if (object->state == PP_OBJECT_FREED) {
        return "MDL of freed memory";
    }
    return is_within(address, size, object) ? NULL : "MDL that is longer than its memory";
}

PP_READS_CLOSED static struct pp_flight_problem add_mdls(struct pp_object *nbl, const MDL *mdl) {
    for (uint32_t i = 0; mdl != NULL; i++, mdl = mdl->Next) {
        if (i == WALK_MAX) {
            return (struct pp_flight_problem){"MDL chain that does not end", (uintptr_t)mdl,
                                              PP_FLIGHT_ENDLESS};
        }
        if (!is_readable((uintptr_t)mdl, sizeof(*mdl))) {
            return (struct pp_flight_problem){"MDL that does not exist", (uintptr_t)mdl,
                                              PP_FLIGHT_FOREIGN};
        }
        const uint64_t buffer = (uintptr_t)mdl->MappedSystemVa;
        const char *problem = problem_of_data(buffer, mdl->ByteCount);
        if (problem != NULL) {
            return (struct pp_flight_problem){problem, buffer, PP_FLIGHT_DEAD};
        }
        add_part(nbl, (uintptr_t)mdl, sizeof(*mdl));
        if (is_readable(buffer, mdl->ByteCount)) {
            add_part(nbl, buffer, mdl->ByteCount);
        }
    }
    return (struct pp_flight_problem){.what = NULL};
}

static bool is_own_nb(const struct pp_object *nbl, const struct pp_object *nb) {
    return nb->is_part && nb->parent == pp_model_index(nbl);
}

PP_READS_CLOSED static struct pp_flight_problem add_nbs(struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL; i++, nb = nb->Next) {
        if (i == WALK_MAX) {
            return (struct pp_flight_problem){"NB list that does not end", (uintptr_t)nb,
                                              PP_FLIGHT_ENDLESS};
        }
        const struct pp_object *object = pp_model_at((uintptr_t)nb);
        if (object == NULL || object->kind != PP_OBJECT_NB || object->state == PP_OBJECT_FREED) {
            return (struct pp_flight_problem){"NB that does not exist", (uintptr_t)nb,
                                              PP_FLIGHT_FOREIGN};
        }
        if (!is_own_nb(nbl, object)) {
            add_part(nbl, object->address, object->size);
        }
        struct pp_flight_problem problem = add_mdls(nbl, nb->MdlChain);
        if (problem.what != NULL) {
            return problem;
        }
    }
    return (struct pp_flight_problem){.what = NULL};
}

// What follows the NET_BUFFER_LIST in its block: context, NB, MDL, data. The structure itself is not
// promised to come back as it was, but for the fields that are compared in header_digest.
static void add_rest_of_block(struct pp_object *nbl) {
    add_part(nbl, nbl->address + sizeof(NET_BUFFER_LIST), nbl->size - sizeof(NET_BUFFER_LIST));
}

static uint64_t header_digest(const NET_BUFFER_LIST *nbl) {
    const uint64_t fields[] = {(uintptr_t)nbl->FirstNetBuffer,      (uintptr_t)nbl->Context,
                               (uintptr_t)nbl->ParentNetBufferList, (uintptr_t)nbl->NdisPoolHandle,
                               (uintptr_t)nbl->SourceHandle,        nbl->NblFlags};
    return XXH3_64bits(fields, sizeof(fields)) ^
           XXH3_64bits(nbl->ProtocolReserved, sizeof(nbl->ProtocolReserved)) ^
           XXH3_64bits(nbl->NetBufferListInfo, sizeof(nbl->NetBufferListInfo));
}

PP_READS_CLOSED static void add_context_blocks(struct pp_object *nbl) {
    const NET_BUFFER_LIST_CONTEXT *context = ((const NET_BUFFER_LIST *)nbl->address)->Context;
    for (uint32_t i = 0; context != NULL && i < WALK_MAX; i++, context = context->Next) {
        const struct pp_object *object = pp_model_at((uintptr_t)context);
        if (object == NULL || object->kind != PP_OBJECT_CONTEXT || object->state == PP_OBJECT_FREED) {
            return;  // the initial block, which is part of the NBL's
        }
        add_part(nbl, object->address, object->size);
    }
}

struct pp_flight_problem pp_flight_begin(struct pp_object *nbl) {
    nbl->first_part = NO_PART;
    add_context_blocks(nbl);
    struct pp_flight_problem problem = add_nbs(nbl);
    if (problem.what != NULL) {
        pp_flight_end(nbl);
        return problem;
    }
    if (!PP_HAS_GUARD) {
        add_rest_of_block(nbl);
        add_part(nbl, nbl->address, sizeof(NET_BUFFER_LIST));
        parts[nbl->first_part].digest = header_digest((const NET_BUFFER_LIST *)nbl->address);
    }
    return problem;
}

bool pp_flight_is_intact(const struct pp_object *nbl) {
    if (PP_HAS_GUARD) {
        return true;
    }
    for (uint32_t i = nbl->first_part; i != NO_PART; i = parts[i].next) {
        const struct part *part = &parts[i];
        uint64_t digest = part->address == nbl->address
                              ? header_digest((const NET_BUFFER_LIST *)nbl->address)
                              : digest_of(part->address, part->size);
        if (digest != part->digest) {
            return false;
        }
    }
    return true;
}

void pp_flight_end(struct pp_object *nbl) {
    while (nbl->first_part != NO_PART) {
        uint32_t index = nbl->first_part;
        nbl->first_part = parts[index].next;
        if (parts[index].holder != PP_OBJECT_NONE) {
            pp_model_object(parts[index].holder)->flight_count--;
        }
        parts[index].size = 0;
        parts[index].next = part_free;
        part_free = index;
    }
}

struct pp_object *pp_flight_with(uint64_t address, uint64_t size) {
    for (uint32_t i = 1; i < part_count; i++) {
        const struct part *part = &parts[i];
        if (part->size != 0 && part->address < address + size && address < part->address + part->size) {
            return pp_model_object(part->nbl);
        }
    }
    return NULL;
}

struct pp_object *pp_flight_of(const struct pp_object *object) {
    if (object->flight_count > 0) {
        return pp_flight_with(object->address, object->size);
    }
    for (uint32_t i = pp_model_index(object) + 1; i < pp_model_count(); i++) {
        const struct pp_object *part = pp_model_object(i);
        if (!part->is_part || part->parent != pp_model_index(object)) {
            break;
        }
        if (part->flight_count > 0) {
            return pp_flight_with(part->address, part->size);
        }
    }
    return NULL;
}

PP_READS_CLOSED bool pp_flight_has_data(const struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    while (nb != NULL && nb->stDataLength == 0) {
        nb = nb->Next;
    }
    return nb != NULL;
}
