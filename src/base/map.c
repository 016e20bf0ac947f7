// SPDX-License-Identifier: MIT
#include "base/map.h"

#include "base/expect.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLOT_COUNT_FIRST 1024u

// Sets *ret_granule if the key is an address that the arena can give out.
static bool is_direct(uintptr_t key, uintptr_t *ret_granule) {
    uintptr_t offset = key - PP_ARENA_BASE;
    *ret_granule = offset / PP_ARENA_GRANULE;
    return offset < PP_ARENA_BYTES && offset % PP_ARENA_GRANULE == 0;
}

static void put_direct(struct pp_map *map, uintptr_t granule, uint32_t value) {
    if (map->direct == NULL) {
        map->direct = mmap(NULL, PP_ARENA_BYTES / PP_ARENA_GRANULE * sizeof(*map->direct),
                           PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        pp_expect(map->direct != MAP_FAILED, "no room for a map");
    }
    map->direct[granule] = value + 1;
    map->direct_count = granule >= map->direct_count ? (uint32_t)granule + 1 : map->direct_count;
}

static uint32_t slot_of(const struct pp_map *map, uintptr_t key) {
    uint32_t slot = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (map->slot_count - 1);
    while (map->slots[slot].key != 0 && map->slots[slot].key != key) {
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return slot;
}

static void grow(struct pp_map *map) {
    struct pp_map old = *map;
    map->slot_count = old.slot_count == 0 ? SLOT_COUNT_FIRST : old.slot_count * 2;
    map->slots = calloc(map->slot_count, sizeof(*map->slots));
    map->used = malloc(map->slot_count / 2 * sizeof(*map->used));
    pp_expect(map->slots != NULL && map->used != NULL, "no memory for %u slots", map->slot_count);
    map->count = 0;
    for (uint32_t i = 0; i < old.count; i++) {
        const struct pp_map_slot *slot = &old.slots[old.used[i]];
        pp_map_put(map, slot->key, slot->value);
    }
    free(old.slots);
    free(old.used);
}

uint32_t pp_map_get_hashed(const struct pp_map *map, uintptr_t key) {
    if (map->slot_count == 0 || key == 0) {
        return PP_MAP_NONE;
    }
    const struct pp_map_slot *slot = &map->slots[slot_of(map, key)];
    return slot->key == 0 ? PP_MAP_NONE : slot->value;
}

void pp_map_put(struct pp_map *map, uintptr_t key, uint32_t value) {
    pp_expect(key != 0, "the null address has no place in a map");
    uintptr_t granule;
    if (is_direct(key, &granule)) {
        put_direct(map, granule, value);
        return;
    }
    if (map->count >= map->slot_count / 2) {
        grow(map);
    }
    uint32_t slot = slot_of(map, key);
    if (map->slots[slot].key == 0) {
        map->slots[slot].key = key;
        map->used[map->count++] = slot;
    }
    map->slots[slot].value = value;
}

uint32_t pp_map_get_below(const struct pp_map *map, uintptr_t key, uintptr_t reach) {
    uintptr_t granule;
    if (!is_direct(key - key % PP_ARENA_GRANULE, &granule)) {
        return PP_MAP_NONE;
    }
    for (uintptr_t far = 0; far <= reach / PP_ARENA_GRANULE && far <= granule; far++) {
        uintptr_t at = granule - far;
        if (at < map->direct_count && map->direct[at] != 0) {
            return map->direct[at] - 1;
        }
    }
    return PP_MAP_NONE;
}

void pp_map_clear(struct pp_map *map) {
    if (map->direct_count > 0) {
        memset(map->direct, 0, map->direct_count * sizeof(*map->direct));
        map->direct_count = 0;
    }
    for (uint32_t i = 0; i < map->count; i++) {
        map->slots[map->used[i]].key = 0;
    }
    map->count = 0;
}
