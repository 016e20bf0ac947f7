// SPDX-License-Identifier: MIT
// Rules about pools and what is allocated from them: POOL-*, ALLOC-*.
#include "check/chain.h"
#include "check/family.h"
#include "check/report.h"
#include "check/told.h"

const struct pp_object *pp_check_pool_handle(const struct pp_event *event, uint64_t handle,
                                             bool wants_nb_pool) {
    if (handle == 0) {
        pp_report(PP_RULE_POOL_NULL_USE, event, "NULL pool handle used");
        return NULL;
    }
    const struct pp_object *pool = pp_model_at(handle);
    if (pool == NULL || pool->kind != PP_OBJECT_POOL) {
        pp_report(PP_RULE_POOL_KIND, event,
                  wants_nb_pool ? "something else used as an NB pool"
                                : "something else used as an NBL pool");
        return NULL;
    }
    if (pool->is_nb_pool != wants_nb_pool) {
        pp_report(PP_RULE_POOL_KIND, event,
                  wants_nb_pool ? "NBL pool used as an NB pool" : "NB pool used as an NBL pool");
        pp_report_object(pool);
        return NULL;
    }
    if (pool->state == PP_OBJECT_FREED) {
        bool is_free = event->kind == PP_EVENT_NBL_POOL_FREE || event->kind == PP_EVENT_NB_POOL_FREE;
        pp_report(PP_RULE_POOL_UAF, event, is_free ? "pool freed again" : "freed pool used");
        pp_report_object(pool);
        return NULL;
    }
    return pool;
}

static bool is_live_in(const struct pp_object *object, const struct pp_object *pool) {
    return object->state != PP_OBJECT_FREED && object->pool == pp_model_index(pool);
}

// Live objects may have a cause that says more than the pool's end does.
static void report_cause(const struct pp_event *event, const struct pp_object *pool) {
    bool is_in_flight = false;
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (!is_live_in(object, pool)) {
            continue;
        }
        is_in_flight |= object->state == PP_OBJECT_IN_FLIGHT;
        if (pp_report_lost(event, object)) {
            return;
        }
    }
    if (pool->is_nb_pool) {
        pp_report(PP_RULE_POOL_FREE_LIVE_NB, event, "NB pool freed with live NBs");
    } else if (is_in_flight) {
        pp_report(PP_RULE_POOL_FREE_LIVE_NBL, event, "NBL pool freed with NBLs in flight");
    } else {
        pp_report(PP_RULE_POOL_FREE_LIVE_NBL, event, "NBL pool freed with live NBLs");
    }
}

static bool has_made_a_pool(uint16_t op) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->kind == PP_OBJECT_POOL && object->state == PP_OBJECT_LIVE && object->made.op == op) {
            return true;
        }
    }
    return false;
}

// A restart that puts a pool in the place of an old one, in whichever order.
static void judge_resize(const struct pp_event *event, bool is_replaced) {
    const struct pp_told_event *told = pp_told_here(event);
    bool changes_nothing = told == NULL || told->lacks_buffer || told->lacks_list;
    if (event->callback == PP_CALLBACK_RESTART && is_replaced && changes_nothing) {
        pp_report(PP_RULE_POOL_RESIZE, event, "pool made anew in a restart that changes nothing");
    }
}

static void judge_free(const struct pp_event *event, bool is_nb_pool) {
    const struct pp_object *pool = pp_check_pool_handle(event, event->args[0], is_nb_pool);
    if (pool == NULL) {
        return;
    }
    if (pool->live_count == 0) {
        judge_resize(event, pool->made.op != event->op && has_made_a_pool(event->op));
        return;
    }
    report_cause(event, pool);
    pp_report_object(pool);
    pp_report_line("%u of its %s live:", pool->live_count, is_nb_pool ? "NBs" : "NBLs");
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (is_live_in(object, pool)) {
            pp_report_object(object);
        }
    }
}

// === Allocation from a pool ===

// An allocator that is given MDLs, or none.
static void judge_mdls(const struct pp_event *event, const char *what) {
    const MDL *mdls = (const MDL *)event->args[2];
    uint64_t offset = event->args[3];
    uint64_t length = event->args[4];
    if (mdls == NULL) {
        if (offset != 0 || length != 0) {
            pp_report(PP_RULE_ALLOC_NULLMDL, event, "data without MDLs asked for");
            pp_report_line("DataOffset %lu, DataLength %lu", offset, length);
        }
        return;
    }
    struct pp_chain_problem problem = pp_chain_judge_mdls(mdls, PP_CHAIN_DATA);
    if (problem.what != NULL) {
        pp_chain_report(event, &problem, what, NULL);
        return;
    }
    uint64_t bytes = pp_chain_bytes(mdls);
    if (offset > bytes || length > bytes - offset) {
        pp_report(PP_RULE_ALLOC_RANGE, event, "more data asked for than the MDLs have");
        pp_report_line("DataOffset %lu, DataLength %lu, %lu bytes in the chain", offset, length, bytes);
    }
}

static void judge_nbl_allocation(const struct pp_event *event) {
    const struct pp_object *pool = pp_check_pool_handle(event, event->args[0], /*wants_nb_pool=*/false);
    bool with_nb = event->args[1] != 0;
    uint32_t sizes = (uint32_t)event->args[5];
    if (pool == NULL) {
        return;
    }
    if (with_nb && (!pool->has_nb || pool->data_size > 0)) {
        pp_report(PP_RULE_ALLOC_NBNBL_KIND, event,
                  pool->has_nb ? "NB and NBL asked of a pool with data"
                               : "NB asked of a pool without NBs");
        pp_report_object(pool);
        return;
    }
    if (((uint16_t)sizes | sizes >> PP_BACKFILL_SHIFT) % MEMORY_ALLOCATION_ALIGNMENT != 0) {
        pp_report(PP_RULE_ALLOC_CTX_ALIGN, event, "NBL with context of an odd size asked for");
    }
    judge_mdls(event, "NBL asked for");
}

