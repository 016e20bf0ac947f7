// SPDX-License-Identifier: MIT
// A circle of waits is found when it closes: each fiber of it waits for what only the next can give.
// What is not known to come from one fiber alone, such as an event, has no part in it.
#include "check/family.h"
#include "check/holder.h"
#include "check/place.h"
#include "check/report.h"

#define CIRCLE_MAX 16u

struct circle {
    const struct pp_holder *waiting[CIRCLE_MAX];
    uint32_t count;
};

static bool is_in(const struct circle *circle, const struct pp_holder *holder) {
    for (uint32_t i = 0; i < circle->count; i++) {
        if (circle->waiting[i]->stack == holder->stack) {
            return true;
        }
    }
    return false;
}

// Its own mutex is no obstacle; its own lock that it holds to read is one, if it wants it to write.
static bool needs_itself(const struct pp_holder *self) {
    return self->waits == PP_WAITS_LOCK && pp_holder_needs(self, self);
}

static bool close_circle(struct circle *circle) {
    const struct pp_holder *first = circle->waiting[0], *last = circle->waiting[circle->count - 1];
    if (circle->count > 1 ? pp_holder_needs(last, first) : needs_itself(first)) {
        return true;
    }
    for (uint32_t i = 0; i < pp_holder_count() && circle->count < CIRCLE_MAX; i++) {
        const struct pp_holder *next = pp_holder_at(i);
        if (next->waits != PP_WAITS_NOT && !is_in(circle, next) && pp_holder_needs(last, next)) {
            circle->waiting[circle->count++] = next;
            if (close_circle(circle)) {
                return true;
            }
            circle->count--;
        }
    }
    return false;
}

// === Report ===

static bool are_all_locks(const struct circle *circle) {
    for (uint32_t i = 0; i < circle->count; i++) {
        const struct pp_holder *next = circle->waiting[(i + 1) % circle->count];
        if (pp_holder_has(next, circle->waiting[i]->object) == NULL) {
            return false;
        }
    }
    return true;
}

// Who waits for what, and where the next one has got it.
static void tell(const struct pp_holder *holder, const struct pp_holder *next) {
    const struct pp_held *held = pp_holder_has(next, holder->object);
    char what[PP_PLACE_BYTES];
    if (held != NULL) {
        pp_report_line("%s, which %s holds, is waited for in %s, since %u ms:",
                       pp_place_of_lock(held->lock, held->kind, what),
                       pp_callback_names[held->trail.callback], pp_report_place(&holder->trail),
                       holder->since);
    } else {
        pp_report_line("the end of a call is waited for in %s, since %u ms:",
                       pp_report_place(&holder->trail), holder->since);
    }
    pp_report_trail("waits", &holder->trail);
    if (held != NULL) {
        pp_report_trail("held since", &held->trail);
    }
}

static void report(const struct pp_event *event, const struct circle *circle) {
    if (circle->count == 1) {
        pp_report(PP_RULE_DEADLOCK, event, "lock wanted to write by one of its readers");
    } else {
        const struct pp_trail *places[CIRCLE_MAX];
        for (uint32_t i = 0; i < circle->count; i++) {
            places[i] = &circle->waiting[i]->trail;
        }
        pp_report_places(PP_RULE_DEADLOCK, event,
                         are_all_locks(circle) ? "circle of lock waits" : "circle of waits", places,
                         circle->count);
    }
    for (uint32_t i = 0; i < circle->count; i++) {
        tell(circle->waiting[i], circle->waiting[(i + 1) % circle->count]);
    }
}

void pp_check_deadlock(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_is_wait(event) ? pp_holder_of(event) : NULL;
    if (holder == NULL) {
        return;
    }
    struct pp_holder self = *holder;
    struct circle circle = {.waiting = {&self}, .count = 1};
    pp_holder_begin_wait(&self, event);
    if (close_circle(&circle)) {
        report(event, &circle);
    }
}
