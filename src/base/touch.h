// SPDX-License-Identifier: MIT
// Touching memory on a driver's behalf. The driver's own accesses are watched by its compiler (see
// src/kernel/access.c); what a function that it calls does with its pointers is announced here first, so
// that an event in freed memory or a retreat in an NBL in flight is found like any other access. Without
// a guard only NULL is seen.
#pragma once
#include "base/guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The slow half of pp_touch.
bool pp_touch_guarded(const volatile void *address, size_t size, bool is_write);

// True if these bytes can be touched. Nobody is told.
bool pp_touch_is_open(const volatile void *address, size_t size);

// If these bytes are closed, or NULL, sends the event of a bad access, which ends most runs, and returns
// false: then they must not be touched.
static inline bool pp_touch(const volatile void *address, size_t size, bool is_write) {
    if (!PP_HAS_GUARD && (uintptr_t)address >= PP_NULL_PAGE_BYTES) {
        return true;
    }
    return pp_touch_guarded(address, size, is_write);
}

// The same for an access of the driver's own code, which has found out about lost fields.
void pp_touch_by_driver(const volatile void *address, size_t size, bool is_write);

// The value of eight bytes, which are aligned so, does not count any more: it did not survive a
// hand-over. The next access of the driver's code finds out: a load sends LOST_READ, a store does not,
// and both make an ordinary field of it. Without a guard nobody finds out.
void pp_touch_lose(const void *field);

// The same for bytes, the first of which is aligned to eight, that whoever owns them may use for something
// else from now on. A read on the driver's behalf finds out, too. Only of what is open.
void pp_touch_stale(const void *bytes, size_t size);

#define pp_touch_read(address, size) pp_touch((address), (size), /*is_write=*/false)
#define pp_touch_write(address, size) pp_touch((address), (size), /*is_write=*/true)
