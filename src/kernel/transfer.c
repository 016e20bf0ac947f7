// SPDX-License-Identifier: MIT
// Reads, writes and device controls of a program: their buffers, the way that the device or the control
// code asks for, and cancelling them.
#include <string.h>

#include "base/dye.h"
#include "kernel/device.h"
#include "kernel/file.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"

// Memory of that length that begins with the input; NULL if it is empty. False if there is no room.
static bool take_bytes(void **ret_bytes, uint32_t length, const void *input, uint32_t input_length) {
    *ret_bytes = NULL;
    if (length == 0) {
        return true;
    }
    *ret_bytes = pp_arena_take(length, PP_USE_WORLD);
    if (*ret_bytes == NULL) {
        return false;
    }
    if (input_length > 0) {
        memcpy(*ret_bytes, input, input_length);
        pp_dye_place(*ret_bytes, input_length, 0);
    }
    return true;
}

// An MDL over request->output, if there are bytes.
static bool add_mdl(struct pp_request *request, uint32_t length) {
    if (length == 0) {
        return true;
    }
    request->mdl = pp_world_take(sizeof(MDL));
    if (request->mdl == NULL) {
        return false;
    }
    pp_mdl_init(request->mdl, request->output, length);
    request->mdl->MdlFlags = MDL_PAGES_LOCKED;
    request->irp->MdlAddress = request->mdl;
    return true;
}

static bool attach_transfer(struct pp_request *request, ULONG device_flags,
                            const struct pp_transfer *transfer) {
    IRP *irp = request->irp;
    uint32_t length = transfer->room > transfer->input_length ? transfer->room : transfer->input_length;
    request->room = length;
    pp_irp_next_location(request)->Parameters.Write.Length = length;  // reads have it there, too
    request->is_buffered = (device_flags & (DO_DIRECT_IO | DO_BUFFERED_IO)) == DO_BUFFERED_IO;
    void **bytes = request->is_buffered ? &request->system_buffer : &request->output;
    if (!take_bytes(bytes, length, transfer->input, transfer->input_length)) {
        return false;
    }
    if (device_flags & DO_DIRECT_IO) {
        return add_mdl(request, length);
    }
    irp->AssociatedIrp.SystemBuffer = request->system_buffer;
    irp->UserBuffer = request->output;
    return true;
}

static bool attach_control(struct pp_request *request, const struct pp_transfer *transfer) {
    IRP *irp = request->irp;
    uint32_t in = transfer->input_length, out = transfer->room;
    uint32_t method = METHOD_FROM_CTL_CODE(transfer->code);
    IO_STACK_LOCATION *location = pp_irp_next_location(request);
    location->Parameters.DeviceIoControl.IoControlCode = transfer->code;
    location->Parameters.DeviceIoControl.InputBufferLength = in;
    location->Parameters.DeviceIoControl.OutputBufferLength = out;
    request->code = transfer->code;
    request->is_buffered = method == METHOD_BUFFERED;
    if (method == METHOD_BUFFERED) {
        request->room = out;
        bool has_room = take_bytes(&request->system_buffer, in > out ? in : out, transfer->input, in);
        irp->AssociatedIrp.SystemBuffer = request->system_buffer;
        return has_room;
    }
    void **input = method == METHOD_NEITHER ? &request->input : &request->system_buffer;
    if (!take_bytes(input, in, transfer->input, in) || !take_bytes(&request->output, out, NULL, 0)) {
        return false;
    }
    irp->AssociatedIrp.SystemBuffer = request->system_buffer;
    if (method == METHOD_NEITHER) {
        location->Parameters.DeviceIoControl.Type3InputBuffer = request->input;
        irp->UserBuffer = request->output;
        return true;
    }
    return add_mdl(request, out);
}

static bool attach(struct pp_request *request, ULONG device_flags, const struct pp_transfer *transfer) {
    return transfer->major == IRP_MJ_DEVICE_CONTROL ? attach_control(request, transfer)
                                                    : attach_transfer(request, device_flags, transfer);
}

static void run_request(void *subject, uint64_t detail) {
    (void)detail;
    pp_file_send_request(subject);
}

bool pp_file_send(uint32_t index, const struct pp_transfer *transfer) {
    struct pp_file *file = pp_file_nth(index);
    struct pp_request *request = file != NULL ? pp_file_make_request(file, transfer->major) : NULL;
    if (request == NULL) {
        return false;
    }
    if (!attach(request, pp_device_top(file->device)->object->Flags, transfer) ||
        !pp_schedule_start(PP_ACTIVITY_IRP, run_request, request, 0)) {
        file->irp_count--;
        pp_irp_give(request);
        return false;
    }
    return true;
}

// === Cancelling ===

static void run_cancel(void *subject, uint64_t detail) {
    (void)detail;
    pp_cancel_request(subject);
}

static bool is_out(const struct pp_request *request) {
    return request->irp != NULL && request->is_sent && request->maker == PP_IRP_OF_PROGRAM &&
           request->major != IRP_MJ_CLEANUP && request->major != IRP_MJ_CLOSE;
}

static bool is_out_of(const struct pp_request *request, const struct pp_file *file) {
    return is_out(request) && request->file == file && request->major != IRP_MJ_CREATE;
}

bool pp_file_cancel(uint32_t index, uint32_t nth) {
    const struct pp_file *file = pp_file_nth(index);
    struct pp_request *request;
    uint32_t count = 0;
    for (uint32_t i = 0; (request = pp_irp_nth(i)) != NULL; i++) {
        count += is_out_of(request, file);
    }
    for (uint32_t i = 0, left = count > 0 ? nth % count : 0; (request = pp_irp_nth(i)) != NULL; i++) {
        if (is_out_of(request, file) && left-- == 0) {
            return pp_schedule_start(PP_ACTIVITY_CANCEL, run_cancel, request, 0);
        }
    }
    return false;
}

bool pp_file_cancel_any(void) {
    struct pp_request *request;
    for (uint32_t i = 0; (request = pp_irp_nth(i)) != NULL; i++) {
        bool is_awaited =
            is_out(request) && !request->is_cancelled &&
            (request->file->state == PP_FILE_OPENING || request->file->state == PP_FILE_CLOSING);
        if (is_awaited && request->was_queued && request->irp->CancelRoutine != NULL) {
            PP_EMIT(IRP_LEFT, pp_object(request->irp));
        }
        if (is_awaited && pp_schedule_start(PP_ACTIVITY_CANCEL, run_cancel, request, 0)) {
            request->is_cancelled = true;
            return true;
        }
    }
    return false;
}
