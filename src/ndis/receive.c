// SPDX-License-Identifier: MIT
// Receives: the adapter's driver lends frames to the driver, and has them back: when the callback
// returns, if they were lent with RESOURCES, else when the driver returns them.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"
#include "ndis/frame.h"
#include "pool/arena_pool.h"
#include "pool/pool.h"

#include <string.h>

#define LENT_COUNT_MAX 4096u  // NBLs; every op of a program can lend 16
#define LOOPBACK_COUNT_MAX 256u
#define SHORT_FRAME_BYTES 60u
#define FRAME_BYTES_MAX 9014u  // at the largest MTU that an adapter can have

struct lent {
    struct pp_binding *binding;
    NET_BUFFER_LIST *nbl;
    uint32_t indication;
    bool is_borrowed;
    const void *header;  // bytes that end with the indication, or NULL
    uint32_t header_size;
};

struct indication {
    NET_BUFFER_LIST *first;
    ULONG count;
    ULONG flags;
};

static struct lent lents[LENT_COUNT_MAX];
static uint32_t lent_count;
static struct indication
    indications[PP_PROGRAM_OPS_MAX + LOOPBACK_COUNT_MAX];  // an op makes one at most
static uint32_t indication_count;
static uint32_t loopback_count;  // of these, what was looped back

void pp_receive_reset(void) {
    lent_count = 0;
    indication_count = 0;
    loopback_count = 0;
    pp_frames_reset();
}

// === Lending ===

static struct lent lent_of(struct pp_binding *binding, NET_BUFFER_LIST *nbl, bool is_borrowed) {
    struct lent lent = {
        .binding = binding, .nbl = nbl, .indication = indication_count, .is_borrowed = is_borrowed};
    if ((nbl->NblFlags & NDIS_NBL_FLAGS_HD_SPLIT) != 0) {
        const MDL *header = nbl->FirstNetBuffer->MdlChain;
        lent.header = header->MappedSystemVa;
        lent.header_size = header->ByteCount;
    }
    return lent;
}

static bool is_of_one_type(const NET_BUFFER_LIST *chain) {
    const NET_BUFFER_LIST *nbl = chain;
    while (nbl != NULL && NET_BUFFER_LIST_INFO(nbl, NetBufferListFrameType) ==
                              NET_BUFFER_LIST_INFO(chain, NetBufferListFrameType)) {
        nbl = nbl->Next;
    }
    return nbl == NULL;
}

static void lend(struct pp_binding *binding, const struct pp_reception *reception,
                 NET_BUFFER_LIST *chain) {
    struct indication *indication = &indications[indication_count];
    indication->first = chain;
    indication->count = 0;
    indication->flags = (is_of_one_type(chain) ? NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE : 0) |
                        (reception->is_borrowed ? NDIS_RECEIVE_FLAGS_RESOURCES : 0) |
                        (reception->is_at_dispatch ? NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL : 0);
    for (; chain != NULL; chain = chain->Next) {
        lents[lent_count++] = lent_of(binding, chain, reception->is_borrowed);
        indication->count++;
        binding->lent_count += !reception->is_borrowed;
    }
    indication_count++;
}

// Takes back what was borrowed, and of what is kept the headers of split frames.
static void end_indication(uint32_t indication) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < lent_count; i++) {
        bool is_over = lents[i].indication == indication;
        if (is_over && lents[i].is_borrowed) {
            pp_frame_discard(lents[i].nbl);
            continue;
        }
        if (is_over && lents[i].header != NULL) {
            pp_touch_stale(lents[i].header, lents[i].header_size);
        }
        lents[kept++] = lents[i];
    }
    lent_count = kept;
}

