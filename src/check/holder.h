// SPDX-License-Identifier: MIT
// Who holds which locks, and who waits for what: the fibers of the world, as their events show them. A
// fiber is known by its stack.
#pragma once
#include "check/model.h"

#define PP_HELD_MAX 16u   // locks beyond these are not looked at
#define PP_INSIDE_MAX 8u  // nor calls of the driver that are deeper

struct pp_held {
    uint64_t lock;
    uint8_t kind;  // enum pp_hold
    uint8_t way;   // of spin locks: enum pp_lock_way
    bool is_shared;
    struct pp_trail trail;
};

enum pp_waits {
    PP_WAITS_NOT,
    PP_WAITS_LOCK,    // object: the lock
    PP_WAITS_OBJECT,  // object: event, thread, mutex ...
    PP_WAITS_TIME,
    PP_WAITS_WORLD,  // how: enum pp_await; object: what it is about
};

struct pp_holder {
    uint64_t stack;  // its lower bound; 0: callbacks that have returned
    uint64_t stack_end;

    uint8_t waits;  // enum pp_waits
    uint8_t how;
    uint8_t kind;           // of the lock: enum pp_hold
    uint8_t way;            // and enum pp_lock_way
    bool ends;              // by itself, when its time is up
    uint32_t object_count;  // any of which ends it
    uint64_t object;
    uint32_t since;  // ms
    struct pp_trail trail;
    uint32_t told_before[PP_CALLBACK_COUNT];  // how often each had been called when it began

    uint32_t round_count;  // waits of the same place one after the other that end by themselves
    uint32_t round_since;  // ms, of the first
    uint64_t looked_at;    // in vain, without a wait: the last time
    struct pp_trail look;

    uint32_t inside_count;  // calls of the driver under way
    struct {
        uint16_t callback;
        uint32_t held_before;  // locks, when it began
        uint64_t subject;
    } inside[PP_INSIDE_MAX];

    uint32_t held_count;
    struct pp_held held[PP_HELD_MAX];  // in the order in which they were taken
};

void pp_holder_reset(void);
void pp_holder_apply(const struct pp_event *event);

// The fiber that acts, or that the event is about; NULL on the host's stack.
struct pp_holder *pp_holder_of(const struct pp_event *event);

struct pp_holder *pp_holder_at(uint32_t index);
uint32_t pp_holder_count(void);

// False of what others than the one who has acquired it may release.
bool pp_holder_is_lock(enum pp_hold kind);

// How it holds that lock, or NULL.
const struct pp_held *pp_holder_has(const struct pp_holder *holder, uint64_t lock);

// True if the event begins a wait; and makes this wait the holder's.
bool pp_holder_is_wait(const struct pp_event *event);
void pp_holder_begin_wait(struct pp_holder *holder, const struct pp_event *event);

// True if what it waits for cannot come before the other one has gone on.
bool pp_holder_needs(const struct pp_holder *holder, const struct pp_holder *other);

// What became of an event last, each with the number of the event that tells of it; 0: never.
struct pp_past {
    uint64_t address;
    uint32_t set_at, reset_at, taken_at;  // reset: that was set, or made anew; taken: a wait has ended
    struct pp_trail made, set, reset, taken;
};

// Of the event at that address, or NULL.
const struct pp_past *pp_holder_past(uint64_t address);

// How often the driver was called back since a wait began.
uint32_t pp_holder_told_count(const struct pp_holder *holder, enum pp_callback callback);
