// SPDX-License-Identifier: MIT
#include "run/play.h"

#include "base/emit.h"
#include "kernel/callback.h"
#include "kernel/deferred.h"
#include "kernel/globals.h"
#include "kernel/io.h"
#include "kernel/registry.h"
#include "kernel/schedule.h"
#include "kernel/work.h"
#include "ndis/runtime.h"
#include "pool/pool.h"
#include "run/action.h"
#include "run/content.h"

#include <string.h>

#define DEADLINE_TICKS (30000ull * PP_TICKS_PER_MS)  // A42, after the last thing owed was delivered

enum load_state { LOAD_NONE, LOAD_BUSY, LOAD_DONE, LOAD_FAILED, LOAD_ENDING };

static const struct pp_driver *driver;
static enum load_state load_state;
static DRIVER_OBJECT *driver_object;
static uint32_t result_counts['z' + 1];  // objects named so far, by letter
static uint32_t adapter_of_file[PP_FILE_COUNT_MAX];
static bool has_failed[PP_PROGRAM_OPS_MAX];

// The last op but for those that only repeat it.
static struct {
    const struct pp_op *op;
    uint32_t number;  // of the object it names
} original;

void pp_play_begin(const struct pp_driver *new_driver) {
    driver = new_driver;
    load_state = LOAD_NONE;
    memset(result_counts, 0, sizeof(result_counts));
    memset(has_failed, 0, sizeof(has_failed));
    pp_content_begin();
    pp_action_begin(driver->actions);
}

// === Load and unload ===

static void finish_unload(void) {
    load_state = LOAD_NONE;
    PP_EMIT(UNLOADED);
    pp_io_reset();
}

static void run_load(void *subject, uint64_t detail) {
    (void)subject;
    (void)detail;
    static WCHAR path_text[] = PP_SERVICE_KEY;
    UNICODE_STRING path = {sizeof(path_text) - sizeof(WCHAR), sizeof(path_text), path_text};
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_DRIVER_ENTRY, NULL);
    NTSTATUS status = driver->entry(driver_object, &path);
    pp_callback_leave(frame, NULL, status);
    PP_EMIT(LOADED, (uint32_t)status);
    load_state = NT_SUCCESS(status) ? LOAD_DONE : LOAD_FAILED;
    if (!NT_SUCCESS(status)) {
        pp_work_wait();
        finish_unload();  // the image goes away with the failed DriverEntry
        load_state = LOAD_FAILED;
    } else {
        pp_io_start_devices();
    }
}

static bool load(void) {
    if (load_state != LOAD_NONE) {
        return false;
    }
    pp_globals_restore(driver);
    driver_object = pp_io_make_driver_object();
    if (driver_object == NULL || !pp_schedule_start(PP_ACTIVITY_LOAD, run_load, NULL, 0)) {
        return false;
    }
    load_state = LOAD_BUSY;
    return true;
}

static void run_unload(void *subject, uint64_t detail) {
    (void)subject;
    (void)detail;
    pp_file_close_all();
    pp_action_wait_all();
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_DRIVER_UNLOAD, NULL);
    driver_object->DriverUnload(driver_object);
    pp_callback_leave(frame, NULL, STATUS_SUCCESS);
    pp_work_wait();
    finish_unload();
}

// A driver without an unload routine stays for ever, and may keep what it has.
static bool unload(void) {
    if (load_state != LOAD_DONE || driver_object->DriverUnload == NULL ||
        !pp_schedule_start(PP_ACTIVITY_UNLOAD, run_unload, NULL, 0)) {
        return false;
    }
    load_state = LOAD_ENDING;
    return true;
}

// === Ops ===

static bool complete(const uint32_t *args) {
    static const enum pp_status statuses[] = {PP_STATUS_SUCCESS,      PP_STATUS_FAILURE,
                                              PP_STATUS_RESOURCES,    PP_STATUS_INVALID_LENGTH,
                                              PP_STATUS_SEND_ABORTED, PP_STATUS_RESET_IN_PROGRESS,
                                              PP_STATUS_PAUSED};
    const struct pp_completion completion = {
        .first = (uint8_t)args[1],
        .count = (uint8_t)args[2],
        .status = (NDIS_STATUS)pp_status_values[statuses[args[3]]],
        .order = (enum pp_completion_order)args[4],
        .is_at_dispatch = args[5] != 1,
        .is_unflagged = args[5] == 2,
    };
    return pp_ndis_complete(args[0], &completion);
}

