// SPDX-License-Identifier: MIT
#include "check/request.h"

#include "base/grow.h"
#include "base/guard.h"
#include "base/touch.h"
#include "check/digest.h"
#include "check/store.h"

#include <ndis.h>

static struct pp_request *requests;  // that pend
static uint32_t request_count;
static uint32_t request_capacity;
static struct pp_request_call last_call;

void pp_request_reset(void) {
    request_count = 0;
    last_call.fate = PP_FATE_NONE;
}

const struct pp_request_call *pp_request_last_call(void) { return &last_call; }

// === Asking ===

static bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
    return a < b + b_size && b < a + a_size;
}

const struct pp_request *pp_request_at(uint64_t address) {
    for (uint32_t i = 0; i < request_count; i++) {
        if (requests[i].address == address) {
            return &requests[i];
        }
    }
    return NULL;
}

const struct pp_request *pp_request_with(uint64_t address, uint64_t size) {
    for (uint32_t i = 0; i < request_count; i++) {
        const struct pp_request *request = &requests[i];
        if (overlaps(address, size, request->address, request->size) ||
            overlaps(address, size, request->buffer, request->buffer_size)) {
            return request;
        }
    }
    return NULL;
}

const struct pp_request *pp_request_of(const struct pp_object *binding) {
    for (uint32_t i = 0; i < request_count; i++) {
        if (requests[i].binding == pp_model_index(binding)) {
            return &requests[i];
        }
    }
    return NULL;
}

static bool is_within(uint64_t address, const struct pp_object *object) {
    struct pp_object *holder = address != 0 ? pp_model_holding(address) : NULL;
    return holder != NULL && pp_model_whole(holder) == object;
}

const struct pp_request *pp_request_in(const struct pp_object *object) {
    for (uint32_t i = 0; i < request_count; i++) {
        const struct pp_request *request = &requests[i];
        if (is_within(request->address, object) ||
            (request->buffer_size > 0 && is_within(request->buffer, object))) {
            return request;
        }
    }
    return NULL;
}

// How much of the stack our own code uses between the callback's caller and where the event is sent:
// that much of what is gone lies above the event's frame.
#define OWN_STACK_BYTES 512u

static bool is_left(uint64_t address, const struct pp_event *event) {
    return address >= event->stack_low && address < event->frame + OWN_STACK_BYTES &&
           address < event->stack_high;
}

const struct pp_request *pp_request_on_stack(const struct pp_event *event) {
    for (uint32_t i = 0; i < request_count; i++) {
        const struct pp_request *request = &requests[i];
        bool is_made_here = request->trail.callback == event->callback && request->trail.op == event->op;
        if (is_made_here && (is_left(request->address, event) ||
                             (request->buffer_size > 0 && is_left(request->buffer, event)))) {
            return request;
        }
    }
    return NULL;
}

static uint64_t digest_of(const struct pp_request *request) {
    return pp_digest_bytes(request->address, request->size) ^
           pp_digest_bytes(request->buffer, request->buffer_size);
}

// A frame that is left opens its memory again. What ends inside eight bytes is not guarded to the end.
bool pp_request_is_intact(const struct pp_request *request) {
    bool is_open = pp_touch_is_open((const void *)request->address, request->size);
    return digest_of(request) == request->digest && !(PP_HAS_GUARD && is_open);
}

// === Telling ===

PP_READS_CLOSED static void add_request(const struct pp_event *event) {
    const NDIS_OID_REQUEST *oid = (const NDIS_OID_REQUEST *)event->args[1];
    const struct _METHOD *method = &oid->DATA.METHOD_INFORMATION;
    struct pp_request request = {.address = event->args[1], .is_direct = event->args[2] != 0};
    request.size = oid->Header.Revision > NDIS_OID_REQUEST_REVISION_1
                       ? NDIS_SIZEOF_OID_REQUEST_REVISION_2
                       : NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.buffer = (uintptr_t)method->InformationBuffer;
    request.buffer_size = method->InputBufferLength;  // of a query or a set, the only length
    if (oid->RequestType == NdisRequestMethod && method->OutputBufferLength > request.buffer_size) {
        request.buffer_size = method->OutputBufferLength;
    }
    request.binding = pp_model_index(pp_model_at(event->args[0]));
    request.digest = digest_of(&request);
    pp_store_take_trail(&request.trail, event);
    requests = pp_grow(requests, &request_capacity, request_count, sizeof(*requests));
    requests[request_count++] = request;
    last_call.fate = PP_FATE_PENDING;
}

static void remove_request(uint64_t address) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < request_count; i++) {
        if (requests[i].address != address) {
            requests[kept++] = requests[i];
        }
    }
    request_count = kept;
    if (last_call.address == address && last_call.fate == PP_FATE_PENDING) {
        last_call.fate = PP_FATE_COMPLETED;
    }
}

static void note_call(const struct pp_event *event) {
    last_call.fate = PP_FATE_ANSWERED;
    last_call.address = event->args[1];
    last_call.wait_count = 0;
    pp_store_take_trail(&last_call.trail, event);
}

// A driver that tries to clear what it has set has done what it can.
PP_READS_CLOSED static void note_attempt(struct pp_object *binding, const NDIS_OID_REQUEST *oid) {
    const struct _SET *set = &oid->DATA.SET_INFORMATION;
    if (oid->RequestType != NdisRequestSetInformation) {
        return;
    }
    if (set->Oid == OID_GEN_CURRENT_PACKET_FILTER) {
        binding->has_filter = false;
    } else if (set->Oid == OID_802_3_MULTICAST_LIST || set->Oid == OID_802_3_DELETE_MULTICAST_ADDRESS) {
        binding->has_multicasts = false;
    }
}

PP_READS_CLOSED static void note_success(struct pp_object *binding, const NDIS_OID_REQUEST *oid) {
    const struct _SET *set = &oid->DATA.SET_INFORMATION;
    if (oid->RequestType != NdisRequestSetInformation) {
        return;
    }
    if (set->Oid == OID_GEN_CURRENT_PACKET_FILTER) {
        binding->has_filter = *(const ULONG *)set->InformationBuffer != 0;
    } else if (set->Oid == OID_802_3_MULTICAST_LIST) {
        binding->has_multicasts = set->InformationBufferLength > 0;
    } else if (set->Oid == OID_802_3_ADD_MULTICAST_ADDRESS) {
        binding->has_multicasts = true;
    }
}

static void note_answer(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    const NDIS_OID_REQUEST *oid = (const NDIS_OID_REQUEST *)event->args[1];
    if (event->args[2] == (uint32_t)NDIS_STATUS_SUCCESS) {
        note_success(binding, oid);
    } else {
        binding->has_failed_oid = true;
        note_attempt(binding, oid);
    }
}

void pp_request_apply(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_OID: note_call(event); break;
    case PP_EVENT_OID_TAKEN: add_request(event); break;
    case PP_EVENT_OID_RETURN: remove_request(event->args[1]); break;
    case PP_EVENT_OID_ANSWERED: note_answer(event); break;
    default:  // a wait
        last_call.wait_count += last_call.trail.op == event->op;
        break;
    }
}
