// SPDX-License-Identifier: MIT
#include "check/holder.h"

#include "base/grow.h"
#include "check/store.h"

#include <string.h>

#define HOLDER_COUNT 64u  // no world has as many fibers

static struct pp_holder holders[HOLDER_COUNT];
static uint32_t holder_count;
static struct pp_past *pasts;
static uint32_t past_count;
static uint32_t past_capacity;
static uint32_t told[PP_CALLBACK_COUNT];  // how often each was called
static uint32_t event_number;

void pp_holder_reset(void) {
    holder_count = past_count = event_number = 0;
    memset(told, 0, sizeof(told));
}

// === Asking ===

struct pp_holder *pp_holder_at(uint32_t index) { return &holders[index]; }

uint32_t pp_holder_count(void) { return holder_count; }

static struct pp_holder *find(uint64_t stack) {
    for (uint32_t i = 0; i < holder_count; i++) {
        if (holders[i].stack == stack) {
            return &holders[i];
        }
    }
    if (holder_count == HOLDER_COUNT) {
        return NULL;
    }
    struct pp_holder *holder = &holders[holder_count++];
    memset(holder, 0, offsetof(struct pp_holder, held));
    holder->stack = stack;
    return holder;
}

struct pp_holder *pp_holder_of(const struct pp_event *event) {
    if (event->stack_low == 0) {
        return NULL;
    }
    struct pp_holder *holder = find(event->stack_low);
    if (holder != NULL) {
        holder->stack_end = event->stack_high;
    }
    return holder;
}

const struct pp_held *pp_holder_has(const struct pp_holder *holder, uint64_t lock) {
    for (uint32_t i = 0; i < holder->held_count; i++) {
        if (holder->held[i].lock == lock) {
            return &holder->held[i];
        }
    }
    return NULL;
}

static const struct pp_past *find_past(uint64_t address) {
    for (uint32_t i = 0; i < past_count; i++) {
        if (pasts[i].address == address) {
            return &pasts[i];
        }
    }
    return NULL;
}

const struct pp_past *pp_holder_past(uint64_t address) { return find_past(address); }

uint32_t pp_holder_told_count(const struct pp_holder *holder, enum pp_callback callback) {
    return told[callback] - holder->told_before[callback];
}

// === Who needs whom ===

static bool is_in(const struct pp_holder *holder, enum pp_callback first, enum pp_callback last,
                  uint64_t subject) {
    for (uint32_t i = 0; i < holder->inside_count && i < PP_INSIDE_MAX; i++) {
        enum pp_callback callback = (enum pp_callback)holder->inside[i].callback;
        if (callback >= first && callback <= last && holder->inside[i].subject == subject) {
            return true;
        }
    }
    return false;
}

static bool is_in_one(const struct pp_holder *holder, enum pp_callback callback, uint64_t subject) {
    return is_in(holder, callback, callback, subject);
}

static bool world_needs(enum pp_await what, uint64_t about, const struct pp_holder *other) {
    bool is_received = is_in_one(other, PP_CALLBACK_RECEIVE, about);
    switch (what) {
    case PP_AWAIT_RECEIVES:
    case PP_AWAIT_RETURNS: return is_received;
    case PP_AWAIT_CALLBACKS:
        return is_received || is_in_one(other, PP_CALLBACK_SEND_COMPLETE, about) ||
               is_in(other, PP_CALLBACK_STATUS, PP_CALLBACK_DIRECT_OID_COMPLETE, about);
    case PP_AWAIT_BINDING:
        return is_in(other, PP_CALLBACK_BIND, PP_CALLBACK_UNBIND, about) ||
               is_in(other, PP_CALLBACK_PAUSE, PP_CALLBACK_RE_ENABLE, about);
    default: return false;
    }
}

bool pp_holder_needs(const struct pp_holder *holder, const struct pp_holder *other) {
    const struct pp_held *held = pp_holder_has(other, holder->object);
    if (holder->ends || holder->object_count > 1) {
        return false;
    }
    switch ((enum pp_waits)holder->waits) {
    case PP_WAITS_LOCK: return held != NULL && !(held->is_shared && (holder->how & PP_HOLD_SHARED) != 0);
    case PP_WAITS_OBJECT: return held != NULL || is_in_one(other, PP_CALLBACK_THREAD, holder->object);
    case PP_WAITS_WORLD: return world_needs((enum pp_await)holder->how, holder->object, other);
    default: return false;
    }
}

// === Telling: waits ===

static bool is_same(const struct pp_trail *one, const struct pp_trail *other) {
    return one->callback == other->callback && one->depth == other->depth &&
           memcmp(one->stack, other->stack, one->depth * sizeof(one->stack[0])) == 0;
}

