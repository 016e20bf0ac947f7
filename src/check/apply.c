// SPDX-License-Identifier: MIT
// Events become what the model knows.
#include "base/arena.h"
#include "base/grow.h"
#include "base/guard.h"
#include "check/apply_data.h"
#include "check/apply_io.h"
#include "check/apply_life.h"
#include "check/chain.h"
#include "check/flight.h"
#include "check/holder.h"
#include "check/life.h"
#include "check/parts.h"
#include "check/receipt.h"
#include "check/request.h"
#include "check/store.h"
#include "check/told.h"

#include <ndis.h>
#include <poolproof/program.h>
#include <string.h>

struct completion_list {
    bool has_several;   // NBLs
    bool is_processed;  // the driver has freed or sent again one of them while it handled completions
    bool is_over;       // the callback that got them has returned
};

static struct completion_list *lists;  // by their numbers
static uint32_t list_capacity;
static struct pp_take *takes;  // the first one is never used
static uint32_t take_count;
static uint32_t take_capacity;
static struct pp_null last_null;
static uint16_t pool_free_op;  // that freed a pool last

void pp_model_reset(void) {
    take_count = 0;
    last_null.kind = PP_NULL_NONE;
    pool_free_op = PP_OP_NONE;
    pp_store_reset();
    pp_flight_reset();
    pp_receipt_reset();
    pp_request_reset();
    pp_told_reset();
    pp_holder_reset();
    pp_life_reset();
    pp_apply_life_reset();
    pp_apply_data_reset();
}

const struct pp_take *pp_model_take(uint32_t take) { return &takes[take]; }

bool pp_model_is_pool_freed_in(uint16_t op) { return op != PP_OP_NONE && op == pool_free_op; }

const struct pp_null *pp_model_null(void) { return &last_null; }

static void note_null(enum pp_null_kind kind, const struct pp_event *event) {
    last_null.kind = kind;
    pp_store_take_trail(&last_null.trail, event);
}

// === Sends ===

// A driver that goes through a completion list does so inside the callback; one that caches what comes
// back touches none of it there.
static void note_processed(const struct pp_object *nbl, const struct pp_event *event) {
    if (nbl->list != PP_LIST_NONE && event->callback == PP_CALLBACK_SEND_COMPLETE) {
        lists[nbl->list].is_processed = true;
    }
}

static void note_nbs_sent(const struct pp_object *nbl) {
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_WALK_MAX; i++, nb = nb->Next) {
        struct pp_object *object = pp_model_at((uintptr_t)nb);
        if (object == NULL) {
            return;
        }
        object->was_left_behind = false;
        pp_apply_data_sent(object);
    }
}

static void send_chain(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        struct pp_object *nbl = pp_model_at(at);
        if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE) {
            return;
        }
        pp_flight_begin(nbl);
        nbl->state = PP_OBJECT_IN_FLIGHT;
        nbl->is_unwind_due = false;
        note_processed(nbl, event);
        nbl->list = PP_LIST_NONE;
        note_nbs_sent(nbl);
        pp_store_take_trail(&nbl->sent, event);
        if (binding != NULL) {
            nbl->binding = pp_model_index(binding);
            binding->live_count++;
        }
    }
}

static uint32_t add_list(const struct pp_event *event) {
    uint32_t list = (uint32_t)event->args[3];
    lists = pp_grow(lists, &list_capacity, list, sizeof(*lists));
    lists[list] = (struct completion_list){.has_several = event->args[2] > 1};
    return list;
}

static void return_chain(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    uint32_t list = add_list(event);
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        struct pp_object *nbl = pp_model_at(at);
        if (nbl == NULL || nbl->state != PP_OBJECT_IN_FLIGHT) {
            return;
        }
        pp_flight_end(nbl);
        nbl->state = PP_OBJECT_LIVE;
        nbl->list = list;
        nbl->flags = ((const NET_BUFFER_LIST *)at)->Flags;
        if (binding != NULL) {
            binding->live_count--;
        }
    }
}