static void run_receive(void *subject, uint64_t number) {
    struct pp_binding *binding = subject;
    const struct indication *indication = &indications[number];
    uint8_t outer_irql = pp_now.irql;
    bool is_at_dispatch = (indication->flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0;
    pp_now.irql = is_at_dispatch ? DISPATCH_LEVEL : outer_irql;
    binding->receive_count++;
    struct pp_callback_frame frame = pp_binding_enter(binding, PP_CALLBACK_RECEIVE);
    PP_EMIT(INDICATE, pp_object(binding->handle), pp_object(indication->first), indication->count,
            indication->flags, number);
    binding->protocol->entries.ReceiveNetBufferListsHandler(binding->context, indication->first,
                                                            NDIS_DEFAULT_PORT_NUMBER, indication->count,
                                                            indication->flags);
    PP_EMIT(INDICATED, pp_object(binding->handle), number);
    binding->traffic.received += indication->count;
    end_indication((uint32_t)number);
    binding->receive_count--;
    pp_binding_leave(binding, frame);
    pp_now.irql = outer_irql;
    pp_schedule_wake(&binding->lent_count, /*all=*/true);
}

void pp_receive_wait_for_callbacks(struct pp_binding *binding) {
    while (binding->receive_count > 0) {
        pp_schedule_await(PP_AWAIT_RECEIVES, binding->handle, &binding->lent_count);
    }
}

void pp_receive_wait_for_returns(struct pp_binding *binding) {
    while (binding->receive_count > 0 || binding->lent_count > 0) {
        pp_schedule_await(PP_AWAIT_RETURNS, binding->handle, &binding->lent_count);
    }
}

static bool passes_filter(const struct pp_binding *binding) {
    UCHAR header[PP_FRAME_HEADER_BYTES];
    pp_frame_write_header(header, binding->adapter);
    return !pp_binding_is_asleep(binding) && pp_filter_passes(binding, header);
}

// A15: from the close on, no return is possible any more.
static bool can_receive(const struct pp_binding *binding, const struct pp_reception *reception) {
    return binding != NULL &&
           (binding->is_open || (binding->is_close_pending && reception->is_borrowed)) &&
           passes_filter(binding) && indication_count - loopback_count < PP_PROGRAM_OPS_MAX &&
           lent_count + reception->count <= LENT_COUNT_MAX;
}

bool pp_ndis_receive(uint32_t number, const struct pp_reception *reception) {
    struct pp_binding *binding = pp_binding_of_number(number);
    NET_BUFFER_LIST *chain =
        can_receive(binding, reception) ? pp_frame_make_chain(reception, binding->adapter) : NULL;
    if (chain == NULL) {
        return false;
    }
    if (!pp_schedule_start(PP_ACTIVITY_RECEIVE, run_receive, binding, indication_count)) {
        pp_frame_discard_chain(chain);
        return false;
    }
    lend(binding, reception, chain);
    return true;
}

// === Looping back ===

// NULL if the NB does not come back. The NBL looks as those do that the program receives.
static NET_BUFFER_LIST *copy_frame(const struct pp_binding *binding, const NET_BUFFER *nb) {
    static UCHAR bytes[FRAME_BYTES_MAX];
    bool wants_none = (binding->filter.packet_types & NDIS_PACKET_TYPE_NO_LOCAL) != 0;
    uint32_t length_max = pp_adapter_mtu(binding->adapter) + PP_FRAME_HEADER_BYTES;
    uint32_t length = wants_none ? 0 : pp_send_read(nb, length_max, bytes);
    if (length < PP_FRAME_HEADER_BYTES || !pp_filter_passes(binding, bytes)) {
        return NULL;
    }
    const struct pp_reception reception = {.length = (uint16_t)length};
    NET_BUFFER_LIST *nbl = pp_frame_make(&reception, binding->adapter);
    if (nbl != NULL) {
        ULONG type = bytes[12] | (ULONG)bytes[13] << 8;  // as it stands in the frame
        NET_BUFFER_LIST_INFO(nbl, NetBufferListFrameType) = (PVOID)(ULONG_PTR)type;
        nbl->NblFlags |= NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET;
        pp_frame_write(nbl->FirstNetBuffer, bytes, length);
    }
    return nbl;
}

NET_BUFFER_LIST *pp_receive_copy(const struct pp_binding *binding, NET_BUFFER_LIST *sent) {
    NET_BUFFER_LIST *chain = NULL;
    NET_BUFFER_LIST **tail = &chain;
    uint32_t room = loopback_count < LOOPBACK_COUNT_MAX ? LENT_COUNT_MAX - lent_count : 0;
    for (; sent != NULL && pp_pool_is_nbl(sent) && pp_touch_read(sent, sizeof(*sent));
         sent = sent->Next) {
        const NET_BUFFER *nb = sent->FirstNetBuffer;
        for (; nb != NULL && room > 0 && pp_touch_read(nb, sizeof(*nb)); nb = nb->Next, room--) {
            *tail = copy_frame(binding, nb);
            tail = *tail != NULL ? &(*tail)->Next : tail;
        }
    }
    return chain;
}

void pp_receive_loop_back(struct pp_binding *binding, NET_BUFFER_LIST *chain, bool is_at_once) {
    uint32_t number = indication_count;
    bool is_inside = is_at_once && !binding->is_looping;
    if (!binding->is_open || loopback_count == LOOPBACK_COUNT_MAX ||
        (!is_inside && !pp_schedule_start(PP_ACTIVITY_RECEIVE, run_receive, binding, number))) {
        pp_frame_discard_chain(chain);
        return;
    }
    const struct pp_reception reception = {.is_at_dispatch =
                                               !is_inside || pp_now.irql == DISPATCH_LEVEL};
    lend(binding, &reception, chain);
    loopback_count++;
    if (is_inside) {
        binding->is_looping = true;
        run_receive(binding, number);
        binding->is_looping = false;
    }
}

// === Taking back ===

static struct lent *find_lent(const NET_BUFFER_LIST *nbl) {
    for (uint32_t i = 0; i < lent_count; i++) {
        if (lents[i].nbl == nbl && !lents[i].is_borrowed) {
            return &lents[i];
        }
    }
    return NULL;
}

// Returns how many.
static uint32_t take_back(NET_BUFFER_LIST *chain) {
    uint32_t count = 0;
    struct lent *lent;
    while ((lent = find_lent(chain)) != NULL && pp_touch_write(chain, sizeof(*chain))) {
        NET_BUFFER_LIST *next = chain->Next;
        lent->binding->lent_count--;
        pp_schedule_wake(&lent->binding->lent_count, /*all=*/true);
        *lent = lents[--lent_count];
        pp_frame_discard(chain);
        chain = next;
        count++;
    }
    return count;
}

// The adapter uses at once what it has back, for as many frames, inside the call.
static void receive_again(struct pp_binding *binding, uint32_t count) {
    bool is_set;
    pp_fault_outcome(PP_OUTCOME_RETURN, &is_set);
    const struct pp_reception reception = {.count = (uint8_t)(count < UINT8_MAX ? count : UINT8_MAX),
                                           .length = SHORT_FRAME_BYTES};
    if (!is_set || count == 0 || binding == NULL || binding->is_looping ||
        !can_receive(binding, &reception)) {
        return;
    }
    NET_BUFFER_LIST *chain = pp_frame_make_chain(&reception, binding->adapter);
    if (chain != NULL) {
        pp_receive_loop_back(binding, chain, /*is_at_once=*/true);
    }
}

VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, NET_BUFFER_LIST *NetBufferLists,
                              ULONG ReturnFlags) {
    pp_switch_point();
    if (PP_EMIT(RETURN, pp_object(NdisBindingHandle), pp_object(NetBufferLists), ReturnFlags)) {
        PP_EMIT(RETURN_TAKEN, pp_object(NdisBindingHandle), pp_object(NetBufferLists));
        uint32_t count = take_back(NetBufferLists);
        receive_again(pp_binding_of_handle(NdisBindingHandle), count);
        pp_switch_point();
    }
}
