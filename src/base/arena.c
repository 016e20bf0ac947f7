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

struct pp_arena_books pp_arena_books;
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
    pp_arena_books.blocks = map_memory(NULL, BLOCK_COUNT_MAX * sizeof(*pp_arena_books.blocks), 0);
    pp_arena_books.block_at =
        map_memory(NULL, ARENA_BYTES / GRANULE * sizeof(*pp_arena_books.block_at), 0);
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

static struct pp_block *take_from_list(uint32_t list_index) {
    struct free_list *list = &free_lists[list_index];
    if (reuse_policy == PP_REUSE_NEVER || list->count == 0 ||
        (reuse_policy == PP_REUSE_FIFO && list->count <= FIFO_DELAY)) {
        return NULL;
    }
    struct pp_block *block = &pp_arena_books.blocks[list->first];
    list->first = block->next;
    list->count--;
    return block;
}

// LIFO lists are pushed at the front, FIFO lists at the back; both are taken from the front.
static void put_into_list(uint32_t list_index, struct pp_block *block) {
    struct free_list *list = &free_lists[list_index];
    uint32_t block_index = (uint32_t)(block - pp_arena_books.blocks);
    if (list->count == 0) {
        list->first = list->last = block_index;
        block->next = NO_BLOCK;
    } else if (reuse_policy == PP_REUSE_LIFO) {
        block->next = list->first;
        list->first = block_index;
    } else {
        pp_arena_books.blocks[list->last].next = block_index;
        block->next = NO_BLOCK;
        list->last = block_index;
    }
    list->count++;
}

static struct pp_block *carve(uint32_t capacity) {
    if (pp_arena_books.used_bytes + capacity + REDZONE > ARENA_BYTES ||
        pp_arena_books.block_count == BLOCK_COUNT_MAX) {
        return NULL;
    }
    struct pp_block *block = &pp_arena_books.blocks[pp_arena_books.block_count];
    *block = (struct pp_block){.offset = pp_arena_books.used_bytes, .capacity = capacity};
    pp_arena_books.block_at[pp_arena_books.used_bytes / GRANULE] = pp_arena_books.block_count++;
    pp_arena_books.used_bytes += capacity + REDZONE;
    if (!PP_HAS_GUARD) {
        memset(pp_arena_memory(block) + capacity, PATTERN_REDZONE, REDZONE);
    }
    return block;
}

// What a driver finds in memory that it has not written: one pattern the first time, another from then
// on. Without a guard the second is there since the block was given back.
static void fill(struct pp_block *block, size_t size, bool is_new) {
    char *memory = pp_arena_memory(block);
    if (PP_HAS_GUARD) {
        memset(memory, is_new ? PATTERN_TAKEN : PATTERN_GIVEN, size);
        return;
    }
    if (is_new) {
        memset(memory, PATTERN_TAKEN, size);
    } else if (size > block->size) {
        memset(memory + block->size, PATTERN_GIVEN, size - block->size);
    }
    if (is_new || size != block->size) {
        memset(memory + size, PATTERN_REDZONE, block->capacity - size);
    }
}

struct pp_block *pp_arena_take_block(size_t size, uint16_t use) {
    if (pp_arena_books.blocks == NULL) {
        map_arena();
    }
    if (size > PP_ARENA_BLOCK_MAX) {
        return NULL;
    }
    uint32_t capacity;
    uint32_t list_index = class_of(size, &capacity);
    struct pp_block *block = take_from_list(list_index);
    bool is_new = block == NULL;
    if (is_new) {
        block = carve(capacity);
    }
    if (block == NULL) {
        return NULL;
    }
    char *memory = pp_arena_memory(block);
    pp_guard_open(memory, size);
    fill(block, size, is_new);
    pp_guard_undefine(memory, size);
    block->size = (uint32_t)size;
    block->use = use;
    block->owner_a = block->owner_b = 0;
    block->list = (uint8_t)list_index;
    block->is_live = true;
    block->is_retired = false;
    return block;
}

void *pp_arena_take(size_t size, uint16_t use) {
    const struct pp_block *block = pp_arena_take_block(size, use);
    return block != NULL ? pp_arena_memory(block) : NULL;
}

void pp_arena_give_block(struct pp_block *block) {
    char *memory = pp_arena_memory(block);
    block->is_live = false;
    if (!PP_HAS_GUARD) {
        memset(memory, PATTERN_GIVEN, block->size);
    }
    pp_guard_close(memory, block->size);
    if (!block->is_retired) {
        put_into_list(block->list, block);
    }
}

void pp_arena_give(void *address) {
    struct pp_block *block = pp_arena_find(address);
    pp_expect(block != NULL && block->is_live, "gave back what is not a live block");
    pp_arena_give_block(block);
}

bool pp_arena_contains(const volatile void *address) {
    return (uintptr_t)address - (uintptr_t)ARENA_BASE < ARENA_BYTES;
}

uint32_t pp_arena_count_live(uint16_t use_end) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < pp_arena_books.block_count; i++) {
        count += pp_arena_books.blocks[i].is_live && pp_arena_books.blocks[i].use < use_end;
    }
    return count;
}

void pp_arena_set_reuse(enum pp_reuse reuse) {
    if (pp_arena_books.blocks == NULL) {
        map_arena();
    }
    reuse_policy = reuse;
}

void pp_arena_reset(void) {
    pp_guard_close(ARENA_BASE, pp_arena_books.used_bytes);
    pp_arena_books.used_bytes = 0;
    pp_arena_books.block_count = 0;
    reuse_policy = PP_REUSE_NEVER;
    for (uint32_t i = 0; i < CLASS_COUNT; i++) {
        free_lists[i] = (struct free_list){.first = NO_BLOCK, .last = NO_BLOCK, .count = 0};
    }
    if (pp_arena_books.blocks != NULL) {  // the first block has its front redzone too
        pp_arena_books.used_bytes = REDZONE;
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
    if (pp_arena_books.block_count > 0 && first_changed(ARENA_BASE, REDZONE, PATTERN_REDZONE) != NULL) {
        return first_changed(ARENA_BASE, REDZONE, PATTERN_REDZONE);
    }
    for (uint32_t i = 0; i < pp_arena_books.block_count; i++) {
        const struct pp_block *block = &pp_arena_books.blocks[i];
        const char *memory = pp_arena_memory(block);
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
