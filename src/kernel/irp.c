// SPDX-License-Identifier: MIT
// IRPs on their way: down the stack locations, and up again. An IRP, its MDL and its buffer are gone the
// moment it is completed to the top: a driver that looks again is caught at the first byte.
#include "kernel/irp.h"

#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "kernel/device.h"
#include "kernel/memory.h"

#include <string.h>

#define REQUEST_COUNT_MAX 4096u
#define ANSWER_COUNT_MAX 1024u

static struct pp_request requests[REQUEST_COUNT_MAX];
static uint32_t request_count;

// A call of a dispatch entry. Whether its status agrees with what became of the IRP is known when the
// call has returned and the IRP has left its stack location, whichever comes last.
struct answer {
    struct pp_request *request;  // NULL: unused
    uint32_t location;
    enum pp_callback callback;
    NTSTATUS status;
    bool has_returned;
    bool has_left;
    bool was_marked;  // pending, when it left
    bool is_void;     // the IRP was freed or made anew under it
};

static struct answer answers[ANSWER_COUNT_MAX];
static uint32_t answer_used_count;  // those behind were never used in this run

void pp_irp_reset(void) {
    request_count = 0;
    memset(answers, 0, answer_used_count * sizeof(answers[0]));
    answer_used_count = 0;
}

// === IRPs ===

static IO_STACK_LOCATION *locations_of(IRP *irp) { return (IO_STACK_LOCATION *)(irp + 1); }

static void init_irp(IRP *irp, uint32_t location_count) {
    memset(irp, 0, sizeof(IRP) + location_count * sizeof(IO_STACK_LOCATION));
    irp->Type = IO_TYPE_IRP;
    irp->Size = (USHORT)(sizeof(IRP) + location_count * sizeof(IO_STACK_LOCATION));
    irp->StackCount = (CHAR)location_count;
    irp->CurrentLocation = (CHAR)(location_count + 1);
    irp->Tail.Overlay.CurrentStackLocation = locations_of(irp) + location_count;
    irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
}

static struct pp_request *add_request(IRP *irp, enum pp_irp_maker maker, uint32_t location_count) {
    if (request_count == REQUEST_COUNT_MAX) {
        return NULL;
    }
    struct pp_request *request = &requests[request_count++];
    *request = (struct pp_request){.irp = irp, .maker = maker, .location_count = location_count};
    return request;
}

struct pp_request *pp_irp_make(enum pp_irp_maker maker, uint32_t location_count) {
    struct pp_block *block = NULL;
    if (request_count < REQUEST_COUNT_MAX && location_count <= PP_IRP_LOCATIONS_MAX) {
        block =
            pp_arena_take_block(sizeof(IRP) + location_count * sizeof(IO_STACK_LOCATION), PP_USE_IRP);
    }
    if (block == NULL) {
        return NULL;
    }
    IRP *irp = (IRP *)pp_arena_memory(block);
    init_irp(irp, location_count);
    block->owner_a = request_count;
    return add_request(irp, maker, location_count);
}

struct pp_request *pp_irp_find(const IRP *irp) {
    const struct pp_block *block = pp_arena_live(irp, PP_USE_IRP);
    if (block != NULL) {
        return &requests[block->owner_a];
    }
    // In memory of the driver's own (IoInitializeIrp)
    for (uint32_t i = 0; i < request_count; i++) {
        if (irp != NULL && requests[i].irp == irp) {
            return pp_touch_is_open(irp, sizeof(*irp)) ? &requests[i] : NULL;
        }
    }
    return NULL;
}

struct pp_request *pp_irp_nth(uint32_t index) { return index < request_count ? &requests[index] : NULL; }

static void give(void *memory) {
    if (memory != NULL) {
        pp_arena_give(memory);
    }
}