bool pp_model_is_forgotten(const struct pp_object *nbl) {
    if (nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE || nbl->list == PP_LIST_NONE) {
        return false;
    }
    const struct completion_list *list = &lists[nbl->list];
    return list->has_several && list->is_processed && list->is_over;
}

// What the op has made so far and not sent must be released now, or later.
static void note_failure(const struct pp_event *event) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        struct pp_object *object = pp_model_object(i);
        if (object->state == PP_OBJECT_LIVE && object->made.op == event->op && !object->is_part &&
            object->kind <= PP_OBJECT_GENERIC) {
            object->is_unwind_due = true;
        }
    }
}

static bool answers(uint64_t callback) {
    switch (callback) {
    case PP_CALLBACK_DRIVER_ENTRY:
    case PP_CALLBACK_BIND:
    case PP_CALLBACK_CREATE:
    case PP_CALLBACK_READ:
    case PP_CALLBACK_WRITE:
    case PP_CALLBACK_DEVICE_CONTROL: return true;
    default: return false;
    }
}

// Who says that all went well could do without what failed, and may keep the rest.
static void note_answer(const struct pp_event *event) {
    if (!answers(event->args[0]) || (NTSTATUS)event->args[2] != STATUS_SUCCESS) {
        return;
    }
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        struct pp_object *object = pp_model_object(i);
        object->is_unwind_due &= object->made.op != event->op;
    }
}

// === NBLs, NBs and what comes with them ===

static void add_nbl(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *nbl = pp_store_add(PP_OBJECT_NBL, args[0], sizeof(NET_BUFFER_LIST), event);
    uint32_t index = pp_model_index(nbl);
    pp_store_count_in(nbl, args[1]);
    pp_parts_note_nbl(nbl);
    pp_parts_add_context(((const NET_BUFFER_LIST *)args[0])->Context, index, event);
    pp_parts_add_nb((const NET_BUFFER *)args[2], index, event);
    pp_parts_add_mdl((const MDL *)args[3], /*with_data=*/true, index, event);
}

static void add_nb(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *nb = pp_store_add(PP_OBJECT_NB, args[0], sizeof(NET_BUFFER), event);
    uint32_t index = pp_model_index(nb);
    pp_store_count_in(nb, args[1]);
    pp_parts_note_nb(nb);
    pp_parts_add_mdl((const MDL *)args[2], /*with_data=*/true, index, event);
}

static bool has_own_mdls(enum pp_derivation derivation, uint64_t flags) {
    return derivation != PP_DERIVED_CLONE || (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0;
}

static void add_derived(const struct pp_event *event) {
    const uint64_t *args = event->args;
    const NET_BUFFER_LIST *made = (const NET_BUFFER_LIST *)args[0];
    struct pp_object *nbl = pp_store_add(PP_OBJECT_NBL, args[0], sizeof(NET_BUFFER_LIST), event);
    uint32_t index = pp_model_index(nbl);
    struct pp_object *original = pp_model_at(args[2]);
    nbl->derivation = (uint8_t)args[1];
    nbl->how = (uint32_t)args[3];
    if (original != NULL) {
        nbl->original = pp_model_index(original);
        original->live_count++;
    }
    pp_store_count_in(nbl, (uintptr_t)made->NdisPoolHandle);
    pp_parts_note_nbl(nbl);
    bool with_mdls = has_own_mdls((enum pp_derivation)args[1], args[3]);
    const NET_BUFFER *nb = made->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_WALK_MAX; i++, nb = nb->Next) {
        struct pp_object *part = pp_parts_add_nb(nb, index, event);
        const struct pp_object *pool = pp_model_at((uintptr_t)nb->NdisPoolHandle);
        if (pool != NULL && pool->kind == PP_OBJECT_POOL && pool->is_nb_pool) {
            pp_store_count_in(part, pool->address);
        }
        // The bytes are the original's, but for what a retreat has put in front.
        bool has_front = args[1] != PP_DERIVED_CLONE && args[3] > 0;
        for (const MDL *mdl = with_mdls ? nb->MdlChain : NULL; mdl != NULL; mdl = mdl->Next) {
            pp_parts_add_mdl(mdl, has_front && mdl == nb->MdlChain, index, event);
        }
    }
}

