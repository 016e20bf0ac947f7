// SPDX-License-Identifier: MIT
// Touching memory on a driver's behalf. The driver's own accesses are watched by its compiler (see
// src/kernel/access.c); what a function that it calls does with its pointers is announced here first, so
// that an event in freed memory or a retreat in an NBL in flight is found like any other access. Without
// a guard nothing is seen, and the calls cost nothing.
#pragma once
#include "base/guard.h"

#include <stdbool.h>
#include <stddef.h>

#if PP_HAS_GUARD
// Sends the event of a bad access, which ends the run, if these bytes are closed, or NULL.
void pp_touch(const volatile void *address, size_t size, bool is_write);
#else
#define pp_touch(address, size, is_write) ((void)(address), (void)(size), (void)(is_write))
#endif

#define pp_touch_read(address, size) pp_touch((address), (size), /*is_write=*/false)
#define pp_touch_write(address, size) pp_touch((address), (size), /*is_write=*/true)
