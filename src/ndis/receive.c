// SPDX-License-Identifier: MIT
// Receives: the adapter's driver builds frames, lends them to the driver, and has them back: when the
// callback returns, if they were lent with RESOURCES, else when the driver returns them. An NBL and all
// that belongs to it are one block, which is there only while the driver may touch it:
//
//   | NBL | context | NB | MDL | MDL ... | parent | bytes of the last MDL | ... | bytes of the first |
//
// Behind each part a gap is closed, a wide one behind bytes: the bytes of the next MDL are nowhere near.
#include "base/emit.h"
#include "base/guard.h"
#include "base/handle.h"
#include "base/touch.h"
#include "kernel/schedule.h"
#include "ndis/binding.h"
#include "base/dye.h"
#include "ndis/frame_field.h"
#include "pool/arena_pool.h"
#include "pool/pool.h"

#include <string.h>

#define LENT_COUNT_MAX 4096u  // NBLs; every op of a program can lend 16
#define LOOPBACK_COUNT_MAX 256u
#define MDL_COUNT_MAX 32u  // of a frame; the last one has the rest
#define CONTEXT_BYTES 64u  // of which the adapter's driver uses half
#define UNUSED_BYTES 16u   // of an MDL that no byte of the frame is in
#define DATA_GAP 64u
#define HEADER_BYTES 14u
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
static struct pp_frames frames;

static const struct pp_frames default_frames = {.ethertype = 0x0800};

void pp_receive_reset(void) {
    lent_count = 0;
    indication_count = 0;
    loopback_count = 0;
    pp_ndis_set_frames(&default_frames);
}

void pp_ndis_set_frames(const struct pp_frames *new_frames) {
    frames = *new_frames;
    pp_frame_fields_reset();
}

// === Frames ===

// How the MDLs of a frame cut its chain.
struct cut {
    uint32_t sizes[MDL_COUNT_MAX];
    uint32_t count;
    uint32_t offset;    // where the frame begins
    bool is_by_header;  // its header is for the indication only
};

static void add_size(struct cut *cut, uint32_t size) { cut->sizes[cut->count++] = size; }

static struct cut cut_chain(const struct pp_reception *reception, uint32_t length) {
    struct cut cut = {.count = 0, .offset = frames.backfill};
    uint32_t front = frames.backfill;
    if (frames.mdls == PP_MDLS_UNUSED_FIRST) {
        cut.offset = front > 0 ? front : UNUSED_BYTES;
        add_size(&cut, cut.offset);
        front = 0;
    }
    bool has_header = frames.mdls == PP_MDLS_HEADER;
    uint32_t piece = has_header && reception->split < HEADER_BYTES ? HEADER_BYTES : reception->split;
    uint32_t pieces_max = frames.mdls == PP_MDLS_PIECES ? MDL_COUNT_MAX - 2 : 1;
    for (; piece > 0 && piece < length && pieces_max > 0; pieces_max--) {
        add_size(&cut, front + piece);
        front = 0;
        length -= piece;
    }
    add_size(&cut, front + length);
    cut.is_by_header = has_header && cut.count > 1;
    if (frames.mdls == PP_MDLS_UNUSED_LAST) {
        add_size(&cut, UNUSED_BYTES);
    }
    return cut;
}

// The address of the peer, of everybody, of nobody in particular.
static void write_header(UCHAR header[HEADER_BYTES], uint32_t adapter) {
    static const UCHAR others[][PP_MAC_BYTES] = {
        [PP_FRAME_BROADCAST] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
        [PP_FRAME_MULTICAST] = {0x01, 0x00, 0x5E, 0x00, 0x00, 0x01},
        [PP_FRAME_OTHER] = {0x02, 'o', 't', 'h', 'e', 'r'},
    };
    static const UCHAR peer[PP_MAC_BYTES] = {0x02, 'p', 'e', 'e', 'r', 0};
    if (frames.to == PP_FRAME_ADAPTER) {
        pp_adapter_mac(adapter, header);
    } else {
        memcpy(header, others[frames.to], PP_MAC_BYTES);
    }
    memcpy(header + PP_MAC_BYTES, peer, PP_MAC_BYTES);
    header[12] = (UCHAR)(frames.ethertype >> 8);
    header[13] = (UCHAR)frames.ethertype;
}

