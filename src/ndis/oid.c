// SPDX-License-Identifier: MIT
// OID requests: answered at once, or kept, closed to the driver with their buffers, until the program
// completes them.
#include "ndis/oid.h"

#include "base/arena.h"
#include "base/emit.h"
#include "base/guard.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"

#include <string.h>

#define REQUEST_COUNT_MAX 1024u
#define RESERVED_JUNK 0x5A

// One that pends.
struct request {
    struct pp_binding *binding;
    NDIS_OID_REQUEST *oid;
    uint32_t size;
    void *buffer;
    uint32_t buffer_bytes;
    PVOID id;
    bool is_direct;
};

static struct request requests[REQUEST_COUNT_MAX];  // oldest first
static uint32_t request_count;

// What lies on a stack or among a driver's globals is open when the next run begins.
void pp_oid_reset(void) {
    for (uint32_t i = 0; i < request_count; i++) {
        const struct request *request = &requests[i];
        if (!pp_arena_contains(request->oid)) {
            pp_guard_open(request->oid, request->size);
        }
        if (!pp_arena_contains(request->buffer)) {
            pp_guard_open(request->buffer, request->buffer_bytes);
        }
    }
    request_count = 0;
}

void *pp_oid_buffer(const NDIS_OID_REQUEST *request, uint32_t *ret_bytes) {
    const struct _METHOD *method = &request->DATA.METHOD_INFORMATION;
    *ret_bytes = request->DATA.QUERY_INFORMATION.InformationBufferLength;
    if (request->RequestType == NdisRequestMethod) {
        *ret_bytes = method->InputBufferLength > method->OutputBufferLength ? method->InputBufferLength
                                                                            : method->OutputBufferLength;
    }
    return request->DATA.QUERY_INFORMATION.InformationBuffer;
}

// === Handing back ===

// A request that the driver has given up is open, or other memory by now: nothing is written to it.
static bool take_up(const struct request *request) {
    if (PP_HAS_GUARD && pp_touch_is_open(request->oid, request->size)) {
        return false;
    }
    pp_guard_open(request->oid, request->size);
    pp_guard_open(request->buffer, request->buffer_bytes);
    return true;
}

static NDIS_STATUS settle(const struct request *request, NDIS_STATUS status) {
    if (status == NDIS_STATUS_SUCCESS) {
        return pp_oid_answer(request->binding, request->oid);
    }
    pp_oid_refuse(request->binding, request->oid, status);
    return status;
}

static void complete(uint32_t index, NDIS_STATUS status, bool is_at_dispatch) {
    const struct request request = requests[index];
    struct pp_binding *binding = request.binding;
    memmove(&requests[index], &requests[index + 1], (--request_count - index) * sizeof(requests[0]));
    PP_EMIT(OID_RETURN, pp_object(binding->handle), pp_object(request.oid));
    if (!take_up(&request)) {
        return;
    }
    status = settle(&request, status);
    PP_EMIT(OID_ANSWERED, pp_object(binding->handle), pp_object(request.oid), (uint32_t)status);
    uint8_t outer_irql = pp_now.irql;
    pp_now.irql = is_at_dispatch ? DISPATCH_LEVEL : outer_irql;
    if (request.is_direct) {
        struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_DIRECT_OID_COMPLETE);
        binding->protocol->entries.DirectOidRequestCompleteHandler(binding->context, request.oid,
                                                                   status);
        pp_binding_leave(binding, frame);
    } else {
        struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_OID_COMPLETE);
        binding->protocol->entries.OidRequestCompleteHandler(binding->context, request.oid, status);
        pp_binding_leave(binding, frame);
    }
    pp_now.irql = outer_irql;
}

// The which-th (modulo) that pends on the binding, oldest first; request_count if none does.
static uint32_t find_pending(const struct pp_binding *binding, uint32_t which) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < request_count; i++) {
        count += requests[i].binding == binding;
    }
    uint32_t left = count > 0 ? which % count : 0;
    for (uint32_t i = 0; i < request_count; i++) {
        if (requests[i].binding == binding && left-- == 0) {
            return i;
        }
    }
    return request_count;
}

#define WHICH_SHIFT 32
#define AT_DISPATCH_SHIFT 40

static void run_complete(void *subject, uint64_t detail) {
    uint32_t index = find_pending(subject, detail >> WHICH_SHIFT & 0xFF);
    if (index < request_count) {  // another fiber may have been faster
        complete(index, (NDIS_STATUS)(uint32_t)detail, detail >> AT_DISPATCH_SHIFT & 1);
    }
}

bool pp_ndis_finish_oid(uint32_t number, uint8_t which, NDIS_STATUS status, bool is_at_dispatch) {
    struct pp_binding *binding = pp_binding_of_number(number);
    uint64_t detail = (uint32_t)status | (uint64_t)which << WHICH_SHIFT |
                      (uint64_t)is_at_dispatch << AT_DISPATCH_SHIFT;
    return binding != NULL && find_pending(binding, which) < request_count &&
           pp_schedule_start(PP_ACTIVITY_DPC, run_complete, binding, detail);
}

bool pp_oid_complete_oldest(struct pp_binding *binding) {
    return pp_ndis_finish_oid(pp_binding_number(binding), 0, NDIS_STATUS_SUCCESS,
                              /*is_at_dispatch=*/true);
}

void pp_oid_complete_all(struct pp_binding *binding, NDIS_STATUS status) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < request_count; i++) {
        count += requests[i].binding == binding;
    }
    for (uint32_t index; count > 0 && (index = find_pending(binding, 0)) < request_count; count--) {
        complete(index, status, /*is_at_dispatch=*/true);
    }
}

