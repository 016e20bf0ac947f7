// SPDX-License-Identifier: MIT
// Rules about locks that are taken one inside the other, how spin locks are given back, and about calls
// of NDIS with one held.
//
// Of two locks that were ever taken one inside the other, the order is kept, with what was held around
// both each time. Orders that lead in a circle are wrong: each lock of it can be held by one who waits
// for the next. Unless some lock was held around two of the orders: then these two never meet. Nor does
// anybody wait who takes a lock to read that the others hold to read.
#include "check/family.h"
#include "check/holder.h"
#include "check/place.h"
#include "check/report.h"
#include "check/store.h"

#include "base/grow.h"

#include <stdio.h>
#include <wdm.h>

#define CIRCLE_MAX 8u  // longer ones go unseen

struct lock_set {
    uint64_t locks[PP_HELD_MAX];
    uint32_t count;
};

struct order {
    uint64_t outer, inner;
    uint8_t outer_kind, inner_kind;  // enum pp_hold
    bool is_outer_shared, is_inner_shared;
    struct lock_set around;  // each time, and not to read
    struct pp_trail trail;   // the first time
};

static struct order *orders;
static uint32_t order_count;
static uint32_t order_capacity;

void pp_locks_reset(void) { order_count = 0; }

static bool has(const struct lock_set *set, uint64_t lock) {
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->locks[i] == lock) {
            return true;
        }
    }
    return false;
}

static bool have_common(const struct lock_set *one, const struct lock_set *other) {
    for (uint32_t i = 0; i < one->count; i++) {
        if (has(other, one->locks[i])) {
            return true;
        }
    }
    return false;
}

// True if that took some away.
static bool keep_common(struct lock_set *set, const struct lock_set *other) {
    uint32_t kept = 0, count = set->count;
    for (uint32_t i = 0; i < count; i++) {
        if (has(other, set->locks[i])) {
            set->locks[kept++] = set->locks[i];
        }
    }
    set->count = kept;
    return kept < count;
}

// === Circles ===

struct circle {
    const struct order *orders[CIRCLE_MAX];
    uint32_t count;
};

// Whether the one who has taken `last` can stand in the way of one who takes `next`, and be elsewhere.
static bool may_follow(const struct circle *circle, const struct order *next) {
    const struct order *last = circle->orders[circle->count - 1];
    if (last->inner != next->outer || (last->is_inner_shared && next->is_outer_shared)) {
        return false;
    }
    for (uint32_t i = 0; i < circle->count; i++) {
        if (circle->orders[i]->outer == next->outer ||
            have_common(&circle->orders[i]->around, &next->around)) {
            return false;
        }
    }
    return true;
}

static bool close_circle(struct circle *circle) {
    const struct order *first = circle->orders[0], *last = circle->orders[circle->count - 1];
    if (last->inner == first->outer) {
        return circle->count > 1 && !(last->is_inner_shared && first->is_outer_shared);
    }
    for (uint32_t i = 0; i < order_count && circle->count < CIRCLE_MAX; i++) {
        if (may_follow(circle, &orders[i])) {
            circle->orders[circle->count++] = &orders[i];
            if (close_circle(circle)) {
                return true;
            }
            circle->count--;
        }
    }
    return false;
}

// Of two orders, the place is where one was seen first: most often that is meant to be so.
static void report_circle(const struct pp_event *event, const struct circle *circle) {
    const struct order *first = circle->orders[0];
    const struct pp_trail *places[CIRCLE_MAX];
    bool are_spin_locks = true;
    for (uint32_t i = 0; i < circle->count; i++) {
        places[i] = &circle->orders[i]->trail;
        first = circle->orders[i] < first ? circle->orders[i] : first;
        are_spin_locks &= circle->orders[i]->outer_kind == PP_HOLD_SPIN_LOCK;
    }
    const char *locks = are_spin_locks ? "spin locks" : "locks";
    char what[64];
    if (circle->count == 2) {
        snprintf(what, sizeof(what), "two %s taken in both orders", locks);
        pp_report_at(PP_RULE_LOCK_ORDER, event, what, ", first in", &first->trail);
    } else {
        snprintf(what, sizeof(what), "%u %s taken in a circle of orders", circle->count, locks);
        pp_report_places(PP_RULE_LOCK_ORDER, event, what, places, circle->count);
    }
    for (uint32_t i = 0; i < circle->count; i++) {
        const struct order *order = circle->orders[i];
        char outer[PP_PLACE_BYTES], inner[PP_PLACE_BYTES];
        pp_report_line("%s, then %s:", pp_place_of_lock(order->outer, order->outer_kind, outer),
                       pp_place_of_lock(order->inner, order->inner_kind, inner));
        pp_report_trail("taken", &order->trail);
    }
}

static void judge_circles(const struct pp_event *event, const struct order *order) {
    struct circle circle = {.orders = {order}, .count = 1};
    if (close_circle(&circle)) {
        report_circle(event, &circle);
    }
}

// === Orders ===

static struct order *find_order(const struct order *wanted) {
    for (uint32_t i = 0; i < order_count; i++) {
        if (orders[i].outer == wanted->outer && orders[i].inner == wanted->inner &&
            orders[i].is_outer_shared == wanted->is_outer_shared &&
            orders[i].is_inner_shared == wanted->is_inner_shared) {
            return &orders[i];
        }
    }
    return NULL;
}

