// SPDX-License-Identifier: MIT
#include "check/store.h"

#include "base/grow.h"
#include "base/map.h"
#include "base/stack.h"

#include <string.h>

#define HOLD_REACH_BYTES 65536u  // data deeper inside an object than this is not followed

static struct pp_object *objects;
static uint32_t object_count;
static uint32_t object_capacity;
static struct pp_map by_address;
static uint32_t live_counts[PP_OBJECT_KIND_COUNT];  // parts left out

void pp_store_reset(void) {
    object_count = 0;
    memset(live_counts, 0, sizeof(live_counts));
    pp_map_clear(&by_address);
}

uint32_t pp_model_live_count(enum pp_object_kind kind) { return live_counts[kind]; }

uint32_t pp_model_count(void) { return object_count; }

struct pp_object *pp_model_object(uint32_t index) { return &objects[index]; }

uint32_t pp_model_index(const struct pp_object *object) { return (uint32_t)(object - objects); }

struct pp_object *pp_model_at(uint64_t address) {
    uint32_t index = pp_map_get(&by_address, address);
    return index == PP_MAP_NONE ? NULL : &objects[index];
}

struct pp_object *pp_model_whole(struct pp_object *object) {
    return object->is_part ? &objects[object->parent] : object;
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
    if (object != NULL && distance(object, address) > 0) {
        object = pp_model_whole(object);
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

void pp_store_take_trail(struct pp_trail *trail, const struct pp_event *event) {
    trail->op = event->op;
    trail->callback = event->callback;
    trail->depth = (uint8_t)pp_stack_take(event, trail->stack, PP_STACK_DEPTH);
}

static struct pp_object *add(enum pp_object_kind kind, uint64_t address, uint64_t size) {
    objects = pp_grow(objects, &object_capacity, object_count, sizeof(*objects));
    pp_map_put(&by_address, address, object_count);
    struct pp_object *object = &objects[object_count++];
    memset(object, 0, offsetof(struct pp_object, made));
    object->address = address;
    object->size = size;
    object->kind = (uint8_t)kind;
    object->parent = object->pool = object->original = object->binding = PP_OBJECT_NONE;
    object->nb = PP_OBJECT_NONE;
    object->list = PP_LIST_NONE;
    object->sent.depth = object->freed.depth = 0;
    object->sent.callback = object->freed.callback = PP_CALLBACK_NONE;
    return object;
}

struct pp_object *pp_store_add(enum pp_object_kind kind, uint64_t address, uint64_t size,
                               const struct pp_event *event) {
    struct pp_object *object = add(kind, address, size);
    live_counts[kind]++;
    pp_store_take_trail(&object->made, event);
    return object;
}

struct pp_object *pp_store_add_part(enum pp_object_kind kind, uint64_t address, uint64_t size,
                                    uint32_t parent, const struct pp_event *event) {
    if (address == 0) {
        return NULL;
    }
    struct pp_object *part = add(kind, address, size);
    part->parent = parent;
    part->is_part = true;
    part->made.op = event->op;
    part->made.callback = event->callback;
    part->made.depth = 0;  // its parent knows where
    return part;
}

void pp_store_count_in(struct pp_object *object, uint64_t pool_address) {
    struct pp_object *pool = pp_model_at(pool_address);
    if (pool != NULL && pool->kind == PP_OBJECT_POOL) {
        object->pool = pp_model_index(pool);
        pool->live_count++;
    }
}

static void end(struct pp_object *object) {
    object->state = PP_OBJECT_FREED;
    live_counts[object->kind] -= !object->is_part;
    if (object->pool != PP_OBJECT_NONE) {
        objects[object->pool].live_count--;
    }
    if (object->original != PP_OBJECT_NONE) {
        objects[object->original].live_count--;
    }
}

// Parts are made right behind their parents.
void pp_store_remove(uint64_t address, const struct pp_event *event) {
    struct pp_object *object = pp_model_at(address);
    if (object == NULL || object->state == PP_OBJECT_FREED) {
        return;
    }
    end(object);
    pp_store_take_trail(&object->freed, event);
    uint32_t parent = pp_model_index(object);
    for (uint32_t i = parent + 1; i < object_count && objects[i].is_part && objects[i].parent == parent;
         i++) {
        if (objects[i].state != PP_OBJECT_FREED) {
            end(&objects[i]);
            objects[i].freed = object->freed;
        }
    }
}
