// SPDX-License-Identifier: MIT
#include "check/model.h"

#include "base/grow.h"
#include "base/map.h"
#include "base/stack.h"
#include "check/flight.h"

#include <ndis.h>
#include <poolproof/program.h>
#include <string.h>

#define HOLD_REACH_BYTES 65536u  // data deeper inside an object than this is not followed

struct completion_list {
    bool has_several;   // NBLs
    bool is_processed;  // the driver has freed or sent again one of them while it handled completions
    bool is_over;       // the callback that got them has returned
};

static struct pp_object *objects;
static uint32_t object_count;
static uint32_t object_capacity;
static struct pp_map by_address;
static struct completion_list *lists;  // by their numbers
static uint32_t list_capacity;
static struct pp_take *takes;  // the first is never used
static uint32_t take_count;
static uint32_t take_capacity;

void pp_model_reset(void) {
    object_count = 0;
    take_count = 0;
    pp_map_clear(&by_address);
    pp_flight_reset();
}

uint32_t pp_model_count(void) { return object_count; }

struct pp_object *pp_model_object(uint32_t index) { return &objects[index]; }

uint32_t pp_model_index(const struct pp_object *object) { return (uint32_t)(object - objects); }

struct pp_object *pp_model_at(uint64_t address) {
    uint32_t index = pp_map_get(&by_address, address);
    return index == PP_MAP_NONE ? NULL : &objects[index];
}

// How far the address is from the object: 0 inside it.
static uint64_t distance(const struct pp_object *object, uint64_t address) {
    if (address < object->address) {
        return object->address - address;
    }
    uint64_t end = object->address + object->size;
    return address < end ? 0 : address - end + 1;
}

struct pp_object *pp_model_holding(uint64_t address) {
    uint32_t index = pp_map_get_below(&by_address, address, HOLD_REACH_BYTES);
    struct pp_object *object = index == PP_MAP_NONE ? NULL : &objects[index];
    if (object != NULL && distance(object, address) > 0 && object->is_part) {
        object = &objects[object->parent];
    }
    bool is_inside = object != NULL && object->size > 0 && distance(object, address) == 0;
    return is_inside && object->state != PP_OBJECT_FREED ? object : NULL;
}

// Later objects win: memory that was used again belongs to its last user. Parts win over their parents.
struct pp_object *pp_model_around(uint64_t address, uint64_t reach) {
    struct pp_object *found = NULL;
    uint64_t found_distance = reach + 1;
    for (uint32_t i = 0; i < object_count; i++) {
        struct pp_object *object = &objects[i];
        uint64_t far = object->size == 0 ? UINT64_MAX : distance(object, address);
        if (far < found_distance || (far == found_distance && far <= reach)) {
            found = object;
            found_distance = far;
        }
    }
    return found;
}

static void take_trail(struct pp_trail *trail, const struct pp_event *event) {
    trail->op = event->op;
    trail->callback = event->callback;
    trail->depth = (uint8_t)pp_stack_take(event, trail->stack, PP_STACK_DEPTH);
}

static struct pp_object *add(enum pp_object_kind kind, uint64_t address, uint64_t size,
                             const struct pp_event *event) {
    objects = pp_grow(objects, &object_capacity, object_count, sizeof(*objects));
    pp_map_put(&by_address, address, object_count);
    struct pp_object *object = &objects[object_count++];
    memset(object, 0, offsetof(struct pp_object, made));
    object->address = address;
    object->size = size;
    object->kind = (uint8_t)kind;
    object->parent = PP_OBJECT_NONE;
    object->list = PP_LIST_NONE;
    object->binding = PP_OBJECT_NONE;
    object->sent.depth = object->freed.depth = 0;
    object->sent.callback = object->freed.callback = PP_CALLBACK_NONE;
    take_trail(&object->made, event);
    return object;
}

static void add_part(enum pp_object_kind kind, uint64_t address, uint64_t size, uint32_t parent,
                     const struct pp_event *event) {
    if (address != 0) {
        struct pp_object *part = add(kind, address, size, event);
        part->parent = parent;
        part->is_part = true;
    }
}

// Adds an NBL or NB to its pool's count.
static struct pp_object *add_to_pool(enum pp_object_kind kind, uint64_t address, uint64_t size,
                                     uint64_t pool_address, const struct pp_event *event) {
    struct pp_object *object = add(kind, address, size, event);
    struct pp_object *pool = pp_model_at(pool_address);
    if (pool != NULL) {
        object->parent = pp_model_index(pool);
        pool->live_count++;
    }
    return object;
}

