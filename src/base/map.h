// SPDX-License-Identifier: MIT
// Addresses to small numbers. What the world makes lies in the arena, on multiples of 16: such an
// address is its own index. All others are hashed. Emptied in time proportional to what was put in.
#pragma once
#include "base/arena.h"

#include <stdint.h>

#define PP_MAP_NONE UINT32_MAX

struct pp_map_slot {
    uintptr_t key;  // 0: empty
    uint32_t value;
};

struct pp_map {
    uint32_t *direct;           // by granule of the arena; value + 1, 0: not in the map
    uint32_t direct_count;      // granules behind this are not in the map
    struct pp_map_slot *slots;  // a power of two, at least twice `count`
    uint32_t slot_count;
    uint32_t count;  // of hashed keys
    uint32_t *used;  // slots that are not empty, for pp_map_clear
};

// The same for keys that the arena cannot give out.
uint32_t pp_map_get_hashed(const struct pp_map *map, uintptr_t key);

// A digest as a key: neither 0 nor what lies in the arena.
static inline uintptr_t pp_map_key(uint64_t digest) { return digest | UINT64_C(1) << 63; }

// The value of `key`, or PP_MAP_NONE. Key 0 is never in the map.
static inline uint32_t pp_map_get(const struct pp_map *map, uintptr_t key) {
    uintptr_t offset = key - PP_ARENA_BASE;
    uintptr_t granule = offset / PP_ARENA_GRANULE;
    if (granule < map->direct_count && offset % PP_ARENA_GRANULE == 0) {
        return map->direct[granule] - 1;
    }
    return map->count == 0 ? PP_MAP_NONE : pp_map_get_hashed(map, key);
}

// Sets the value of `key` (not 0), new or not. Values are below PP_MAP_NONE - 1.
void pp_map_put(struct pp_map *map, uintptr_t key, uint32_t value);

// The value of the nearest key at or below `key` in the arena, at most `reach` bytes away; PP_MAP_NONE
// if there is none.
uint32_t pp_map_get_below(const struct pp_map *map, uintptr_t key, uintptr_t reach);

void pp_map_clear(struct pp_map *map);
