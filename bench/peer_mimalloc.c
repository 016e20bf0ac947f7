// SPDX-License-Identifier: MIT
// mimalloc, and what a pool must do besides: the same structures, cleared and filled in.
#include "peer.h"

#include <mimalloc.h>
#include <ndis.h>
#include <string.h>

struct nbl_with_nb {
    NET_BUFFER_LIST nbl;
    NET_BUFFER nb;
};

struct mdl_with_buffer {
    MDL mdl;
    UCHAR buffer[PP_HEADER_BYTES];
};

static UCHAR data[PP_HEADROOM_BYTES + PP_FRAME_BYTES];
static MDL mdl;
static struct nbl_with_nb *live[PP_LIVE_MAX];
static uint32_t live_count;

static void init_nb(NET_BUFFER *nb, MDL *chain, ULONG offset, ULONG length) {
    nb->MdlChain = nb->CurrentMdl = chain;
    nb->DataOffset = nb->CurrentMdlOffset = offset;
    nb->stDataLength = length;
    nb->NdisPoolHandle = &live;
}

static struct nbl_with_nb *allocate(void) {
    struct nbl_with_nb *both = mi_malloc(sizeof(*both));
    memset(both, 0, sizeof(*both));
    both->nbl.FirstNetBuffer = &both->nb;
    both->nbl.NdisPoolHandle = &live;
    NET_BUFFER_LIST_INFO(&both->nbl, NetBufferListProtocolId) = (PVOID)NDIS_PROTOCOL_ID_TCP_IP;
    init_nb(&both->nb, &mdl, PP_HEADROOM_BYTES, PP_FRAME_BYTES);
    return both;
}

static bool start(void) {
    MmInitializeMdl(&mdl, data, sizeof(data));
    return true;
}

static bool prepare(enum pp_work work, uint32_t wanted) {
    (void)work;
    while (live_count > 0) {
        mi_free(live[--live_count]);
    }
    while (live_count < wanted) {
        live[live_count++] = allocate();
    }
    return true;
}

// What is not read may not be left out.
static void use(void *memory) { __asm__ volatile("" : : "r"(memory) : "memory"); }

static void do_allocate(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct nbl_with_nb *both = allocate();
        use(both);
        mi_free(both);
    }
}

static void do_burst(uint32_t count) {
    struct nbl_with_nb *burst[PP_BURST];
    for (uint32_t i = 0; i < count; i += PP_BURST) {
        for (uint32_t k = 0; k < PP_BURST; k++) {
            burst[k] = allocate();
        }
        use(burst);
        for (uint32_t k = 0; k < PP_BURST; k++) {
            mi_free(burst[k]);
        }
    }
}

static void do_replace(uint32_t count) {
    uint32_t dice = 1;
    for (uint32_t i = 0; i < count; i++) {
        struct nbl_with_nb **place = &live[pp_peer_dice(&dice) % live_count];
        mi_free(*place);
        *place = allocate();
        use(*place);
    }
}

static void do_clone(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct nbl_with_nb *both = allocate();
        MDL *partial = mi_malloc(sizeof(*partial));
        MmInitializeMdl(partial, data + PP_HEADROOM_BYTES, PP_FRAME_BYTES);
        init_nb(&both->nb, partial, 0, PP_FRAME_BYTES);
        use(both);
        mi_free(partial);
        mi_free(both);
    }
}

static void do_retreat_growing(uint32_t count) {
    NET_BUFFER nb = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct mdl_with_buffer *front = mi_malloc(sizeof(*front));
        MmInitializeMdl(&front->mdl, front->buffer, sizeof(front->buffer));
        front->mdl.Next = &mdl;
        init_nb(&nb, &front->mdl, 0, sizeof(front->buffer) + sizeof(data));
        use(&nb);
        init_nb(&nb, front->mdl.Next, 0, sizeof(data));
        use(&nb);
        mi_free(front);
    }
}

const struct pp_peer pp_peer_mimalloc = {
    .name = "mimalloc",
    .start = start,
    .prepare = prepare,
    .work = {[PP_WORK_ALLOCATE] = do_allocate,
             [PP_WORK_BURST] = do_burst,
             [PP_WORK_REPLACE] = do_replace,
             [PP_WORK_CLONE] = do_clone,
             [PP_WORK_CLONE_SHARED] = do_allocate,
             [PP_WORK_RETREAT_GROWING] = do_retreat_growing,
             [PP_WORK_RETREAT_LIST_GROWING] = do_retreat_growing},
};
