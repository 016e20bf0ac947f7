// SPDX-License-Identifier: MIT
// The compiler counts how often each edge is taken, one byte an edge, in one section for the whole
// binary; a second section has the address of each in the same order. A driver's are neighbours.
#include "edges.h"

#include "base/mark.h"
#include "base/symbol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EDGES_MAX 65536
#define EDGES_OF_WORD sizeof(uint64_t)

#define FUNCTION_FLAG 1u

struct place {
    uintptr_t address;
    uintptr_t flags;
};

// A block with the calls that have run it: it begins there and ends with the next one.
struct block {
    struct place place;
    uint64_t callbacks;
};

// Weak: other builds have no such sections.
extern uint8_t __start___sancov_cntrs[] __attribute__((weak));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak));
extern const struct place __start___sancov_pcs[] __attribute__((weak));
extern const struct place __stop___sancov_pcs[] __attribute__((weak));

static const uint8_t *counters;
static uint32_t count;
static uint32_t reached;
static bool is_reached[EDGES_MAX];
static struct block blocks[EDGES_MAX];  // in order of their addresses
static struct pp_depth depths[PP_CALLBACK_COUNT];

static int compare_blocks(const void *left, const void *right) {
    uintptr_t one = ((const struct block *)left)->place.address;
    uintptr_t other = ((const struct block *)right)->place.address;
    return (one > other) - (one < other);
}

// From here on the kernel marks which blocks run.
static void begin_marks(const struct pp_driver *driver, const struct place *places) {
    uintptr_t size = (uintptr_t)(driver->text.end - driver->text.begin);
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = (struct block){.place = places[i]};
    }
    qsort(blocks, count, sizeof(blocks[0]), compare_blocks);
    pp_marked.marks = calloc(size / PP_MARK_BYTES + 1, sizeof(*pp_marked.marks));
    if (pp_marked.marks != NULL) {
        pp_marked.begin = (uintptr_t)driver->text.begin;
        pp_marked.size = size;
    }
}

void pp_edges_begin(const struct pp_driver *driver) {
    const struct place *place = __start___sancov_pcs;
    const struct place *stop = __stop___sancov_pcs;

    if (__start___sancov_cntrs == NULL || place == NULL ||
        __stop___sancov_cntrs - __start___sancov_cntrs != stop - place) {
        return;
    }
    while (place < stop && !pp_range_has(&driver->text, place->address)) {
        place++;
    }
    counters = __start___sancov_cntrs + (place - __start___sancov_pcs);
    while (place + count < stop && count < EDGES_MAX &&
           pp_range_has(&driver->text, place[count].address)) {
        count++;
    }
    begin_marks(driver, place);
}

static void add_edge(uint32_t index) {
    if (counters[index] != 0 && !is_reached[index]) {
        is_reached[index] = true;
        reached++;
    }
}

void pp_edges_add(void) {
    uint32_t index = 0;

    // Most are 0, so they are looked at by the word.
    for (uint64_t word; index + EDGES_OF_WORD <= count; index += EDGES_OF_WORD) {
        memcpy(&word, counters + index, sizeof(word));
        for (uint32_t i = 0; word != 0 && i < EDGES_OF_WORD; i++) {
            add_edge(index + i);
        }
    }
    for (; index < count; index++) {
        add_edge(index);
    }
}

uint32_t pp_edges_count(void) { return count; }

uint32_t pp_edges_reached(void) { return reached; }

// === Depth ===

// The marks are at return addresses, within the blocks that were run.
static void take_marks(void) {
    uint32_t index = 0;
    for (uintptr_t i = 0; i <= pp_marked.size / PP_MARK_BYTES; i++) {
        if (pp_marked.marks[i] == 0) {
            continue;
        }
        uintptr_t address = pp_marked.begin + i * PP_MARK_BYTES;
        while (index + 1 < count && blocks[index + 1].place.address <= address) {
            index++;
        }
        blocks[index].callbacks |= pp_marked.marks[i];
    }
}

static uint32_t function_end(uint32_t begin) {
    uint32_t end = begin + 1;
    while (end < count && (blocks[end].place.flags & FUNCTION_FLAG) == 0) {
        end++;
    }
    return end;
}

static void add_function(struct pp_depth *depth, uint64_t callback, uint32_t begin, uint32_t end) {
    uint32_t reached_before = depth->reached;
    for (uint32_t i = begin; i < end; i++) {
        depth->reached += (blocks[i].callbacks & callback) != 0;
    }
    if (depth->reached > reached_before) {
        depth->functions++;
        depth->blocks += end - begin;
    }
}

void pp_depth_measure(void) {
    if (pp_marked.size == 0 || count == 0) {
        return;
    }
    take_marks();
    memset(depths, 0, sizeof(depths));
    for (uint32_t begin = 0, end; begin < count; begin = end) {
        end = function_end(begin);
        for (unsigned entry = 0; entry < PP_CALLBACK_COUNT; entry++) {
            add_function(&depths[entry], 1ull << entry, begin, end);
        }
    }
}

struct pp_depth pp_depth_of(enum pp_callback entry) { return depths[entry]; }

const char *pp_depth_unreached(uint32_t index) {
    for (uint32_t begin = 0, end; begin < count; begin = end) {
        bool is_run = false;
        end = function_end(begin);
        for (uint32_t i = begin; i < end; i++) {
            is_run |= blocks[i].callbacks != 0;
        }
        if (!is_run && index-- == 0) {
            return pp_symbol_name(blocks[begin].place.address);
        }
    }
    return NULL;
}
