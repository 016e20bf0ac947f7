// SPDX-License-Identifier: MIT
// DPCs. Each runs on a fiber of its own at DISPATCH_LEVEL, as if there were a processor for it; one that
// is queued again while its routine runs may run twice at a time, as on two processors.
#include "kernel/dpc.h"

#include "base/emit.h"
#include "base/grow.h"
#include "base/touch.h"
#include "kernel/callback.h"
#include "kernel/deferred.h"
#include "kernel/level.h"
#include "kernel/schedule.h"

#include <string.h>

#define DPC_TYPE 0x13  // as in Windows

enum call_state { CALL_UNUSED, CALL_QUEUED, CALL_RUNS };

struct call {
    enum call_state state;
    KDPC *dpc;
    PKDEFERRED_ROUTINE routine;
    void *context;
    void *arguments[2];
    uint64_t order;
};

static struct call *calls;
static uint32_t call_count;
static uint32_t call_capacity;
static uint64_t next_order;
static const char ended;  // what KeFlushQueuedDpcs waits for

void pp_dpc_reset(void) {
    call_count = 0;
    next_order = 0;
}

static struct call *queued(const KDPC *dpc) {
    for (uint32_t i = 0; i < call_count; i++) {
        if (calls[i].state == CALL_QUEUED && calls[i].dpc == dpc) {
            return &calls[i];
        }
    }
    return NULL;
}

static uint32_t unused_call(void) {
    uint32_t index = 0;
    while (index < call_count && calls[index].state != CALL_UNUSED) {
        index++;
    }
    if (index == call_count) {
        calls = pp_grow(calls, &call_capacity, call_count++, sizeof(*calls));
    }
    return index;
}

void pp_dpc_init(KDPC *dpc, PKDEFERRED_ROUTINE routine, void *context) {
    if (!pp_touch_write(dpc, sizeof(*dpc)) ||
        !PP_EMIT(SERVICE_INIT, pp_object(dpc), PP_SERVICE_DPC, 0)) {
        return;
    }
    memset(dpc, 0, sizeof(*dpc));
    dpc->Type = DPC_TYPE;
    dpc->Importance = MediumImportance;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
}

static void run(void *subject, uint64_t detail) {
    (void)subject;
    struct call *call = &calls[detail];
    if (call->state == CALL_QUEUED) {
        struct call mine = *call;
        call->state = CALL_RUNS;
        PP_EMIT(SERVICE_END, pp_object(mine.dpc), PP_SERVICE_DPC);
        PP_EMIT(SERVICE_BEGIN, pp_object(mine.dpc), PP_SERVICE_DPC_ROUTINE, 0);
        pp_now.irql = DISPATCH_LEVEL;
        struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_DPC, mine.dpc);
        mine.routine(mine.dpc, mine.context, mine.arguments[0], mine.arguments[1]);
        pp_callback_leave(frame, mine.dpc, 0);
        pp_now.irql = PASSIVE_LEVEL;
        PP_EMIT(SERVICE_END, pp_object(mine.dpc), PP_SERVICE_DPC_ROUTINE);
    }
    calls[detail].state = CALL_UNUSED;
    pp_schedule_wake(&ended, /*all=*/true);
}

static bool use(KDPC *dpc) {
    if (!pp_touch_write(dpc, sizeof(*dpc))) {
        return false;
    }
    pp_guard_define(dpc, sizeof(*dpc));  // garbage in it is found by the rule
    if (dpc->Type != DPC_TYPE) {
        PP_EMIT(SERVICE_GARBAGE, pp_object(dpc));
        return false;
    }
    return true;
}

bool pp_dpc_queue(KDPC *dpc, void *argument1, void *argument2) {
    if (!use(dpc) || queued(dpc) != NULL) {
        return false;
    }
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    uint32_t index = unused_call();
    calls[index] = (struct call){.state = CALL_QUEUED,
                                 .dpc = dpc,
                                 .routine = dpc->DeferredRoutine,
                                 .context = dpc->DeferredContext,
                                 .arguments = {argument1, argument2},
                                 .order = next_order++};
    PP_EMIT(SERVICE_BEGIN, pp_object(dpc), PP_SERVICE_DPC, sizeof(*dpc));
    pp_deferred_start(PP_ACTIVITY_DEFERRED, run, NULL, index);
    return true;
}

VOID KeInitializeDpc(KDPC *Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    pp_dpc_init(Dpc, DeferredRoutine, DeferredContext);
}

BOOLEAN KeInsertQueueDpc(KDPC *Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    pp_switch_point();
    bool is_queued = pp_dpc_queue(Dpc, SystemArgument1, SystemArgument2);
    pp_switch_point();
    return is_queued;
}

BOOLEAN KeRemoveQueueDpc(KDPC *Dpc) {
    pp_switch_point();
    struct call *call = use(Dpc) ? queued(Dpc) : NULL;
    if (call == NULL) {
        return FALSE;
    }
    call->state = CALL_RUNS;  // until its fiber has seen that there is nothing to do
    call->dpc = NULL;
    PP_EMIT(SERVICE_END, pp_object(Dpc), PP_SERVICE_DPC);
    return TRUE;
}

VOID KeSetImportanceDpc(KDPC *Dpc, KDPC_IMPORTANCE Importance) {
    pp_switch_point();
    if (use(Dpc)) {
        Dpc->Importance = (UCHAR)Importance;
    }
}

VOID KeSetTargetProcessorDpc(KDPC *Dpc, CCHAR Number) {
    pp_switch_point();
    if (use(Dpc)) {
        Dpc->Number = (USHORT)Number;  // every fiber is a processor of its own
    }
}

static bool has_call_before(uint64_t order) {
    for (uint32_t i = 0; i < call_count; i++) {
        if (calls[i].state != CALL_UNUSED && calls[i].order < order) {
            return true;
        }
    }
    return false;
}

// Returns when every DPC that was queued when it was called has run.
VOID KeFlushQueuedDpcs(VOID) {
    pp_switch_point();
    if (!pp_level_at_most(APC_LEVEL)) {
        return;
    }
    uint64_t order = next_order;
    while (has_call_before(order)) {
        pp_schedule_await(PP_AWAIT_ROUTINES, NULL, &ended);
    }
}
