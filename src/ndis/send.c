// SPDX-License-Identifier: MIT
// Sends: what a driver hands over waits here, in order, until the program completes it.
#include "base/arena.h"
#include "base/emit.h"
#include "base/grow.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"
#include "pool/cursor.h"
#include "pool/pool.h"

#include <string.h>

#define SCRATCH_JUNK ((PVOID)0x5A5A5A5A5A5A5A5A)

struct send {
    struct pp_binding *binding;
    NET_BUFFER_LIST *nbl;
    PVOID cancel_id;
};

static struct send *sends;  // oldest first
static uint32_t send_count;
static uint32_t send_capacity;
static bool is_data_shared;  // by some of them, or was
static uint32_t list_count;  // completion lists handed back so far
static UCHAR cancel_id_count;

void pp_send_reset(void) {
    send_count = 0;
    is_data_shared = false;
    list_count = 0;
    cancel_id_count = 0;
}

// === Handing back ===

static bool is_meant(const struct send *send, const struct pp_binding *binding,
                     const struct pp_completion *completion) {
    return send->binding == binding &&
           (completion->cancel_id == NULL || send->cancel_id == completion->cancel_id);
}

struct chain {
    NET_BUFFER_LIST *first;
    NET_BUFFER_LIST **tail;
};

static void append(struct chain *chain, NET_BUFFER_LIST *nbl) {
    nbl->Next = NULL;
    *chain->tail = nbl;
    chain->tail = &nbl->Next;
}

static void prepend(struct chain *chain, NET_BUFFER_LIST *nbl) {
    nbl->Next = chain->first;
    chain->first = nbl;
}

// What came back may have MDLs and bytes that others still have.
static void close_what_is_out(void) {
    for (uint32_t i = 0; is_data_shared && i < send_count; i++) {
        pp_pool_hand_over(sends[i].nbl);
    }
}

// Takes up to `count` NBLs of the binding out of the sends, beginning with its first-th, and links them.
static NET_BUFFER_LIST *take_sends(struct pp_binding *binding, const struct pp_completion *completion,
                                   uint32_t *ret_count) {
    uint32_t first = completion->first % binding->sends_in_flight;
    uint32_t seen = 0;
    uint32_t taken = 0;
    uint32_t kept = 0;
    // Interleaved: every other NBL comes behind all the rest.
    struct chain chain = {NULL, &chain.first}, behind = {NULL, &behind.first};
    for (uint32_t i = 0; i < send_count; i++) {
        if (!is_meant(&sends[i], binding, completion) || seen++ < first || taken >= completion->count) {
            sends[kept++] = sends[i];
            continue;
        }
        NET_BUFFER_LIST *nbl = sends[i].nbl;
        pp_pool_hand_back(nbl);
        // Not promised across a hand-over: Next links, Scratch, the scratch bits of Flags.
        nbl->Status = completion->status;
        *(completion->status == NDIS_STATUS_SUCCESS ? &binding->traffic.sent
                                                    : &binding->traffic.send_errors) += 1;
        nbl->Scratch = SCRATCH_JUNK;
        nbl->Flags ^= NBL_FLAGS_SCRATCH;
        pp_touch_lose(&nbl->Scratch);
        if (completion->order == PP_ORDER_REVERSE) {
            prepend(&chain, nbl);
        } else {
            append(completion->order == PP_ORDER_INTERLEAVED && taken % 2 == 1 ? &behind : &chain, nbl);
        }
        taken++;
    }
    if (behind.first != NULL) {
        *chain.tail = behind.first;
    }
    send_count = kept;
    binding->sends_in_flight -= taken;
    close_what_is_out();
    *ret_count = taken;
    return chain.first;
}

static void hand_back(struct pp_binding *binding, const struct pp_completion *completion) {
    uint32_t count;
    NET_BUFFER_LIST *chain = take_sends(binding, completion, &count);
    uint8_t outer_irql = pp_now.irql;
    pp_now.irql = completion->is_at_dispatch ? DISPATCH_LEVEL : outer_irql;
    bool is_told = pp_now.irql == DISPATCH_LEVEL && !completion->is_unflagged;
    ULONG flags = is_told ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
    uint32_t list = list_count++;
    PP_EMIT(SEND_RETURN, pp_object(binding->handle), pp_object(chain), count, list);
    struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_SEND_COMPLETE);
    binding->protocol->entries.SendNetBufferListsCompleteHandler(binding->context, chain, flags);
    pp_binding_leave(binding, frame);
    PP_EMIT(SEND_RETURNED, pp_object(binding->handle), list);
    pp_now.irql = outer_irql;
}

