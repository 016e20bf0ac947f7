// SPDX-License-Identifier: MIT
// Call stacks by frame pointers. All code is built with frame pointers; the walk never leaves the stack.
#pragma once
#include <poolproof/event.h>
#include <stddef.h>

// Puts up to `depth_max` return addresses of the code that the event is about into `ret_addresses`,
// innermost first. Only while the event is being handled. Returns how many.
size_t pp_stack_take(const struct pp_event *event, uintptr_t *ret_addresses, size_t depth_max);
