// SPDX-License-Identifier: MIT
#include "check/told.h"

#include "base/guard.h"

#include <poolproof/program.h>

#define TOLD_COUNT_MAX 64u  // no world has as many fibers

static struct pp_told_event events[TOLD_COUNT_MAX];
static uint32_t event_count;

void pp_told_reset(void) { event_count = 0; }

// === Asking ===

static struct pp_told_event *find(uint64_t notification) {
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].notification == notification) {
            return &events[i];
        }
    }
    return NULL;
}

const struct pp_told_event *pp_told_with(uint64_t notification) { return find(notification); }

const struct pp_told_event *pp_told_to(uint64_t binding) {
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].binding == binding) {
            return &events[i];
        }
    }
    return NULL;
}

const struct pp_told_event *pp_told_here(const struct pp_event *event) {
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].op == event->op && events[i].callback == event->callback) {
            return &events[i];
        }
    }
    return NULL;
}

const struct pp_told_event *pp_told_pending(uint16_t op) {
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].op == op && events[i].is_pending && !events[i].was_completed) {
            return &events[i];
        }
    }
    return NULL;
}

// === Telling ===

static void add_event(const struct pp_event *event) {
    const NET_PNP_EVENT_NOTIFICATION *notification = (const NET_PNP_EVENT_NOTIFICATION *)event->args[1];
    const NDIS_PROTOCOL_RESTART_PARAMETERS *restart = notification->NetPnPEvent.Buffer;
    bool is_restart = event->args[2] == NetEventRestart;
    events[event_count++] = (struct pp_told_event){
        .binding = event->args[0],
        .notification = event->args[1],
        .code = (NET_PNP_EVENT_CODE)event->args[2],
        .version = (uint32_t)event->args[3],
        .op = event->op,
        .lacks_buffer = is_restart && restart == NULL,
        .lacks_list = is_restart && restart != NULL && restart->RestartAttributes == NULL,
    };
}

static void remove_event(uint64_t notification) {
    struct pp_told_event *event = find(notification);
    if (event != NULL) {
        *event = events[--event_count];
    }
}

// The callback comes right behind the event that it tells of.
static void note_enter(const struct pp_event *event) {
    struct pp_told_event *last = event_count > 0 ? &events[event_count - 1] : NULL;
    if (last != NULL && last->callback == PP_CALLBACK_NONE) {
        last->callback = (enum pp_callback)event->args[0];
    }
}

void pp_told_apply(const struct pp_event *event) {
    struct pp_told_event *told;
    switch (event->kind) {
    case PP_EVENT_PNP_EVENT: add_event(event); break;
    case PP_EVENT_CALLBACK_ENTER: note_enter(event); break;
    case PP_EVENT_CALLBACK_LEAVE:
        told = (struct pp_told_event *)pp_told_here(event);
        if (told != NULL) {
            told->is_pending = event->args[2] == (uint32_t)NDIS_STATUS_PENDING;
        }
        break;
    case PP_EVENT_PNP_COMPLETE:
        told = find(event->args[1]);
        if (told != NULL) {
            told->was_completed = true;
        }
        break;
    default: remove_event(event->args[1]); break;
    }
}

// === Taking note ===

static void note_pause(const struct pp_event *event, uint16_t last_op) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        struct pp_object *object = pp_model_object(i);
        if (object->kind == PP_OBJECT_BINDING && object->phase == PP_PHASE_PAUSING &&
            object->pause_op == event->op && object->told_op == PP_OP_NONE) {
            object->told_op = last_op;
        }
    }
}

static void note_reset(const struct pp_event *event, uint16_t last_op) {
    struct pp_object *binding = pp_model_at(event->args[1]);
    if (binding != NULL && binding->kind == PP_OBJECT_BINDING && binding->reset_op == PP_OP_NONE) {
        binding->reset_op = last_op;
    }
}

void pp_told_note(const struct pp_event *event, uint16_t last_op) {
    if (event->callback == PP_CALLBACK_PAUSE) {
        note_pause(event, last_op);
    } else if (event->kind == PP_EVENT_CALLBACK_LEAVE && event->args[0] == PP_CALLBACK_STATUS) {
        note_reset(event, last_op);
    }
}