static bool finish_open(const uint32_t *args) {
    static const enum pp_status statuses[] = {PP_STATUS_SUCCESS, PP_STATUS_FAILURE, PP_STATUS_RESOURCES,
                                              PP_STATUS_ADAPTER_NOT_FOUND, PP_STATUS_UNSUPPORTED_MEDIA};
    return pp_ndis_finish_open(args[0], (NDIS_STATUS)pp_status_values[statuses[args[1]]]);
}

static void set_frames(const uint32_t *args) {
    const struct pp_frames frames = {.to = (enum pp_frame_destination)args[0],
                                     .ethertype = args[1],
                                     .fill = (uint8_t)args[2],
                                     .backfill = (uint8_t)args[3],
                                     .mdls = (enum pp_frame_mdls)args[4],
                                     .nbl = (enum pp_frame_nbl)args[5]};
    pp_ndis_set_frames(&frames);
}

static void add_frame_field(const uint32_t *args) {
    const struct pp_frame_field it = {
        .at = (uint8_t)args[0], .bytes = (uint8_t)args[1], .value = args[2]};
    pp_ndis_add_frame_field(&it);
}

static bool receive(const uint32_t *args) {
    const struct pp_reception reception = {.count = (uint8_t)args[1],
                                           .length = args[2],
                                           .split = (uint8_t)args[3],
                                           .is_borrowed = args[4] != 0,
                                           .is_at_dispatch = args[5] == 0};
    return pp_ndis_receive(args[0], &reception);
}

static bool create(const uint32_t *args, uint32_t file) {
    adapter_of_file[file] = args[0];
    const UNICODE_STRING *path = args[2] == 0 ? pp_ndis_adapter_path(args[0]) : NULL;
    return pp_file_create(file, args[1], path);
}

static struct pp_field field(uint32_t at, uint32_t content, uint32_t value, uint32_t bytes) {
    return (struct pp_field){
        .at = at, .content = (enum pp_content)content, .value = value, .bytes = bytes};
}

static void add_field(const uint32_t *args) {
    const struct pp_field it = field(args[0], args[1], args[2], args[3]);
    pp_content_add(&it);
}

// The fields so far, and on top of them what the op itself says.
static bool send_input(uint32_t file, struct pp_transfer *transfer, const struct pp_field *first,
                       uint32_t fill) {
    pp_content_add(first);
    transfer->input = pp_content_make(adapter_of_file[file], &transfer->input_length, (uint8_t)fill);
    return pp_file_send(file, transfer);
}

static bool send_write(const uint32_t *args) {
    struct pp_transfer transfer = {.major = IRP_MJ_WRITE, .input_length = args[1]};
    const struct pp_field first = field(0, args[3], args[4], sizeof(ULONG));
    return send_input(args[0], &transfer, &first, args[2]);
}

static bool send_read(const uint32_t *args) {
    const struct pp_transfer transfer = {.major = IRP_MJ_READ, .room = args[1]};
    return pp_file_send(args[0], &transfer);
}

static bool send_control(const uint32_t *args) {
    struct pp_transfer transfer = {
        .major = IRP_MJ_DEVICE_CONTROL, .code = args[1], .input_length = args[2], .room = args[3]};
    const struct pp_field first = field(0, args[5], args[6], sizeof(ULONG));
    return send_input(args[0], &transfer, &first, args[4]);
}

// What its content says of an adapter is about the newest one.
static bool act(const uint32_t *args) {
    struct pp_action_order order = {
        .index = args[0], .first = args[1], .second = args[2], .length = args[3]};
    const struct pp_field first = field(0, args[5], args[6], sizeof(ULONG));
    pp_content_add(&first);
    uint32_t adapter = result_counts['a'] > 0 ? result_counts['a'] - 1 : 0;
    const uint8_t *input = pp_content_make(adapter, &order.length, (uint8_t)args[4]);
    return pp_action_start(&order, input);
}

static void set_memory(const uint32_t *args) {
    static const enum pp_reuse reuses[] = {PP_REUSE_NEVER, PP_REUSE_FIFO, PP_REUSE_LIFO};
    pp_arena_set_reuse(reuses[args[0]]);
    pp_pool_set_data_offset_zero(args[1] != 0);
}

static void add_adapter(uint32_t number, const uint32_t *args) {
    const struct pp_adapter_traits traits = {
        .mtu = args[0], .backfill = args[1], .waits_for_filter = args[2] != 0};
    pp_ndis_add_adapter(number, &traits);
}

static bool restart(const uint32_t *args) {
    const struct pp_restart it = {
        .buffer = (enum pp_restart_buffer)args[1], .mtu = args[2], .backfill = (uint8_t)args[3]};
    return pp_ndis_restart(args[0], &it);
}

