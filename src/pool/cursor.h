// SPDX-License-Identifier: MIT
// A place in a chain of MDLs, from which bytes are taken run by run.
#pragma once
#include "pool/arena_pool.h"

struct pp_cursor {
    const MDL *mdl;
    uint64_t offset;     // into it
    uint32_t mdl_count;  // gone through so far
};

// Where the used data of an NB begins.
static inline struct pp_cursor pp_cursor_at(const NET_BUFFER *nb) {
    return (struct pp_cursor){.mdl = nb->CurrentMdl, .offset = nb->CurrentMdlOffset};
}

// Moves to the MDL that has the next byte. False at the end of the chain. The MDLs may be in flight with
// another NBL.
PP_READS_CLOSED static inline bool pp_cursor_settle(struct pp_cursor *cursor) {
    while (cursor->mdl != NULL && cursor->offset >= cursor->mdl->ByteCount) {
        cursor->offset -= cursor->mdl->ByteCount;
        cursor->mdl = cursor->mdl_count++ < PP_CHAIN_MAX ? cursor->mdl->Next : NULL;
    }
    return cursor->mdl != NULL;
}

static inline void pp_cursor_skip(struct pp_cursor *cursor, uint64_t length) {
    cursor->offset += length;
    pp_cursor_settle(cursor);
}

// The next run of bytes that lie in one MDL, at most `length_max` of them; 0 at the end. The cursor
// moves behind it.
PP_READS_CLOSED static inline uint32_t pp_cursor_take(struct pp_cursor *cursor, uint64_t length_max,
                                                      char **ret_bytes) {
    if (length_max == 0 || !pp_cursor_settle(cursor)) {
        return 0;
    }
    uint64_t there = cursor->mdl->ByteCount - cursor->offset;
    uint32_t length = (uint32_t)(there < length_max ? there : length_max);
    *ret_bytes = (char *)((uintptr_t)cursor->mdl->MappedSystemVa + cursor->offset);  // may be garbage
    cursor->offset += length;
    return length;
}