static void judge_nb_allocation(const struct pp_event *event) {
    const struct pp_object *pool = pp_check_pool_handle(event, event->args[0], /*wants_nb_pool=*/true);
    bool with_data = event->args[1] != 0;
    if (pool == NULL) {
        return;
    }
    if (with_data && pool->data_size == 0) {
        pp_report(PP_RULE_ALLOC_MDLDATA_KIND, event, "NB with data asked of a pool without data");
        pp_report_object(pool);
    } else if (!with_data && pool->data_size > 0) {
        pp_report(PP_RULE_ALLOC_NB_KIND, event, "bare NB asked of a pool with data");
        pp_report_object(pool);
    } else {
        judge_mdls(event, "NB asked for");
    }
}

// === Making pools ===

static bool has_header(const NDIS_OBJECT_HEADER *header, UCHAR revision, USHORT size) {
    return header->Type == NDIS_OBJECT_TYPE_DEFAULT && header->Revision >= revision &&
           header->Size >= size;
}

// A protocol that is being deregistered still binds, and its handle is good until that has ended.
static bool is_handle_of_driver(uint64_t handle) {
    const struct pp_object *object = pp_model_at(handle);
    return handle == 0 ||
           (object != NULL && (object->kind == PP_OBJECT_PROTOCOL ||
                               (object->kind == PP_OBJECT_GENERIC && object->state != PP_OBJECT_FREED)));
}

// What both kinds of pool have in common.
static void judge_making(const struct pp_event *event, ULONG tag) {
    if (tag == 0) {
        pp_report(PP_RULE_POOL_TAG, event, "pool without a tag");
    }
    if (!is_handle_of_driver(event->args[0])) {
        pp_report(PP_RULE_POOL_HANDLE, event, "pool made with a handle that is not the driver's");
    }
    judge_resize(event, pp_model_is_pool_freed_in(event->op));
}

static bool is_protocol_id(UCHAR id) {
    return id == NDIS_PROTOCOL_ID_DEFAULT || id == NDIS_PROTOCOL_ID_TCP_IP ||
           id == NDIS_PROTOCOL_ID_IPX || id == NDIS_PROTOCOL_ID_NBF;
}

static void judge_nbl_pool(const struct pp_event *event) {
    const NET_BUFFER_LIST_POOL_PARAMETERS *parameters =
        (const NET_BUFFER_LIST_POOL_PARAMETERS *)event->args[1];
    if (!has_header(&parameters->Header, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1)) {
        pp_report(PP_RULE_POOL_HDR, event, "NBL pool asked for with a wrong header");
        return;
    }
    if (parameters->DataSize > 0 && !parameters->fAllocateNetBuffer) {
        pp_report(PP_RULE_POOL_DATASIZE_NB, event, "NBL pool with data and without NBs asked for");
        return;
    }
    if (parameters->ContextSize % MEMORY_ALLOCATION_ALIGNMENT != 0) {
        pp_report(PP_RULE_POOL_CTX_ALIGN, event, "NBL pool with context of an odd size asked for");
    }
    if (!is_protocol_id(parameters->ProtocolId)) {
        pp_report(PP_RULE_POOL_PROTOID, event, "NBL pool with a protocol id that is not listed");
    }
    judge_making(event, parameters->PoolTag);
}

static void judge_nb_pool(const struct pp_event *event) {
    const NET_BUFFER_POOL_PARAMETERS *parameters = (const NET_BUFFER_POOL_PARAMETERS *)event->args[1];
    if (!has_header(&parameters->Header, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1)) {
        pp_report(PP_RULE_POOL_HDR, event, "NB pool asked for with a wrong header");
        return;
    }
    judge_making(event, parameters->PoolTag);
}

// === Generic objects ===

static void judge_object_free(const struct pp_event *event) {
    const struct pp_object *generic = pp_model_at(event->args[0]);
    if (generic == NULL || generic->kind != PP_OBJECT_GENERIC) {
        pp_report(PP_RULE_POOL_PRIVATE, event, "something that is no generic object freed");
        return;
    }
    if (generic->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_MEM_UAF, event, "generic object freed again");
        pp_report_object(generic);
        return;
    }
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->owner == generic->address && object->state != PP_OBJECT_FREED) {
            pp_report(PP_RULE_POOL_GENOBJ, event, "generic object freed before what was made with it");
            pp_report_object(generic);
            pp_report_object(object);
            return;
        }
    }
}

void pp_check_pools(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_FREE: judge_free(event, /*is_nb_pool=*/false); break;
    case PP_EVENT_NB_POOL_FREE: judge_free(event, /*is_nb_pool=*/true); break;
    case PP_EVENT_NBL_ALLOCATE: judge_nbl_allocation(event); break;
    case PP_EVENT_NB_ALLOCATE: judge_nb_allocation(event); break;
    case PP_EVENT_NBL_POOL_ALLOCATE: judge_nbl_pool(event); break;
    case PP_EVENT_NB_POOL_ALLOCATE: judge_nb_pool(event); break;
    default: judge_object_free(event); break;
    }
}