static bool finish_oid(const uint32_t *args) {
    static const enum pp_status statuses[] = {
        PP_STATUS_SUCCESS,           PP_STATUS_FAILURE,        PP_STATUS_RESOURCES,
        PP_STATUS_NOT_SUPPORTED,     PP_STATUS_NOT_RECOGNIZED, PP_STATUS_NOT_ACCEPTED,
        PP_STATUS_INVALID_LENGTH,    PP_STATUS_INVALID_DATA,   PP_STATUS_BUFFER_TOO_SHORT,
        PP_STATUS_INVALID_OID,       PP_STATUS_CLOSING,        PP_STATUS_CLOSING_INDICATING,
        PP_STATUS_RESET_IN_PROGRESS, PP_STATUS_REQUEST_ABORTED};
    return pp_ndis_finish_oid(args[0], (uint8_t)args[1],
                              (NDIS_STATUS)pp_status_values[statuses[args[2]]], args[3] == 0);
}

static bool tell(const uint32_t *args) {
    static const NET_PNP_EVENT_CODE codes[] = {NetEventQueryPower,         NetEventQueryRemoveDevice,
                                               NetEventCancelRemoveDevice, NetEventReconfigure,
                                               NetEventPnPCapabilities,    NetEventPortActivation,
                                               NetEventPortDeactivation,   NetEventIMReEnableDevice};
    return pp_ndis_tell(args[0], codes[args[1]]);
}

static bool tell_all(const uint32_t *args) {
    static const NET_PNP_EVENT_CODE codes[] = {NetEventBindsComplete, NetEventBindList,
                                               NetEventReconfigure};
    return load_state == LOAD_DONE && pp_ndis_tell_all(codes[args[0]]);
}

static bool set_power(const uint32_t *args) {
    static const NET_DEVICE_POWER_STATE states[] = {NetDeviceStateD3, NetDeviceStateD2, NetDeviceStateD1,
                                                    NetDeviceStateD0};
    return pp_ndis_set_power(args[0], states[args[1]]);
}

static bool start(const struct pp_op *op, uint32_t number);

// What failed has left no object behind, so that the one of this try can have its number.
static bool repeat(void) {
    if (pp_now.op == 0 || !has_failed[pp_now.op - 1]) {
        return false;
    }
    pp_content_repeat();
    return start(original.op, original.number);
}

static bool find_failure(uint16_t index) {
    switch ((enum pp_op_kind)original.op->kind) {
    case PP_OP_BIND: return pp_ndis_has_failed_to_bind(original.number);
    case PP_OP_CREATE:
    case PP_OP_WRITE:
    case PP_OP_READ:
    case PP_OP_IOCTL: return pp_file_has_failed(index);
    default: return false;
    }
}

bool pp_play_has_failed(uint16_t index) { return has_failed[index]; }

// Starts what the op is about. `number` is that of the object it names, if it names one.
static bool start(const struct pp_op *op, uint32_t number) {
    const uint32_t *args = op->args;
    switch ((enum pp_op_kind)op->kind) {
    case PP_OP_MEMORY: set_memory(args); return true;
    case PP_OP_LOAD: return load();
    case PP_OP_UNLOAD: return !pp_action_runs() && unload();  // who is in the driver keeps it
    case PP_OP_ADAPTER: add_adapter(number, args); return true;
    case PP_OP_BIND:  // also while DriverEntry runs: it has registered its protocol, and goes on
        return (load_state == LOAD_BUSY || load_state == LOAD_DONE) && pp_ndis_bind(number, args[0]);
    case PP_OP_FINISH_OPEN: return finish_open(args);
    case PP_OP_RESTART: return restart(args);
    case PP_OP_PAUSE: return pp_ndis_pause(args[0]);
    case PP_OP_UNBIND: return pp_ndis_unbind(args[0]);
    case PP_OP_FINISH_CLOSE: return pp_ndis_finish_close(args[0]);
    case PP_OP_CREATE: return load_state == LOAD_DONE && create(args, number);
    case PP_OP_CLOSE: return pp_file_close(args[0]);
    case PP_OP_WRITE: return load_state == LOAD_DONE && send_write(args);
    case PP_OP_READ: return load_state == LOAD_DONE && send_read(args);
    case PP_OP_IOCTL: return load_state == LOAD_DONE && send_control(args);
    case PP_OP_FIELD: add_field(args); return true;
    case PP_OP_CANCEL: return pp_file_cancel(args[0], args[1]);
    case PP_OP_COMPLETE: return complete(args);
    case PP_OP_ADVANCE: return true;
    case PP_OP_FRAMES: set_frames(args); return true;
    case PP_OP_FRAME_FIELD: add_frame_field(args); return true;
    case PP_OP_RECEIVE: return receive(args);
    case PP_OP_FINISH_OID: return finish_oid(args);
    case PP_OP_STATUS:
        return pp_ndis_indicate_status(args[0], (enum pp_status_news)args[1], args[2] == 0);
    case PP_OP_RESET: return pp_ndis_reset_adapter(args[0], (enum pp_reset_part)args[1]);
    case PP_OP_PNP: return tell(args);
    case PP_OP_PNP_ALL: return tell_all(args);
    case PP_OP_POWER: return set_power(args);
    case PP_OP_REMOVE: return pp_ndis_remove_adapter(args[0]);
    case PP_OP_ACT: return load_state == LOAD_DONE && act(args);
    case PP_OP_AGAIN: return repeat();
    case PP_OP_COUNT: break;
    }
    return false;
}