// Of waits that end by themselves; one that does not is no round of a loop that looks again.
static void count_round(struct pp_holder *holder, const struct pp_trail *before, uint32_t rounds) {
    bool is_next = holder->ends && rounds > 0 && is_same(before, &holder->trail);
    holder->round_count = is_next ? rounds + 1 : holder->ends;
    holder->round_since = is_next ? holder->round_since : holder->since;
}

static void set_wait(struct pp_holder *holder, const struct pp_event *event, enum pp_waits waits,
                     uint64_t object, uint64_t how) {
    struct pp_trail before = holder->trail;
    uint32_t rounds = holder->round_count;
    holder->round_count = 0;
    holder->waits = (uint8_t)waits;
    holder->object = object;
    holder->how = (uint8_t)how;
    holder->ends = false;
    holder->object_count = 1;
    holder->since = event->ms;
    pp_store_take_trail(&holder->trail, event);
    if (event->kind == PP_EVENT_WAIT || event->kind == PP_EVENT_STALL) {
        holder->ends = waits == PP_WAITS_TIME || event->args[1] != 0;
        count_round(holder, &before, rounds);
    }
    if (holder->round_count <= 1) {
        memcpy(holder->told_before, told, sizeof(told));
    }
}

bool pp_holder_is_wait(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_LOCK_ACQUIRE:
    case PP_EVENT_HOLD: return event->args[2] == PP_LOCK_OTHERS;
    case PP_EVENT_WAIT:
    case PP_EVENT_STALL:
    case PP_EVENT_AWAIT: return true;
    default: return false;
    }
}

void pp_holder_begin_wait(struct pp_holder *holder, const struct pp_event *event) {
    const uint64_t *args = event->args;
    switch (event->kind) {
    case PP_EVENT_WAIT:
        set_wait(holder, event, args[0] == 0 ? PP_WAITS_TIME : PP_WAITS_OBJECT, args[0], 0);
        holder->object_count = (uint32_t)args[2];
        break;
    case PP_EVENT_STALL: set_wait(holder, event, PP_WAITS_TIME, 0, 0); break;
    case PP_EVENT_AWAIT: set_wait(holder, event, PP_WAITS_WORLD, args[1], args[0]); break;
    default:
        set_wait(holder, event, PP_WAITS_LOCK, args[0], args[3]);
        holder->kind = event->kind == PP_EVENT_HOLD ? (uint8_t)args[1] : PP_HOLD_SPIN_LOCK;
        holder->way = (uint8_t)args[1];
        break;
    }
}

// === Telling: locks ===

static void add_held(struct pp_holder *holder, const struct pp_event *event, enum pp_hold kind,
                     uint64_t way, uint64_t how) {
    if (holder->held_count < PP_HELD_MAX) {
        struct pp_held *held = &holder->held[holder->held_count++];
        held->lock = event->args[0];
        held->kind = (uint8_t)kind;
        held->way = (uint8_t)way;
        held->is_shared = (how & PP_HOLD_SHARED) != 0;
        pp_store_take_trail(&held->trail, event);
    }
}

static bool drop_held(struct pp_holder *holder, uint64_t lock) {
    for (uint32_t i = holder->held_count; i-- > 0;) {
        if (holder->held[i].lock == lock) {
            memmove(&holder->held[i], &holder->held[i + 1],
                    (holder->held_count - i - 1) * sizeof(holder->held[0]));
            holder->held_count--;
            return true;
        }
    }
    return false;
}

// What many hold to read may be released by another of them.
static void release(struct pp_holder *holder, uint64_t lock) {
    for (uint32_t i = 0; !drop_held(holder, lock) && i < holder_count; i++) {
        holder = &holders[i];
    }
}

bool pp_holder_is_lock(enum pp_hold kind) {
    return kind != PP_HOLD_SEMAPHORE && kind != PP_HOLD_RUNDOWN && kind != PP_HOLD_REMOVE_LOCK;
}

static void acquire(struct pp_holder *holder, const struct pp_event *event) {
    bool is_spin = event->kind == PP_EVENT_LOCK_ACQUIRE;
    enum pp_hold kind = is_spin ? PP_HOLD_SPIN_LOCK : (enum pp_hold)event->args[1];
    if (!pp_holder_is_lock(kind)) {
        return;
    }
    if (pp_holder_is_wait(event)) {
        pp_holder_begin_wait(holder, event);
    } else {
        add_held(holder, event, kind, event->args[1], event->args[3]);
    }
}

// === Telling: calls of the driver ===

// What the driver has acquired in calls of it that have returned, this fiber will not release.
static void abandon(struct pp_holder *holder) {
    struct pp_holder *gone = holder->held_count > 0 ? find(0) : NULL;
    uint32_t kept = 0;
    for (uint32_t i = 0; gone != NULL && i < holder->held_count; i++) {
        if (holder->held[i].trail.callback == PP_CALLBACK_NONE) {
            holder->held[kept++] = holder->held[i];
        } else if (gone->held_count < PP_HELD_MAX) {
            gone->held[gone->held_count++] = holder->held[i];
        }
    }
    holder->held_count = kept;
    holder->waits = PP_WAITS_NOT;
    holder->round_count = 0;
    holder->looked_at = 0;
    holder->inside_count = 0;
}

