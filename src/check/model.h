// SPDX-License-Identifier: MIT
// The shadow model: what the checkers know of the world, built from events alone. It keeps its own
// record of each object by address and never asks the pools.
#pragma once
#include <poolproof/event.h>
#include <stdbool.h>
#include <stdint.h>

enum pp_object_kind {
    PP_OBJECT_POOL,
    PP_OBJECT_NBL,
    PP_OBJECT_NB,
    PP_OBJECT_MDL,
    PP_OBJECT_MEMORY,
    PP_OBJECT_CONTEXT,  // block of context space beside an NBL
    PP_OBJECT_IRP,
    PP_OBJECT_BUFFER,  // an IRP's data
    PP_OBJECT_BINDING,
    PP_OBJECT_PROTOCOL,
    PP_OBJECT_KIND_COUNT
};

enum pp_object_state { PP_OBJECT_LIVE, PP_OBJECT_IN_FLIGHT, PP_OBJECT_FREED };

#define PP_OBJECT_NONE UINT32_MAX
#define PP_LIST_NONE UINT32_MAX

// Who did something to an object, and where.
struct pp_trail {
    uint16_t op;
    uint16_t callback;
    uint8_t depth;  // 0 and callback 0: it has not happened
    uintptr_t stack[PP_STACK_DEPTH];
};

// Of a binding.
enum pp_binding_phase {
    PP_PHASE_OPENING,
    PP_PHASE_PAUSED,
    PP_PHASE_RESTARTING,
    PP_PHASE_RUNNING,
    PP_PHASE_PAUSING,
    PP_PHASE_CLOSING,
    PP_PHASE_ENDED,
};

struct pp_object {
    uint64_t address;
    uint64_t size;          // bytes; 0 for handles
    uint8_t kind;           // enum pp_object_kind
    uint8_t state;          // enum pp_object_state
    bool is_nb_pool;        // pools
    bool has_nb;            // NBL pools
    bool is_unwind_due;     // an allocation of the op that made it has failed since; not sent since
    uint8_t phase;          // bindings: enum pp_binding_phase
    bool is_open;           // bindings: from a successful open to NdisCloseAdapterEx
    bool was_closed;        // bindings: NdisCloseAdapterEx was called
    bool is_close_pending;  // bindings
    uint32_t data_size;     // pools
    uint32_t parent;        // NBL, NB: its pool; NB, MDL, buffer that came with another object: that one
    bool is_part;           // it came with its parent and goes with it
    uint32_t live_count;    // pools: NBLs or NBs; bindings: sends that are out
    uint32_t list;          // NBLs: completion list it last came back in
    uint32_t binding;       // NBLs in flight: on which
    uint32_t last_take;     // NBLs: context space taken and not given back, see pp_model_take; 0: none
    uint32_t first_part;    // NBLs in flight: see flight.h
    uint32_t flight_count;  // parts in flight that lie in it
    struct pp_trail made;
    struct pp_trail sent;
    struct pp_trail freed;
};

void pp_model_reset(void);

// Updates the model with an event that has been judged.
void pp_model_apply(const struct pp_event *event);

// The object at exactly this address, freed or not; NULL if there was never one.
struct pp_object *pp_model_at(uint64_t address);

// Context space that was taken from an NBL, the last first.
struct pp_take {
    uint32_t size;   // bytes
    uint32_t below;  // the one before, 0: none
};
const struct pp_take *pp_model_take(uint32_t take);

// The live object that contains this address, the innermost one; NULL if none does.
struct pp_object *pp_model_holding(uint64_t address);

// The object that contains this address, else the nearest one within `reach` bytes; NULL if none. Slow.
struct pp_object *pp_model_around(uint64_t address, uint64_t reach);

struct pp_object *pp_model_object(uint32_t index);
uint32_t pp_model_index(const struct pp_object *object);
uint32_t pp_model_count(void);

// True if the NBL came back in a list of several that the driver has gone through, others of which it
// has freed or sent again while it handled completions, and has itself been left alone.
bool pp_model_is_forgotten(const struct pp_object *nbl);