// A driver that goes through a completion list does so inside the callback; one that caches what comes
// back touches none of it there.
static void note_processed(const struct pp_object *nbl, const struct pp_event *event) {
    if (nbl->list != PP_LIST_NONE && event->callback == PP_CALLBACK_SEND_COMPLETE) {
        lists[nbl->list].is_processed = true;
    }
}

static void remove_object(uint64_t address, const struct pp_event *event) {
    struct pp_object *object = pp_model_at(address);
    if (object == NULL || object->state == PP_OBJECT_FREED) {
        return;
    }
    object->state = PP_OBJECT_FREED;
    take_trail(&object->freed, event);
    if (object->parent != PP_OBJECT_NONE && !object->is_part) {
        objects[object->parent].live_count--;
    }
    note_processed(object, event);
}

// Frees what came with the object: parts are made right behind their parents.
static void remove_with_parts(uint64_t address, const struct pp_event *event) {
    const struct pp_object *object = pp_model_at(address);
    if (object == NULL) {
        return;
    }
    uint32_t parent = pp_model_index(object);
    remove_object(address, event);
    for (uint32_t i = parent + 1; i < object_count && objects[i].is_part && objects[i].parent == parent;
         i++) {
        objects[i].state = PP_OBJECT_FREED;
        take_trail(&objects[i].freed, event);
    }
}

// === Sends ===

