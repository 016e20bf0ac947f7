// SPDX-License-Identifier: MIT
// Stamps events with who is acting and where, and hands them to the sink.
#include "base/emit.h"

#include <stddef.h>

const struct pp_event_info pp_event_infos[PP_EVENT_COUNT] = {
#define EVENT(id, name, args) {name, args},
#include <poolproof/event.def>
#undef EVENT
};

const char *const pp_callback_names[PP_CALLBACK_COUNT] = {
#define CALLBACK(id, name) name,
#include <poolproof/callback.def>
#undef CALLBACK
};

struct pp_now pp_now;
static pp_event_sink event_sink;

void pp_event_set_sink(pp_event_sink sink) { event_sink = sink; }

static void send(struct pp_event *event, enum pp_event_kind kind) {
    event->kind = (uint16_t)kind;
    event->op = pp_now.op;
    event->callback = pp_now.callback;
    event->irql = pp_now.irql;
    event->stack_low = pp_now.stack_low;
    event->stack_high = pp_now.stack_high;
    event_sink(event);
}

void pp_emit(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4) {
    if (event_sink != NULL) {
        struct pp_event event;
        event.args[0] = a0;
        event.args[1] = a1;
        event.args[2] = a2;
        event.args[3] = a3;
        event.args[4] = a4;
        event.pc = 0;
        event.frame = (uintptr_t)__builtin_frame_address(0);
        send(&event, kind);
    }
}

void pp_emit_from(uintptr_t pc, uintptr_t frame, enum pp_event_kind kind, uint64_t a0, uint64_t a1) {
    if (event_sink != NULL) {
        struct pp_event event = {.args = {a0, a1}, .pc = pc, .frame = frame};
        send(&event, kind);
    }
}
