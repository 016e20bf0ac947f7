// SPDX-License-Identifier: MIT
// How a layer says that something happened. The kernel keeps pp_now current; src/run sets the sink.
#pragma once
#include <poolproof/event.h>
#include <stdbool.h>

// Who is acting. Written by the scheduler when fibers change, and by callers of callbacks.
struct pp_now {
    uint16_t op;
    uint16_t callback;
    uint8_t irql;
    uint32_t ms;          // virtual time since the run began
    uintptr_t stack_low;  // bounds of the current fiber's stack; equal: none, no stacks are taken
    uintptr_t stack_high;
    uint32_t switch_countdown;  // calls until switch_due must be asked
    uint32_t access_countdown;  // memory accesses of the driver until access_due must be asked
    uint32_t block_countdown;   // blocks of the driver's code until block_due must be asked
    void (*switch_due)(void);
    void (*access_due)(uintptr_t address);
    void (*block_due)(void);
};

extern struct pp_now pp_now;

// Gets every event, in order. It may stop the run and then does not return. False: the act breaks a
// rule, and must not be done; whoever sent the event then does nothing at all.
typedef bool (*pp_event_sink)(const struct pp_event *event);

void pp_event_set_sink(pp_event_sink sink);

extern pp_event_sink pp_event_sink_now;  // set with pp_event_set_sink

// The half of pp_emit that is only needed with a sink.
bool pp_emit_to_sink(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                     uint64_t a4, uint64_t a5);

// Sends an event with the arguments of its kind, in the order of event.def. Returns what the sink says;
// true without one. Only events named as an act can be refused.
static inline bool pp_emit(enum pp_event_kind kind, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                           uint64_t a4, uint64_t a5) {
    return !pp_event_sink_now || pp_emit_to_sink(kind, a0, a1, a2, a3, a4, a5);
}

// The same for code that was interrupted: `pc` and `frame` are where it was.
void pp_emit_from(uintptr_t pc, uintptr_t frame, enum pp_event_kind kind, uint64_t a0, uint64_t a1);

// An object as an event argument.
static inline uint64_t pp_object(const volatile void *object) { return (uintptr_t)object; }

#define PP_EMIT_FILLED(kind, a, b, c, d, e, f, ...) \
    pp_emit(PP_EVENT_##kind, (a), (b), (c), (d), (e), (f))
#define PP_EMIT(...) PP_EMIT_FILLED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Every function that a driver calls begins with this: another fiber may run first.
static inline void pp_switch_point(void) {
    if (--pp_now.switch_countdown == 0) {
        pp_now.switch_due();
    }
}