static void send_chain(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    for (uint64_t at = event->args[1]; at != 0; at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next) {
        struct pp_object *nbl = pp_model_at(at);
        if (nbl == NULL || nbl->kind != PP_OBJECT_NBL || nbl->state != PP_OBJECT_LIVE) {
            return;
        }
        nbl->state = PP_OBJECT_IN_FLIGHT;
        nbl->is_unwind_due = false;
        note_processed(nbl, event);
        nbl->list = PP_LIST_NONE;
        take_trail(&nbl->sent, event);
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
    for (uint32_t i = 0; i < object_count; i++) {
        struct pp_object *object = &objects[i];
        if (object->state == PP_OBJECT_LIVE && object->made.op == event->op && !object->is_part &&
            object->kind <= PP_OBJECT_MEMORY) {
            object->is_unwind_due = true;
        }
    }
}

// === Context space ===

const struct pp_take *pp_model_take(uint32_t take) { return &takes[take]; }

static void take_context(const struct pp_event *event) {
    const uint64_t *args = event->args;
    if ((NDIS_STATUS)args[2] != NDIS_STATUS_SUCCESS) {
        return;
    }
    if (args[3] != 0) {
        add(PP_OBJECT_CONTEXT, args[3], args[4], event);
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

// === Bindings ===

// Of an event about a binding, which a driver may have named wrongly.
static void apply_binding(const struct pp_event *event) {
    struct pp_object *binding = pp_model_at(event->args[0]);
    bool is_pending = event->args[1] == (uint32_t)NDIS_STATUS_PENDING;
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        return;
    }
    switch (event->kind) {
    case PP_EVENT_BINDING_PAUSED: binding->phase = PP_PHASE_PAUSED; break;
    case PP_EVENT_BINDING_RESTARTING: binding->phase = PP_PHASE_RESTARTING; break;
    case PP_EVENT_BINDING_RUNNING: binding->phase = PP_PHASE_RUNNING; break;
    case PP_EVENT_BINDING_PAUSING: binding->phase = PP_PHASE_PAUSING; break;
    case PP_EVENT_BINDING_CLOSING: binding->phase = PP_PHASE_CLOSING; break;
    case PP_EVENT_BINDING_END: binding->phase = PP_PHASE_ENDED; break;
    case PP_EVENT_OPEN:
    case PP_EVENT_OPEN_FINISHED: binding->is_open |= event->args[1] == NDIS_STATUS_SUCCESS; break;
    case PP_EVENT_CLOSE:
        binding->is_open = false;
        binding->was_closed = true;
        break;
    case PP_EVENT_CLOSE_ANSWERED: binding->is_close_pending = is_pending; break;
    case PP_EVENT_CLOSE_FINISHED: binding->is_close_pending = false; break;
    default: break;
    }
}

static void apply_made(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *object;
    if (args[0] == 0) {
        return;  // a failed allocation
    }
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_MADE:
        object = add(PP_OBJECT_POOL, args[0], 0, event);
        object->has_nb = args[1] != 0;
        object->data_size = (uint32_t)args[2];
        break;
    case PP_EVENT_NB_POOL_MADE:
        object = add(PP_OBJECT_POOL, args[0], 0, event);
        object->is_nb_pool = true;
        object->data_size = (uint32_t)args[1];
        break;
    case PP_EVENT_NBL_MADE: {
        uint32_t index = pp_model_index(add_to_pool(PP_OBJECT_NBL, args[0], args[3], args[1], event));
        add_part(PP_OBJECT_NB, args[2], sizeof(NET_BUFFER), index, event);
        add_part(PP_OBJECT_MDL, args[4], sizeof(MDL), index, event);
        break;
    }
    case PP_EVENT_NB_MADE: {
        uint32_t index = pp_model_index(add_to_pool(PP_OBJECT_NB, args[0], args[2], args[1], event));
        add_part(PP_OBJECT_MDL, args[3], sizeof(MDL), index, event);
        break;
    }
    case PP_EVENT_MDL_MADE: add(PP_OBJECT_MDL, args[0], sizeof(MDL), event); break;
    case PP_EVENT_MEMORY_MADE: add(PP_OBJECT_MEMORY, args[0], args[1], event); break;
    case PP_EVENT_IRP_MADE: {
        uint32_t index = pp_model_index(add(PP_OBJECT_IRP, args[0], sizeof(IRP), event));
        add_part(PP_OBJECT_MDL, args[2], sizeof(MDL), index, event);
        add_part(PP_OBJECT_BUFFER, args[3], args[4], index, event);
        break;
    }
    case PP_EVENT_REGISTERED: add(PP_OBJECT_PROTOCOL, args[0], 0, event); break;
    default: break;
    }
}

void pp_model_apply(const struct pp_event *event) {
    const uint64_t *args = event->args;
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_MADE:
    case PP_EVENT_NB_POOL_MADE:
    case PP_EVENT_NBL_MADE:
    case PP_EVENT_NB_MADE:
    case PP_EVENT_MDL_MADE:
    case PP_EVENT_MEMORY_MADE:
    case PP_EVENT_IRP_MADE:
    case PP_EVENT_REGISTERED: apply_made(event); break;
    case PP_EVENT_NBL_POOL_FREE:
    case PP_EVENT_NB_POOL_FREE:
    case PP_EVENT_MDL_FREE:
    case PP_EVENT_MEMORY_FREE:
    case PP_EVENT_DEREGISTER: remove_object(args[0], event); break;
    case PP_EVENT_NBL_FREE:
    case PP_EVENT_NB_FREE:
    case PP_EVENT_IRP_COMPLETE: remove_with_parts(args[0], event); break;
    case PP_EVENT_RETREAT:
        if (args[3] != 0) {
            add(PP_OBJECT_MDL, args[3], args[4], event);
        }
        break;
    case PP_EVENT_CONTEXT_MADE: take_context(event); break;
    case PP_EVENT_CONTEXT_FREE: give_context(event); break;
    case PP_EVENT_CONTEXT_GONE: remove_object(args[0], event); break;
    case PP_EVENT_FAULT_FIRED: note_failure(event); break;
    case PP_EVENT_SEND_TAKEN: send_chain(event); break;
    case PP_EVENT_SEND_RETURN: return_chain(event); break;
    case PP_EVENT_SEND_RETURNED: lists[args[1]].is_over = true; break;
    case PP_EVENT_BINDING_BEGIN: add(PP_OBJECT_BINDING, args[0], 0, event); break;
    case PP_EVENT_BINDING_PAUSED:
    case PP_EVENT_BINDING_RESTARTING:
    case PP_EVENT_BINDING_RUNNING:
    case PP_EVENT_BINDING_PAUSING:
    case PP_EVENT_BINDING_CLOSING:
    case PP_EVENT_BINDING_END:
    case PP_EVENT_OPEN:
    case PP_EVENT_OPEN_FINISHED:
    case PP_EVENT_CLOSE:
    case PP_EVENT_CLOSE_ANSWERED:
    case PP_EVENT_CLOSE_FINISHED: apply_binding(event); break;
    default: break;  // most events change nothing here, and cost no look-up
    }
}
