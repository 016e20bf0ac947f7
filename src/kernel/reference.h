// SPDX-License-Identifier: MIT
// Objects with references and handles, as the object manager has them: threads, registry keys,
// callbacks, named events.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wdm.h>

enum pp_referenced {
    PP_REFERENCED_THREAD,
    PP_REFERENCED_KEY,
    PP_REFERENCED_CALLBACK,
    PP_REFERENCED_EVENT
};

// Closes all handles.
void pp_reference_reset(void);

// A zeroed object with one reference, or NULL.
void *pp_reference_make(enum pp_referenced type, size_t size);

// Each true, or false and nothing done if there is no such object.
bool pp_reference_add(void *object);
bool pp_reference_release(void *object);

// True if there is such an object of that type.
bool pp_reference_is(const void *object, enum pp_referenced type);

// A handle to the object, which takes over one of its references. The rules are told.
HANDLE pp_reference_open(void *object);

// The object of a handle, or NULL. The rules are told what the driver has passed.
void *pp_reference_of(HANDLE handle, enum pp_referenced type);
