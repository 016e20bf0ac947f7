// SPDX-License-Identifier: MIT
// Devices and symbolic links. The neighbours delete each once, late, but in time.
#include "fixture.h"

static void forget_device(void) { fixture.device = NULL; }

static void delete_device_twice(void) { IoDeleteDevice(fixture.device); }

static NTSTATUS delete_device_early(void) {
    IoDeleteDevice(fixture.device);
    fixture.device = NULL;
    fixture_reached();
    return STATUS_SUCCESS;
}

static void delete_driver_object(void) {
    IoDeleteDevice((DEVICE_OBJECT *)fixture.driver);
    fixture_reached();
}

static void delete_null(void) { IoDeleteDevice(NULL); }

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Fixture");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\DosDevices\\Fixture");

static NTSTATUS make_link(void) {
    fixture_reached();
    return IoCreateSymbolicLink(&link_name, &device_name);
}

static void delete_link(void) { IoDeleteSymbolicLink(&link_name); }

// With a file open.
static NTSTATUS delete_at_read(IRP *irp) {
    forget_device();
    IoDeleteDevice(IoGetCurrentIrpStackLocation(irp)->DeviceObject);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static const struct check_case cases[] = {
    {.rule = "DEVICE-ONCE",
     .title = "poolproof: DEVICE-ONCE: device never deleted, made in DriverEntry",
     .catches.unload = forget_device,
     .silent.load = delete_device_early},
    {.rule = "DEVICE-ONCE",
     .title = "poolproof: DEVICE-ONCE: device deleted again in DriverUnload",
     .catches.unload = delete_device_twice,
     .silent.load = delete_device_early},
    {.rule = "DEVICE-ONCE",
     .title = "poolproof: DEVICE-ONCE: something that is no device deleted in DriverUnload",
     .catches.unload = delete_driver_object,
     .silent.load = delete_device_early},
    {.rule = "DEVICE-ONCE",
     .title = "poolproof: DEVICE-ONCE: NULL instead of a device deleted in DriverUnload",
     .catches.unload = delete_null,
     .silent.load = delete_device_early},
    {.rule = "DEVICE-OPEN",
     .advice_count = 1,
     .catches.read = delete_at_read,
     .silent.load = delete_device_early,
     .program = "a0 = adapter()\nf0 = create(a0)\nread(f0)\nclose(f0)\n",
     .silent_program = "load()\n"},
    {.rule = "LINK-LEAK",
     .title = "poolproof: LINK-LEAK: symbolic link never deleted, made in DriverEntry",
     .catches.load = make_link,
     .silent = {.load = make_link, .unload = delete_link}},
};

int main(void) { return CHECK_RUN("devices", cases); }
