// SPDX-License-Identifier: MIT
// Rules about who holds which spin locks meanwhile: their order, and calls that may call back.
//
// Of two locks that were ever taken one inside the other, the order is kept, with the locks that were
// held around both each time. The other order is wrong unless some lock was always held around both: it
// keeps the two from meeting.
#include "check/family.h"
#include "check/report.h"
#include "check/store.h"

#include "base/grow.h"

#define HELD_COUNT_MAX 8u
#define HOLDER_COUNT 64u

struct lock_set {
    uint64_t locks[HELD_COUNT_MAX];
    uint32_t count;
};

// A fiber, known by its stack.
struct holder {
    uintptr_t stack;
    struct lock_set held;  // in the order in which they were taken
};

struct order {
    uint64_t outer, inner;
    struct lock_set around;  // both, each time
    struct pp_trail trail;   // the first time
};

static struct holder holders[HOLDER_COUNT];
static uint32_t holder_count;
static struct order *orders;
static uint32_t order_count;
static uint32_t order_capacity;

void pp_locks_reset(void) { holder_count = order_count = 0; }

static struct holder *holder_of(const struct pp_event *event) {
    for (uint32_t i = 0; i < holder_count; i++) {
        if (holders[i].stack == event->stack_low) {
            return &holders[i];
        }
    }
    if (holder_count == HOLDER_COUNT) {
        return NULL;
    }
    holders[holder_count] = (struct holder){.stack = event->stack_low};
    return &holders[holder_count++];
}

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

static void keep_common(struct lock_set *set, const struct lock_set *other) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (has(other, set->locks[i])) {
            set->locks[kept++] = set->locks[i];
        }
    }
    set->count = kept;
}

// === Order ===

static struct order *find_order(uint64_t outer, uint64_t inner) {
    for (uint32_t i = 0; i < order_count; i++) {
        if (orders[i].outer == outer && orders[i].inner == inner) {
            return &orders[i];
        }
    }
    return NULL;
}

static void note_order(const struct pp_event *event, uint64_t outer, const struct lock_set *around) {
    struct order *order = find_order(outer, event->args[0]);
    if (order != NULL) {
        keep_common(&order->around, around);
        return;
    }
    orders = pp_grow(orders, &order_capacity, order_count, sizeof(*orders));
    order = &orders[order_count++];
    *order = (struct order){.outer = outer, .inner = event->args[0], .around = *around};
    pp_store_take_trail(&order->trail, event);
}

static void judge_order(const struct pp_event *event, uint64_t outer, const struct lock_set *around) {
    const struct order *reverse = find_order(event->args[0], outer);
    if (reverse != NULL && !have_common(&reverse->around, around)) {
        pp_report_at(PP_RULE_LOCK_ORDER, event, "two spin locks taken in both orders", ", first in",
                     &reverse->trail);
    }
}

// A lock on the fiber's own stack is nobody else's; locks beyond the table are not looked at.
static void acquire(const struct pp_event *event) {
    uint64_t lock = event->args[0];
    struct holder *holder = holder_of(event);
    bool is_own = lock >= event->stack_low && lock < event->stack_high;
    if (holder == NULL || is_own || holder->held.count == HELD_COUNT_MAX) {
        return;
    }
    struct lock_set around = {.count = 0};
    for (uint32_t i = 0; i < holder->held.count; i++) {
        judge_order(event, holder->held.locks[i], &around);
        note_order(event, holder->held.locks[i], &around);
        around.locks[around.count++] = holder->held.locks[i];
    }
    holder->held.locks[holder->held.count++] = lock;
}

// In whatever order.
static void release(const struct pp_event *event) {
    struct holder *holder = holder_of(event);
    for (uint32_t i = 0; holder != NULL && i < holder->held.count; i++) {
        if (holder->held.locks[i] == event->args[0]) {
            for (uint32_t k = i + 1; k < holder->held.count; k++) {
                holder->held.locks[k - 1] = holder->held.locks[k];
            }
            holder->held.count--;
            return;
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

// === Calls ===

static void judge_call(const struct pp_event *event) {
    const struct holder *holder = holder_of(event);
    if (holder != NULL && holder->held.count > 0) {
        pp_report(PP_RULE_LOCK_NDISCALL, event, "spin lock held across a call of NDIS");
    }
}

void pp_check_locks(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_LOCK_ACQUIRE: acquire(event); break;
    case PP_EVENT_LOCK_RELEASE: release(event); break;
    case PP_EVENT_MEMORY_FREE: forget(pp_model_at(event->args[0])); break;
    default: judge_call(event); break;
    }
}
