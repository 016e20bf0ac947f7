// SPDX-License-Identifier: MIT
// What the world gives a pool (poolproof/pool.h): memory, and the program's faults.
#include "pool/front.h"

const struct pp_pool_functions *pp_pool = &pp_pool_arena;
enum pp_point pp_pool_piece_point;
static bool data_offset_is_zero;

void pp_pool_use(const struct pp_pool_functions *functions) {
    pp_pool = functions != NULL ? functions : &pp_pool_arena;
}

const struct pp_pool_functions *pp_pool_in_use(void) { return pp_pool; }

void pp_pool_reset(void) {
    pp_pool->reset();
    data_offset_is_zero = false;
}

void *pp_pool_memory_take(size_t size) { return pp_arena_take(size, PP_USE_FOREIGN); }

bool pp_pool_memory_is(const volatile void *block) { return pp_arena_is(block, PP_USE_FOREIGN); }

void pp_pool_memory_give(void *block) {
    if (pp_pool_memory_is(block)) {
        pp_arena_give(block);
    }
}

uint32_t pp_pool_memory_held(void) { return pp_arena_count_live(PP_USE_POOL_END); }

NDIS_STATUS pp_pool_ask(enum pp_outcome_point point) {
    bool is_set;
    return (NDIS_STATUS)pp_status_values[pp_fault_outcome(point, &is_set)];
}

bool pp_pool_may_make_piece(void) { return !pp_fault_fires(pp_pool_piece_point); }

void pp_pool_tell_mdl_added(const NET_BUFFER *nb, const MDL *mdl, bool is_handlers) {
    PP_EMIT(MDL_ADDED, pp_object(nb), pp_object(mdl), is_handlers);
}

void pp_pool_tell_mdl_gone(const MDL *mdl) { PP_EMIT(MDL_GONE, pp_object(mdl)); }

void pp_pool_tell_mdl_abandoned(const MDL *mdl) { PP_EMIT(MDL_ABANDONED, pp_object(mdl)); }

void pp_pool_set_data_offset_zero(bool is_zero) { data_offset_is_zero = is_zero; }

bool pp_pool_data_offset_is_zero(void) { return data_offset_is_zero; }