void pp_irp_announce(const struct pp_request *request) {
    uint64_t irp = pp_object(request->irp);
    bool is_own = request->maker == PP_IRP_OF_PROGRAM;  // else the buffers are the driver's
    const struct {
        const void *memory;
        bool is_mdl;
    } parts[] = {{request->mdl, true},
                 {request->system_buffer, false},
                 {is_own ? request->input : NULL, false},
                 {is_own ? request->output : NULL, false}};
    PP_EMIT(IRP_MADE, irp, request->maker, request->major, request->code,
            is_own ? request->room : UINT32_MAX);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].memory != NULL) {
            PP_EMIT(IRP_PART, irp, parts[i].is_mdl, pp_object(parts[i].memory),
                    pp_arena_find(parts[i].memory)->size);
        }
    }
}

void pp_irp_give(struct pp_request *request) {
    for (uint32_t i = 0; i < answer_used_count; i++) {
        if (answers[i].request == request && !answers[i].has_left) {
            answers[i].is_void = true;
            answers[i].request = answers[i].has_returned ? NULL : request;
        }
    }
    give(request->mdl);
    give(request->system_buffer);
    if (request->maker == PP_IRP_OF_PROGRAM) {
        give(request->input);
        give(request->output);
    }
    pp_arena_give(request->irp);
    request->irp = NULL;
}

// The number of the location that an IRP is at, from 1; 0 if the IRP is above all, or says nonsense.
static uint32_t place_of(const struct pp_request *request) {
    int place = request->irp->CurrentLocation;
    return place >= 1 && (uint32_t)place <= request->location_count ? (uint32_t)place : 0;
}

static void set_place(IRP *irp, uint32_t place) {
    irp->CurrentLocation = (CHAR)place;
    irp->Tail.Overlay.CurrentStackLocation = locations_of(irp) + place - 1;
}

// Locations that are left below.
static uint32_t places_below(const struct pp_request *request) {
    int place = request->irp->CurrentLocation;
    return place >= 2 && (uint32_t)place <= request->location_count + 1 ? (uint32_t)place - 1 : 0;
}

IO_STACK_LOCATION *pp_irp_location(const struct pp_request *request) {
    uint32_t place = place_of(request);
    return place > 0 ? &locations_of(request->irp)[place - 1] : NULL;
}

IO_STACK_LOCATION *pp_irp_next_location(const struct pp_request *request) {
    uint32_t below = places_below(request);
    return below > 0 ? &locations_of(request->irp)[below - 1] : NULL;
}

// === Down ===

static enum pp_callback callback_of(UCHAR major) {
    switch (major) {
    case IRP_MJ_CREATE: return PP_CALLBACK_CREATE;
    case IRP_MJ_CLEANUP: return PP_CALLBACK_CLEANUP;
    case IRP_MJ_CLOSE: return PP_CALLBACK_CLOSE;
    case IRP_MJ_READ: return PP_CALLBACK_READ;
    case IRP_MJ_WRITE: return PP_CALLBACK_WRITE;
    case IRP_MJ_DEVICE_CONTROL: return PP_CALLBACK_DEVICE_CONTROL;
    default: return PP_CALLBACK_OTHER_IRP;
    }
}

static struct answer *add_answer(struct pp_request *request, uint32_t place, enum pp_callback callback) {
    uint32_t index = 0;
    while (index < answer_used_count && answers[index].request != NULL) {
        index++;
    }
    if (index == ANSWER_COUNT_MAX) {
        return NULL;
    }
    answer_used_count = index == answer_used_count ? index + 1 : answer_used_count;
    answers[index] = (struct answer){.request = request, .location = place, .callback = callback};
    return &answers[index];
}

// Says how the call was answered, once that is known. A status other than STATUS_PENDING says that the
// IRP is completed, so that is known at once.
static void judge_answer(struct answer *answer, const IRP *irp) {
    if (answer->is_void) {
        answer->request = answer->has_returned ? NULL : answer->request;
    } else if (answer->has_returned && (answer->has_left || answer->status != STATUS_PENDING)) {
        bool was_marked = answer->was_marked;
        if (!answer->has_left) {
            was_marked =
                (locations_of((IRP *)irp)[answer->location - 1].Control & SL_PENDING_RETURNED) != 0;
        }
        PP_EMIT(IRP_ANSWERED, pp_object(irp), answer->callback, (uint32_t)answer->status, was_marked,
                answer->has_left);
        answer->request = NULL;
    }
}

