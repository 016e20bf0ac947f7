// SPDX-License-Identifier: MIT
#include "base/touch.h"

#if PP_HAS_GUARD

#include "base/emit.h"

#include <stdint.h>

void *__asan_region_is_poisoned(void *begin, size_t size);
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

#define SHADOW_SCALE 3

static uintptr_t shadow_offset;

__attribute__((constructor)) static void find_shadow(void) {
    size_t scale;
    __asan_get_shadow_mapping(&scale, &shadow_offset);
}

// A shadow byte of 0 allows all of its 8 bytes; small accesses inside it are the common case.
PP_NO_SANITIZE void pp_touch(const volatile void *address, size_t size, bool is_write) {
    uintptr_t first = (uintptr_t)address;
    if (first >= PP_NULL_PAGE_BYTES) {
        const signed char *shadow = (const signed char *)((first >> SHADOW_SCALE) + shadow_offset);
        if ((size <= 8 && *shadow == 0 && (first & 7) + size <= 8) ||
            __asan_region_is_poisoned((void *)first, size) == NULL) {
            return;
        }
    }
    if (size > 0) {
        PP_EMIT(ACCESS, first, size, is_write);
    }
}

#endif
