// SPDX-License-Identifier: MIT
// Status indications, and resets of an adapter: announced, carried out on what pends, and declared over.
// An indication is gone when the driver has returned.
#include "base/emit.h"
#include "base/handle.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

#include <string.h>

#define SPECIFIC_BYTES 12u
#define STATUS_UNKNOWN ((NDIS_STATUS)0x400100FF)

struct indication {
    NDIS_STATUS_INDICATION status;
    union {
        NDIS_LINK_STATE link;
        NDIS_OPER_STATE oper;
        NDIS_NETWORK_CHANGE_TYPE change;
        ULONG64 speed;
        NDIS_OBJECT_HEADER header;
        UCHAR bytes[SPECIFIC_BYTES];
    } buffer;
};

static NDIS_STATUS code_of(enum pp_status_news news) {
    static const NDIS_STATUS codes[] = {
        [PP_NEWS_LINK_UP] = NDIS_STATUS_LINK_STATE,
        [PP_NEWS_LINK_DOWN] = NDIS_STATUS_LINK_STATE,
        [PP_NEWS_MEDIA_CONNECT] = NDIS_STATUS_MEDIA_CONNECT,
        [PP_NEWS_MEDIA_DISCONNECT] = NDIS_STATUS_MEDIA_DISCONNECT,
        [PP_NEWS_LINK_SPEED] = NDIS_STATUS_LINK_SPEED_CHANGE,
        [PP_NEWS_NETWORK_CHANGE] = NDIS_STATUS_NETWORK_CHANGE,
        [PP_NEWS_OPER_STATUS] = NDIS_STATUS_OPER_STATUS,
        [PP_NEWS_TASK_OFFLOAD] = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        [PP_NEWS_MEDIA_SPECIFIC] = NDIS_STATUS_MEDIA_SPECIFIC_INDICATION,
        [PP_NEWS_UNKNOWN] = STATUS_UNKNOWN,
        [PP_NEWS_RESET_START] = NDIS_STATUS_RESET_START,
        [PP_NEWS_RESET_END] = NDIS_STATUS_RESET_END,
    };
    return codes[news];
}

// Returns how many bytes the buffer of the indication has.
static ULONG fill_buffer(struct indication *indication, enum pp_status_news news) {
    switch (news) {
    case PP_NEWS_LINK_UP:
    case PP_NEWS_LINK_DOWN:
        pp_adapter_link_state(&indication->buffer.link, news == PP_NEWS_LINK_UP);
        return sizeof(indication->buffer.link);
    case PP_NEWS_LINK_SPEED:
        indication->buffer.speed = PP_LINK_SPEED / 100;
        return sizeof(indication->buffer.speed);
    case PP_NEWS_NETWORK_CHANGE:
        indication->buffer.change = NdisPossibleNetworkChange;
        return sizeof(indication->buffer.change);
    case PP_NEWS_OPER_STATUS:
        indication->buffer.oper.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        indication->buffer.oper.Header.Revision = NDIS_OPER_STATE_REVISION_1;
        indication->buffer.oper.Header.Size = NDIS_SIZEOF_OPER_STATE_REVISION_1;
        indication->buffer.oper.OperationalStatus = NET_IF_OPER_STATUS_DORMANT;
        return sizeof(indication->buffer.oper);
    case PP_NEWS_TASK_OFFLOAD:  // none is on: a structure of which there is only the header
        indication->buffer.header.Type = NDIS_OBJECT_TYPE_OFFLOAD;
        indication->buffer.header.Revision = 1;
        indication->buffer.header.Size = sizeof(indication->buffer.header);
        return sizeof(indication->buffer.header);
    case PP_NEWS_MEDIA_SPECIFIC: return sizeof(indication->buffer.bytes);
    default: return 0;
    }
}

static bool can_be_told(const struct pp_binding *binding) {
    return binding != NULL && (binding->is_open || binding->is_close_pending);
}

// A driver without a handler is not told. Nor is one when there is no memory left.
static void indicate(struct pp_binding *binding, enum pp_status_news news, bool is_at_dispatch) {
    STATUS_HANDLER_EX handler = binding->protocol->entries.StatusHandlerEx;
    if (!can_be_told(binding)) {  // it was closed meanwhile
        return;
    }
    struct indication *indication = handler != NULL ? pp_world_take(sizeof(*indication)) : NULL;
    PP_EMIT(STATUS, pp_object(binding->handle), (uint32_t)code_of(news));
    if (indication == NULL) {
        return;
    }
    NDIS_STATUS_INDICATION *status = &indication->status;
    status->Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    status->Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    status->Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    status->SourceHandle = pp_handle_make(PP_HANDLE_MINIPORT, binding->adapter);
    status->StatusCode = code_of(news);
    status->StatusBufferSize = fill_buffer(indication, news);
    status->StatusBuffer = status->StatusBufferSize > 0 ? &indication->buffer : NULL;
    uint8_t outer_irql = pp_now.irql;
    pp_now.irql = is_at_dispatch ? DISPATCH_LEVEL : outer_irql;
    binding->receive_count++;
    struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_STATUS);
    handler(binding->context, status);
    binding->receive_count--;
    pp_binding_leave(binding, frame);
    pp_now.irql = outer_irql;
    pp_arena_give(indication);
    pp_schedule_wake(&binding->lent_count, /*all=*/true);
}

#define AT_DISPATCH 0x100u

static void run_status(void *subject, uint64_t detail) {
    indicate(subject, (enum pp_status_news)(detail & 0xFF), (detail & AT_DISPATCH) != 0);
}

bool pp_ndis_indicate_status(uint32_t number, enum pp_status_news news, bool is_at_dispatch) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return can_be_told(binding) && pp_schedule_start(PP_ACTIVITY_STATUS, run_status, binding,
                                                     news | (is_at_dispatch ? AT_DISPATCH : 0));
}

// === Reset ===

static void run_reset(void *subject, uint64_t part) {
    struct pp_binding *binding = subject;
    if (part != PP_RESET_END) {
        indicate(binding, PP_NEWS_RESET_START, /*is_at_dispatch=*/true);
        pp_send_complete_all(binding, NDIS_STATUS_RESET_IN_PROGRESS);
        pp_oid_complete_all(binding, NDIS_STATUS_RESET_IN_PROGRESS);
    }
    if (part != PP_RESET_START) {
        binding->is_resetting = false;
        indicate(binding, PP_NEWS_RESET_END, /*is_at_dispatch=*/true);
    }
    binding->is_told_of_reset = false;
}

bool pp_ndis_reset_adapter(uint32_t number, enum pp_reset_part part) {
    struct pp_binding *binding = pp_binding_of_number(number);
    if (!can_be_told(binding) || binding->is_told_of_reset ||
        binding->is_resetting != (part == PP_RESET_END) ||
        !pp_schedule_start(PP_ACTIVITY_STATUS, run_reset, binding, part)) {
        return false;
    }
    binding->is_resetting = part != PP_RESET_END;
    binding->is_told_of_reset = true;
    return true;
}

bool pp_binding_end_reset(struct pp_binding *binding) {
    return pp_ndis_reset_adapter(pp_binding_number(binding), PP_RESET_END);
}
