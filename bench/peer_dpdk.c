// SPDX-License-Identifier: MIT
// DPDK's packet buffers, without huge pages, devices or files.
#include "peer.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <stdio.h>

#define MBUF_COUNT ((1u << 17) - 1)
#define CACHE_COUNT 256u

_Static_assert(RTE_PKTMBUF_HEADROOM == PP_HEADROOM_BYTES, "headroom");

static struct rte_mempool *pool;
static struct rte_mbuf *live[PP_LIVE_MAX];
static uint32_t live_count;
static struct rte_mbuf *frame;

static struct rte_mbuf *make_frame(void) {
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
    rte_pktmbuf_append(mbuf, PP_FRAME_BYTES);
    return mbuf;
}

static bool start(void) {
    char *args[] = {"bench_pool",  "--no-huge",         "-m", "256", "--no-pci", "--no-telemetry",
                    "--no-shconf", "--log-level=error", "-l", "0",   NULL};
    if (rte_eal_init(sizeof(args) / sizeof(args[0]) - 1, args) < 0) {
        fprintf(stderr, "DPDK does not start: %s\n", rte_strerror(rte_errno));
        return false;
    }
    pool = rte_pktmbuf_pool_create("frames", MBUF_COUNT, CACHE_COUNT, 0,
                                   RTE_PKTMBUF_HEADROOM + PP_FRAME_BYTES, SOCKET_ID_ANY);
    if (pool == NULL) {
        fprintf(stderr, "DPDK makes no pool: %s\n", rte_strerror(rte_errno));
        return false;
    }
    frame = make_frame();
    return true;
}

static bool prepare(enum pp_work work, uint32_t wanted) {
    (void)work;
    while (live_count > 0) {
        rte_pktmbuf_free(live[--live_count]);
    }
    while (live_count < wanted) {
        live[live_count] = make_frame();
        if (live[live_count++] == NULL) {
            return false;
        }
    }
    return true;
}

static void do_allocate(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
    }
}

static void do_burst(uint32_t count) {
    struct rte_mbuf *burst[PP_BURST];
    for (uint32_t i = 0; i < count; i += PP_BURST) {
        rte_pktmbuf_alloc_bulk(pool, burst, PP_BURST);
        rte_pktmbuf_free_bulk(burst, PP_BURST);
    }
}

static void do_replace(uint32_t count) {
    uint32_t dice = 1;
    for (uint32_t i = 0; i < count; i++) {
        struct rte_mbuf **place = &live[pp_peer_dice(&dice) % live_count];
        rte_pktmbuf_free(*place);
        *place = rte_pktmbuf_alloc(pool);
    }
}

static void do_clone(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        rte_pktmbuf_free(rte_pktmbuf_clone(frame, pool));
    }
}

static void do_retreat(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        rte_pktmbuf_prepend(frame, PP_HEADER_BYTES);
        rte_pktmbuf_adj(frame, PP_HEADER_BYTES);
    }
}

// rte_pktmbuf_prepend does not grow; this is how it is done by hand.
static void do_retreat_growing(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct rte_mbuf *front = rte_pktmbuf_alloc(pool);
        rte_pktmbuf_append(front, PP_HEADER_BYTES);
        rte_pktmbuf_chain(front, frame);
        front->next = NULL;
        front->nb_segs = 1;
        rte_pktmbuf_free_seg(front);
    }
}

const struct pp_peer pp_peer_dpdk = {
    .name = "DPDK",
    .start = start,
    .prepare = prepare,
    .work = {[PP_WORK_ALLOCATE] = do_allocate,
             [PP_WORK_BURST] = do_burst,
             [PP_WORK_REPLACE] = do_replace,
             [PP_WORK_CLONE] = do_clone,
             [PP_WORK_CLONE_SHARED] = do_clone,
             [PP_WORK_RETREAT] = do_retreat,
             [PP_WORK_RETREAT_GROWING] = do_retreat_growing,
             [PP_WORK_RETREAT_LIST] = do_retreat,
             [PP_WORK_RETREAT_LIST_GROWING] = do_retreat_growing},
};
