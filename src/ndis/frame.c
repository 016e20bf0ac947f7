// SPDX-License-Identifier: MIT
// Frames as the adapter's driver builds them. An NBL and all that belongs to it are one block, which is
// there only while the driver may touch it:
//
//   | NBL | context | NB | MDL | MDL ... | parent | bytes of the last MDL | ... | bytes of the first |
//
// Behind each part a gap is closed, a wide one behind bytes: the bytes of the next MDL are nowhere near.
#include "ndis/frame.h"

#include "base/dye.h"
#include "base/guard.h"
#include "base/handle.h"
#include "ndis/binding.h"
#include "pool/arena_pool.h"
#include "pool/pool.h"

#include <string.h>

#define MDL_COUNT_MAX 32u  // of a frame; the last one has the rest
#define CONTEXT_BYTES 64u  // of which the adapter's driver uses half
#define UNUSED_BYTES 16u   // of an MDL that no byte of the frame is in
#define DATA_GAP 64u
#define FIELD_COUNT_MAX 16u
#define FIELDS_END (UINT8_MAX + 4u)  // of 4 bytes at the last place

static struct pp_frames frames;
static struct pp_frame_field fields[FIELD_COUNT_MAX];
static uint32_t field_count;

void pp_frames_reset(void) {
    static const struct pp_frames standard = {.ethertype = 0x0800};
    pp_ndis_set_frames(&standard);
}

void pp_ndis_set_frames(const struct pp_frames *new_frames) {
    frames = *new_frames;
    field_count = 0;
}

void pp_ndis_add_frame_field(const struct pp_frame_field *field) {
    if (field_count < FIELD_COUNT_MAX) {
        fields[field_count++] = *field;
    }
}

// === Bytes ===

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
    uint32_t piece = has_header && reception->split < PP_FRAME_HEADER_BYTES ? PP_FRAME_HEADER_BYTES
                                                                            : reception->split;
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

void pp_frame_write_header(UCHAR header[PP_FRAME_HEADER_BYTES], uint32_t adapter) {
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

void pp_frame_write(const NET_BUFFER *nb, const UCHAR *bytes, uint32_t count) {
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

// Over the first bytes of a frame, in the order in which the program asks for them. Returns where the
// last ends, 0 if there is none.
static uint32_t write_fields(uint8_t start[FIELDS_END]) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < field_count; i++) {
        uint32_t at = fields[i].at;
        for (uint32_t byte = 0; byte < fields[i].bytes; byte++) {
            start[at++] = (uint8_t)(fields[i].value >> 8 * byte);
        }
        end = at > end ? at : end;
    }
    return end;
}

static void write_frame(const NET_BUFFER *nb, uint32_t adapter) {
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        memset(mdl->MappedSystemVa, frames.fill, mdl->ByteCount);
    }
    UCHAR start[FIELDS_END];
    uint32_t dyed = pp_dye_fill(start, sizeof(start), frames.fill);
    pp_frame_write_header(start, adapter);
    uint32_t end = write_fields(start);
    end = end > dyed ? end : dyed;
    pp_frame_write(nb, start, end > PP_FRAME_HEADER_BYTES ? end : PP_FRAME_HEADER_BYTES);
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

NET_BUFFER_LIST *pp_frame_make(const struct pp_reception *reception, uint32_t adapter) {
    uint32_t length_max = pp_adapter_mtu(adapter) + PP_FRAME_HEADER_BYTES;
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

void pp_frame_discard(NET_BUFFER_LIST *nbl) {
    if (pp_arena_is(nbl, PP_USE_NBL)) {
        pp_arena_free_all_context(nbl);
        pp_arena_give(nbl);
    }
}

void pp_frame_discard_chain(NET_BUFFER_LIST *chain) {
    while (chain != NULL) {
        NET_BUFFER_LIST *next = chain->Next;
        pp_frame_discard(chain);
        chain = next;
    }
}

NET_BUFFER_LIST *pp_frame_make_chain(const struct pp_reception *reception, uint32_t adapter) {
    NET_BUFFER_LIST *chain = NULL;
    NET_BUFFER_LIST **tail = &chain;
    for (uint32_t i = 0; i < reception->count; i++) {
        *tail = pp_frame_make(reception, adapter);
        if (*tail == NULL) {
            pp_frame_discard_chain(chain);
            return NULL;
        }
        tail = &(*tail)->Next;
    }
    return chain;
}
