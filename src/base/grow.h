// SPDX-License-Identifier: MIT
// Arrays that grow: their place changes, so they are addressed by index.
#pragma once
#include "base/expect.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define PP_GROW_FIRST 256u

// The array with room for an item at `index`: itself, or a larger copy, with *capacity adjusted. `items`
// may be NULL if *capacity is 0. What is added has no defined contents.
static inline void *pp_grow(void *items, uint32_t *capacity, uint32_t index, size_t item_size) {
    if (index < *capacity) {
        return items;
    }
    uint32_t wanted = *capacity == 0 ? PP_GROW_FIRST : *capacity;
    while (wanted <= index) {
        wanted *= 2;
    }
    items = realloc(items, wanted * item_size);
    pp_expect(items != NULL, "no memory for %u items", wanted);
    *capacity = wanted;
    return items;
}
