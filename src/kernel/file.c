// SPDX-License-Identifier: MIT
// Files, and the IRPs that a program sends to them.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/device.h"
#include "kernel/file.h"
#include "kernel/irp.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"

#include <string.h>

#define OWN_COUNT_MAX 16u

static struct pp_file files[PP_FILE_COUNT_MAX];  // the program's
static uint32_t file_used_count;
static struct pp_file own_files[OWN_COUNT_MAX];  // that the driver opened itself
static uint32_t own_count;
static uint8_t result[PP_RESULT_BYTES_MAX];
static uint32_t result_length;
static uint16_t failed_op = PP_OP_NONE;

void pp_io_reset(void) {
    memset(files, 0, file_used_count * sizeof(files[0]));
    memset(own_files, 0, sizeof(own_files));
    file_used_count = own_count = 0;
    result_length = 0;
    failed_op = PP_OP_NONE;
    pp_irp_reset();
    pp_device_reset();
    pp_driver_reset();
}

const uint8_t *pp_file_result(uint32_t *ret_length) {
    *ret_length = result_length;
    return result;
}

bool pp_file_has_failed(uint16_t op) { return op == failed_op; }

// === IRPs of files ===

static void keep_result(const struct pp_request *request) {
    uint32_t length = pp_irp_answer_length(request);
    const void *bytes = request->is_buffered ? request->system_buffer : request->output;
    bool is_answer = request->major == IRP_MJ_READ || request->major == IRP_MJ_DEVICE_CONTROL;
    if (is_answer && bytes != NULL && length > 0 && pp_touch_is_open(bytes, length)) {
        result_length = length < sizeof(result) ? length : sizeof(result);
        memcpy(result, bytes, result_length);
    }
}

static void end_request(struct pp_request *request) {
    keep_result(request);
    request->status = request->irp->IoStatus.Status;
    request->is_completed = true;
    if (!NT_SUCCESS(request->status) && request->op == pp_now.op) {
        failed_op = request->op;
    }
    request->file->irp_count--;
    pp_irp_give(request);
    pp_schedule_wake(request, /*all=*/true);
    pp_schedule_wake(request->file, /*all=*/true);
}

struct pp_request *pp_file_make_request(struct pp_file *file, UCHAR major) {
    int location_count = pp_device_top(file->device)->object->StackSize;
    struct pp_request *request =
        pp_irp_make(PP_IRP_OF_PROGRAM, location_count > 0 ? (uint32_t)location_count : 1);
    if (request == NULL) {
        return NULL;
    }
    request->end = end_request;
    request->op = pp_now.op;
    request->file = file;
    request->major = major;
    request->room = UINT32_MAX;
    request->irp->RequestorMode = UserMode;
    request->irp->Tail.Overlay.OriginalFileObject = file->object;
    IO_STACK_LOCATION *location = pp_irp_next_location(request);
    location->MajorFunction = major;
    location->FileObject = file->object;
    file->irp_count++;
    return request;
}

// Calls the dispatch entry. The IRP may be gone when it returns.
void pp_file_send_request(struct pp_request *request) {
    struct pp_file *file = request->file;
    pp_irp_announce(request);
    request->is_sent = true;
    file->irp_count++;
    pp_irp_call(request, pp_device_top(file->device)->object);
    request->has_returned = true;
    file->irp_count--;
    pp_schedule_wake(file, /*all=*/true);
}

