// SPDX-License-Identifier: MIT
#include "check/likeness.h"

#include "base/grow.h"
#include "check/model.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint32_t *bindings;  // by index of the model's objects
static uint32_t binding_capacity;
static uint32_t binding_count;
static uint32_t looked_at_count;  // of the model's objects

void pp_likeness_begin(void) { binding_count = looked_at_count = 0; }

static void find_bindings(void) {
    for (; looked_at_count < pp_model_count(); looked_at_count++) {
        if (pp_model_object(looked_at_count)->kind == PP_OBJECT_BINDING) {
            bindings = pp_grow(bindings, &binding_capacity, binding_count, sizeof(*bindings));
            bindings[binding_count++] = looked_at_count;
        }
    }
}

static uint64_t binding_digest(const struct pp_object *binding) {
    const uint8_t words[] = {
        binding->phase,          binding->is_open,
        binding->was_closed,     binding->is_close_pending,
        binding->is_asleep,      binding->is_resetting,
        binding->has_failed_oid, binding->has_filter,
        binding->has_multicasts, pp_likeness_rank(binding->live_count),
    };
    return XXH3_64bits(words, sizeof(words));
}

uint64_t pp_likeness_digest(void) {
    uint8_t ranks[PP_OBJECT_KIND_COUNT];
    uint64_t bindings_sum = 0;  // in no order

    for (unsigned kind = 0; kind < PP_OBJECT_KIND_COUNT; kind++) {
        ranks[kind] = pp_likeness_rank(pp_model_live_count((enum pp_object_kind)kind));
    }
    find_bindings();
    for (uint32_t i = 0; i < binding_count; i++) {
        const struct pp_object *binding = pp_model_object(bindings[i]);
        bindings_sum += binding->phase == PP_PHASE_ENDED ? 0 : binding_digest(binding);
    }
    return XXH3_64bits_withSeed(ranks, sizeof(ranks), bindings_sum);
}
