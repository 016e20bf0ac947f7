// SPDX-License-Identifier: MIT
// Driver objects, device objects and symbolic links.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/device.h"
#include "kernel/memory.h"

#include <string.h>

#define DEVICE_TAG 0x65766544u  // 'Deve'

#define DEVICE_COUNT_MAX 64u

static DRIVER_OBJECT *driver_object;
static DEVICE_OBJECT *devices[DEVICE_COUNT_MAX];  // oldest first
static uint32_t device_count;

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

void pp_device_reset(void) {
    driver_object = NULL;
    device_count = 0;
}

DRIVER_OBJECT *pp_device_driver(void) { return driver_object; }

DEVICE_OBJECT *pp_device_first(void) { return device_count > 0 ? devices[0] : NULL; }

// What the driver sees of its devices: the newest first.
static void link_devices(DRIVER_OBJECT *driver) {
    driver->DeviceObject = NULL;
    for (uint32_t i = 0; i < device_count; i++) {
        devices[i]->NextDevice = driver->DeviceObject;
        driver->DeviceObject = devices[i];
    }
}

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
    if (!pp_fault_fires(PP_POINT_DEVICE_CREATE) && device_count < DEVICE_COUNT_MAX) {
        device = pp_arena_take(size, PP_USE_DEVICE);
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
    devices[device_count++] = device;
    link_devices(DriverObject);
    *DeviceObject = device;
    return STATUS_SUCCESS;
}

VOID IoDeleteDevice(DEVICE_OBJECT *DeviceObject) {
    pp_switch_point();
    PP_EMIT(MEMORY_FREE, pp_object(DeviceObject));
    if (!pp_arena_is(DeviceObject, PP_USE_DEVICE)) {
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < device_count; i++) {
        devices[kept] = devices[i];
        kept += devices[i] != DeviceObject;
    }
    device_count = kept;
    link_devices(driver_object);
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
