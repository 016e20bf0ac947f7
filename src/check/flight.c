// SPDX-License-Identifier: MIT
#include "check/flight.h"

#include "base/expect.h"
#include "base/grow.h"
#include "base/guard.h"
#include "check/chain.h"
#include "check/digest.h"

#define NO_PART 0u

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
static uint32_t media_count;  // NBLs in flight with MediaSpecificInformation

void pp_flight_reset(void) {
    part_count = 1;
    part_free = NO_PART;
    media_count = 0;
}

static uint64_t digest_of(uint64_t address, uint64_t size) {
    return PP_HAS_GUARD ? 0 : pp_digest_bytes(address, size);
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

PP_READS_CLOSED static void add_mdls(struct pp_object *nbl, const MDL *first) {
    for (const MDL *mdl = first; mdl != NULL; mdl = mdl->Next) {
        const uint64_t buffer = (uintptr_t)mdl->MappedSystemVa;
        add_part(nbl, (uintptr_t)mdl, sizeof(*mdl));
        if (pp_chain_is_readable(buffer, mdl->ByteCount)) {
            add_part(nbl, buffer, mdl->ByteCount);
        }
    }
}

PP_READS_CLOSED static void add_nbs(struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (; nb != NULL; nb = nb->Next) {
        add_part(nbl, (uintptr_t)nb, sizeof(*nb));
        add_mdls(nbl, nb->MdlChain);
    }
}

PP_READS_CLOSED static void add_context_blocks(struct pp_object *nbl) {
    const NET_BUFFER_LIST_CONTEXT *context = ((const NET_BUFFER_LIST *)nbl->address)->Context;
    for (uint32_t i = 0; context != NULL && i < PP_WALK_MAX; i++, context = context->Next) {
        const struct pp_object *object = pp_model_at((uintptr_t)context);
        if (object == NULL || object->kind != PP_OBJECT_CONTEXT || object->state == PP_OBJECT_FREED) {
            return;
        }
        add_part(nbl, object->address, object->size);
    }
}

// The structure itself is not promised to come back as it was, but for these.
static uint64_t header_digest(const NET_BUFFER_LIST *nbl) {
    const uint64_t fields[] = {(uintptr_t)nbl->FirstNetBuffer,      (uintptr_t)nbl->Context,
                               (uintptr_t)nbl->ParentNetBufferList, (uintptr_t)nbl->NdisPoolHandle,
                               (uintptr_t)nbl->SourceHandle,        nbl->NblFlags};
    return pp_digest_bytes((uintptr_t)fields, sizeof(fields)) ^
           pp_digest_bytes((uintptr_t)nbl->ProtocolReserved, sizeof(nbl->ProtocolReserved)) ^
           pp_digest_bytes((uintptr_t)nbl->NetBufferListInfo, sizeof(nbl->NetBufferListInfo));
}

static bool is_known(const void *address, enum pp_object_kind kind) {
    const struct pp_object *object = pp_model_at((uintptr_t)address);
    return object != NULL && object->kind == kind;
}

static uint64_t mix(uint64_t digest, uint64_t value) {
    const uint64_t both[] = {digest, value};
    return pp_digest_bytes((uintptr_t)both, sizeof(both));
}

// Its NB list and the MDL chains, as far as they are what they should be.
PP_READS_CLOSED static uint64_t lists_digest(const struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    uint64_t digest = 0;
    for (uint32_t i = 0; i < PP_WALK_MAX && is_known(nb, PP_OBJECT_NB); i++, nb = nb->Next) {
        digest = mix(digest, (uintptr_t)nb);
        const MDL *mdl = nb->MdlChain;
        for (uint32_t j = 0; j < PP_WALK_MAX && is_known(mdl, PP_OBJECT_MDL); j++, mdl = mdl->Next) {
            digest = mix(digest, (uintptr_t)mdl ^ mdl->ByteCount);
        }
        digest = mix(digest, (uintptr_t)mdl);
    }
    return mix(digest, (uintptr_t)nb);
}

void pp_flight_begin(struct pp_object *nbl) {
    nbl->first_part = NO_PART;
    nbl->media = pp_flight_media((const NET_BUFFER_LIST *)nbl->address);
    media_count += nbl->media != 0;
    add_context_blocks(nbl);
    add_nbs(nbl);
    nbl->lists = lists_digest(nbl);
    if (!PP_HAS_GUARD) {
        add_part(nbl, nbl->address, sizeof(NET_BUFFER_LIST));
        parts[nbl->first_part].digest = header_digest((const NET_BUFFER_LIST *)nbl->address);
    }
}

bool pp_flight_is_intact(const struct pp_object *nbl) {
    if (lists_digest(nbl) != nbl->lists) {
        // What was closed all the time nobody but ourselves can have changed.
        pp_expect(!PP_HAS_GUARD, "RT-NB-INTACT: NB list or MDL chain changed");
        return false;
    }
    for (uint32_t i = PP_HAS_GUARD ? NO_PART : nbl->first_part; i != NO_PART; i = parts[i].next) {
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
    media_count -= nbl->media != 0;
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

PP_READS_CLOSED uint64_t pp_flight_media(const NET_BUFFER_LIST *nbl) {
    return (uintptr_t)nbl->NetBufferListInfo[MediaSpecificInformation];
}

struct pp_object *pp_flight_pointing_into(const struct pp_object *object) {
    for (uint32_t i = 0; media_count > 0 && i < pp_model_count(); i++) {
        struct pp_object *nbl = pp_model_object(i);
        if (nbl->kind == PP_OBJECT_NBL && nbl->state == PP_OBJECT_IN_FLIGHT && nbl->media != 0 &&
            nbl->media - object->address < object->size) {
            return nbl;
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
