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

// With a file open, which goes on as before: the device itself goes with it.
static NTSTATUS delete_at_read(IRP *irp) {
    if (fixture.device != NULL) {
        forget_device();
        IoDeleteDevice(IoGetCurrentIrpStackLocation(irp)->DeviceObject);
    }
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === What is in a device ===

static DEVICE_OBJECT *make_device(void) {
    DEVICE_OBJECT *device = NULL;
    IoCreateDevice(fixture.driver, 256, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &device);
    return device;
}

static NTSTATUS delete_device_with_timer(bool is_cancelled) {
    DEVICE_OBJECT *device = make_device();
    KTIMER *timer = device->DeviceExtension;
    LARGE_INTEGER due = {.QuadPart = -10000};
    KeInitializeTimer(timer);
    KeSetTimer(timer, due, NULL);
    if (is_cancelled) {
        KeCancelTimer(timer);
        fixture_reached();
    }
    IoDeleteDevice(device);
    return STATUS_SUCCESS;
}

static NTSTATUS delete_device_with_set_timer(void) { return delete_device_with_timer(false); }

static NTSTATUS delete_device_with_cancelled_timer(void) { return delete_device_with_timer(true); }

// Sends what is in a device, beside the IRP's own bytes.
static NTSTATUS send_from_device(IRP *irp) {
    DEVICE_OBJECT *device = make_device();
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, device->DeviceExtension, 60);
    mdl->Next = nbl->FirstNetBuffer->MdlChain;
    nbl->FirstNetBuffer->MdlChain = nbl->FirstNetBuffer->CurrentMdl = mdl;
    fixture.kept[0] = mdl;
    fixture.kept[1] = device;
    fixture_send(nbl);
    return STATUS_PENDING;
}

#define COMPLETED_AT_PASSIVE                                                   \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0, irql: passive)\nclose(f0)\nunbind(b0)\n"

static NTSTATUS send_and_delete_device(IRP *irp) {
    NTSTATUS status = send_from_device(irp);
    IoDeleteDevice(fixture.kept[1]);
    return status;
}

static void end_send_and_device(NET_BUFFER_LIST *nbl) {
    fixture_end_send(nbl);
    NdisFreeMdl(fixture.kept[0]);
    IoDeleteDevice(fixture.kept[1]);
    fixture_reached();
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
     .program = "a0 = adapter()\nf0 = create(a0)\nread(f0)\nread(f0)\nclose(f0)\nunload()\n",
     .silent_program = "load()\n"},
    {.rule = "ACTIVE-FREED",
     .title = "poolproof: ACTIVE-FREED: device deleted with a timer in it that is set in DriverEntry",
     .catches.load = delete_device_with_set_timer,
     .silent.load = delete_device_with_cancelled_timer},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: device freed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_delete_device,
     .silent = {.write = send_from_device, .send_complete = end_send_and_device},
     .program = COMPLETED_AT_PASSIVE},
    {.rule = "LINK-LEAK",
     .title = "poolproof: LINK-LEAK: symbolic link never deleted, made in DriverEntry",
     .catches.load = make_link,
     .silent = {.load = make_link, .unload = delete_link}},
};

int main(void) { return CHECK_RUN("devices", cases); }