// NBs of their own stay when their NBL goes: they can be used again, or freed.
PP_READS_CLOSED static void note_left_behind(const struct pp_event *event) {
    const struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state == PP_OBJECT_FREED) {
        return;
    }
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    for (uint32_t i = 0; nb != NULL && i < PP_WALK_MAX; i++) {
        struct pp_object *object = pp_model_at((uintptr_t)nb);
        if (object == NULL || object->kind != PP_OBJECT_NB || object->state == PP_OBJECT_FREED) {
            return;
        }
        object->was_left_behind = !object->is_part;
        nb = nb->Next;
    }
}

// === Context space ===

static void take_context(const struct pp_event *event) {
    const uint64_t *args = event->args;
    if ((NDIS_STATUS)args[2] != NDIS_STATUS_SUCCESS) {
        note_null(PP_NULL_ALLOCATION, event);
        return;
    }
    if (args[3] != 0) {
        const NET_BUFFER_LIST_CONTEXT *context = (const NET_BUFFER_LIST_CONTEXT *)args[3];
        pp_store_add(PP_OBJECT_CONTEXT, args[3], sizeof(*context) + context->Size, event);
    }
    struct pp_object *nbl = pp_model_at(args[0]);
    if (nbl == NULL) {
        return;
    }
    takes = pp_grow(takes, &take_capacity, ++take_count, sizeof(*takes));
    takes[take_count] = (struct pp_take){.size = (uint32_t)args[1], .below = nbl->last_take};
    nbl->last_take = take_count;
}

static void give_context(const struct pp_event *event) {
    struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl != NULL && nbl->last_take != 0) {
        nbl->last_take = takes[nbl->last_take].below;
    }
}

// === Data ===

static void note_data(const struct pp_event *event) {
    if (event->args[1] == 0) {
        note_null(PP_NULL_DATA, event);
    }
    pp_apply_data(event);
}

static void note_mdl_end(const struct pp_event *event) {
    pp_apply_data_end(pp_model_at(event->args[0]));
    pp_store_remove(event->args[0], event);
}

static void count_mapping(const struct pp_event *event, int change) {
    struct pp_object *mdl = pp_model_at(event->args[0]);
    if (mdl != NULL && mdl->kind == PP_OBJECT_MDL) {
        mdl->mapping_count = (uint8_t)(mdl->mapping_count + change);
    }
    if (change < 0 && event->args[1] == 0) {
        note_null(PP_NULL_MAPPING, event);
    }
}

// === What is made ===

static void add_pool(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *pool = pp_store_add(PP_OBJECT_POOL, args[0], 0, event);
    pool->is_nb_pool = event->kind == PP_EVENT_NB_POOL_MADE;
    pool->has_nb = !pool->is_nb_pool && args[1] != 0;
    pool->data_size = (uint32_t)(pool->is_nb_pool ? args[1] : args[2]);
    pool->owner = pool->is_nb_pool ? args[2] : args[4];
}

static void add_mdl(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *mdl = pp_store_add(PP_OBJECT_MDL, args[0], sizeof(MDL), event);
    mdl->length = (uint32_t)args[2];
    mdl->origin = args[3] == PP_MDL_NDIS ? PP_ORIGIN_NDIS : PP_ORIGIN_IO;
    mdl->owner = args[4];
}

static void add_memory(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *memory = pp_store_add(PP_OBJECT_MEMORY, args[0], args[1], event);
    memory->tag = (uint32_t)args[2];
    memory->is_paged = args[3] != 0;
    memory->owner = args[4];
}

