// SPDX-License-Identifier: MIT
// Rules about pools: POOL-*, ALLOC-*-KIND.
#include "check/family.h"
#include "check/report.h"

// The pool that a call names, or NULL after a report.
static const struct pp_object *judge_handle(const struct pp_event *event, bool wants_nb_pool) {
    uint64_t handle = event->args[0];
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
    return !object->is_part && object->state != PP_OBJECT_FREED &&
           object->parent == pp_model_index(pool) &&
           (object->kind == PP_OBJECT_NBL || object->kind == PP_OBJECT_NB);
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

static void judge_free(const struct pp_event *event, bool is_nb_pool) {
    const struct pp_object *pool = judge_handle(event, is_nb_pool);
    if (pool == NULL || pool->live_count == 0) {
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

static void judge_nbl_allocation(const struct pp_event *event) {
    const struct pp_object *pool = judge_handle(event, /*wants_nb_pool=*/false);
    bool with_nb = event->args[1] != 0;
    if (pool != NULL && with_nb && (!pool->has_nb || pool->data_size > 0)) {
        pp_report(PP_RULE_ALLOC_NBNBL_KIND, event,
                  pool->has_nb ? "NB and NBL asked of a pool with data"
                               : "NB asked of a pool without NBs");
        pp_report_object(pool);
    }
}

static void judge_nb_allocation(const struct pp_event *event) {
    const struct pp_object *pool = judge_handle(event, /*wants_nb_pool=*/true);
    bool with_data = event->args[1] != 0;
    if (pool != NULL && with_data && pool->data_size == 0) {
        pp_report(PP_RULE_ALLOC_MDLDATA_KIND, event, "NB with data asked of a pool without data");
        pp_report_object(pool);
    } else if (pool != NULL && !with_data && pool->data_size > 0) {
        pp_report(PP_RULE_ALLOC_NB_KIND, event, "bare NB asked of a pool with data");
        pp_report_object(pool);
    }
}

void pp_check_pools(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_FREE: judge_free(event, /*is_nb_pool=*/false); break;
    case PP_EVENT_NB_POOL_FREE: judge_free(event, /*is_nb_pool=*/true); break;
    case PP_EVENT_NBL_ALLOCATE: judge_nbl_allocation(event); break;
    case PP_EVENT_NB_ALLOCATE: judge_nb_allocation(event); break;
    default: break;
    }
}
