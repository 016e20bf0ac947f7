// SPDX-License-Identifier: MIT
// Objects that the kernel allocates for a driver, which only knows their addresses.
#pragma once
#include <poolproof/event.h>
#include <poolproof/program.h>
#include <stdbool.h>
#include <stddef.h>

// A call of `point` that makes an object, zeroed; NULL if it fails.
void *pp_service_make(enum pp_service service, enum pp_point point, size_t size);

// The same without a fault point.
void *pp_service_take(enum pp_service service, size_t size);

// True if `object` is a live one of that kind; tells the rules what the driver has passed.
bool pp_service_use(const void *object, enum pp_service service);

// The same for the call that frees it. The caller then gives the memory back.
bool pp_service_end(const void *object, enum pp_service service);
void pp_service_give(void *object);