// A completion fits into the word that a fiber is started with.
static uint64_t pack(const struct pp_completion *completion) {
    return (uint32_t)completion->status | (uint64_t)completion->first << 32 |
           (uint64_t)completion->count << 40 | (uint64_t)completion->order << 48 |
           (uint64_t)completion->is_at_dispatch << 50 | (uint64_t)completion->is_unflagged << 51;
}

static struct pp_completion unpack(uint64_t word) {
    return (struct pp_completion){.first = word >> 32 & 0xFF,
                                  .count = word >> 40 & 0xFF,
                                  .status = (NDIS_STATUS)(uint32_t)word,
                                  .order = word >> 48 & 3,
                                  .is_at_dispatch = word >> 50 & 1,
                                  .is_unflagged = word >> 51 & 1};
}

static void run_completion(void *subject, uint64_t word) {
    struct pp_binding *binding = subject;
    const struct pp_completion completion = unpack(word);
    if (binding->sends_in_flight > 0) {  // another fiber may have been faster
        hand_back(binding, &completion);
    }
}

bool pp_ndis_complete(uint32_t number, const struct pp_completion *completion) {
    struct pp_binding *binding = pp_binding_of_number(number);
    return binding != NULL && binding->sends_in_flight > 0 &&
           pp_schedule_start(PP_ACTIVITY_DPC, run_completion, binding, pack(completion));
}

bool pp_send_complete_oldest(struct pp_binding *binding) {
    const struct pp_completion completion = {
        .first = 0, .count = 1, .status = NDIS_STATUS_SUCCESS, .is_at_dispatch = true};
    return pp_ndis_complete(pp_binding_number(binding), &completion);
}

void pp_send_complete_all(struct pp_binding *binding, NDIS_STATUS status) {
    const struct pp_completion completion = {
        .count = binding->sends_in_flight, .status = status, .is_at_dispatch = true};
    if (completion.count > 0) {
        hand_back(binding, &completion);
    }
}

// === Taking over ===

// A chain that leads back into itself, which a rule tells of, ends some time after it has.
static uint32_t take_over(struct pp_binding *binding, NET_BUFFER_LIST *chain) {
    const NET_BUFFER_LIST *mark = NULL;  // moves on each time that twice as many have been taken
    uint32_t taken = 0;
    while (chain != NULL && chain != mark && pp_pool_is_nbl(chain)) {
        mark = (taken & (taken - 1)) == 0 ? chain : mark;
        pp_touch_write(chain, sizeof(*chain));
        NET_BUFFER_LIST *next = chain->Next;
        sends = pp_grow(sends, &send_capacity, send_count, sizeof(*sends));
        sends[send_count++] = (struct send){
            .binding = binding, .nbl = chain, .cancel_id = NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(chain)};
        binding->sends_in_flight++;
        taken++;
        is_data_shared |= pp_pool_is_shared(chain);
        pp_pool_hand_over(chain);
        PP_EMIT(SEND_ARRIVED, pp_object(binding->handle), pp_object(chain));
        chain = next;
    }
    return taken;
}

static bool can_read(const char *run, uint32_t size) {
    bool is_arenas = pp_arena_contains(run) && pp_arena_contains(run + size - 1);
    return is_arenas || pp_touch_read(run, size);
}

// Not memcpy, which a sanitizer would watch.
PP_READS_CLOSED uint32_t pp_send_read(const NET_BUFFER *nb, uint32_t length_max, UCHAR *ret_bytes) {
    uint32_t length = nb->DataLength;
    struct pp_cursor at = pp_cursor_at(nb);
    char *run;
    for (uint32_t done = 0, size; done < length; done += size) {
        size = length <= length_max ? pp_cursor_take(&at, length - done, &run) : 0;
        if (size == 0 || !can_read(run, size)) {
            return 0;
        }
        for (uint32_t i = 0; i < size; i++) {
            ret_bytes[done + i] = (UCHAR)((const volatile char *)run)[i];
        }
    }
    pp_guard_define(ret_bytes, length);  // on the wire every byte has some value
    return length;
}

