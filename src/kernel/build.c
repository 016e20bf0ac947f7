// SPDX-License-Identifier: MIT
// IRPs that the world builds for the driver, and takes back when they are completed.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/device.h"
#include "kernel/irp.h"
#include "kernel/memory.h"

#include <string.h>

static void end_request(struct pp_request *request) {
    const IRP *irp = request->irp;
    uint32_t length = pp_irp_answer_length(request);
    IO_STATUS_BLOCK *status = irp->UserIosb;
    KEVENT *event = irp->UserEvent;
    if (request->is_buffered && length > 0 && pp_touch_write(request->output, length)) {
        memcpy(request->output, request->system_buffer, length);
    }
    if (status != NULL && pp_touch_write(status, sizeof(*status))) {
        *status = irp->IoStatus;
    }
    pp_irp_give(request);
    if (event != NULL) {
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    }
}

static bool add_system_buffer(struct pp_request *request, const void *input, uint32_t input_length,
                              uint32_t length) {
    if (length == 0) {
        return true;
    }
    request->system_buffer = pp_world_take(length);
    if (request->system_buffer == NULL) {
        return false;
    }
    if (input_length > 0 && pp_touch_read(input, input_length)) {
        memcpy(request->system_buffer, input, input_length);
    }
    request->irp->AssociatedIrp.SystemBuffer = request->system_buffer;
    return true;
}

// The way that the method of the code asks for. False if there is no room.
static bool attach(struct pp_request *request, void *input, uint32_t in, void *output, uint32_t out) {
    request->room = out;
    request->output = output;
    switch (METHOD_FROM_CTL_CODE(request->code)) {
    case METHOD_BUFFERED:
        request->is_buffered = true;
        return add_system_buffer(request, input, in, in > out ? in : out);
    case METHOD_NEITHER:
        pp_irp_next_location(request)->Parameters.DeviceIoControl.Type3InputBuffer = input;
        request->irp->UserBuffer = output;
        return true;
    default: break;
    }
    request->mdl = out > 0 ? pp_world_take(sizeof(MDL)) : NULL;
    if (request->mdl != NULL) {
        pp_mdl_init(request->mdl, output, out);
        request->mdl->MdlFlags = MDL_PAGES_LOCKED;
        request->irp->MdlAddress = request->mdl;
    }
    return (out == 0 || request->mdl != NULL) && add_system_buffer(request, input, in, in);
}

IRP *IoBuildDeviceIoControlRequest(ULONG IoControlCode, DEVICE_OBJECT *DeviceObject, PVOID InputBuffer,
                                   ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                   BOOLEAN InternalDeviceIoControl, KEVENT *Event,
                                   IO_STATUS_BLOCK *IoStatusBlock) {
    pp_switch_point();
    UCHAR major = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    const struct pp_device *device = pp_device_find(DeviceObject);
    struct pp_request *request = NULL;
    if (!pp_fault_fires(PP_POINT_IRP_ALLOCATE) && device != NULL) {
        int location_count = device->object->StackSize;
        request = pp_irp_make(PP_IRP_BUILT, location_count > 0 ? (uint32_t)location_count : 1);
    }
    if (request != NULL) {
        request->major = major;
        request->code = IoControlCode;
        request->end = end_request;
        IO_STACK_LOCATION *location = pp_irp_next_location(request);
        location->MajorFunction = major;
        location->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
        location->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
        location->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
        request->irp->UserIosb = IoStatusBlock;
        request->irp->UserEvent = Event;
        if (!attach(request, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength)) {
            pp_irp_give(request);
            request = NULL;
        }
    }
    if (request == NULL) {
        PP_EMIT(IRP_MADE, 0, PP_IRP_BUILT, major, IoControlCode, UINT32_MAX);
        return NULL;
    }
    pp_irp_announce(request);
    return request->irp;
}