// === Taking over ===

// True if the driver's memory is all there.
static bool describe(struct pp_binding *binding, NDIS_OID_REQUEST *oid, bool is_direct,
                     struct request *ret_request) {
    struct request request = {.binding = binding, .oid = oid, .is_direct = is_direct};
    if (!pp_touch_read(oid, sizeof(oid->Header))) {
        return false;
    }
    request.size = oid->Header.Revision > NDIS_OID_REQUEST_REVISION_1
                       ? NDIS_SIZEOF_OID_REQUEST_REVISION_2
                       : NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    if (oid->Header.Size < request.size || !pp_touch_write(oid, request.size)) {
        return false;
    }
    request.id = oid->RequestId;
    request.buffer = pp_oid_buffer(oid, &request.buffer_bytes);
    *ret_request = request;
    return request.buffer_bytes == 0 || pp_touch_write(request.buffer, request.buffer_bytes);
}

// The fields of NDIS and of the adapter's driver hold what they like.
static void take_over(const struct request *request) {
    memset(request->oid->NdisReserved, RESERVED_JUNK, sizeof(request->oid->NdisReserved));
    memset(request->oid->MiniportReserved, RESERVED_JUNK, sizeof(request->oid->MiniportReserved));
    PP_EMIT(OID_TAKEN, pp_object(request->binding->handle), pp_object(request->oid), request->is_direct);
    requests[request_count++] = *request;
    pp_guard_close(request->buffer, request->buffer_bytes);
    pp_guard_close(request->oid, request->size);
}

static NDIS_STATUS answer_now(const struct request *request, NDIS_STATUS wanted) {
    const struct pp_protocol *protocol = request->binding->protocol;
    if (request->is_direct && protocol->entries.DirectOidRequestCompleteHandler == NULL) {
        wanted = NDIS_STATUS_NOT_SUPPORTED;
    } else if (request->binding->is_resetting) {
        wanted = NDIS_STATUS_RESET_IN_PROGRESS;
    }
    NDIS_STATUS status = settle(request, wanted);
    PP_EMIT(OID_ANSWERED, pp_object(request->binding->handle), pp_object(request->oid),
            (uint32_t)status);
    return status;
}

static bool may_pend(const struct request *request) {
    const struct pp_protocol *protocol = request->binding->protocol;
    return request_count < REQUEST_COUNT_MAX && !request->binding->is_resetting &&
           (!request->is_direct || protocol->entries.DirectOidRequestCompleteHandler != NULL);
}

static NDIS_STATUS submit(NDIS_HANDLE handle, NDIS_OID_REQUEST *oid, bool is_direct) {
    pp_switch_point();
    PP_EMIT(OID, pp_object(handle), pp_object(oid), is_direct);
    struct pp_binding *binding = pp_binding_of_handle(handle);
    struct request request;
    if (binding == NULL || !describe(binding, oid, is_direct, &request)) {
        return NDIS_STATUS_FAILURE;
    }
    bool is_inside, is_set;
    enum pp_status inside = pp_fault_outcome(PP_OUTCOME_OID_INSIDE, &is_inside);
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_OID, &is_set);
    if ((!is_inside && outcome != PP_STATUS_PENDING) || !may_pend(&request)) {
        enum pp_status wanted = outcome == PP_STATUS_PENDING ? PP_STATUS_SUCCESS : outcome;
        NDIS_STATUS status = answer_now(&request, (NDIS_STATUS)pp_status_values[wanted]);
        pp_switch_point();
        return status;
    }
    take_over(&request);
    if (is_inside) {
        complete(request_count - 1, (NDIS_STATUS)pp_status_values[inside], /*is_at_dispatch=*/true);
    }
    pp_switch_point();
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS NdisOidRequest(NDIS_HANDLE NdisBindingHandle, NDIS_OID_REQUEST *OidRequest) {
    return submit(NdisBindingHandle, OidRequest, /*is_direct=*/false);
}

NDIS_STATUS NdisDirectOidRequest(NDIS_HANDLE NdisBindingHandle, NDIS_OID_REQUEST *OidRequest) {
    return submit(NdisBindingHandle, OidRequest, /*is_direct=*/true);
}

// === Cancelling ===

static uint32_t find_id(const struct pp_binding *binding, PVOID id, bool is_direct) {
    uint32_t index = 0;
    while (index < request_count && (requests[index].binding != binding || requests[index].id != id ||
                                     requests[index].is_direct != is_direct)) {
        index++;
    }
    return index;
}

// The adapter need not take notice.
static void cancel(NDIS_HANDLE handle, PVOID id, bool is_direct) {
    pp_switch_point();
    PP_EMIT(OID_CANCEL, pp_object(handle), is_direct);
    const struct pp_binding *binding = pp_binding_of_handle(handle);
    bool is_heard;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_OID_CANCEL, &is_heard);
    uint32_t left = binding != NULL && is_heard ? request_count : 0;  // the driver may ask again
    for (uint32_t index; left > 0 && (index = find_id(binding, id, is_direct)) < request_count; left--) {
        complete(index, (NDIS_STATUS)pp_status_values[outcome], /*is_at_dispatch=*/true);
    }
    pp_switch_point();
}

VOID NdisCancelOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId) {
    cancel(NdisBindingHandle, RequestId, /*is_direct=*/false);
}

VOID NdisCancelDirectOidRequest(NDIS_HANDLE NdisBindingHandle, PVOID RequestId) {
    cancel(NdisBindingHandle, RequestId, /*is_direct=*/true);
}
