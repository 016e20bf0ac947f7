// SPDX-License-Identifier: MIT
// Rules about who holds which spin locks meanwhile: their order, how they are given back, and calls that
// may call back.
//
// Of two locks that were ever taken one inside the other, the order is kept, with the locks that were
// held around both each time. The other order is wrong unless some lock was always held around both: it
// keeps the two from meeting.
#include "check/family.h"
#include "check/report.h"
#include "check/store.h"

#include "base/grow.h"

#include <wdm.h>

#define HELD_COUNT_MAX 8u
#define HOLDER_COUNT 64u
#define CALLBACK_DEPTH_MAX 16u

struct lock_set {
    uint64_t locks[HELD_COUNT_MAX];
    uint32_t count;
};

// A fiber, known by its stack.
struct holder {
    uintptr_t stack;
    struct lock_set held;                 // in the order in which they were taken
    uint8_t ways[HELD_COUNT_MAX];         // enum pp_lock_way
    uint32_t depth;                       // callbacks that run on it
    uint32_t counts[CALLBACK_DEPTH_MAX];  // locks that were held when each began
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
    holder->ways[holder->held.count] = (uint8_t)event->args[1];
    holder->held.locks[holder->held.count++] = lock;
}

static void judge_release(const struct pp_event *event, const struct holder *holder, uint32_t index) {
    enum pp_lock_way way = (enum pp_lock_way)event->args[1],
                     taken = (enum pp_lock_way)holder->ways[index];
    if (way == PP_LOCK_NDIS && taken == PP_LOCK_NDIS_AT_DPC) {
        pp_report(PP_RULE_LOCK_PAIR, event, "NdisDprAcquireSpinLock undone by NdisReleaseSpinLock");
    } else if (way == PP_LOCK_NDIS_AT_DPC && taken == PP_LOCK_NDIS) {
        pp_report(PP_RULE_LOCK_PAIR, event, "NdisAcquireSpinLock undone by NdisDprReleaseSpinLock");
    } else if (holder->held.count > 1 && event->args[3] < DISPATCH_LEVEL) {
        pp_report(PP_RULE_LOCK_ORDER, event, "IRQL lowered with another spin lock held");
    }
}

// In whatever order, as long as the IRQL stays up.
static void release(const struct pp_event *event) {
    struct holder *holder = holder_of(event);
    for (uint32_t i = 0; holder != NULL && i < holder->held.count; i++) {
        if (holder->held.locks[i] == event->args[0]) {
            judge_release(event, holder, i);
            for (uint32_t k = i + 1; k < holder->held.count; k++) {
                holder->held.locks[k - 1] = holder->held.locks[k];
                holder->ways[k - 1] = holder->ways[k];
            }
            holder->held.count--;
            return;
        }
    }
}

// === Callbacks ===

static void enter(const struct pp_event *event) {
    struct holder *holder = holder_of(event);
    if (holder != NULL && holder->depth < CALLBACK_DEPTH_MAX) {
        holder->counts[holder->depth++] = holder->held.count;
    }
}

static void leave(const struct pp_event *event) {
    struct holder *holder = holder_of(event);
    if (holder != NULL && holder->depth > 0 && holder->held.count > holder->counts[--holder->depth]) {
        pp_report_callback(PP_RULE_IRQL_BALANCE, event, "returned with a spin lock held",
                           (enum pp_callback)event->args[0]);
    }
}

// A thread that ends itself leaves no callback.
static void end_thread(const struct pp_event *event) {
    struct holder *holder = holder_of(event);
    if (holder != NULL && event->args[1] == PP_SERVICE_THREAD) {
        holder->depth = 0;
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
    case PP_EVENT_CALLBACK_ENTER: enter(event); break;
    case PP_EVENT_CALLBACK_LEAVE: leave(event); break;
    case PP_EVENT_SERVICE_END: end_thread(event); break;
    case PP_EVENT_MEMORY_FREE: forget(pp_model_at(event->args[0])); break;
    default: judge_call(event); break;
    }
}
