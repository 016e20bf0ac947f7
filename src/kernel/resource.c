// SPDX-License-Identifier: MIT
// ERESOURCE: held by one thread to write, several times over, or by many to read.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/schedule.h"
#include "kernel/thread.h"

#include <string.h>
#include <wdm.h>

static void *self(void) { return pp_thread_of(pp_schedule_current()); }

static void **writer_of(ERESOURCE *resource) { return &resource->OwnerEntry[0]; }

NTSTATUS ExInitializeResourceLite(ERESOURCE *Resource) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(Resource, sizeof(*Resource)) ||
        !PP_EMIT(SERVICE_INIT, pp_object(Resource), PP_SERVICE_RESOURCE, 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    memset(Resource, 0, sizeof(*Resource));
    PP_EMIT(SERVICE_BEGIN, pp_object(Resource), PP_SERVICE_RESOURCE, sizeof(*Resource));
    return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(ERESOURCE *Resource) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(Resource, sizeof(*Resource)) ||
        !PP_EMIT(SERVICE_FREE, pp_object(Resource), PP_SERVICE_RESOURCE)) {
        return STATUS_INVALID_PARAMETER;
    }
    PP_EMIT(SERVICE_END, pp_object(Resource), PP_SERVICE_RESOURCE);
    return STATUS_SUCCESS;
}

static bool use(ERESOURCE *resource, KIRQL irql) {
    pp_switch_point();
    return pp_level_at_most(irql) && pp_touch_write(resource, sizeof(*resource)) &&
           PP_EMIT(SERVICE_USE, pp_object(resource), PP_SERVICE_RESOURCE);
}

// ActiveCount: readers, or how often the writer has it.
static bool may_take(ERESOURCE *resource, bool is_to_write) {
    void *writer = *writer_of(resource);
    return writer == self() || (writer == NULL && (!is_to_write || resource->ActiveCount == 0));
}

static BOOLEAN acquire(ERESOURCE *resource, bool is_to_write, bool waits) {
    uint64_t how = (is_to_write ? 0 : PP_HOLD_SHARED) | (waits ? 0 : PP_HOLD_TRY);
    if (!use(resource, APC_LEVEL)) {
        return FALSE;
    }
    bool must_wait = !may_take(resource, is_to_write);
    if ((must_wait && !waits) || !PP_EMIT(HOLD, pp_object(resource), PP_HOLD_RESOURCE,
                                          must_wait ? PP_LOCK_OTHERS : PP_LOCK_FREE, how)) {
        return FALSE;
    }
    while (!may_take(resource, is_to_write)) {
        pp_schedule_block(resource, PP_NEVER);
        if (!pp_touch_write(resource, sizeof(*resource))) {
            return FALSE;
        }
    }
    resource->ActiveCount++;
    if (is_to_write) {
        *writer_of(resource) = self();
    }
    if (must_wait) {
        PP_EMIT(HELD, pp_object(resource), PP_HOLD_RESOURCE, how);
    }
    return TRUE;
}

BOOLEAN ExAcquireResourceExclusiveLite(ERESOURCE *Resource, BOOLEAN Wait) {
    return acquire(Resource, /*is_to_write=*/true, Wait);
}

BOOLEAN ExAcquireResourceSharedLite(ERESOURCE *Resource, BOOLEAN Wait) {
    return acquire(Resource, /*is_to_write=*/false, Wait);
}

VOID ExReleaseResourceLite(ERESOURCE *Resource) {
    if (!use(Resource, DISPATCH_LEVEL)) {
        return;
    }
    void *writer = *writer_of(Resource);
    enum pp_lock_state state = Resource->ActiveCount <= 0           ? PP_LOCK_FREE
                               : writer != NULL && writer != self() ? PP_LOCK_OTHERS
                                                                    : PP_LOCK_OWN;
    if (PP_EMIT(UNHOLD, pp_object(Resource), PP_HOLD_RESOURCE, state) && state == PP_LOCK_OWN) {
        if (--Resource->ActiveCount == 0) {
            *writer_of(Resource) = NULL;
            pp_schedule_wake(Resource, /*all=*/true);
        }
    }
    pp_switch_point();
}

BOOLEAN ExIsResourceAcquiredExclusiveLite(ERESOURCE *Resource) {
    return use(Resource, DISPATCH_LEVEL) && *writer_of(Resource) == self();
}
