// SPDX-License-Identifier: MIT
// PnP events that a driver has been told of and has not answered for good.
#pragma once
#include "check/model.h"

#include <ndis.h>

struct pp_told_event {
    uint64_t binding;  // 0: of all bindings
    uint64_t notification;
    NET_PNP_EVENT_CODE code;
    enum pp_callback callback;  // that it was told by
    uint16_t op;
    uint32_t version;    // NDIS 6.x of the driver
    bool lacks_buffer;   // of a restart: there is nothing to look into
    bool lacks_list;     // of a restart: or no attributes
    bool is_pending;     // the callback has returned PENDING
    bool was_completed;  // by NdisCompleteNetPnPEvent
};

void pp_told_reset(void);
void pp_told_apply(const struct pp_event *event);

// A driver has taken note of a pause when its handler waits or returns, of a reset when that returns,
// and not before. What it does in ops that began until then, it may have decided on while it did not
// know. `last_op` is the last one that has begun.
void pp_told_note(const struct pp_event *event, uint16_t last_op);

// The event of that notification; of that binding; told in this callback of the event's op. NULL: none.
const struct pp_told_event *pp_told_with(uint64_t notification);
const struct pp_told_event *pp_told_to(uint64_t binding);
const struct pp_told_event *pp_told_here(const struct pp_event *event);

// One that pends, told by this op, or NULL.
const struct pp_told_event *pp_told_pending(uint16_t op);
