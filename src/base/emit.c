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
pp_event_sink pp_event_sink_now;

void pp_event_set_sink(pp_event_sink sink) { pp_event_sink_now = sink; }

static bool send(struct pp_event *event, enum pp_event_kind kind) {
    event->kind = (uint16_t)kind;
    event->op = pp_now.op;
    event->callback = pp_now.callback;
    event->irql = pp_now.irql;
    event->ms = pp_now.ms;
    event->stack_low = pp_now.stack_low;
    event->stack_high = pp_now.stack_high;
    return pp_event_sink_now(event);
}

bool pp_emit_to_sink(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                     uint64_t a4, uint64_t a5) {
    struct pp_event event;
    event.args[0] = a0;
    event.args[1] = a1;
    event.args[2] = a2;
    event.args[3] = a3;
    event.args[4] = a4;
    event.args[5] = a5;
    event.pc = 0;
    event.frame = (uintptr_t)__builtin_frame_address(0);
    return send(&event, kind);
}

void pp_emit_from(uintptr_t pc, uintptr_t frame, enum pp_event_kind kind, uint64_t a0, uint64_t a1) {
    if (pp_event_sink_now != NULL) {
        struct pp_event event = {.args = {a0, a1}, .pc = pc, .frame = frame};
        send(&event, kind);
    }
}
