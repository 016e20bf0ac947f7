// SPDX-License-Identifier: MIT
#include "check/apply_life.h"

#include "check/apply_io.h"
#include "check/holder.h"
#include "check/life.h"
#include "check/model.h"
#include "check/request.h"
#include "check/store.h"
#include "check/told.h"

#include <ndis.h>
#include <poolproof/program.h>

static uint16_t last_op;  // the last one that has begun

void pp_apply_life_reset(void) { last_op = 0; }

static void add_binding(const struct pp_event *event) {
    struct pp_object *binding = pp_store_add(PP_OBJECT_BINDING, event->args[0], 0, event);
    binding->data_backfill = (uint32_t)event->args[2];
    binding->context_backfill = (uint32_t)event->args[3];
    pp_life_begin(binding, event->args[4]);
}

static void note_status(struct pp_object *binding, NDIS_STATUS status) {
    if (status == NDIS_STATUS_RESET_START) {
        binding->is_resetting = true;
        binding->reset_op = PP_OP_NONE;
    } else if (status == NDIS_STATUS_RESET_END) {
        binding->is_resetting = false;
    }
}

// Of an event about a binding, which a driver may have named wrongly.
static void apply_binding(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    bool is_pending = event->args[1] == (uint32_t)NDIS_STATUS_PENDING;
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        return;
    }
    switch (event->kind) {
    case PP_EVENT_BINDING_PAUSED: binding->phase = PP_PHASE_PAUSED; break;
    case PP_EVENT_BINDING_RESTARTING: binding->phase = PP_PHASE_RESTARTING; break;
    case PP_EVENT_BINDING_RUNNING: binding->phase = PP_PHASE_RUNNING; break;
    case PP_EVENT_BINDING_PAUSING:
        binding->phase = PP_PHASE_PAUSING;
        binding->pause_op = event->op;
        binding->told_op = PP_OP_NONE;
        break;
    case PP_EVENT_BINDING_CLOSING: binding->phase = PP_PHASE_CLOSING; break;
    case PP_EVENT_BINDING_END: binding->phase = PP_PHASE_ENDED; break;
    case PP_EVENT_OPENED:
    case PP_EVENT_OPEN_FINISHED:
        binding->is_open |= event->args[1] == NDIS_STATUS_SUCCESS;
        binding->was_closed &= !binding->is_open;
        break;
    case PP_EVENT_CLOSE:
        binding->is_open = false;
        binding->was_closed = binding->is_close_pending = true;
        break;
    case PP_EVENT_SEND_CANCEL: binding->cancel_count++; break;
    case PP_EVENT_SEND_CANCELLED: binding->cancel_count--; break;
    case PP_EVENT_CLOSE_ANSWERED: binding->is_close_pending = is_pending; break;
    case PP_EVENT_CLOSE_FINISHED: binding->is_close_pending = false; break;
    case PP_EVENT_RESTART_ATTRIBUTES: binding->data_backfill = (uint32_t)event->args[2]; break;
    case PP_EVENT_POWER:
        binding->is_asleep = event->args[1] > NetDeviceStateD0;
        binding->power_op = event->op;
        binding->asleep_op = last_op;
        break;
    case PP_EVENT_STATUS: note_status(binding, (NDIS_STATUS)event->args[1]); break;
    default: break;
    }
    pp_life_apply(event);
}

void pp_apply_life(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_OP_BEGIN: last_op = event->op; break;
    case PP_EVENT_CALLBACK_ENTER:
        pp_told_apply(event);
        pp_holder_apply(event);
        break;
    case PP_EVENT_PNP_EVENT:
    case PP_EVENT_PNP_COMPLETE:
    case PP_EVENT_PNP_ANSWERED: pp_told_apply(event); break;
    case PP_EVENT_CALLBACK_LEAVE:
        pp_told_note(event, last_op);
        pp_told_apply(event);
        pp_life_apply(event);
        pp_holder_apply(event);
        break;
    case PP_EVENT_WAIT:
        pp_told_note(event, last_op);
        pp_request_apply(event);
        pp_holder_apply(event);
        break;
    case PP_EVENT_OID:
    case PP_EVENT_OID_TAKEN:
    case PP_EVENT_OID_RETURN:
    case PP_EVENT_OID_ANSWERED: pp_request_apply(event); break;
    case PP_EVENT_BINDING_BEGIN: add_binding(event); break;
    case PP_EVENT_BINDING_PAUSED:
    case PP_EVENT_BINDING_RESTARTING:
    case PP_EVENT_BINDING_RUNNING:
    case PP_EVENT_BINDING_PAUSING:
    case PP_EVENT_BINDING_CLOSING:
    case PP_EVENT_BINDING_END:
    case PP_EVENT_OPENED:
    case PP_EVENT_OPEN_FINISHED:
    case PP_EVENT_CLOSE:
    case PP_EVENT_SEND_CANCEL:
    case PP_EVENT_SEND_CANCELLED:
    case PP_EVENT_CLOSE_ANSWERED:
    case PP_EVENT_CLOSE_FINISHED:
    case PP_EVENT_RESTART_ATTRIBUTES:
    case PP_EVENT_POWER:
    case PP_EVENT_STATUS: apply_binding(event); break;
    case PP_EVENT_OPEN:
    case PP_EVENT_OPEN_FINISH:
    case PP_EVENT_OPEN_OUTPUTS:
    case PP_EVENT_BIND_COMPLETE:
    case PP_EVENT_UNBIND_COMPLETE:
    case PP_EVENT_UNBIND_ASKED: pp_life_apply(event); break;
    case PP_EVENT_IRP_PART:
    case PP_EVENT_IRP_PENDING:
    case PP_EVENT_DEVICE_DELETE:
    case PP_EVENT_DEVICE_GONE:
    case PP_EVENT_LINK_MADE:
    case PP_EVENT_LINK_DELETE: pp_apply_io(event); break;
    default: pp_holder_apply(event); break;  // most events change nothing, and cost no look-up
    }
}
