// SPDX-License-Identifier: MIT
// Memory that may not be touched, in the words of the sanitizer of this build. Without one, the calls
// are empty and the checkers compare digests instead (PP_HAS_GUARD is 0).
#pragma once
#include <stddef.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

// Nothing is ever mapped below: addresses there are NULL and fields of it.
#define PP_NULL_PAGE_BYTES 65536u

// For functions that follow structures of the driver's while somebody else owns them.
#define PP_READS_CLOSED __attribute__((no_sanitize("address")))

// For functions that are called, or call back, without the compiler's knowledge: MemorySanitizer cannot
// know what they are given.
#define PP_CALLED_FROM_OUTSIDE __attribute__((no_sanitize("memory")))

#define PP_NO_SANITIZE __attribute__((no_sanitize("address", "memory", "undefined"), noinline))

// The tools' own code is not instrumented, but the driver's is, and memory is guarded: PP_GUARD_ADDRESS.
#if __has_feature(address_sanitizer) || defined(PP_GUARD_ADDRESS)
#define PP_HAS_GUARD 1
void __asan_poison_memory_region(void const volatile *address, size_t size);
void __asan_unpoison_memory_region(void const volatile *address, size_t size);
#define pp_guard_close(address, size) __asan_poison_memory_region((address), (size))
#define pp_guard_open(address, size) __asan_unpoison_memory_region((address), (size))
#else
#define PP_HAS_GUARD 0
#define pp_guard_close(address, size) ((void)(address), (void)(size))
#define pp_guard_open(address, size) ((void)(address), (void)(size))
#endif

#if __has_feature(memory_sanitizer)
void __msan_allocated_memory(const volatile void *address, size_t size);
void __msan_unpoison(const volatile void *address, size_t size);
#define pp_guard_undefine(address, size) __msan_allocated_memory((address), (size))
#define pp_guard_define(address, size) __msan_unpoison((address), (size))
#else
#define pp_guard_undefine(address, size) ((void)(address), (void)(size))
#define pp_guard_define(address, size) ((void)(address), (void)(size))
#endif
