// SPDX-License-Identifier: MIT
// The memory of the world: one range at a fixed address, so that equal runs see equal addresses, and
// reset in time proportional to what was used.
//
//   | redzone | block ........... slack | redzone | block ... | redzone |
//             ^ 16-byte aligned    ^ size
//
// Blocks carry no header: the books are kept elsewhere, out of a driver's reach. Redzones, slack and
// given-back blocks are closed (guard.h); without a guard they hold a pattern that is checked.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_ARENA_BASE ((uintptr_t)0x5e0000000000)
#define PP_ARENA_BYTES ((uintptr_t)64 << 20)
#define PP_ARENA_GRANULE 16u  // blocks begin on multiples of this

// When given-back memory is handed out again.
enum pp_reuse { PP_REUSE_NEVER, PP_REUSE_FIFO, PP_REUSE_LIFO };

struct pp_block {
    uint32_t offset;    // from the start of the arena
    uint32_t size;      // bytes asked for
    uint32_t capacity;  // bytes up to the next redzone
    uint32_t next;      // of its free list, while not live
    uint32_t owner_a;   // two words for whoever took it, 0 at first
    uint32_t owner_b;
    uint16_t use;  // what its owner uses it for; the arena does not look
    uint8_t list;  // free list that it belongs to
    bool is_live;
    bool is_retired;  // set by its owner: not to be used again before the next reset
};

// The block's memory, filled with a pattern that is the same in each run; NULL if the arena is full or
// `size` is beyond PP_ARENA_BLOCK_MAX. `use` is kept for the owner.
void *pp_arena_take(size_t size, uint16_t use);

// The same, by its books.
struct pp_block *pp_arena_take_block(size_t size, uint16_t use);

#define PP_ARENA_BLOCK_MAX (16u << 20)

// Gives a live block back. `address` is one that pp_arena_take returned.
void pp_arena_give(void *address);

// The same, by its books.
void pp_arena_give_block(struct pp_block *block);

// For the inline functions below.
struct pp_arena_books {
    uint32_t used_bytes;
    uint32_t block_count;
    struct pp_block *blocks;  // in the order of their addresses
    uint32_t *block_at;       // by granule; only right if that block says so too
};
extern struct pp_arena_books pp_arena_books;

static inline char *pp_arena_memory(const struct pp_block *block) {
    return (char *)PP_ARENA_BASE + block->offset;
}

// The block that starts at exactly this address, live or not; NULL if there is none.
static inline struct pp_block *pp_arena_find(const volatile void *address) {
    const struct pp_arena_books *books = &pp_arena_books;
    uintptr_t offset = (uintptr_t)address - PP_ARENA_BASE;
    if (offset >= books->used_bytes || offset % PP_ARENA_GRANULE != 0) {
        return NULL;
    }
    uint32_t index = books->block_at[offset / PP_ARENA_GRANULE];
    return index < books->block_count && books->blocks[index].offset == offset ? &books->blocks[index]
                                                                               : NULL;
}

// The block at `address` if it is live and was taken for `use`, else NULL.
static inline struct pp_block *pp_arena_live(const volatile void *address, uint16_t use) {
    struct pp_block *block = pp_arena_find(address);
    return block != NULL && block->is_live && block->use == use ? block : NULL;
}

static inline bool pp_arena_is(const volatile void *address, uint16_t use) {
    return pp_arena_live(address, use) != NULL;
}

// How many live blocks were taken for a use below `use_end`. Slow.
uint32_t pp_arena_count_live(uint16_t use_end);

// From here on, given-back blocks are reused so.
void pp_arena_set_reuse(enum pp_reuse reuse);

// Forgets every block.
void pp_arena_reset(void);

// The address of the first redzone or free block that was written to, or NULL. Only without a guard;
// with one, the write itself was reported.
const void *pp_arena_check(void);

bool pp_arena_contains(const volatile void *address);
