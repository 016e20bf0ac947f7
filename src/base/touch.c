// SPDX-License-Identifier: MIT
#include "base/touch.h"

#include "base/arena.h"
#include "base/emit.h"

#if PP_HAS_GUARD

void *__asan_region_is_poisoned(void *begin, size_t size);
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

#define SHADOW_SCALE 3
// No sanitizer's: to it these eight bytes are closed.
#define SHADOW_LOST ((signed char)0xE5)
#define SHADOW_STALE ((signed char)0xE8)  // below it, as much of them as was open
#define SHADOW_KEPT 7

static uintptr_t shadow_offset;

__attribute__((constructor)) static void find_shadow(void) {
    size_t scale;
    __asan_get_shadow_mapping(&scale, &shadow_offset);
}

static inline __attribute__((always_inline)) signed char *shadow_of(uintptr_t address) {
    return (signed char *)((address >> SHADOW_SCALE) + shadow_offset);
}

// A shadow byte of 0 allows all of its 8 bytes; small accesses inside it are the common case.
static inline __attribute__((always_inline)) bool is_plain(uintptr_t first, size_t size) {
    return first >= PP_NULL_PAGE_BYTES && size <= 8 && *shadow_of(first) == 0 && (first & 7) + size <= 8;
}

static inline __attribute__((always_inline)) bool is_open(uintptr_t first, size_t size) {
    return is_plain(first, size) || __asan_region_is_poisoned((void *)first, size) == NULL;
}

PP_NO_SANITIZE static bool is_stale(uintptr_t address) {
    return (*shadow_of(address) & ~SHADOW_KEPT) == SHADOW_STALE;
}

// The first of these bytes that is lost or stale and has only open ones before it, or 0.
PP_NO_SANITIZE static uintptr_t find_lost(uintptr_t first, size_t size) {
    uintptr_t closed = (uintptr_t)__asan_region_is_poisoned((void *)first, size);
    bool is_lost = closed != 0 && pp_arena_contains((const void *)closed) &&
                   (*shadow_of(closed) == SHADOW_LOST || is_stale(closed));
    return is_lost ? closed : 0;
}

// True if nothing is closed but what is lost or stale.
static bool is_open_but_lost(uintptr_t first, size_t size) {
    uintptr_t lost;
    while ((lost = find_lost(first, size)) != 0) {
        size_t behind = (lost | 7) + 1 - first;
        if (behind >= size) {
            return true;
        }
        first += behind;
        size -= behind;
    }
    return __asan_region_is_poisoned((void *)first, size) == NULL;
}

PP_NO_SANITIZE void pp_touch_lose(const void *field) { *shadow_of((uintptr_t)field) = SHADOW_LOST; }

PP_NO_SANITIZE void pp_touch_stale(const void *bytes, size_t size) {
    for (uintptr_t at = (uintptr_t)bytes; at < (uintptr_t)bytes + size; at += 8) {
        signed char *shadow = shadow_of(at);
        *shadow = (*shadow & ~SHADOW_KEPT) == 0 ? (signed char)(SHADOW_STALE | *shadow) : *shadow;
    }
}

// One access finds out about all it touches at once.
PP_NO_SANITIZE static void renew(uintptr_t first, size_t size, bool is_write) {
    uintptr_t found = 0;
    for (uintptr_t at = first; at < first + size; at = (at | 7) + 1) {
        if (is_stale(at)) {
            *shadow_of(at) &= SHADOW_KEPT;
            found = found == 0 ? at : found;
        }
    }
    if (found != 0 && !is_write) {
        PP_EMIT(LOST_READ, found);
    }
}

PP_NO_SANITIZE static void regain(uintptr_t first, size_t size, bool is_write) {
    uintptr_t lost;
    while ((lost = find_lost(first, size)) != 0) {
        *shadow_of(lost) = 0;
        if (!is_write) {
            PP_EMIT(LOST_READ, lost & ~(uintptr_t)7);
        }
    }
}

#else

static inline bool is_plain(uintptr_t first, size_t size) {
    (void)size;
    return first >= PP_NULL_PAGE_BYTES;
}

static inline bool is_open(uintptr_t first, size_t size) {
    (void)first;
    (void)size;
    return true;
}

static bool is_open_but_lost(uintptr_t first, size_t size) { return is_open(first, size); }

static void regain(uintptr_t first, size_t size, bool is_write) {
    (void)first, (void)size, (void)is_write;
}

static void renew(uintptr_t first, size_t size, bool is_write) {
    (void)first, (void)size, (void)is_write;
}

void pp_touch_lose(const void *field) { (void)field; }

void pp_touch_stale(const void *bytes, size_t size) { (void)bytes, (void)size; }

#endif

static inline __attribute__((always_inline)) bool may_touch(uintptr_t first, size_t size) {
    return size == 0 || (first >= PP_NULL_PAGE_BYTES && is_open(first, size));
}

PP_NO_SANITIZE bool pp_touch_is_open(const volatile void *address, size_t size) {
    return may_touch((uintptr_t)address, size);
}

static bool touch_closed(uintptr_t first, size_t size, bool is_write) {
    if (first >= PP_NULL_PAGE_BYTES && is_open_but_lost(first, size)) {
        renew(first, size, is_write);
        return true;
    }
    PP_EMIT(ACCESS, first, size, is_write);
    return false;
}

PP_NO_SANITIZE bool pp_touch_guarded(const volatile void *address, size_t size, bool is_write) {
    uintptr_t first = (uintptr_t)address;
    return may_touch(first, size) || touch_closed(first, size, is_write);
}

// Rare, and kept out of the way of the others.
PP_NO_SANITIZE static void touch_by_driver_slowly(uintptr_t first, size_t size, bool is_write) {
    if (!may_touch(first, size) && touch_closed(first, size, is_write)) {
        regain(first, size, is_write);
    }
}

PP_NO_SANITIZE void pp_touch_by_driver(const volatile void *address, size_t size, bool is_write) {
    if (!is_plain((uintptr_t)address, size)) {
        touch_by_driver_slowly((uintptr_t)address, size, is_write);
    }
}
