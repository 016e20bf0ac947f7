// SPDX-License-Identifier: MIT
// Files and IRPs. An IRP, its MDL and its buffer are gone the moment it is completed: a driver that
// looks again is caught at the first byte.
#include "kernel/irp.h"

#include "base/emit.h"
#include "base/touch.h"
#include "kernel/callback.h"
#include "kernel/device.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"
#include "pool/pool.h"

#include <string.h>

enum file_state { PP_FILE_NONE, PP_FILE_OPENING, PP_FILE_OPEN, PP_FILE_CLOSING, PP_FILE_CLOSED };

struct file {
    enum file_state state;
    uint32_t irp_count;  // IRPs that are not completed, and dispatch calls that have not returned
    FILE_OBJECT *object;
};

// What belongs to an IRP, kept out of the driver's reach.
struct request {
    struct file *file;
    MDL *mdl;
    void *buffer;
    uint32_t length;
    NTSTATUS status;
    bool is_completed;
};

#define REQUEST_COUNT_MAX 4096u

static struct file files[PP_FILE_COUNT_MAX];
static uint32_t file_used_count;
static struct request requests[REQUEST_COUNT_MAX];
static uint32_t request_count;

void pp_io_reset(void) {
    memset(files, 0, file_used_count * sizeof(files[0]));
    file_used_count = 0;
    request_count = 0;
    pp_device_reset();
}

static enum pp_callback callback_of(UCHAR major) {
    switch (major) {
    case IRP_MJ_CREATE: return PP_CALLBACK_CREATE;
    case IRP_MJ_CLEANUP: return PP_CALLBACK_CLEANUP;
    case IRP_MJ_CLOSE: return PP_CALLBACK_CLOSE;
    default: return PP_CALLBACK_WRITE;
    }
}

// | IRP | IO_STACK_LOCATION |
static IRP *make_irp(struct file *file, UCHAR major) {
    if (request_count == REQUEST_COUNT_MAX) {
        return NULL;
    }
    IRP *irp = pp_world_take(sizeof(IRP) + sizeof(IO_STACK_LOCATION));
    if (irp == NULL) {
        return NULL;
    }
    requests[request_count] = (struct request){.file = file};
    struct pp_block *books = pp_arena_find(irp);
    books->use = PP_USE_IRP;
    books->owner_a = request_count++;
    IO_STACK_LOCATION *location = (IO_STACK_LOCATION *)(irp + 1);
    irp->Size = sizeof(IRP) + sizeof(IO_STACK_LOCATION);
    irp->StackCount = 1;
    irp->CurrentLocation = 1;
    irp->RequestorMode = UserMode;
    irp->Tail.Overlay.CurrentStackLocation = location;
    irp->Tail.Overlay.OriginalFileObject = file->object;
    location->MajorFunction = major;
    location->FileObject = file->object;
    file->irp_count++;
    return irp;
}

static struct request *request_of(IRP *irp) { return &requests[pp_arena_find(irp)->owner_a]; }

// Gives the IRP its bytes, the way the device asks for.
static bool attach_buffer(IRP *irp, DEVICE_OBJECT *device, uint32_t length, uint8_t fill) {
    struct request *request = request_of(irp);
    if (length == 0) {
        return true;
    }
    request->buffer = pp_world_take(length);
    if (request->buffer == NULL) {
        return false;
    }
    memset(request->buffer, fill, length);
    request->length = length;
    if (device->Flags & DO_DIRECT_IO) {
        request->mdl = pp_world_take(sizeof(MDL));
        if (request->mdl == NULL) {
            return false;
        }
        pp_mdl_init(request->mdl, request->buffer, length);
        request->mdl->MdlFlags = MDL_PAGES_LOCKED;
        irp->MdlAddress = request->mdl;
    } else if (device->Flags & DO_BUFFERED_IO) {
        irp->AssociatedIrp.SystemBuffer = request->buffer;
    } else {
        irp->UserBuffer = request->buffer;
    }
    return true;
}

static void give(void *memory) {
    if (memory != NULL) {
        pp_arena_give(memory);
    }
}

static void end_request(IRP *irp, NTSTATUS status) {
    struct request *request = request_of(irp);
    request->status = status;
    request->is_completed = true;
    request->file->irp_count--;
    give(request->mdl);
    give(request->buffer);
    pp_arena_give(irp);
    pp_schedule_wake(request, /*all=*/true);
    pp_schedule_wake(request->file, /*all=*/true);
}

VOID IoCompleteRequest(IRP *Irp, CCHAR PriorityBoost) {
    (void)PriorityBoost;
    pp_switch_point();
    bool is_live = pp_arena_is(Irp, PP_USE_IRP);
    PP_EMIT(IRP_COMPLETE, pp_object(Irp), is_live ? (uint32_t)Irp->IoStatus.Status : 0);
    if (is_live) {
        end_request(Irp, Irp->IoStatus.Status);
        pp_switch_point();
    }
}

