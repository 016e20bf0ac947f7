// SPDX-License-Identifier: MIT
// What bench_pool measures, and who does it: the world's own pools, and allocators of packet buffers
// that other people have made. Each does its work in loops of its own, so that what it has inline stays
// so.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PP_LIVE_MAX 100000u
#define PP_BURST 64u
#define PP_HEADROOM_BYTES 128u  // unused, in front of a frame
#define PP_FRAME_BYTES 128u
#define PP_HEADER_BYTES 14u  // put in front of a frame, and taken away again

enum pp_work {
    PP_WORK_ALLOCATE,         // one more, and it goes again
    PP_WORK_ALLOCATE_FRESH,   // the same, never in the same memory
    PP_WORK_BURST,            // PP_BURST more, and then they go again; each counts
    PP_WORK_REPLACE,          // one of the live ones goes, any, and a new one comes
    PP_WORK_CLONE,            // of a frame, and it goes again
    PP_WORK_CLONE_SHARED,     // the same, nothing but the list itself is new
    PP_WORK_RETREAT,          // there is room
    PP_WORK_RETREAT_GROWING,  // there is none
    PP_WORK_RETREAT_LIST,     // the same of an NBL, not of an NB
    PP_WORK_RETREAT_LIST_GROWING,
    PP_WORK_COUNT
};

struct pp_peer {
    const char *name;
    // Once, before anything else. False: it cannot run here; it has said why on stderr.
    bool (*start)(void);
    // Begins anew, with this many live objects; not measured. False: no room for them.
    bool (*prepare)(enum pp_work work, uint32_t live_count);
    // Does it `count` times. NULL: it has no such thing.
    void (*work[PP_WORK_COUNT])(uint32_t count);
};

extern const struct pp_peer pp_peer_pool;
extern const struct pp_peer pp_peer_pool_with_rules;
extern const struct pp_peer pp_peer_dpdk;
extern const struct pp_peer pp_peer_mimalloc;

// The next of a row of numbers that looks random and is the same for all.
static inline uint32_t pp_peer_dice(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