NTSTATUS pp_irp_call(struct pp_request *request, DEVICE_OBJECT *object) {
    IRP *irp = request->irp;
    struct pp_device *device = pp_device_find(object);
    uint32_t below = places_below(request);
    if (below == 0 || device == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    set_place(irp, below);
    IO_STACK_LOCATION *location = irp->Tail.Overlay.CurrentStackLocation;
    location->DeviceObject = object;
    UCHAR major = location->MajorFunction;
    struct answer *answer = add_answer(request, below, callback_of(major));
    struct pp_callback_frame frame = pp_callback_enter(callback_of(major), irp);
    NTSTATUS status = pp_device_function(device, major)(object, irp);
    pp_callback_leave(frame, irp, status);
    if (answer != NULL) {
        answer->has_returned = true;
        answer->status = status;
        judge_answer(answer, irp);
    }
    return status;
}

NTSTATUS IoCallDriver(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    pp_switch_point();
    struct pp_request *request = pp_irp_find(Irp);
    bool is_right = PP_EMIT(IRP_CALL, pp_object(Irp), request != NULL ? places_below(request) : 0,
                            pp_object(DeviceObject), pp_device_find(DeviceObject) != NULL);
    return is_right && request != NULL ? pp_irp_call(request, DeviceObject) : STATUS_INVALID_PARAMETER;
}

// Power IRPs go the way of others.
NTSTATUS PoCallDriver(DEVICE_OBJECT *DeviceObject, IRP *Irp) { return IoCallDriver(DeviceObject, Irp); }

VOID PoStartNextPowerIrp(IRP *Irp) {
    pp_switch_point();
    pp_touch_read(Irp, sizeof(*Irp));
}

IO_STACK_LOCATION *IoGetCurrentIrpStackLocation(IRP *Irp) {
    return pp_touch_read(Irp, sizeof(*Irp)) ? Irp->Tail.Overlay.CurrentStackLocation : NULL;
}

VOID IoMarkIrpPending(IRP *Irp) {
    pp_switch_point();
    if (!pp_touch_write(Irp, sizeof(*Irp)) || !PP_EMIT(IRP_PENDING, pp_object(Irp))) {
        return;
    }
    IO_STACK_LOCATION *location = Irp->Tail.Overlay.CurrentStackLocation;
    if (pp_touch_write(location, sizeof(*location))) {
        location->Control |= SL_PENDING_RETURNED;
    }
}

// === Up ===

// The dispatch calls that share this location, as IoSkipCurrentIrpStackLocation makes them.
static void leave_location(const struct pp_request *request, uint32_t place, bool is_marked) {
    for (uint32_t i = 0; i < answer_used_count; i++) {
        struct answer *answer = &answers[i];
        if (answer->request == request && answer->location == place && !answer->has_left) {
            answer->has_left = true;
            answer->was_marked = is_marked;
            judge_answer(answer, request->irp);
        }
    }
}

static bool wants_routine(const IRP *irp, const IO_STACK_LOCATION *location) {
    UCHAR reason = NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;
    reason |= irp->Cancel ? SL_INVOKE_ON_CANCEL : 0;
    return location->CompletionRoutine != NULL && (location->Control & reason) != 0;
}

// False: the driver has kept the IRP.
static bool call_routine(struct pp_request *request, const IO_STACK_LOCATION *location,
                         DEVICE_OBJECT *device) {
    IRP *irp = request->irp;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_IO_COMPLETION, irp);
    NTSTATUS status = location->CompletionRoutine(device, irp, location->Context);
    bool is_kept = status == STATUS_MORE_PROCESSING_REQUIRED;
    PP_EMIT(IRP_KEPT, pp_object(irp), is_kept);
    pp_callback_leave(frame, irp, status);
    return !is_kept && request->irp == irp;
}

