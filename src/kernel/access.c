// SPDX-License-Identifier: MIT
// Every memory access of driver code, in builds with AddressSanitizer: driver sources are compiled to call
// these functions (-asan-memory-access-callback-prefix=pp_driver_) before each load and store, instead
// of the sanitizer's own. Poisoned memory is memory that the driver may not touch now: the run stops at
// the line that touches it, and the process goes on.
#include "base/guard.h"

#if PP_HAS_GUARD

#include "base/emit.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void *__asan_region_is_poisoned(void *begin, size_t size);
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

#define SHADOW_SCALE 3
#define NULL_PAGE_BYTES 65536u

static uintptr_t shadow_offset;

__attribute__((constructor)) static void find_shadow(void) {
    size_t scale;
    __asan_get_shadow_mapping(&scale, &shadow_offset);
}

// A shadow byte of 0 allows all of its 8 bytes; small accesses inside it are the common case.
PP_NO_SANITIZE static bool is_open(uintptr_t address, size_t size) {
    if (address < NULL_PAGE_BYTES) {
        return false;
    }
    const signed char *shadow = (const signed char *)((address >> SHADOW_SCALE) + shadow_offset);
    if (size <= 8 && *shadow == 0 && (address & 7) + size <= 8) {
        return true;
    }
    return __asan_region_is_poisoned((void *)address, size) == NULL;
}

static void judge(uintptr_t address, size_t size, bool is_write) {
    if (size > 0 && !is_open(address, size)) {
        PP_EMIT(ACCESS, address, size, is_write);
    }
}

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

#define ACCESS_FUNCTIONS(size)                                                           \
    void pp_driver_load##size(uintptr_t address) { judge(address, size, /*is_write=*/false); } \
    void pp_driver_store##size(uintptr_t address) { judge(address, size, /*is_write=*/true); }

ACCESS_FUNCTIONS(1)
ACCESS_FUNCTIONS(2)
ACCESS_FUNCTIONS(4)
ACCESS_FUNCTIONS(8)
ACCESS_FUNCTIONS(16)

void pp_driver_loadN(uintptr_t address, size_t size) { judge(address, size, /*is_write=*/false); }
void pp_driver_storeN(uintptr_t address, size_t size) { judge(address, size, /*is_write=*/true); }

void *pp_driver_memcpy(void *to, const void *from, size_t size) {
    judge((uintptr_t)from, size, /*is_write=*/false);
    judge((uintptr_t)to, size, /*is_write=*/true);
    return memcpy(to, from, size);
}

void *pp_driver_memmove(void *to, const void *from, size_t size) {
    judge((uintptr_t)from, size, /*is_write=*/false);
    judge((uintptr_t)to, size, /*is_write=*/true);
    return memmove(to, from, size);
}

void *pp_driver_memset(void *to, int value, size_t size) {
    judge((uintptr_t)to, size, /*is_write=*/true);
    return memset(to, value, size);
}

#endif
