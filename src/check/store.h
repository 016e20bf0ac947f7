// SPDX-License-Identifier: MIT
// The objects of the model as those change them who turn events into what is known.
#pragma once
#include "check/model.h"

void pp_store_reset(void);

struct pp_object *pp_store_add(enum pp_object_kind kind, uint64_t address, uint64_t size,
                               const struct pp_event *event);

// Adds what came with the object `parent`, which was added last; nothing if `address` is 0.
struct pp_object *pp_store_add_part(enum pp_object_kind kind, uint64_t address, uint64_t size,
                                    uint32_t parent, const struct pp_event *event);

// Counts the object in its pool, if that is one.
void pp_store_count_in(struct pp_object *object, uint64_t pool_address);

// The object is gone, and what came with it.
void pp_store_remove(uint64_t address, const struct pp_event *event);

void pp_store_take_trail(struct pp_trail *trail, const struct pp_event *event);
