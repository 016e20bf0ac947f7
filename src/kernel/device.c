// SPDX-License-Identifier: MIT
// Driver objects, device objects and symbolic links.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/device.h"
#include "kernel/memory.h"

#include <string.h>

#define DEVICE_TAG 0x65766544u  // 'Deve'

static DRIVER_OBJECT *driver_object;

static NTSTATUS refuse(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

DRIVER_OBJECT *pp_io_make_driver_object(void) {
    driver_object = pp_world_take(sizeof(*driver_object));
    if (driver_object != NULL) {
        driver_object->Size = sizeof(*driver_object);
        for (size_t i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
            driver_object->MajorFunction[i] = refuse;
        }
    }
    return driver_object;
}

void pp_device_reset(void) { driver_object = NULL; }

DRIVER_OBJECT *pp_device_driver(void) { return driver_object; }

NTSTATUS IoCreateDevice(DRIVER_OBJECT *DriverObject, ULONG DeviceExtensionSize,
                        UNICODE_STRING *DeviceName, DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics,
                        BOOLEAN Exclusive, DEVICE_OBJECT **DeviceObject) {
    (void)DeviceName;  // a program names its files by the driver, whose first device is meant
    (void)Exclusive;
    pp_switch_point();
    pp_touch_write(DriverObject, sizeof(*DriverObject));
    pp_touch_write(DeviceObject, sizeof(*DeviceObject));
    size_t size = sizeof(DEVICE_OBJECT) + DeviceExtensionSize;
    DEVICE_OBJECT *device = NULL;
    if (!pp_fault_fires(PP_POINT_DEVICE_CREATE)) {
        device = pp_arena_take(size, PP_USE_MEMORY);
    }
    PP_EMIT(MEMORY_MADE, pp_object(device), size, DEVICE_TAG);
    if (device == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memset(device, 0, size);
    device->Size = (USHORT)size;
    device->DriverObject = DriverObject;
    device->DeviceType = DeviceType;
    device->Characteristics = DeviceCharacteristics;
    device->DeviceExtension = DeviceExtensionSize > 0 ? device + 1 : NULL;
    device->StackSize = 1;
    device->Flags = DO_DEVICE_INITIALIZING;
    device->NextDevice = DriverObject->DeviceObject;
    DriverObject->DeviceObject = device;
    *DeviceObject = device;
    return STATUS_SUCCESS;
}

VOID IoDeleteDevice(DEVICE_OBJECT *DeviceObject) {
    pp_switch_point();
    PP_EMIT(MEMORY_FREE, pp_object(DeviceObject));
    if (!pp_arena_is(DeviceObject, PP_USE_MEMORY)) {
        return;
    }
    DEVICE_OBJECT **link = &driver_object->DeviceObject;
    while (*link != NULL && *link != DeviceObject) {
        link = &(*link)->NextDevice;
    }
    if (*link != NULL) {
        *link = DeviceObject->NextDevice;
    }
    pp_arena_give(DeviceObject);
}

NTSTATUS IoCreateSymbolicLink(UNICODE_STRING *SymbolicLinkName, UNICODE_STRING *DeviceName) {
    (void)SymbolicLinkName;  // nothing looks names up
    (void)DeviceName;
    pp_switch_point();
    return pp_fault_fires(PP_POINT_LINK_CREATE) ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

NTSTATUS IoDeleteSymbolicLink(UNICODE_STRING *SymbolicLinkName) {
    (void)SymbolicLinkName;
    pp_switch_point();
    return STATUS_SUCCESS;
}
