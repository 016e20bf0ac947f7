// SPDX-License-Identifier: MIT
// Every block of driver code, and every memory access of it, before it is done. In builds with
// AddressSanitizer driver sources are compiled to call these functions
// (-asan-memory-access-callback-prefix=pp_driver_) instead of the sanitizer's own. Poisoned memory is
// memory that the driver may not touch now: the run stops at the line that touches it, and the process
// goes on. In other builds they are the hooks of -fsanitize-coverage=trace-loads,trace-stores.
#include "base/dye.h"
#include "base/emit.h"
#include "base/mark.h"
#include "base/touch.h"
#include "kernel/learn.h"

#include <stdint.h>
#include <string.h>

_Static_assert(PP_CALLBACK_COUNT <= 64, "callbacks are bits of a mark");

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

// Most runs are not dyed.
static inline __attribute__((always_inline)) void dyed_read(const void *address, size_t size) {
    if (__builtin_expect(pp_dye.is_on, 0)) {
        pp_dye_read(address, size);
    }
}

// Another fiber may run before an access; what the memory is then counts.
static inline __attribute__((always_inline)) void access_point(uintptr_t address) {
    if (--pp_now.access_countdown == 0) {
        pp_now.access_due(address);
    }
}

// Every block of driver code, in every build: the hook of -fsanitize-coverage=trace-pc, under a name of
// ours (cmake/link_driver.py).
PP_CALLED_FROM_OUTSIDE void pp_driver_block(void) {
    uintptr_t offset = (uintptr_t)__builtin_return_address(0) - pp_marked.begin;
    if (offset < pp_marked.size) {
        pp_marked.marks[offset / PP_MARK_BYTES] |= 1ull << pp_now.callback;
    }
    if (--pp_now.block_countdown == 0) {
        pp_now.block_due();
    }
}

#if PP_HAS_GUARD

static inline __attribute__((always_inline)) void read_point(const void *address, size_t size) {
    access_point((uintptr_t)address);
    pp_touch_by_driver(address, size, /*is_write=*/false);
    dyed_read(address, size);
}

static inline __attribute__((always_inline)) void write_point(void *address, size_t size) {
    access_point((uintptr_t)address);
    pp_touch_by_driver(address, size, /*is_write=*/true);
}

#define ACCESS_FUNCTIONS(size)                                                          \
    void pp_driver_load##size(uintptr_t address) { read_point((void *)address, size); } \
    void pp_driver_store##size(uintptr_t address) { write_point((void *)address, size); }

ACCESS_FUNCTIONS(1)
ACCESS_FUNCTIONS(2)
ACCESS_FUNCTIONS(4)
ACCESS_FUNCTIONS(8)
ACCESS_FUNCTIONS(16)

void pp_driver_loadN(uintptr_t address, size_t size) { read_point((void *)address, size); }
void pp_driver_storeN(uintptr_t address, size_t size) { write_point((void *)address, size); }

void *pp_driver_memcpy(void *to, const void *from, size_t size) {
    read_point(from, size);
    write_point(to, size);
    return memcpy(to, from, size);
}

void *pp_driver_memmove(void *to, const void *from, size_t size) {
    read_point(from, size);
    write_point(to, size);
    return memmove(to, from, size);
}

int pp_driver_memcmp(const void *left, const void *right, size_t size) {
    read_point(left, size);
    read_point(right, size);
    pp_learn_memory(left, right, size);
    return memcmp(left, right, size);
}

void *pp_driver_memset(void *to, int value, size_t size) {
    write_point(to, size);
    return memset(to, value, size);
}

#else

#define ACCESS_FUNCTIONS(size)                                                  \
    PP_CALLED_FROM_OUTSIDE void __sanitizer_cov_load##size(uintptr_t address) { \
        access_point(address);                                                  \
        dyed_read((const void *)address, size);                                 \
    }                                                                           \
    PP_CALLED_FROM_OUTSIDE void __sanitizer_cov_store##size(uintptr_t address) { access_point(address); }

ACCESS_FUNCTIONS(1)
ACCESS_FUNCTIONS(2)
ACCESS_FUNCTIONS(4)
ACCESS_FUNCTIONS(8)
ACCESS_FUNCTIONS(16)

#endif
