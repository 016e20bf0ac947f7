// SPDX-License-Identifier: MIT
#include "base/arena.h"

#include "base/expect.h"
#include "base/guard.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_BASE ((char *)PP_ARENA_BASE)
#define ARENA_BYTES PP_ARENA_BYTES
#define GRANULE PP_ARENA_GRANULE
#define REDZONE 16u
#define BLOCK_COUNT_MAX (1u << 21)
#define CLASS_COUNT 96
#define FIFO_DELAY 8  // a FIFO class keeps this many blocks back before it reuses the oldest
#define NO_BLOCK UINT32_MAX

#define PATTERN_TAKEN 0xA5
#define PATTERN_REDZONE 0xFD
#define PATTERN_GIVEN 0xDD

struct free_list {
    uint32_t first;
    uint32_t last;
    uint32_t count;
};

static uint32_t used_bytes;
static uint32_t block_count;
static struct pp_block *blocks;  // in the order of their addresses
static uint32_t *block_at;       // by granule; only right if that block says so too
static struct free_list free_lists[CLASS_COUNT];
static enum pp_reuse reuse_policy;

static void *map_memory(void *where, size_t size, int flags) {
    void *memory = mmap(where, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    pp_expect(memory != MAP_FAILED, "no room for %zu bytes", size);
    return memory;
}

static void map_arena(void) {
    map_memory(ARENA_BASE, ARENA_BYTES, MAP_FIXED_NOREPLACE);
    blocks = map_memory(NULL, BLOCK_COUNT_MAX * sizeof(*blocks), 0);
    block_at = map_memory(NULL, ARENA_BYTES / GRANULE * sizeof(*block_at), 0);
    pp_guard_close(ARENA_BASE, ARENA_BYTES);
    pp_arena_reset();
}

// Small sizes in steps of a granule, larger ones in four steps a power of two: little slack, few lists.
static uint32_t class_of(size_t size, uint32_t *ret_capacity) {
    uint32_t granules = size == 0 ? 1 : (uint32_t)((size + GRANULE - 1) / GRANULE);
    if (granules <= 16) {
        *ret_capacity = granules * GRANULE;
        return granules - 1;
    }
    uint32_t log = 31 - (uint32_t)__builtin_clz(granules - 1);
    uint32_t step = 1u << (log - 2);
    uint32_t quarters = (granules + step - 1) / step;  // 5 to 8
    *ret_capacity = quarters * step * GRANULE;
    return 16 + (log - 4) * 4 + (quarters - 5);
}

static char *memory_of(const struct pp_block *block) { return ARENA_BASE + block->offset; }

static struct pp_block *take_from_list(uint32_t list_index) {
    struct free_list *list = &free_lists[list_index];
    if (reuse_policy == PP_REUSE_NEVER || list->count == 0 ||
        (reuse_policy == PP_REUSE_FIFO && list->count <= FIFO_DELAY)) {
        return NULL;
    }
    struct pp_block *block = &blocks[list->first];
    list->first = block->next;
    list->count--;
    return block;
}

// LIFO lists are pushed at the front, FIFO lists at the back; both are taken from the front.
static void put_into_list(uint32_t list_index, uint32_t block_index) {
    struct free_list *list = &free_lists[list_index];
    struct pp_block *block = &blocks[block_index];
    if (list->count == 0) {
        list->first = list->last = block_index;
        block->next = NO_BLOCK;
    } else if (reuse_policy == PP_REUSE_LIFO) {
        block->next = list->first;
        list->first = block_index;
    } else {
        blocks[list->last].next = block_index;
        block->next = NO_BLOCK;
        list->last = block_index;
    }
    list->count++;
}

static struct pp_block *carve(uint32_t capacity) {
    if (used_bytes + capacity + REDZONE > ARENA_BYTES || block_count == BLOCK_COUNT_MAX) {
        return NULL;
    }
    struct pp_block *block = &blocks[block_count];
    *block = (struct pp_block){.offset = used_bytes, .capacity = capacity};
    block_at[used_bytes / GRANULE] = block_count++;
    used_bytes += capacity + REDZONE;
    if (!PP_HAS_GUARD) {
        memset(memory_of(block) + capacity, PATTERN_REDZONE, REDZONE);
    }
    return block;
}

void *pp_arena_take(size_t size, uint16_t use) {
    if (blocks == NULL) {
        map_arena();
    }
    if (size > PP_ARENA_BLOCK_MAX) {
        return NULL;
    }
    uint32_t capacity;
    uint32_t list_index = class_of(size, &capacity);
    struct pp_block *block = take_from_list(list_index);
    if (block == NULL) {
        block = carve(capacity);
    }
    if (block == NULL) {
        return NULL;
    }
    block->size = (uint32_t)size;
    block->use = use;
    block->owner_a = block->owner_b = 0;
    block->is_live = true;
    char *memory = memory_of(block);
    pp_guard_open(memory, size);
    memset(memory, PATTERN_TAKEN, size);
    if (!PP_HAS_GUARD) {
        memset(memory + size, PATTERN_REDZONE, block->capacity - size);
    }
    pp_guard_undefine(memory, size);
    return memory;
}

void pp_arena_give(void *address) {
    struct pp_block *block = pp_arena_find(address);
    pp_expect(block != NULL && block->is_live, "gave back what is not a live block");
    block->is_live = false;
    if (!PP_HAS_GUARD) {
        memset(address, PATTERN_GIVEN, block->size);
    }
    pp_guard_close(address, block->size);
    uint32_t capacity;
    put_into_list(class_of(block->capacity, &capacity), (uint32_t)(block - blocks));
}

bool pp_arena_contains(const volatile void *address) {
    return (uintptr_t)address - (uintptr_t)ARENA_BASE < ARENA_BYTES;
}

struct pp_block *pp_arena_find(const volatile void *address) {
    uintptr_t offset = (uintptr_t)address - (uintptr_t)ARENA_BASE;
    if (offset >= used_bytes || offset % GRANULE != 0) {
        return NULL;
    }
    uint32_t index = block_at[offset / GRANULE];
    return index < block_count && blocks[index].offset == offset ? &blocks[index] : NULL;
}

bool pp_arena_is(const volatile void *address, uint16_t use) {
    const struct pp_block *block = pp_arena_find(address);
    return block != NULL && block->is_live && block->use == use;
}

void pp_arena_set_reuse(enum pp_reuse reuse) { reuse_policy = reuse; }

void pp_arena_reset(void) {
    pp_guard_close(ARENA_BASE, used_bytes);
    used_bytes = 0;
    block_count = 0;
    reuse_policy = PP_REUSE_NEVER;
    for (uint32_t i = 0; i < CLASS_COUNT; i++) {
        free_lists[i] = (struct free_list){.first = NO_BLOCK, .last = NO_BLOCK, .count = 0};
    }
    if (blocks != NULL) {  // the first block has its front redzone too
        used_bytes = REDZONE;
        if (!PP_HAS_GUARD) {
            memset(ARENA_BASE, PATTERN_REDZONE, REDZONE);
        }
    }
}

static const char *first_changed(const char *from, size_t size, unsigned char pattern) {
    // Memory that equals itself one byte on is all of one value.
    if (size > 0 && (unsigned char)from[0] == pattern && memcmp(from, from + 1, size - 1) == 0) {
        return NULL;
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)from[i] != pattern) {
            return from + i;
        }
    }
    return NULL;
}

PP_NO_SANITIZE const void *pp_arena_check(void) {
    if (PP_HAS_GUARD) {
        return NULL;
    }
    if (block_count > 0 && first_changed(ARENA_BASE, REDZONE, PATTERN_REDZONE) != NULL) {
        return first_changed(ARENA_BASE, REDZONE, PATTERN_REDZONE);
    }
    for (uint32_t i = 0; i < block_count; i++) {
        const struct pp_block *block = &blocks[i];
        const char *memory = memory_of(block);
        const char *changed = block->is_live ? NULL : first_changed(memory, block->size, PATTERN_GIVEN);
        if (changed == NULL) {
            changed = first_changed(memory + block->size, block->capacity - block->size + REDZONE,
                                    PATTERN_REDZONE);
        }
        if (changed != NULL) {
            return changed;
        }
    }
    return NULL;
}
