// SPDX-License-Identifier: MIT
#include "run/action.h"

#include "base/dye.h"
#include "kernel/callback.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"
#include "run/content.h"

#include <wdm.h>
#include <string.h>

#define CALL_COUNT_MAX 16u  // under way; they may wait for long, and others need fibers, too

struct call {
    const struct pp_action *action;  // NULL: nobody uses this one
    struct pp_action_input input;
};

static const struct pp_action *actions;
static uint32_t action_count;
static struct call calls[CALL_COUNT_MAX];
static const char ended;  // what pp_action_wait_all waits for

void pp_action_begin(const struct pp_action *new_actions) {
    actions = new_actions;
    action_count = 0;
    while (actions != NULL && actions[action_count].name != NULL) {
        action_count++;
    }
    memset(calls, 0, sizeof(calls));
}

static struct call *find(bool is_running) {
    for (uint32_t i = 0; i < CALL_COUNT_MAX; i++) {
        if ((calls[i].action != NULL) == is_running) {
            return &calls[i];
        }
    }
    return NULL;
}

bool pp_action_runs(void) { return find(/*is_running=*/true) != NULL; }

static void run(void *subject, uint64_t detail) {
    (void)detail;
    struct call *call = subject;
    pp_now.irql = call->action->irql;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_ACTION, NULL);
    call->action->call(&call->input);
    if (call->input.bytes != NULL) {
        ExFreePool(call->input.bytes);
    }
    pp_callback_leave(frame, NULL, 0);
    pp_now.irql = PASSIVE_LEVEL;
    call->action = NULL;
    pp_schedule_wake(&ended, /*all=*/true);
}

static uint32_t in_range(const struct pp_action_range *range, uint32_t number) {
    bool is_any = range->min == 0 && range->max == 0;
    if (is_any || (number >= range->min && number <= range->max)) {
        return number;
    }
    return range->max < range->min ? range->min : range->min + number % (range->max - range->min + 1);
}

static uint32_t length_in_range(const struct pp_action_range *range, uint32_t number) {
    uint32_t length = in_range(range, number);
    return length < PP_INPUT_BYTES_MAX ? length : PP_INPUT_BYTES_MAX;
}

bool pp_action_start(const struct pp_action_order *order, const uint8_t *input) {
    struct call *call = find(/*is_running=*/false);
    if (action_count == 0 || call == NULL || pp_schedule_is_full()) {
        return false;
    }
    const struct pp_action *action = &actions[order->index % action_count];
    uint32_t length = length_in_range(&action->length, order->length);
    void *bytes = length > 0 ? pp_memory_of_caller(length) : NULL;
    if (length > 0 && bytes == NULL) {
        return false;
    }
    if (length > 0) {
        memcpy(bytes, input, length);
        pp_dye_place(bytes, length, 0);
    }
    call->input = (struct pp_action_input){.first = in_range(&action->first, order->first),
                                           .second = in_range(&action->second, order->second),
                                           .length = length,
                                           .bytes = bytes};
    call->action = action;
    return pp_schedule_start(PP_ACTIVITY_ACTION, run, call, 0);
}

void pp_action_wait_all(void) {
    while (pp_action_runs()) {
        pp_schedule_await(PP_AWAIT_ROUTINES, NULL, &ended);
    }
}
