// SPDX-License-Identifier: MIT
#include "kernel/reference.h"

#include "base/emit.h"
#include "base/grow.h"
#include "base/handle.h"
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/memory.h"

#include <string.h>

// The arena block of an object begins with the object itself; its type and count are in the block's
// words for its owner.
static void **objects;  // by handle; NULL once it is closed
static uint32_t handle_count;
static uint32_t handle_capacity;

void pp_reference_reset(void) { handle_count = 0; }

static struct pp_block *block_of(const void *object) { return pp_arena_live(object, PP_USE_REFERENCED); }

void *pp_reference_make(enum pp_referenced type, size_t size) {
    struct pp_block *block = pp_arena_take_block(size, PP_USE_REFERENCED);
    if (block == NULL) {
        return NULL;
    }
    block->owner_a = type;
    block->owner_b = 1;
    return memset(pp_arena_memory(block), 0, size);
}

bool pp_reference_is(const void *object, enum pp_referenced type) {
    struct pp_block *block = block_of(object);
    return block != NULL && block->owner_a == type;
}

bool pp_reference_add(void *object) {
    struct pp_block *block = block_of(object);
    if (block == NULL) {
        return false;
    }
    block->owner_b++;
    return true;
}

bool pp_reference_release(void *object) {
    struct pp_block *block = block_of(object);
    if (block == NULL) {
        return false;
    }
    if (--block->owner_b == 0) {
        pp_arena_give_block(block);
    }
    return true;
}

HANDLE pp_reference_open(void *object) {
    objects = pp_grow(objects, &handle_capacity, handle_count, sizeof(*objects));
    objects[handle_count] = object;
    HANDLE handle = pp_handle_make(PP_HANDLE_KERNEL, handle_count++);
    PP_EMIT(SERVICE_MADE, pp_object(handle), PP_SERVICE_HANDLE, 0);
    return handle;
}

static void *object_of(HANDLE handle) {
    uint32_t index = pp_handle_index(PP_HANDLE_KERNEL, handle, handle_count);
    return index == PP_HANDLE_NONE ? NULL : objects[index];
}

void *pp_reference_of(HANDLE handle, enum pp_referenced type) {
    if (!PP_EMIT(SERVICE_USE, pp_object(handle), PP_SERVICE_HANDLE)) {
        return NULL;
    }
    void *object = object_of(handle);
    return object != NULL && pp_reference_is(object, type) ? object : NULL;
}

NTSTATUS ZwClose(HANDLE Handle) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) ||
        !PP_EMIT(SERVICE_FREE, pp_object(Handle), PP_SERVICE_HANDLE)) {
        return STATUS_INVALID_HANDLE;
    }
    void *object = object_of(Handle);
    if (object == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    objects[pp_handle_index(PP_HANDLE_KERNEL, Handle, handle_count)] = NULL;
    pp_reference_release(object);
    return STATUS_SUCCESS;
}

NTSTATUS ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) {
    (void)PreviousMode;
    return ZwClose(Handle);
}

// A handle that the driver has from user mode names nothing here.
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                   KPROCESSOR_MODE AccessMode, PVOID *Object,
                                   OBJECT_HANDLE_INFORMATION *HandleInformation) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) || !pp_touch_write(Object, sizeof(*Object))) {
        return STATUS_INVALID_PARAMETER;
    }
    *Object = NULL;
    if (AccessMode == UserMode) {
        return STATUS_INVALID_HANDLE;
    }
    if (!PP_EMIT(SERVICE_USE, pp_object(Handle), PP_SERVICE_HANDLE)) {
        return STATUS_INVALID_HANDLE;
    }
    void *object = object_of(Handle);
    POBJECT_TYPE type = pp_reference_is(object, PP_REFERENCED_THREAD)  ? *PsThreadType
                        : pp_reference_is(object, PP_REFERENCED_EVENT) ? *ExEventObjectType
                                                                       : NULL;
    if (object == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (type == NULL || (ObjectType != NULL && ObjectType != type)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (HandleInformation != NULL && pp_touch_write(HandleInformation, sizeof(*HandleInformation))) {
        *HandleInformation = (OBJECT_HANDLE_INFORMATION){.GrantedAccess = DesiredAccess};
    }
    pp_reference_add(object);
    *Object = object;
    return STATUS_SUCCESS;
}

NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                    KPROCESSOR_MODE AccessMode) {
    (void)DesiredAccess;
    (void)ObjectType;
    (void)AccessMode;
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}