// Sends an IRP without data and waits until it is completed.
static NTSTATUS send_and_wait(struct pp_request *request) {
    if (request == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pp_file_send_request(request);
    while (!request->is_completed) {
        pp_schedule_await(PP_AWAIT_IRPS, NULL, request);
    }
    return request->status;
}

// === Opening and closing ===

static struct pp_request *make_create(struct pp_file *file) {
    struct pp_request *request = pp_file_make_request(file, IRP_MJ_CREATE);
    if (request != NULL) {
        IO_STACK_LOCATION *location = pp_irp_next_location(request);
        request->irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API;
        location->Parameters.Create.Options = FILE_OPEN << 24;
        location->Parameters.Create.ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE;
    }
    return request;
}

// Not if the driver has referenced it, and lets a file be closed before it gives that back.
static void give_object(struct pp_file *file) {
    if (file->object != NULL && file->reference_count == 0) {
        pp_arena_give(file->object);
        file->object = NULL;
    }
}

bool pp_file_open(struct pp_file *file, const UNICODE_STRING *path) {
    file->object = (FILE_OBJECT *)pp_world_take(sizeof(*file->object));
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    if (file->object != NULL) {
        file->object->Type = IO_TYPE_FILE;
        file->object->Size = sizeof(*file->object);
        file->object->DeviceObject = file->device->object;
        file->object->ReadAccess = file->object->WriteAccess = TRUE;
        file->object->Flags = FO_HANDLE_CREATED;
        if (path != NULL) {
            file->object->FileName = *path;
        }
        status = send_and_wait(make_create(file));
    }
    file->state = NT_SUCCESS(status) ? PP_FILE_OPEN : PP_FILE_CLOSED;
    if (!NT_SUCCESS(status)) {
        give_object(file);
        pp_device_close(file->device);
    }
    pp_schedule_wake(file, /*all=*/true);
    return NT_SUCCESS(status);
}

void pp_file_clean_up(struct pp_file *file) {
    struct pp_request *request;
    for (uint32_t i = 0; (request = pp_irp_nth(i)) != NULL; i++) {
        request->was_queued = request->irp != NULL && request->file == file && request->has_returned &&
                              request->irp->CancelRoutine != NULL;
    }
    send_and_wait(pp_file_make_request(file, IRP_MJ_CLEANUP));
    file->object->Flags |= FO_CLEANUP_COMPLETE;
}

void pp_file_finish(struct pp_file *file) {
    send_and_wait(pp_file_make_request(file, IRP_MJ_CLOSE));
    file->state = PP_FILE_CLOSED;
    give_object(file);
    pp_device_close(file->device);
    pp_schedule_wake(file, /*all=*/true);
}

static void run_create(void *subject, uint64_t path) {
    struct pp_file *file = subject;
    pp_file_open(file, (const UNICODE_STRING *)path);
}

static void run_close(void *subject, uint64_t detail) {
    (void)detail;
    struct pp_file *file = subject;
    pp_file_clean_up(file);
    while (file->irp_count > 0 || file->reference_count > 0) {
        pp_schedule_await(PP_AWAIT_IRPS, NULL, file);
    }
    pp_file_finish(file);
}

bool pp_file_create(uint32_t index, uint32_t nth, const UNICODE_STRING *path) {
    struct pp_file *file = &files[index];
    struct pp_device *device = pp_device_nth(nth);
    bool is_free = file->state == PP_FILE_NONE || file->state == PP_FILE_CLOSED;
    if (!is_free || file->reference_count > 0 || device == NULL ||
        (device->is_exclusive && device->open_count > 0) ||
        !pp_schedule_start(PP_ACTIVITY_IRP, run_create, file, (uintptr_t)path)) {
        return false;
    }
    file_used_count = index >= file_used_count ? index + 1 : file_used_count;
    *file = (struct pp_file){.state = PP_FILE_OPENING, .device = device};
    pp_device_open(device);
    return true;
}

bool pp_file_close(uint32_t index) {
    struct pp_file *file = &files[index];
    if (file->state != PP_FILE_OPEN || !pp_schedule_start(PP_ACTIVITY_IRP, run_close, file, 0)) {
        return false;
    }
    file->state = PP_FILE_CLOSING;
    return true;
}

void pp_file_close_all(void) {
    for (uint32_t i = 0; i < file_used_count; i++) {
        struct pp_file *file = &files[i];
        while (file->state == PP_FILE_OPENING || file->state == PP_FILE_CLOSING) {
            pp_schedule_await(PP_AWAIT_IRPS, NULL, file);
        }
        if (file->state == PP_FILE_OPEN) {
            file->state = PP_FILE_CLOSING;
            run_close(file, 0);
        }
    }
}

struct pp_file *pp_file_nth(uint32_t index) {
    return files[index].state == PP_FILE_OPEN ? &files[index] : NULL;
}

struct pp_file *pp_file_of_object(const FILE_OBJECT *object) {
    for (uint32_t i = 0; i < file_used_count + own_count; i++) {
        struct pp_file *file = i < file_used_count ? &files[i] : &own_files[i - file_used_count];
        if (object != NULL && file->object == object) {
            return file;
        }
    }
    return NULL;
}

struct pp_file *pp_file_make_own(struct pp_device *device) {
    if (own_count == OWN_COUNT_MAX) {
        return NULL;
    }
    pp_device_open(device);
    own_files[own_count].is_own = true;
    own_files[own_count].device = device;
    return &own_files[own_count++];
}
