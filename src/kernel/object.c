// SPDX-License-Identifier: MIT
// References to objects, the types that they can be asked for by, and devices that are looked up by
// name.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/device.h"
#include "kernel/file.h"
#include "kernel/reference.h"
#include "kernel/schedule.h"
#include "kernel/unicode.h"

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

LONG_PTR ObfReferenceObject(PVOID Object) {
    pp_switch_point();
    struct pp_device *device = pp_device_find(Object);
    struct pp_file *file = pp_file_of_object(Object);
    if (device != NULL) {
        pp_device_open(device);
    } else if (file != NULL) {
        file->reference_count++;
    } else if (!pp_reference_add(Object)) {
        pp_touch_read(Object, sizeof(DISPATCHER_HEADER));
    }
    return 1;
}

// A file of the program's is closed by whoever waits for its last reference to go.
static void release_file(struct pp_file *file) {
    if (file->reference_count > 0 && --file->reference_count == 0 && file->is_own) {
        pp_file_finish(file);
    }
    pp_schedule_wake(file, /*all=*/true);
}

LONG_PTR ObfDereferenceObject(PVOID Object) {
    pp_switch_point();
    struct pp_device *device = pp_device_find(Object);
    struct pp_file *file = pp_file_of_object(Object);
    if (device != NULL && device->open_count > 0) {
        pp_device_close(device);
    } else if (file != NULL) {
        release_file(file);
    } else if (device == NULL && !pp_reference_release(Object)) {
        pp_touch_read(Object, sizeof(DISPATCHER_HEADER));
    }
    return 0;
}

// There are no devices but the driver's own.
NTSTATUS IoGetDeviceObjectPointer(UNICODE_STRING *ObjectName, ACCESS_MASK DesiredAccess,
                                  FILE_OBJECT **FileObject, DEVICE_OBJECT **DeviceObject) {
    (void)DesiredAccess;
    pp_switch_point();
    if (!pp_unicode_touch(ObjectName) || !pp_touch_write(FileObject, sizeof(*FileObject)) ||
        !pp_touch_write(DeviceObject, sizeof(*DeviceObject))) {
        return STATUS_INVALID_PARAMETER;
    }
    struct pp_device *device = pp_device_by_name(ObjectName);
    if (device == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    struct pp_file *file = pp_file_make_own(device);
    if (file == NULL || !pp_file_open(file, /*path=*/NULL)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    file->reference_count = 1;
    pp_file_clean_up(file);
    *FileObject = file->object;
    *DeviceObject = pp_device_top(device)->object;
    return STATUS_SUCCESS;
}