static void enter(struct pp_holder *holder, const struct pp_event *event) {
    told[event->args[0]]++;
    if (holder->inside_count == 0) {
        abandon(holder);
    }
    if (holder->inside_count < PP_INSIDE_MAX) {
        holder->inside[holder->inside_count].callback = (uint16_t)event->args[0];
        holder->inside[holder->inside_count].held_before = holder->held_count;
        holder->inside[holder->inside_count].subject = event->args[1];
    }
    holder->inside_count++;
}

// === Telling: events ===

static struct pp_past *past_of(uint64_t address) {
    struct pp_past *past = (struct pp_past *)find_past(address);
    if (past == NULL) {
        pasts = pp_grow(pasts, &past_capacity, past_count, sizeof(*pasts));
        past = &pasts[past_count++];
        *past = (struct pp_past){.address = address};
    }
    return past;
}

// An event that is made anew is another one, unless it was set and nobody has waited for it since.
static void init_event(const struct pp_event *event) {
    struct pp_past *past = past_of(event->args[0]);
    if (past->set_at > past->taken_at && past->set_at > past->reset_at) {
        past->reset_at = event_number;
        pp_store_take_trail(&past->reset, event);
    } else {
        *past = (struct pp_past){.address = event->args[0]};
    }
    pp_store_take_trail(&past->made, event);
}

static void set_event(const struct pp_event *event) {
    struct pp_past *past = past_of(event->args[0]);
    past->set_at = event_number;
    pp_store_take_trail(&past->set, event);
}

static void reset_event(const struct pp_event *event) {
    struct pp_past *past = event->args[1] != 0 ? past_of(event->args[0]) : NULL;
    if (past != NULL) {
        past->reset_at = event_number;
        pp_store_take_trail(&past->reset, event);
    }
}

static void end_wait(struct pp_holder *holder, const struct pp_event *event) {
    struct pp_past *past = event->args[1] == 0 ? (struct pp_past *)find_past(event->args[0]) : NULL;
    if (past != NULL) {
        past->taken_at = event_number;
        pp_store_take_trail(&past->taken, event);
    }
    holder->waits = PP_WAITS_NOT;
}

static void apply(struct pp_holder *holder, const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_CALLBACK_ENTER: enter(holder, event); break;
    case PP_EVENT_CALLBACK_LEAVE: holder->inside_count -= holder->inside_count > 0; break;
    case PP_EVENT_SERVICE_END:  // a thread that ends itself leaves no other call
        holder->inside_count = event->args[1] == PP_SERVICE_THREAD ? 0 : holder->inside_count;
        break;
    case PP_EVENT_EVENT_INIT: init_event(event); break;
    case PP_EVENT_EVENT_SET: set_event(event); break;
    case PP_EVENT_EVENT_RESET: reset_event(event); break;
    case PP_EVENT_LOCK_ACQUIRE:
    case PP_EVENT_HOLD: acquire(holder, event); break;
    case PP_EVENT_HELD:
        add_held(holder, event, (enum pp_hold)event->args[1], holder->way, event->args[2]);
        holder->waits = PP_WAITS_NOT;
        break;
    case PP_EVENT_LOCK_RELEASE:
    case PP_EVENT_UNHOLD: release(holder, event->args[0]); break;
    case PP_EVENT_WAIT_END: end_wait(holder, event); break;
    case PP_EVENT_LOOK:
        holder->looked_at = event->args[0];
        pp_store_take_trail(&holder->look, event);
        break;
    default: pp_holder_begin_wait(holder, event); break;
    }
}

void pp_holder_apply(const struct pp_event *event) {
    static const bool is_told[PP_EVENT_COUNT] = {
        [PP_EVENT_CALLBACK_ENTER] = true, [PP_EVENT_CALLBACK_LEAVE] = true,
        [PP_EVENT_SERVICE_END] = true,    [PP_EVENT_EVENT_INIT] = true,
        [PP_EVENT_EVENT_SET] = true,      [PP_EVENT_EVENT_RESET] = true,
        [PP_EVENT_LOCK_ACQUIRE] = true,   [PP_EVENT_LOCK_RELEASE] = true,
        [PP_EVENT_HOLD] = true,           [PP_EVENT_HELD] = true,
        [PP_EVENT_UNHOLD] = true,         [PP_EVENT_WAIT] = true,
        [PP_EVENT_STALL] = true,          [PP_EVENT_AWAIT] = true,
        [PP_EVENT_WAIT_END] = true,       [PP_EVENT_LOOK] = true,
    };
    struct pp_holder *holder = is_told[event->kind] ? pp_holder_of(event) : NULL;
    if (holder != NULL) {
        event_number++;
        apply(holder, event);
    }
}
