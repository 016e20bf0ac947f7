// SPDX-License-Identifier: MIT
// The pools of src/pool, called as a driver calls them: without anybody listening, and with the trace
// and the rules of a run.
#include "base/emit.h"
#include "check/check.h"
#include "faults/injector.h"
#include "peer.h"
#include "pool/pool.h"
#include "run/trace.h"

#include <poolproof/program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (1u << 20)
#define DATA_BYTES (PP_HEADROOM_BYTES + PP_FRAME_BYTES)
#define TAG 'hcnb'

static struct pp_program program;  // one op, nothing fails
static NDIS_HANDLE pool;
static MDL *mdl;                // of headroom and frame
static NET_BUFFER_LIST *frame;  // for everything that needs one
static NET_BUFFER_LIST *live[PP_LIVE_MAX];
static uint32_t live_count;

static NET_BUFFER_LIST *allocate(ULONG offset) {
    return NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, offset, DATA_BYTES - offset);
}

static bool on_event(const struct pp_event *event) {
    pp_trace_add(event);
    const struct pp_finding *finding = pp_check_event(event);
    if (finding != NULL) {
        fprintf(stderr, "bench_pool: %s\n", finding->title);
        exit(1);
    }
    return true;
}

static void begin_world(bool has_rules) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    pp_event_set_sink(NULL);
    pp_now = (struct pp_now){.stack_low = here - STACK_BYTES, .stack_high = here + STACK_BYTES};
    program.op_count = 1;
    pp_fault_arm(&program);
    pp_pool_reset();
    pp_arena_reset();
    if (has_rules) {
        pp_trace_begin();
        pp_check_begin((struct pp_range){0});
        pp_event_set_sink(on_event);
    }
}

static bool prepare(bool has_rules, enum pp_work work, uint32_t wanted) {
    begin_world(has_rules);
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TAG,
    };
    bool is_growing = work == PP_WORK_RETREAT_GROWING || work == PP_WORK_RETREAT_LIST_GROWING;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    mdl = NdisAllocateMdl(NULL, ExAllocatePoolWithTag(NonPagedPoolNx, DATA_BYTES, TAG), DATA_BYTES);
    pp_arena_set_reuse(work == PP_WORK_ALLOCATE_FRESH ? PP_REUSE_NEVER : PP_REUSE_LIFO);
    frame = allocate(is_growing ? 0 : PP_HEADROOM_BYTES);
    for (live_count = 0; live_count < wanted; live_count++) {
        live[live_count] = allocate(PP_HEADROOM_BYTES);
        if (live[live_count] == NULL) {
            return false;
        }
    }
    return true;
}

static bool start(void) { return true; }

static bool prepare_without_rules(enum pp_work work, uint32_t wanted) {
    return prepare(/*has_rules=*/false, work, wanted);
}

static bool prepare_with_rules(enum pp_work work, uint32_t wanted) {
    return prepare(/*has_rules=*/true, work, wanted);
}

static void do_allocate(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        NdisFreeNetBufferList(allocate(PP_HEADROOM_BYTES));
    }
}

static void do_burst(uint32_t count) {
    NET_BUFFER_LIST *burst[PP_BURST];
    for (uint32_t i = 0; i < count; i += PP_BURST) {
        for (uint32_t k = 0; k < PP_BURST; k++) {
            burst[k] = allocate(PP_HEADROOM_BYTES);
        }
        for (uint32_t k = 0; k < PP_BURST; k++) {
            NdisFreeNetBufferList(burst[k]);
        }
    }
}

static void do_replace(uint32_t count) {
    uint32_t dice = 1;
    for (uint32_t i = 0; i < count; i++) {
        NET_BUFFER_LIST **place = &live[pp_peer_dice(&dice) % live_count];
        NdisFreeNetBufferList(*place);
        *place = allocate(PP_HEADROOM_BYTES);
    }
}

static void clone(uint32_t count, ULONG flags) {
    for (uint32_t i = 0; i < count; i++) {
        NdisFreeCloneNetBufferList(NdisAllocateCloneNetBufferList(frame, pool, NULL, flags), flags);
    }
}

static void do_clone(uint32_t count) { clone(count, 0); }

static void do_clone_shared(uint32_t count) { clone(count, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS); }

static void do_retreat(uint32_t count) {
    NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(frame);
    for (uint32_t i = 0; i < count; i++) {
        NdisRetreatNetBufferDataStart(nb, PP_HEADER_BYTES, /*DataBackFill=*/0, NULL);
        NdisAdvanceNetBufferDataStart(nb, PP_HEADER_BYTES, /*FreeMdl=*/TRUE, NULL);
    }
}

static void do_retreat_list(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        NdisRetreatNetBufferListDataStart(frame, PP_HEADER_BYTES, /*DataBackFill=*/0, NULL, NULL);
        NdisAdvanceNetBufferListDataStart(frame, PP_HEADER_BYTES, /*FreeMdl=*/TRUE, NULL);
    }
}

#define ALL_WORK                                          \
    {                                                     \
        [PP_WORK_ALLOCATE] = do_allocate,                 \
        [PP_WORK_ALLOCATE_FRESH] = do_allocate,           \
        [PP_WORK_BURST] = do_burst,                       \
        [PP_WORK_REPLACE] = do_replace,                   \
        [PP_WORK_CLONE] = do_clone,                       \
        [PP_WORK_CLONE_SHARED] = do_clone_shared,         \
        [PP_WORK_RETREAT] = do_retreat,                   \
        [PP_WORK_RETREAT_GROWING] = do_retreat,           \
        [PP_WORK_RETREAT_LIST] = do_retreat_list,         \
        [PP_WORK_RETREAT_LIST_GROWING] = do_retreat_list, \
    }

const struct pp_peer pp_peer_pool = {"pool", start, prepare_without_rules, ALL_WORK};
const struct pp_peer pp_peer_pool_with_rules = {"with rules", start, prepare_with_rules, ALL_WORK};