static void apply_made(const struct pp_event *event) {
    if (event->args[0] == 0) {
        note_null(PP_NULL_ALLOCATION, event);
        return;
    }
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_MADE:
    case PP_EVENT_NB_POOL_MADE: add_pool(event); break;
    case PP_EVENT_NBL_MADE: add_nbl(event); break;
    case PP_EVENT_DERIVED: add_derived(event); break;
    case PP_EVENT_NB_MADE: add_nb(event); break;
    case PP_EVENT_MDL_MADE: add_mdl(event); break;
    case PP_EVENT_MEMORY_MADE: add_memory(event); break;
    case PP_EVENT_OBJECT_MADE:
        pp_store_add(PP_OBJECT_GENERIC, event->args[0], event->args[1], event);
        break;
    case PP_EVENT_REGISTERED: pp_store_add(PP_OBJECT_PROTOCOL, event->args[0], 0, event); break;
    default: pp_apply_io(event); break;
    }
}

static void apply_nbl_free(const struct pp_event *event) {
    const struct pp_object *nbl = pp_model_at(event->args[0]);
    if (nbl != NULL) {
        note_processed(nbl, event);
    }
    note_left_behind(event);
    pp_store_remove(event->args[0], event);
}

// What an op has made and undoes itself was not there before.
static void apply_pool_free(const struct pp_event *event) {
    const struct pp_object *pool = pp_model_at(event->args[0]);
    if (pool != NULL && pool->made.op != event->op) {
        pool_free_op = event->op;
    }
    pp_store_remove(event->args[0], event);
}

void pp_model_apply(const struct pp_event *event) {
    const uint64_t *args = event->args;
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_MADE:
    case PP_EVENT_NB_POOL_MADE:
    case PP_EVENT_NBL_MADE:
    case PP_EVENT_NB_MADE:
    case PP_EVENT_DERIVED:
    case PP_EVENT_MDL_MADE:
    case PP_EVENT_MEMORY_MADE:
    case PP_EVENT_OBJECT_MADE:
    case PP_EVENT_IRP_MADE:
    case PP_EVENT_SERVICE_MADE:
    case PP_EVENT_DEVICE_MADE:
    case PP_EVENT_REGISTERED: apply_made(event); break;
    case PP_EVENT_NBL_FREE:
    case PP_EVENT_DERIVED_FREE: apply_nbl_free(event); break;
    case PP_EVENT_NBL_POOL_FREE:
    case PP_EVENT_NB_POOL_FREE: apply_pool_free(event); break;
    case PP_EVENT_NB_FREE:
    case PP_EVENT_OBJECT_FREE:
    case PP_EVENT_IRP_END:
    case PP_EVENT_IRP_FREE:
    case PP_EVENT_CONTEXT_GONE:
    case PP_EVENT_REGISTER_UNDONE:
    case PP_EVENT_DEREGISTER: pp_store_remove(args[0], event); break;
    case PP_EVENT_MEMORY_FREE:
    case PP_EVENT_MDL_FREE:
    case PP_EVENT_MDL_GONE: note_mdl_end(event); break;
    case PP_EVENT_RETREAT:
    case PP_EVENT_ADVANCE:
    case PP_EVENT_MDL_ADDED:
    case PP_EVENT_RETREATED:
    case PP_EVENT_ADVANCED:
    case PP_EVENT_DATA_COPY:
    case PP_EVENT_DATA_COPIED: pp_apply_data(event); break;
    case PP_EVENT_DATA_GOT: note_data(event); break;
    case PP_EVENT_MDL_MAP: count_mapping(event, 1); break;
    case PP_EVENT_MDL_MAPPED: count_mapping(event, -1); break;
    case PP_EVENT_CONTEXT_MADE: take_context(event); break;
    case PP_EVENT_CONTEXT_FREE: give_context(event); break;
    case PP_EVENT_FAULT_FIRED: note_failure(event); break;
    case PP_EVENT_SEND_TAKEN: send_chain(event); break;
    case PP_EVENT_SEND_RETURN: return_chain(event); break;
    case PP_EVENT_SEND_RETURNED: lists[args[1]].is_over = true; break;
    case PP_EVENT_INDICATE:
    case PP_EVENT_INDICATED:
    case PP_EVENT_RETURN_TAKEN: pp_receipt_apply(event); break;
    case PP_EVENT_CALLBACK_LEAVE:
        note_answer(event);
        pp_apply_life(event);
        break;
    default: pp_apply_life(event); break;
    }
}