IO_STACK_LOCATION *IoGetCurrentIrpStackLocation(IRP *Irp) {
    pp_touch_read(Irp, sizeof(*Irp));
    return Irp->Tail.Overlay.CurrentStackLocation;
}

VOID IoMarkIrpPending(IRP *Irp) {
    pp_switch_point();
    pp_touch_write(Irp, sizeof(*Irp));
    IO_STACK_LOCATION *location = Irp->Tail.Overlay.CurrentStackLocation;
    pp_touch_write(location, sizeof(*location));
    location->Control |= SL_PENDING_RETURNED;
}

// Calls the dispatch entry. The IRP may be gone when it returns.
static void dispatch(IRP *irp, DEVICE_OBJECT *device) {
    const struct request *request = request_of(irp);
    struct file *file = request->file;
    IO_STACK_LOCATION *location = irp->Tail.Overlay.CurrentStackLocation;
    location->DeviceObject = device;
    UCHAR major = location->MajorFunction;
    PP_EMIT(IRP_MADE, pp_object(irp), major, pp_object(request->mdl), pp_object(request->buffer),
            request->length);
    struct pp_callback_frame frame = pp_callback_enter(callback_of(major), irp);
    file->irp_count++;
    NTSTATUS status = pp_device_driver()->MajorFunction[major](device, irp);
    pp_callback_leave(frame, irp, status);
    file->irp_count--;
    pp_schedule_wake(file, /*all=*/true);
}

// Sends an IRP without data and waits until it is completed.
static NTSTATUS send_and_wait(struct file *file, UCHAR major) {
    DEVICE_OBJECT *device = pp_device_first();
    IRP *irp = device != NULL ? make_irp(file, major) : NULL;
    if (irp == NULL) {
        return STATUS_NO_SUCH_DEVICE;
    }
    struct request *request = request_of(irp);
    dispatch(irp, device);
    while (!request->is_completed) {
        pp_schedule_block(request, PP_NEVER);
    }
    return request->status;
}

static void run_create(void *subject, uint64_t path) {
    struct file *file = subject;
    file->object = pp_world_take(sizeof(*file->object));
    if (file->object != NULL) {
        file->object->FileName = *(const UNICODE_STRING *)path;
        file->object->DeviceObject = pp_device_first();
    }
    bool is_open = file->object != NULL && NT_SUCCESS(send_and_wait(file, IRP_MJ_CREATE));
    file->state = is_open ? PP_FILE_OPEN : PP_FILE_CLOSED;
    pp_schedule_wake(file, /*all=*/true);
}

static void run_close(void *subject, uint64_t detail) {
    (void)detail;
    struct file *file = subject;
    send_and_wait(file, IRP_MJ_CLEANUP);
    while (file->irp_count > 0) {
        pp_schedule_block(file, PP_NEVER);
    }
    send_and_wait(file, IRP_MJ_CLOSE);
    file->state = PP_FILE_CLOSED;
    pp_schedule_wake(file, /*all=*/true);
}

static void run_write(void *subject, uint64_t detail) {
    (void)detail;
    dispatch(subject, pp_device_first());
}

bool pp_file_create(uint32_t index, const UNICODE_STRING *path) {
    struct file *file = &files[index];
    if (file->state != PP_FILE_NONE || pp_device_first() == NULL ||
        !pp_schedule_start(PP_ACTIVITY_IRP, run_create, file, (uintptr_t)path)) {
        return false;
    }
    file_used_count = index >= file_used_count ? index + 1 : file_used_count;
    file->state = PP_FILE_OPENING;
    return true;
}

bool pp_file_write(uint32_t index, uint32_t length, uint8_t fill) {
    struct file *file = &files[index];
    DEVICE_OBJECT *device = pp_device_first();
    IRP *irp = file->state == PP_FILE_OPEN && device != NULL ? make_irp(file, IRP_MJ_WRITE) : NULL;
    if (irp == NULL) {
        return false;
    }
    irp->Tail.Overlay.CurrentStackLocation->Parameters.Write.Length = length;
    if (!attach_buffer(irp, device, length, fill) ||
        !pp_schedule_start(PP_ACTIVITY_IRP, run_write, irp, 0)) {
        end_request(irp, STATUS_INSUFFICIENT_RESOURCES);
        return false;
    }
    return true;
}

bool pp_file_close(uint32_t index) {
    struct file *file = &files[index];
    if (file->state != PP_FILE_OPEN || !pp_schedule_start(PP_ACTIVITY_IRP, run_close, file, 0)) {
        return false;
    }
    file->state = PP_FILE_CLOSING;
    return true;
}

void pp_file_close_all(void) {
    for (uint32_t i = 0; i < file_used_count; i++) {
        struct file *file = &files[i];
        while (file->state == PP_FILE_OPENING || file->state == PP_FILE_CLOSING) {
            pp_schedule_block(file, PP_NEVER);
        }
        if (file->state == PP_FILE_OPEN) {
            file->state = PP_FILE_CLOSING;
            run_close(file, 0);
        }
    }
}
