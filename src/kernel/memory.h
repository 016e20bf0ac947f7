// SPDX-License-Identifier: MIT
// Uses of arena blocks by the kernel.
#pragma once
#include "pool/pool.h"

enum pp_kernel_use {
    PP_USE_MEMORY = PP_USE_POOL_END,  // the driver's pool memory
    PP_USE_DEVICE,
    PP_USE_IRP,
    PP_USE_WORLD,  // other objects of the world's that a driver sees
    PP_USE_REFERENCED,
    PP_USE_SERVICE,  // from here on: service.h
};

// Memory for the world's own objects, zeroed. Sends no event and cannot fail by a fault; NULL if the
// arena is full.
void *pp_world_take(size_t size);

// Nonpaged pool of another driver's, which calls this one: to a rule it is like this driver's own. Sends
// an event, but cannot fail by a fault. Given back with ExFreePool.
void *pp_memory_of_caller(size_t size);