// Over the first bytes of the frame.
static void write_bytes(const NET_BUFFER *nb, const UCHAR *bytes, uint32_t count) {
    uint64_t skip = nb->DataOffset;
    uint32_t done = 0;
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        uint64_t first = skip < mdl->ByteCount ? skip : mdl->ByteCount;
        skip -= first;
        pp_dye_place((UCHAR *)mdl->MappedSystemVa + first, mdl->ByteCount - (uint32_t)first, done);
        for (uint64_t i = first; i < mdl->ByteCount && done < count; i++) {
            ((UCHAR *)mdl->MappedSystemVa)[i] = bytes[done++];
        }
    }
}

static void write_frame(const NET_BUFFER *nb, uint32_t adapter) {
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        memset(mdl->MappedSystemVa, frames.fill, mdl->ByteCount);
    }
    UCHAR start[PP_FRAME_FIELDS_END];
    pp_dye_fill(start, sizeof(start), frames.fill);
    write_header(start, adapter);
    pp_frame_fields_write(start);
    write_bytes(nb, start, sizeof(start));
}

// === NBLs ===

struct layout {
    uint32_t context;
    uint32_t nb;
    uint32_t mdls;  // the first; the others at equal distances
    uint32_t parent;
    uint32_t data[MDL_COUNT_MAX];
    uint32_t size;
};

#define MDL_STRIDE (pp_part_offset(sizeof(MDL)))

static struct layout lay_out(const struct cut *cut) {
    struct layout layout;
    layout.context = pp_part_offset(sizeof(NET_BUFFER_LIST));
    layout.nb =
        pp_part_offset(layout.context + (uint32_t)sizeof(NET_BUFFER_LIST_CONTEXT) + CONTEXT_BYTES);
    layout.mdls = pp_part_offset(layout.nb + (uint32_t)sizeof(NET_BUFFER));
    layout.parent = layout.mdls + cut->count * MDL_STRIDE;
    uint32_t at = layout.parent + (uint32_t)sizeof(NET_BUFFER_LIST);
    for (uint32_t i = cut->count; i-- > 0;) {
        layout.data[i] = pp_round_up(at, MEMORY_ALLOCATION_ALIGNMENT);
        at = layout.data[i] + cut->sizes[i] + DATA_GAP;
    }
    layout.size = at;
    return layout;
}

static MDL *make_mdls(char *block, const struct layout *layout, const struct cut *cut) {
    MDL *next = NULL;
    for (uint32_t i = cut->count; i-- > 0;) {
        MDL *mdl = (MDL *)(block + layout->mdls + i * MDL_STRIDE);
        char *data = block + layout->data[i];
        pp_guard_open(mdl, sizeof(*mdl));
        pp_guard_open(data, cut->sizes[i]);
        pp_mdl_init(mdl, data, cut->sizes[i]);
        mdl->MdlFlags = MDL_PAGES_LOCKED;  // not mapped yet, which can fail
        mdl->Next = next;
        next = mdl;
    }
    return next;
}

// Half of it is taken already.
static void add_context(NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_CONTEXT *context) {
    pp_guard_open(context, sizeof(*context));
    context->Next = NULL;
    context->Size = CONTEXT_BYTES;
    context->Offset = CONTEXT_BYTES / 2;
    nbl->Context = context;
}

// The type of the frame as it stands in the frame.
static PVOID frame_type(void) {
    return (PVOID)(ULONG_PTR)(USHORT)(frames.ethertype << 8 | frames.ethertype >> 8);
}

static void describe(NET_BUFFER_LIST *nbl, uint32_t adapter) {
    nbl->SourceHandle = pp_handle_make(PP_HANDLE_MINIPORT, adapter);
    NET_BUFFER_LIST_INFO(nbl, NetBufferListFrameType) = frame_type();
    if (frames.nbl == PP_FRAME_READ_ONLY) {
        nbl->NblFlags |= NDIS_NBL_FLAGS_RECV_READ_ONLY;
    } else if (frames.nbl == PP_FRAME_LOOPBACK) {
        nbl->NblFlags |= NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET;
    }
}

