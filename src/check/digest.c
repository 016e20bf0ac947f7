// SPDX-License-Identifier: MIT
#include "check/digest.h"

#include "base/guard.h"
#include "check/chain.h"

// What a driver has not written yet is digested like the rest.
#pragma clang attribute push(__attribute__((no_sanitize("memory", "address"))), apply_to = function)
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t pp_digest_bytes(uint64_t address, uint64_t size) {
    return XXH3_64bits((const void *)address, size);
}

uint64_t pp_digest_nbl_reserved(const NET_BUFFER_LIST *nbl) {
    const uint64_t fields[] = {(uintptr_t)nbl->NdisPoolHandle, (uintptr_t)nbl->NdisReserved[0],
                               (uintptr_t)nbl->NdisReserved[1]};
    return XXH3_64bits(fields, sizeof(fields));
}

uint64_t pp_digest_nb_reserved(const NET_BUFFER *nb) {
    const uint64_t fields[] = {(uintptr_t)nb->NdisPoolHandle, (uintptr_t)nb->NdisReserved[0],
                               (uintptr_t)nb->NdisReserved[1], nb->Reserved};
    return XXH3_64bits(fields, sizeof(fields));
}

uint64_t pp_digest_nbl_miniports(const NET_BUFFER_LIST *nbl) {
    return XXH3_64bits(nbl->MiniportReserved, sizeof(nbl->MiniportReserved));
}

uint64_t pp_digest_nb_miniports(const NET_BUFFER *nb) {
    return XXH3_64bits(nb->MiniportReserved, sizeof(nb->MiniportReserved));
}

uint64_t pp_digest_nb_place(const NET_BUFFER *nb) {
    const uint64_t fields[] = {(uintptr_t)nb->MdlChain, nb->DataOffset, nb->stDataLength};
    uint64_t digest = XXH3_64bits(fields, sizeof(fields));
    return digest == 0 ? 1 : digest;
}

// A run of a chain's bytes, which lie in one MDL.
struct run {
    const char *bytes;
    uint64_t size;
};

struct walk {
    const MDL *mdl;
    uint64_t offset;  // into it
    uint64_t rest;    // bytes wanted
    uint32_t mdl_count;
};

static struct run next_run(struct walk *walk) {
    while (walk->mdl != NULL && walk->offset >= walk->mdl->ByteCount) {
        walk->offset -= walk->mdl->ByteCount;
        walk->mdl = walk->mdl_count++ < PP_WALK_MAX ? walk->mdl->Next : NULL;
    }
    if (walk->mdl == NULL || walk->rest == 0) {
        return (struct run){NULL, 0};
    }
    uint64_t there = walk->mdl->ByteCount - walk->offset;
    struct run run = {(const char *)walk->mdl->MappedSystemVa + walk->offset,
                      there < walk->rest ? there : walk->rest};
    walk->offset += run.size;
    walk->rest -= run.size;
    return run;
}

// Byte by byte: the memcpy of a sanitizer would look at what is closed, or stale.
static void add_run(XXH3_state_t *state, struct run run) {
    char piece[256];
    for (uint64_t done = 0, size; done < run.size; done += size) {
        size = run.size - done < sizeof(piece) ? run.size - done : sizeof(piece);
        for (uint64_t i = 0; i < size; i++) {
            piece[i] = ((const volatile char *)run.bytes)[done + i];
        }
        XXH3_64bits_update(state, piece, size);
    }
}

uint64_t pp_digest_chain(const MDL *first, uint64_t offset, uint64_t length) {
    struct walk walk = {.mdl = first, .offset = offset, .rest = length};
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);
    for (struct run run = next_run(&walk); run.size > 0; run = next_run(&walk)) {
        add_run(&state, run);
    }
    return XXH3_64bits_digest(&state);
}

bool pp_digest_is_zero(const MDL *first, uint64_t offset, uint64_t length) {
    struct walk walk = {.mdl = first, .offset = offset, .rest = length};
    for (struct run run = next_run(&walk); run.size > 0; run = next_run(&walk)) {
        for (uint64_t i = 0; i < run.size; i++) {
            if (run.bytes[i] != 0) {
                return false;
            }
        }
    }
    return true;
}

#pragma clang attribute pop