// What comes back of a chain while the driver may still touch it, or NULL.
static NET_BUFFER_LIST *make_loopback(const struct pp_binding *binding, NET_BUFFER_LIST *chain,
                                      ULONG flags, enum pp_status *ret_outcome) {
    if ((flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK) == 0) {
        return NULL;
    }
    bool is_set;
    *ret_outcome = pp_fault_outcome(PP_OUTCOME_LOOPBACK, &is_set);
    return is_set ? pp_receive_copy(binding, chain) : NULL;
}

VOID NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, NET_BUFFER_LIST *NetBufferLists,
                            NDIS_PORT_NUMBER PortNumber, ULONG SendFlags) {
    (void)PortNumber;  // there is only the default port
    pp_switch_point();
    PP_EMIT(SEND, pp_object(NdisBindingHandle), pp_object(NetBufferLists), SendFlags);
    struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    if (binding == NULL) {
        return;
    }
    enum pp_status loopback = PP_STATUS_SUCCESS;
    NET_BUFFER_LIST *looped = make_loopback(binding, NetBufferLists, SendFlags, &loopback);
    bool is_inside;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_SEND, &is_inside);
    PP_EMIT(SEND_TAKEN, pp_object(NdisBindingHandle), pp_object(NetBufferLists));
    uint32_t taken = take_over(binding, NetBufferLists);
    if (is_inside && taken > 0) {
        const struct pp_completion completion = {.first = binding->sends_in_flight - taken,
                                                 .count = taken,
                                                 .status = (NDIS_STATUS)pp_status_values[outcome],
                                                 .is_at_dispatch = true};
        hand_back(binding, &completion);
    }
    if (looped != NULL) {
        pp_receive_loop_back(binding, looped, loopback == PP_STATUS_SUCCESS);
    }
    pp_switch_point();
}

// === Cancelling ===

static bool has_sends(const struct pp_binding *binding, const struct pp_completion *completion) {
    for (uint32_t i = 0; i < send_count; i++) {
        if (is_meant(&sends[i], binding, completion)) {
            return true;
        }
    }
    return false;
}

static void abort_sends(struct pp_binding *binding, PVOID cancel_id) {
    const struct pp_completion completion = {.count = UINT32_MAX,
                                             .status = NDIS_STATUS_SEND_ABORTED,
                                             .is_at_dispatch = true,
                                             .cancel_id = cancel_id};
    if (has_sends(binding, &completion)) {
        hand_back(binding, &completion);
    }
}

static void run_abort(void *subject, uint64_t cancel_id) { abort_sends(subject, (PVOID)cancel_id); }

static void cancel_sends(struct pp_binding *binding, PVOID cancel_id) {
    bool is_set;
    enum pp_status outcome = pp_fault_outcome(PP_OUTCOME_CANCEL, &is_set);
    const struct pp_completion one = {
        .count = 1, .status = NDIS_STATUS_SUCCESS, .is_at_dispatch = true, .cancel_id = cancel_id};
    if (!is_set || !has_sends(binding, &one)) {
        return;
    }
    switch (outcome) {
    case PP_STATUS_PENDING:
        pp_schedule_start(PP_ACTIVITY_DPC, run_abort, binding, (uintptr_t)cancel_id);
        break;
    case PP_STATUS_SUCCESS: hand_back(binding, &one); break;
    default: abort_sends(binding, cancel_id); break;
    }
}

VOID NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId) {
    pp_switch_point();
    if (!PP_EMIT(SEND_CANCEL, pp_object(NdisBindingHandle), pp_object(CancelId))) {
        return;
    }
    struct pp_binding *binding = pp_binding_of_handle(NdisBindingHandle);
    if (binding != NULL && CancelId != NULL) {
        cancel_sends(binding, CancelId);
    }
    pp_switch_point();
    PP_EMIT(SEND_CANCELLED, pp_object(NdisBindingHandle));
}

// Each caller gets another one; 0 is nobody's.
UCHAR NdisGeneratePartialCancelId(VOID) {
    pp_switch_point();
    UCHAR id = ++cancel_id_count;
    PP_EMIT(CANCEL_ID, id);
    return id;
}