static bool needs_driver(enum pp_op_kind kind) {
    return kind != PP_OP_MEMORY && kind != PP_OP_LOAD && kind != PP_OP_ADAPTER &&
           kind != PP_OP_ADVANCE && kind != PP_OP_FRAMES && kind != PP_OP_FRAME_FIELD &&
           kind != PP_OP_FIELD;
}

// The driver is loaded before the first op that needs it, without faults of that op.
static bool load_if_needed(enum pp_op_kind kind) {
    if (!needs_driver(kind) || load_state != LOAD_NONE) {
        return true;
    }
    return !load() || pp_schedule_settle();
}

bool pp_play_op(const struct pp_program *program, uint16_t index, bool *ret_did) {
    const struct pp_op *op = &program->ops[index];
    *ret_did = false;
    if (!load_if_needed(op->kind)) {
        return false;
    }
    char letter = pp_op_infos[op->kind].result;
    uint32_t number = letter != 0 ? result_counts[(size_t)letter]++ : 0;
    if (op->kind != PP_OP_AGAIN) {
        original.op = op;
        original.number = number;
    }
    pp_now.op = index;
    PP_EMIT(OP_BEGIN, op->kind);
    *ret_did = start(op, number);
    if (!*ret_did) {
        PP_EMIT(OP_SKIPPED, op->kind);
    }
    bool goes_on =
        op->kind == PP_OP_ADVANCE
            ? pp_schedule_advance_to(pp_schedule_ticks() + (uint64_t)op->args[0] * PP_TICKS_PER_MS)
            : pp_schedule_settle();
    has_failed[index] = *ret_did && find_failure(index);
    pp_now.op = PP_OP_NONE;
    return goes_on;
}

// === Tear-down ===

// Says which activity hangs, on behalf of its fiber.
static void report_stuck(struct pp_fiber *fiber) {
    pp_now.op = fiber->op;
    pp_now.callback = fiber->callback;
    pp_now.irql = fiber->irql;
    pp_now.stack_low = (uintptr_t)fiber->stack_low;
    pp_now.stack_high = (uintptr_t)fiber->stack_high;
    pp_emit_from(/*pc=*/0, fiber->wait_frame, PP_EVENT_STUCK, fiber->activity,
                 pp_object(fiber->wait_object));
    pp_now.op = PP_OP_NONE;
    pp_now.callback = PP_CALLBACK_NONE;
    pp_now.irql = 0;
    pp_now.stack_low = pp_now.stack_high = 0;
}

// Runs until nothing is under way and nothing is owed. What then still hangs, hangs for ever.
static bool run_to_rest(void) {
    uint64_t deadline = pp_schedule_ticks() + DEADLINE_TICKS;
    for (;;) {
        if (!pp_schedule_settle()) {
            return false;
        }
        if (pp_deferred_deliver() || pp_ndis_deliver_owed()) {
            deadline = pp_schedule_ticks() + DEADLINE_TICKS;
            continue;
        }
        if (!pp_schedule_is_full()) {  // then it could not deliver either
            PP_EMIT(AT_REST);
        }
        struct pp_fiber *fiber = pp_schedule_first_blocked();
        if (fiber == NULL) {
            return true;
        }
        uint64_t wake = pp_schedule_next_wake();
        if (wake == PP_NEVER || wake > deadline) {
            if (pp_file_cancel_any() || pp_schedule_give_up_spinning()) {
                continue;
            }
            report_stuck(fiber);
            return false;
        }
        if (!pp_schedule_advance_to(wake)) {
            return false;
        }
    }
}

bool pp_play_tear_down(void) {
    if (!run_to_rest()) {
        return false;
    }
    for (uint32_t i = 0; i < result_counts['f']; i++) {
        if (pp_file_close(i) && !run_to_rest()) {
            return false;
        }
    }
    while (pp_ndis_unbind_any()) {
        if (!run_to_rest()) {
            return false;
        }
    }
    return !unload() || run_to_rest();
}
