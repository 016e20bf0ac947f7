// SPDX-License-Identifier: MIT
#include "kernel/deferred.h"

#include "base/emit.h"
#include "base/grow.h"
#include "kernel/schedule.h"

#include <string.h>

static struct pp_deferred *kept;
static uint32_t kept_count;
static uint32_t kept_capacity;

void pp_deferred_reset(void) { kept_count = 0; }

void pp_deferred_start(enum pp_activity activity, pp_fiber_function run, void *subject,
                       uint64_t detail) {
    if (kept_count == 0 && pp_schedule_start(activity, run, subject, detail)) {
        return;
    }
    kept = pp_grow(kept, &kept_capacity, kept_count, sizeof(*kept));
    kept[kept_count++] = (struct pp_deferred){activity, run, subject, detail, pp_now.op};
}

bool pp_deferred_deliver(void) {
    if (kept_count == 0) {
        return false;
    }
    uint16_t op = pp_now.op;
    uint32_t started_count = 0;
    while (started_count < kept_count) {
        const struct pp_deferred *call = &kept[started_count];
        pp_now.op = call->op;
        if (!pp_schedule_start(call->activity, call->run, call->subject, call->detail)) {
            break;
        }
        started_count++;
    }
    pp_now.op = op;
    kept_count -= started_count;
    memmove(kept, kept + started_count, kept_count * sizeof(*kept));
    return started_count > 0;
}