static void note_order(const struct pp_event *event, const struct order *seen) {
    struct order *order = find_order(seen);
    if (order != NULL) {
        if (keep_common(&order->around, &seen->around)) {
            judge_circles(event, order);
        }
        return;
    }
    orders = pp_grow(orders, &order_capacity, order_count, sizeof(*orders));
    order = &orders[order_count++];
    *order = *seen;
    pp_store_take_trail(&order->trail, event);
    judge_circles(event, order);
}

static bool is_on_stack(const struct pp_event *event, uint64_t lock) {
    return lock >= event->stack_low && lock < event->stack_high;
}

// A lock on the fiber's own stack is nobody else's, and who only tries waits for nobody.
static void take(const struct pp_event *event, enum pp_hold kind, uint64_t how) {
    uint64_t lock = event->args[0];
    const struct pp_holder *holder = pp_holder_of(event);
    bool is_wait = (how & PP_HOLD_TRY) == 0 && !is_on_stack(event, lock);
    if (holder == NULL || !is_wait || pp_holder_has(holder, lock) != NULL) {
        return;
    }
    struct order seen = {
        .inner = lock, .inner_kind = (uint8_t)kind, .is_inner_shared = (how & PP_HOLD_SHARED) != 0};
    for (uint32_t i = 0; i < holder->held_count; i++) {
        const struct pp_held *outer = &holder->held[i];
        if (is_on_stack(event, outer->lock)) {
            continue;
        }
        seen.outer = outer->lock;
        seen.outer_kind = outer->kind;
        seen.is_outer_shared = outer->is_shared;
        note_order(event, &seen);
        if (!outer->is_shared) {
            seen.around.locks[seen.around.count++] = outer->lock;
        }
    }
}

// Another lock may lie there next.
static void forget(const struct pp_object *memory) {
    uint32_t kept = 0;
    for (uint32_t i = 0; memory != NULL && i < order_count; i++) {
        if (orders[i].outer - memory->address >= memory->size &&
            orders[i].inner - memory->address >= memory->size) {
            orders[kept++] = orders[i];
        }
    }
    order_count = memory != NULL ? kept : order_count;
}

// === Giving back ===

static uint32_t count_spin_locks(const struct pp_holder *holder, uint32_t first) {
    uint32_t count = 0;
    for (uint32_t i = first; i < holder->held_count; i++) {
        count += holder->held[i].kind == PP_HOLD_SPIN_LOCK;
    }
    return count;
}

// In whatever order, as long as the IRQL stays up.
static void judge_release(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_of(event);
    const struct pp_held *held = holder != NULL ? pp_holder_has(holder, event->args[0]) : NULL;
    if (held == NULL) {
        return;
    }
    enum pp_lock_way way = (enum pp_lock_way)event->args[1], taken = (enum pp_lock_way)held->way;
    if (way == PP_LOCK_NDIS && taken == PP_LOCK_NDIS_AT_DPC) {
        pp_report(PP_RULE_LOCK_PAIR, event, "NdisDprAcquireSpinLock undone by NdisReleaseSpinLock");
    } else if (way == PP_LOCK_NDIS_AT_DPC && taken == PP_LOCK_NDIS) {
        pp_report(PP_RULE_LOCK_PAIR, event, "NdisAcquireSpinLock undone by NdisDprReleaseSpinLock");
    } else if (count_spin_locks(holder, 0) > 1 && event->args[3] < DISPATCH_LEVEL) {
        pp_report(PP_RULE_LOCK_ORDER, event, "IRQL lowered with another spin lock held");
    }
}

// Of a call of the driver: locks that it has taken and not released.
static void judge_leave(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_of(event);
    uint32_t depth = holder != NULL ? holder->inside_count : 0;
    if (depth > 0 && depth <= PP_INSIDE_MAX &&
        count_spin_locks(holder, holder->inside[depth - 1].held_before) > 0) {
        pp_report_callback(PP_RULE_IRQL_BALANCE, event, "returned with a spin lock held",
                           (enum pp_callback)event->args[0]);
    }
}

// === Calls ===

static void judge_call(const struct pp_event *event) {
    const struct pp_holder *holder = pp_holder_of(event);
    for (uint32_t i = 0; holder != NULL && i < holder->held_count; i++) {
        const struct pp_held *held = &holder->held[i];
        if (held->kind == PP_HOLD_SPIN_LOCK && !is_on_stack(event, held->lock)) {
            pp_report(PP_RULE_LOCK_NDISCALL, event, "spin lock held across a call of NDIS");
            return;
        }
    }
}

void pp_check_locks(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_LOCK_ACQUIRE: take(event, PP_HOLD_SPIN_LOCK, event->args[3]); break;
    case PP_EVENT_LOCK_RELEASE: judge_release(event); break;
    case PP_EVENT_CALLBACK_LEAVE: judge_leave(event); break;
    case PP_EVENT_HOLD:
        if (pp_holder_is_lock((enum pp_hold)event->args[1])) {
            take(event, (enum pp_hold)event->args[1], event->args[3]);
        }
        break;
    case PP_EVENT_HELD:
        if (event->args[1] == PP_HOLD_MUTEX) {
            take(event, PP_HOLD_MUTEX, event->args[2]);
        }
        break;
    case PP_EVENT_DEVICE_GONE:
    case PP_EVENT_MEMORY_FREE: forget(pp_model_at(event->args[0])); break;
    default: judge_call(event); break;
    }
}
