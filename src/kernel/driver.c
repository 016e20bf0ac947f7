// SPDX-License-Identifier: MIT
// The driver object, and the memory that a driver hangs on it.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/device.h"
#include "kernel/io.h"
#include "kernel/irp.h"
#include "kernel/memory.h"

#define EXTENSION_COUNT_MAX 16u

static DRIVER_OBJECT *driver_object;

// What IoAllocateDriverObjectExtension gave; it goes with the driver object.
static struct {
    const void *id;
    void *memory;
} extensions[EXTENSION_COUNT_MAX];
static uint32_t extension_count;

void pp_driver_reset(void) {
    driver_object = NULL;
    extension_count = 0;
}

DRIVER_OBJECT *pp_driver_object(void) { return driver_object; }

static NTSTATUS refuse(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

DRIVER_OBJECT *pp_io_make_driver_object(void) {
    pp_cancel_begin();
    driver_object = pp_world_take(sizeof(DRIVER_OBJECT) + sizeof(DRIVER_EXTENSION));
    if (driver_object != NULL) {
        DRIVER_EXTENSION *extension = (DRIVER_EXTENSION *)(driver_object + 1);
        extension->DriverObject = driver_object;
        driver_object->Type = IO_TYPE_DRIVER;
        driver_object->Size = sizeof(*driver_object);
        driver_object->DriverExtension = extension;
        for (size_t i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
            driver_object->MajorFunction[i] = refuse;
        }
    }
    return driver_object;
}

PDRIVER_DISPATCH pp_device_function(const struct pp_device *device, UCHAR major) {
    PDRIVER_DISPATCH function = NULL;
    if (major <= IRP_MJ_MAXIMUM_FUNCTION) {
        function =
            device->functions != NULL ? device->functions[major] : driver_object->MajorFunction[major];
    }
    return function != NULL ? function : refuse;
}

static void *find_extension(const void *id) {
    for (uint32_t i = 0; i < extension_count; i++) {
        if (extensions[i].id == id) {
            return extensions[i].memory;
        }
    }
    return NULL;
}

NTSTATUS IoAllocateDriverObjectExtension(DRIVER_OBJECT *DriverObject, PVOID ClientIdentificationAddress,
                                         ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension) {
    (void)DriverObject;
    pp_switch_point();
    if (!pp_touch_write(DriverObjectExtension, sizeof(*DriverObjectExtension))) {
        return STATUS_INVALID_PARAMETER;
    }
    *DriverObjectExtension = NULL;
    if (find_extension(ClientIdentificationAddress) != NULL) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    void *memory = NULL;
    if (!pp_fault_fires(PP_POINT_MEMORY_ALLOCATE) && extension_count < EXTENSION_COUNT_MAX) {
        memory = pp_world_take(DriverObjectExtensionSize);
    }
    if (memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    extensions[extension_count].id = ClientIdentificationAddress;
    extensions[extension_count++].memory = memory;
    *DriverObjectExtension = memory;
    return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(DRIVER_OBJECT *DriverObject, PVOID ClientIdentificationAddress) {
    (void)DriverObject;
    pp_switch_point();
    return find_extension(ClientIdentificationAddress);
}
