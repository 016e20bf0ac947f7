// SPDX-License-Identifier: MIT
// What our own world owes a driver. A breach is no finding: it ends the process, with the id of the
// promise.
#include "check/chain.h"
#include "check/family.h"
#include "check/life.h"
#include "check/request.h"
#include "check/told.h"

#include "base/expect.h"
#include "base/guard.h"

#include <ndis.h>

static uint64_t sent_chain;  // first NBL of the last one that was sent
static uint64_t due_nbl;     // that must reach the adapter next; 0: all have

void pp_conduct_reset(void) { sent_chain = due_nbl = 0; }

// === States of a binding ===

static bool may_step(enum pp_binding_phase from, enum pp_event_kind step) {
    switch (step) {
    case PP_EVENT_BINDING_PAUSED:
        return from == PP_PHASE_OPENING || from == PP_PHASE_RESTARTING || from == PP_PHASE_PAUSING;
    case PP_EVENT_BINDING_RESTARTING:
    case PP_EVENT_BINDING_CLOSING: return from == PP_PHASE_PAUSED;
    case PP_EVENT_BINDING_RUNNING: return from == PP_PHASE_RESTARTING;
    case PP_EVENT_BINDING_PAUSING: return from == PP_PHASE_RUNNING;
    default: return from == PP_PHASE_OPENING || from == PP_PHASE_CLOSING;  // it ends
    }
}

static void judge_begin(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    pp_expect(binding == NULL || binding->phase == PP_PHASE_ENDED, "RT-STATE: a bind of what is bound");
}

static void judge_step(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    pp_expect(may_step((enum pp_binding_phase)binding->phase, (enum pp_event_kind)event->kind),
              "RT-STATE: a step that is not possible");
}

static void judge_pnp(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding == NULL) {
        return;  // about all bindings
    }
    pp_expect(pp_told_to(event->args[0]) == NULL, "RT-STATE: two PnP events at once");
    pp_expect(event->args[2] != NetEventPause || binding->phase == PP_PHASE_PAUSING,
              "RT-STATE: told to pause without a pause");
    pp_expect(event->args[2] != NetEventRestart || binding->phase == PP_PHASE_RESTARTING,
              "RT-STATE: told to restart without a restart");
}

// === Calls of the driver ===

static void judge_call(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[1]);
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        return;
    }
    uint64_t callback = event->args[0];
    bool is_news = callback == PP_CALLBACK_RECEIVE || callback == PP_CALLBACK_STATUS;
    bool is_heard = binding->is_open || binding->is_close_pending;
    pp_expect(binding->phase != PP_PHASE_ENDED, "RT-NO-CB-AFTER: a call for a binding that has ended");
    pp_expect(!is_news || is_heard, "RT-NO-CB-AFTER: a receive or status for a binding that is closed");
    pp_expect(callback != PP_CALLBACK_OPEN_COMPLETE || pp_life_of(binding)->open != PP_OPEN_PENDING,
              "RT-OUTPUTS-LATE: a completion of an open that pends");
}

// === Results of an open ===

static void judge_outputs(const struct pp_event *event) {
    const struct pp_life *life = pp_life_of(pp_model_at(event->args[0]));
    pp_expect(life->open != PP_OPEN_PENDING || life->is_open_ending,
              "RT-OUTPUTS-LATE: results while the open pends");
}

static void judge_opened(const struct pp_event *event) {
    const struct pp_life *life = pp_life_of(pp_model_at(event->args[0]));
    bool is_success = (NDIS_STATUS)event->args[1] == NDIS_STATUS_SUCCESS;
    pp_expect(life->has_outputs || !is_success, "RT-OUTPUTS-LATE: an open without its results");
    pp_expect(!life->has_outputs || is_success, "RT-OUTPUTS-LATE: results of an open that has none");
}

// === Sends ===

static void judge_taken(const struct pp_event *event) {
    pp_expect(event->args[1] == sent_chain, "RT-SEND-FIFO: another chain than was sent");
    pp_expect(due_nbl == 0, "RT-SEND-FIFO: a send overtakes another");
    due_nbl = event->args[1];
}

PP_READS_CLOSED static void judge_arrival(const struct pp_event *event) {
    pp_expect(event->args[1] == due_nbl, "RT-SEND-FIFO: an NBL overtakes another");
    due_nbl = (uintptr_t)((const NET_BUFFER_LIST *)due_nbl)->Next;
}

static bool is_completion(NDIS_STATUS status) {
    return status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_INVALID_LENGTH ||
           status == NDIS_STATUS_RESOURCES || status == NDIS_STATUS_PAUSED ||
           status == NDIS_STATUS_SEND_ABORTED || status == NDIS_STATUS_RESET_IN_PROGRESS ||
           status == NDIS_STATUS_FAILURE;
}

static void judge_completion(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    const NET_BUFFER_LIST *at = (const NET_BUFFER_LIST *)event->args[1];
    uint64_t count = 0;
    pp_expect(due_nbl == 0, "RT-SEND-FIFO: an NBL comes back before others have gone");
    for (; at != NULL && count <= event->args[2]; at = at->Next, count++) {
        const struct pp_object *nbl = pp_model_at((uintptr_t)at);
        pp_expect(nbl != NULL && nbl->state == PP_OBJECT_IN_FLIGHT &&
                      nbl->binding == pp_model_index(binding),
                  "RT-COMPLETE-ONCE: completes an NBL that is not out");
        pp_expect(is_completion(at->Status), "RT-COMPLETE-ONCE: completes with status 0x%08X",
                  (unsigned)at->Status);
    }
    pp_expect(count > 0 && count == event->args[2],
              "RT-COMPLETE-ONCE: completes another number of NBLs than it says");
}

// What the world never completes, the driver would be blamed for waiting for.
static void judge_rest(void) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->kind == PP_OBJECT_BINDING) {
            pp_expect(object->live_count == 0, "RT-COMPLETE-ONCE: %u NBLs never completed",
                      object->live_count);
            pp_expect(pp_request_of(object) == NULL, "RT-OID-ONCE: an OID request never completed");
        }
    }
}

// === Receives ===

static void judge_count(const struct pp_event *event) {
    uint64_t count = 0;
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)event->args[1];
    for (; nbl != NULL && count <= event->args[2]; nbl = nbl->Next) {
        count++;
    }
    pp_expect(count > 0 && count == event->args[2],
              "RX-COUNT: indicates another number of NBLs than it says");
}

void pp_check_conduct(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_BINDING_BEGIN: judge_begin(event); break;
    case PP_EVENT_PNP_EVENT: judge_pnp(event); break;
    case PP_EVENT_CALLBACK_ENTER: judge_call(event); break;
    case PP_EVENT_OPEN_OUTPUTS: judge_outputs(event); break;
    case PP_EVENT_OPENED:
    case PP_EVENT_OPEN_FINISHED: judge_opened(event); break;
    case PP_EVENT_SEND: sent_chain = event->args[1]; break;
    case PP_EVENT_SEND_TAKEN: judge_taken(event); break;
    case PP_EVENT_SEND_ARRIVED: judge_arrival(event); break;
    case PP_EVENT_SEND_RETURN: judge_completion(event); break;
    case PP_EVENT_INDICATE: judge_count(event); break;
    case PP_EVENT_AT_REST: judge_rest(); break;
    default: judge_step(event); break;
    }
}
