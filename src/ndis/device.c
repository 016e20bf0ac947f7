// SPDX-License-Identifier: MIT
// Devices that NDIS makes for a driver, with dispatch entries of their own.
#include "kernel/device.h"

#include "base/emit.h"
#include "base/handle.h"
#include "base/touch.h"
#include "kernel/memory.h"
#include "kernel/unicode.h"
#include "ndis/binding.h"

#include <string.h>

#define DEVICE_COUNT_MAX 64u

static struct ndis_device {
    DEVICE_OBJECT *object;  // NULL: it is gone
    UNICODE_STRING link;
    PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1];
} devices[DEVICE_COUNT_MAX];
static uint32_t device_count;

void pp_ndis_device_reset(void) { device_count = 0; }

static bool is_readable(const NDIS_DEVICE_OBJECT_ATTRIBUTES *attributes) {
    const NDIS_STRING *name = attributes->DeviceName;
    const NDIS_STRING *link = attributes->SymbolicName;
    return name != NULL && pp_unicode_touch(name) && link != NULL && pp_unicode_touch(link) &&
           pp_touch_read(attributes->MajorFunctions,
                         (IRP_MJ_MAXIMUM_FUNCTION + 1) * sizeof(PDRIVER_DISPATCH));
}

static NTSTATUS make(struct ndis_device *device, const NDIS_DEVICE_OBJECT_ATTRIBUTES *attributes) {
    const NDIS_STRING *link = attributes->SymbolicName;
    memcpy(device->functions, attributes->MajorFunctions, sizeof(device->functions));
    device->link = *link;
    device->link.Buffer = pp_world_take(link->Length);
    if (device->link.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(device->link.Buffer, link->Buffer, link->Length);
    NTSTATUS status =
        pp_device_make(pp_driver_object(), attributes->ExtensionSize, attributes->DeviceName,
                       /*is_exclusive=*/false, device->functions, &device->object);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    device->object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    status = pp_link_make(link, attributes->DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device->object);
    }
    return status;
}

NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle,
                                 NDIS_DEVICE_OBJECT_ATTRIBUTES *DeviceObjectAttributes,
                                 DEVICE_OBJECT **pDeviceObject, NDIS_HANDLE *NdisDeviceHandle) {
    pp_switch_point();
    if (!pp_touch_read(DeviceObjectAttributes, sizeof(*DeviceObjectAttributes)) ||
        !pp_touch_write(pDeviceObject, sizeof(*pDeviceObject)) ||
        !pp_touch_write(NdisDeviceHandle, sizeof(*NdisDeviceHandle)) ||
        DeviceObjectAttributes->Header.Type != NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES ||
        DeviceObjectAttributes->Header.Size < NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 ||
        pp_protocol_of_handle(NdisHandle) == NULL || !is_readable(DeviceObjectAttributes)) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (device_count == DEVICE_COUNT_MAX) {
        return NDIS_STATUS_RESOURCES;
    }
    NTSTATUS status = make(&devices[device_count], DeviceObjectAttributes);
    if (!NT_SUCCESS(status)) {
        return (NDIS_STATUS)status;
    }
    *pDeviceObject = devices[device_count].object;
    *NdisDeviceHandle = pp_handle_make(PP_HANDLE_DEVICE, device_count++);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle) {
    pp_switch_point();
    uint32_t index = pp_handle_index(PP_HANDLE_DEVICE, NdisDeviceHandle, device_count);
    if (index == PP_HANDLE_NONE || devices[index].object == NULL) {
        PP_EMIT(DEVICE_DELETE, pp_object(NdisDeviceHandle));
        return;
    }
    pp_link_delete(&devices[index].link);
    IoDeleteDevice(devices[index].object);
    devices[index].object = NULL;
}

PVOID NdisGetDeviceReservedExtension(DEVICE_OBJECT *DeviceObject) {
    pp_switch_point();
    return pp_touch_read(DeviceObject, sizeof(*DeviceObject)) ? DeviceObject->DeviceExtension : NULL;
}
