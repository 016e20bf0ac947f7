// SPDX-License-Identifier: MIT
// References to objects, and the types that they can be asked for by.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/reference.h"

// A type is known by its address.
static char types[6];

#define OBJECT_TYPE(pointer, index)                                     \
    static POBJECT_TYPE pointer##_type = (POBJECT_TYPE) & types[index]; \
    POBJECT_TYPE *pointer = &pointer##_type;

OBJECT_TYPE(IoFileObjectType, 0)
OBJECT_TYPE(ExEventObjectType, 1)
OBJECT_TYPE(ExSemaphoreObjectType, 2)
OBJECT_TYPE(PsThreadType, 3)
OBJECT_TYPE(PsProcessType, 4)
OBJECT_TYPE(SeTokenObjectType, 5)

// Devices and files stay for as long as the driver can know them.
LONG_PTR ObfReferenceObject(PVOID Object) {
    pp_switch_point();
    if (!pp_reference_add(Object)) {
        pp_touch_read(Object, sizeof(DISPATCHER_HEADER));
    }
    return 1;
}

LONG_PTR ObfDereferenceObject(PVOID Object) {
    pp_switch_point();
    if (!pp_reference_release(Object)) {
        pp_touch_read(Object, sizeof(DISPATCHER_HEADER));
    }
    return 0;
}
