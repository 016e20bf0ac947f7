// SPDX-License-Identifier: MIT
#include "scene.h"

#include "base/emit.h"
#include "base/guard.h"
#include "faults/injector.h"

#include <string.h>

static struct pp_program program;
static struct pp_event last_events[PP_EVENT_COUNT];
static uint32_t event_counts[PP_EVENT_COUNT];

static int refused_kind;
static const void *refused_object;  // NULL: any

static bool keep(const struct pp_event *event) {
    last_events[event->kind] = *event;
    event_counts[event->kind]++;
    bool is_of_it = refused_object == NULL || event->args[0] == (uintptr_t)refused_object;
    return event->kind != refused_kind || !is_of_it;
}

int scene_begin(void **state) {
    (void)state;
    memset(&pp_now, 0, sizeof(pp_now));
    memset(event_counts, 0, sizeof(event_counts));
    refused_kind = -1;
    program = (struct pp_program){.op_count = 1};
    pp_fault_arm(&program);
    pp_pool_reset();
    pp_arena_reset();
    pp_event_set_sink(keep);
    return 0;
}

void scene_fail(enum pp_point point, uint8_t nth) {
    program.ops[0].faults[0] = (struct pp_fault){.point = (uint8_t)point, .nth = nth};
    program.ops[0].fault_count = 1;
    pp_fault_arm(&program);
}

void scene_answer(enum pp_outcome_point point, enum pp_status status) {
    program.ops[0].outcomes[0] = (struct pp_outcome){.point = (uint8_t)point, .status = (uint8_t)status};
    program.ops[0].outcome_count = 1;
    pp_fault_arm(&program);
}

void scene_refuse(enum pp_event_kind kind) { scene_refuse_of(kind, NULL); }

void scene_refuse_of(enum pp_event_kind kind, const void *object) {
    refused_kind = (int)kind;
    refused_object = object;
}

const struct pp_event *scene_event(enum pp_event_kind kind) {
    return event_counts[kind] > 0 ? &last_events[kind] : NULL;
}

uint32_t scene_event_count(enum pp_event_kind kind) { return event_counts[kind]; }

NDIS_HANDLE scene_nbl_pool(bool has_nb, uint16_t context_size, uint32_t data_size) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .fAllocateNetBuffer = has_nb,
        .ContextSize = context_size,
        .DataSize = data_size,
    };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

NDIS_HANDLE scene_nb_pool(uint32_t data_size) {
    NET_BUFFER_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .DataSize = data_size,
    };
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

bool scene_is_mdl(const MDL *mdl) {
    return pp_arena_is(mdl, PP_USE_MDL) || pp_arena_is(mdl, PP_USE_RETREAT_MDL);
}

#if PP_HAS_GUARD
int __asan_address_is_poisoned(void const volatile *address);
bool scene_is_closed(const volatile void *address) { return __asan_address_is_poisoned(address); }
#else
bool scene_is_closed(const volatile void *address) {
    (void)address;
    return false;
}
#endif