// From the location that the IRP is at to the top, or until the driver keeps it.
static void complete(struct pp_request *request) {
    IRP *irp = request->irp;
    for (uint32_t place = place_of(request); place <= request->location_count; place++) {
        IO_STACK_LOCATION *location = &locations_of(irp)[place - 1];
        const IO_STACK_LOCATION left = *location;
        bool is_top = place == request->location_count;
        irp->PendingReturned = (left.Control & SL_PENDING_RETURNED) != 0;
        leave_location(request, place, irp->PendingReturned != FALSE);
        set_place(irp, place + 1);
        if (wants_routine(irp, &left)) {
            memset(location, 0, sizeof(*location));
            if (!call_routine(request, &left, is_top ? NULL : location[1].DeviceObject)) {
                return;
            }
        } else if (irp->PendingReturned && !is_top) {
            location[1].Control |= SL_PENDING_RETURNED;
        }
    }
    if (!request->is_in_memory && PP_EMIT(IRP_END, pp_object(irp), request->maker) &&
        request->end != NULL) {
        request->end(request);
    }
}

VOID IoCompleteRequest(IRP *Irp, CCHAR PriorityBoost) {
    (void)PriorityBoost;
    pp_switch_point();
    struct pp_request *request = pp_irp_find(Irp);
    if (request == NULL) {
        PP_EMIT(IRP_COMPLETE, pp_object(Irp));
        return;
    }
    uint32_t place = place_of(request);
    bool is_free =
        request->is_in_memory ||
        PP_EMIT(IRP_COMPLETE, pp_object(Irp), (uint32_t)Irp->IoStatus.Status, Irp->IoStatus.Information,
                Irp->CancelRoutine != NULL, place == 0 ? 0 : request->location_count + 1 - place);
    if (is_free && place != 0) {
        complete(request);
        pp_switch_point();
    }
}

uint32_t pp_irp_answer_length(const struct pp_request *request) {
    const IO_STATUS_BLOCK *status = &request->irp->IoStatus;
    if (NT_ERROR(status->Status)) {
        return 0;
    }
    return status->Information < request->room ? (uint32_t)status->Information : request->room;
}

// === IRPs that the driver makes ===

IRP *IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
    (void)ChargeQuota;
    pp_switch_point();
    struct pp_request *request = NULL;
    if (!pp_fault_fires(PP_POINT_IRP_ALLOCATE) && StackSize >= 0) {
        request = pp_irp_make(PP_IRP_OF_DRIVER, (uint32_t)StackSize);
    }
    PP_EMIT(IRP_MADE, request != NULL ? pp_object(request->irp) : 0, PP_IRP_OF_DRIVER, 0, 0, UINT32_MAX);
    return request != NULL ? request->irp : NULL;
}

VOID IoFreeIrp(IRP *Irp) {
    pp_switch_point();
    struct pp_request *request = pp_irp_find(Irp);
    if (PP_EMIT(IRP_FREE, pp_object(Irp)) && request != NULL && pp_arena_is(Irp, PP_USE_IRP)) {
        pp_irp_give(request);
    }
}

VOID IoReuseIrp(IRP *Irp, NTSTATUS Iostatus) {
    pp_switch_point();
    struct pp_request *request = pp_irp_find(Irp);
    if (pp_touch_write(Irp, sizeof(*Irp)) && request != NULL) {
        UCHAR flags = Irp->AllocationFlags;
        init_irp(Irp, request->location_count);
        Irp->AllocationFlags = flags;
        Irp->IoStatus.Status = Iostatus;
    }
}

// In memory of the driver's own.
VOID IoInitializeIrp(IRP *Irp, USHORT PacketSize, CCHAR StackSize) {
    pp_switch_point();
    uint32_t location_count = StackSize > 0 ? (uint32_t)StackSize : 0;
    size_t size = sizeof(IRP) + location_count * sizeof(IO_STACK_LOCATION);
    if (!pp_touch_write(Irp, size > PacketSize ? size : PacketSize)) {
        return;
    }
    struct pp_request *request = pp_irp_find(Irp);
    if (request == NULL) {
        request = add_request(Irp, PP_IRP_OF_DRIVER, location_count);
    }
    if (request != NULL) {
        request->is_in_memory = !pp_arena_is(Irp, PP_USE_IRP);
        request->location_count = location_count;
        init_irp(Irp, location_count);
    }
}
