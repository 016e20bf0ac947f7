// SPDX-License-Identifier: MIT
// The compiler counts how often each edge is taken, one byte an edge, in one section for the whole
// binary; a second section has the address of each in the same order. A driver's are neighbours.
#include "edges.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define EDGES_MAX 65536
#define EDGES_OF_WORD sizeof(uint64_t)

struct place {
    uintptr_t address;
    uintptr_t flags;
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

static bool is_of(const struct pp_driver *driver, const struct place *place) {
    return place->address >= (uintptr_t)driver->text.begin &&
           place->address < (uintptr_t)driver->text.end;
}

void pp_edges_begin(const struct pp_driver *driver) {
    const struct place *place = __start___sancov_pcs;
    const struct place *stop = __stop___sancov_pcs;

    if (__start___sancov_cntrs == NULL || place == NULL ||
        __stop___sancov_cntrs - __start___sancov_cntrs != stop - place) {
        return;
    }
    while (place < stop && !is_of(driver, place)) {
        place++;
    }
    counters = __start___sancov_cntrs + (place - __start___sancov_pcs);
    while (place + count < stop && count < EDGES_MAX && is_of(driver, place + count)) {
        count++;
    }
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