// NULL if the arena is full.
static NET_BUFFER_LIST *make_nbl(const struct pp_reception *reception, uint32_t adapter) {
    uint32_t length_max = pp_adapter_mtu(adapter) + HEADER_BYTES;
    uint32_t length = reception->length < length_max ? reception->length : length_max;
    const struct cut cut = cut_chain(reception, length);
    const struct layout layout = lay_out(&cut);
    struct pp_block *books = pp_arena_take_block(layout.size, PP_USE_NBL);
    if (books == NULL) {
        return NULL;
    }
    char *block = pp_arena_memory(books);
    pp_guard_define(block, layout.size);  // what is not written here is junk of the adapter's driver
    books->owner_a = PP_NO_POOL;
    books->owner_b = layout.nb;
    NDIS_HANDLE miniport = pp_handle_make(PP_HANDLE_MINIPORT, adapter);
    NET_BUFFER_LIST *nbl = (NET_BUFFER_LIST *)block;
    NET_BUFFER *nb = (NET_BUFFER *)(block + layout.nb);
    pp_nb_close_gap(nb, nbl);
    pp_guard_close(block + sizeof(*nbl), layout.nb - sizeof(*nbl));
    pp_guard_close(nb + 1, layout.size - layout.nb - sizeof(*nb));
    pp_nbl_init(nbl, miniport, NDIS_PROTOCOL_ID_DEFAULT);
    add_context(nbl, (NET_BUFFER_LIST_CONTEXT *)(block + layout.context));
    pp_nb_init(nb, miniport, make_mdls(block, &layout, &cut), cut.offset, length);
    nbl->FirstNetBuffer = nb;
    if (frames.nbl == PP_FRAME_CHILD) {
        nbl->ParentNetBufferList = (NET_BUFFER_LIST *)(block + layout.parent);
    }
    describe(nbl, adapter);
    if (cut.is_by_header) {
        nbl->NblFlags |= NDIS_NBL_FLAGS_HD_SPLIT;
        nb->DataPhysicalAddress =
            (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(uintptr_t)nb->MdlChain->Next->MappedSystemVa};
    }
    write_frame(nb, adapter);
    return nbl;
}

// Its lists may be anything by now; it is one block.
static void discard(NET_BUFFER_LIST *nbl) {
    if (pp_arena_is(nbl, PP_USE_NBL)) {
        pp_arena_free_all_context(nbl);
        pp_arena_give(nbl);
    }
}

static void discard_chain(NET_BUFFER_LIST *chain) {
    while (chain != NULL) {
        NET_BUFFER_LIST *next = chain->Next;
        discard(chain);
        chain = next;
    }
}

// A chain of `count` frames, or NULL.
static NET_BUFFER_LIST *make_chain(const struct pp_reception *reception, uint32_t adapter) {
    NET_BUFFER_LIST *chain = NULL;
    NET_BUFFER_LIST **tail = &chain;
    for (uint32_t i = 0; i < reception->count; i++) {
        *tail = make_nbl(reception, adapter);
        if (*tail == NULL) {
            discard_chain(chain);
            return NULL;
        }
        tail = &(*tail)->Next;
    }
    return chain;
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
            discard(lents[i].nbl);
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
    UCHAR header[HEADER_BYTES];
    write_header(header, binding->adapter);
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
        can_receive(binding, reception) ? make_chain(reception, binding->adapter) : NULL;
    if (chain == NULL) {
        return false;
    }
    if (!pp_schedule_start(PP_ACTIVITY_RECEIVE, run_receive, binding, indication_count)) {
        discard_chain(chain);
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
    uint32_t length_max = pp_adapter_mtu(binding->adapter) + HEADER_BYTES;
    uint32_t length = wants_none ? 0 : pp_send_read(nb, length_max, bytes);
    if (length < HEADER_BYTES || !pp_filter_passes(binding, bytes)) {
        return NULL;
    }
    const struct pp_reception reception = {.length = (uint16_t)length};
    NET_BUFFER_LIST *nbl = make_nbl(&reception, binding->adapter);
    if (nbl != NULL) {
        ULONG type = bytes[12] | (ULONG)bytes[13] << 8;  // as it stands in the frame
        NET_BUFFER_LIST_INFO(nbl, NetBufferListFrameType) = (PVOID)(ULONG_PTR)type;
        nbl->NblFlags |= NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET;
        write_bytes(nbl->FirstNetBuffer, bytes, length);
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
        discard_chain(chain);
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

static void take_back(NET_BUFFER_LIST *chain) {
    struct lent *lent;
    while ((lent = find_lent(chain)) != NULL && pp_touch_write(chain, sizeof(*chain))) {
        NET_BUFFER_LIST *next = chain->Next;
        lent->binding->lent_count--;
        pp_schedule_wake(&lent->binding->lent_count, /*all=*/true);
        *lent = lents[--lent_count];
        discard(chain);
        chain = next;
    }
}

VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, NET_BUFFER_LIST *NetBufferLists,
                              ULONG ReturnFlags) {
    pp_switch_point();
    if (PP_EMIT(RETURN, pp_object(NdisBindingHandle), pp_object(NetBufferLists), ReturnFlags)) {
        PP_EMIT(RETURN_TAKEN, pp_object(NdisBindingHandle), pp_object(NetBufferLists));
        take_back(NetBufferLists);
        pp_switch_point();
    }
}
