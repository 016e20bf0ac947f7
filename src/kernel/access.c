// SPDX-License-Identifier: MIT
// Every memory access of driver code, in builds with AddressSanitizer: driver sources are compiled to
// call these functions (-asan-memory-access-callback-prefix=pp_driver_) before each load and store,
// instead of the sanitizer's own. Poisoned memory is memory that the driver may not touch now: the run
// stops at the line that touches it, and the process goes on.
#include "base/emit.h"
#include "base/touch.h"

#if PP_HAS_GUARD

#include <stdint.h>
#include <string.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

// A loop that calls nothing still touches memory, sooner or later.
static void count_access(void) {
    if (--pp_now.access_countdown == 0) {
        PP_EMIT(CRASH, PP_CRASH_ENDLESS);
    }
}

#define ACCESS_FUNCTIONS(size)                                               \
    void pp_driver_load##size(uintptr_t address) {                           \
        count_access();                                                      \
        pp_touch_by_driver((const void *)address, size, /*is_write=*/false); \
    }                                                                        \
    void pp_driver_store##size(uintptr_t address) {                          \
        count_access();                                                      \
        pp_touch_by_driver((void *)address, size, /*is_write=*/true);        \
    }

ACCESS_FUNCTIONS(1)
ACCESS_FUNCTIONS(2)
ACCESS_FUNCTIONS(4)
ACCESS_FUNCTIONS(8)
ACCESS_FUNCTIONS(16)

void pp_driver_loadN(uintptr_t address, size_t size) {
    pp_touch_by_driver((const void *)address, size, /*is_write=*/false);
}
void pp_driver_storeN(uintptr_t address, size_t size) {
    pp_touch_by_driver((void *)address, size, /*is_write=*/true);
}

void *pp_driver_memcpy(void *to, const void *from, size_t size) {
    pp_touch_by_driver(from, size, /*is_write=*/false);
    pp_touch_by_driver(to, size, /*is_write=*/true);
    return memcpy(to, from, size);
}

void *pp_driver_memmove(void *to, const void *from, size_t size) {
    pp_touch_by_driver(from, size, /*is_write=*/false);
    pp_touch_by_driver(to, size, /*is_write=*/true);
    return memmove(to, from, size);
}

int pp_driver_memcmp(const void *left, const void *right, size_t size) {
    pp_touch_by_driver(left, size, /*is_write=*/false);
    pp_touch_by_driver(right, size, /*is_write=*/false);
    return memcmp(left, right, size);
}

void *pp_driver_memset(void *to, int value, size_t size) {
    pp_touch_by_driver(to, size, /*is_write=*/true);
    return memset(to, value, size);
}

#endif
