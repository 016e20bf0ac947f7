// SPDX-License-Identifier: MIT
// The shadow model: what the checkers know of the world, built from events alone, and from the public
// structures at the moment of an event. It keeps its own record of each object by address and never asks
// the pools.
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
    PP_OBJECT_GENERIC,  // NDIS_GENERIC_OBJECT
    PP_OBJECT_CONTEXT,  // block of context space
    PP_OBJECT_IRP,
    PP_OBJECT_BUFFER,  // data that came with an IRP, an NBL, an NB or an MDL
    PP_OBJECT_BINDING,
    PP_OBJECT_PROTOCOL,
    PP_OBJECT_DEVICE,
    PP_OBJECT_LINK,
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

// Who made an MDL.
enum pp_mdl_origin { PP_ORIGIN_NDIS, PP_ORIGIN_IO, PP_ORIGIN_RETREAT };

struct pp_object {
    uint64_t address;
    uint64_t size;          // bytes; 0 for handles
    uint64_t owner;         // address of the generic object or protocol it was made with, or 0
    uint8_t kind;           // enum pp_object_kind
    uint8_t state;          // enum pp_object_state
    bool is_part;           // it came with its parent and goes with it
    bool is_unwind_due;     // an allocation of the op that made it has failed since; not sent since
    uint32_t parent;        // parts: the object that it came with
    uint32_t pool;          // NBL, NB that count in a pool: which
    uint32_t live_count;    // pools: NBLs or NBs; bindings: sends that are out; NBLs: live derived ones
    uint32_t flight_count;  // parts in flight (flight.h) that lie in it

    bool is_nb_pool;     // pools
    bool has_nb;         // NBL pools
    uint32_t data_size;  // pools

    uint8_t derivation;   // NBLs: enum pp_derivation
    uint32_t how;         // derived NBLs: clone flags, or the delta
    uint32_t original;    // derived NBLs: the NBL that it was derived from
    uint32_t list;        // NBLs: completion list it last came back in
    uint32_t binding;     // NBLs in flight: on which
    uint32_t receipt;     // NBLs: see receipt.h; 0: not received
    uint32_t last_take;   // NBLs: context space taken and not given back, see pp_model_take; 0: none
    uint32_t first_part;  // NBLs in flight: see flight.h
    uint32_t flags;       // NBLs: Flags as NDIS last left them
    uint64_t media;       // NBLs in flight: MediaSpecificInformation, or 0
    uint64_t lists;       // NBLs in flight: digest of NB list and MDL chains
    uint64_t reserved;    // NBLs, NBs: digest of NDIS's fields as NDIS last left them
    uint64_t miniports;   // NBLs, NBs: the same of what belongs to miniport drivers

    bool was_left_behind;        // NBs: on an NBL that was freed, and not sent since
    uint32_t added_mdl_count;    // NBs: MDLs that retreats put in front and that are still there
    uint32_t last_retreat;       // NBs: retreats not undone, see pp_model_retreat; 0: none
    uint64_t sent_retreat;       // NBs: bytes of retreats not undone when it was last sent
    uint64_t place;              // NBs: digest of the fields that the last retreat or advance left
    uint64_t failed_retreat;     // NBs: the same of the last retreat if it failed, else 0
    uint16_t failed_retreat_op;  // NBs: that it failed in
    uint32_t failed_delta;       // NBs: its bytes
    uint32_t copy;  // NBs: the last copy into it that was not whole, see pp_model_copy; 0: none

    uint8_t origin;         // MDLs that are no parts: enum pp_mdl_origin
    bool is_handlers;       // MDLs: a retreat got it of the driver's handler
    uint32_t nb;            // MDLs that a retreat put in front: of which NB
    uint32_t length;        // MDLs: bytes that it was made for
    uint8_t mapping_count;  // MDLs: mapping calls under way
    uint32_t tag;           // memory, pools
    bool is_paged;          // memory

    uint32_t data_backfill;     // bindings: what the drivers below want in front of the data
    uint32_t context_backfill;  // bindings: and in the context space
    uint8_t phase;              // bindings: enum pp_binding_phase
    bool is_open;               // bindings: from a successful open to NdisCloseAdapterEx
    bool was_closed;            // bindings: NdisCloseAdapterEx was called
    bool is_close_pending;      // bindings: from NdisCloseAdapterEx until that has completed
    bool is_asleep;             // bindings: the adapter is in a low-power state
    uint16_t power_op;          // bindings: in which it got there
    uint16_t asleep_op;         // bindings: the last op begun when the driver had been told so
    bool is_resetting;          // bindings: between RESET_START and RESET_END
    uint16_t reset_op;          // bindings: the last op begun when the driver had been told of it
    bool has_failed_oid;        // bindings: an OID request has failed
    bool has_filter;            // bindings: a packet filter is set
    bool has_multicasts;        // bindings: multicast addresses are set
    uint16_t pause_op;          // bindings: in which the last pause began
    uint16_t told_op;       // bindings: the last op begun when the driver had taken note of that pause
    uint32_t cancel_count;  // bindings: calls of NdisCancelSendNetBufferLists that run
    uint32_t life;          // bindings: see life.h

    uint8_t irp_maker;  // IRPs: enum pp_irp_maker
    uint32_t room;      // IRPs: bytes that may be answered, UINT32_MAX: any
    bool was_deleted;   // devices: IoDeleteDevice was called

    struct pp_trail made;
    struct pp_trail sent;  // IRPs: marked pending
    struct pp_trail freed;
};

// === Asking ===

// The object at exactly this address, freed or not; NULL if there was never one.
struct pp_object *pp_model_at(uint64_t address);

// The live object that contains this address, the innermost one; NULL if none does.
struct pp_object *pp_model_holding(uint64_t address);

// The object that contains this address, else the nearest one within `reach` bytes; NULL if none. Slow.
struct pp_object *pp_model_around(uint64_t address, uint64_t reach);

struct pp_object *pp_model_object(uint32_t index);
uint32_t pp_model_index(const struct pp_object *object);
uint32_t pp_model_count(void);

// How many objects of that kind, parts left out, have not been freed.
uint32_t pp_model_live_count(enum pp_object_kind kind);

// The object that a part came with; any other object is its own whole.
struct pp_object *pp_model_whole(struct pp_object *object);

// Context space that was taken from an NBL, the last first.
struct pp_take {
    uint32_t size;   // bytes
    uint32_t below;  // the one before, 0: none
};
const struct pp_take *pp_model_take(uint32_t take);

// A retreat of an NB, the last first.
struct pp_retreat {
    uint32_t delta;  // bytes of it not undone yet
    bool was_sent;   // the NB was sent since
    uint32_t below;  // the one before, 0: none
};
const struct pp_retreat *pp_model_retreat(uint32_t retreat);

// Bytes of an NB's retreats that are not undone.
uint64_t pp_model_retreated(const struct pp_object *nb);

// True if the driver has set the fields of an NB itself since its last retreat or advance.
bool pp_model_is_placed_anew(const struct pp_object *nb);

// A copy into an NB that failed, or ended early.
struct pp_copy {
    uint64_t chain;  // first MDL of the NB
    uint64_t at;     // from the beginning of that chain
    uint32_t asked;  // bytes
    uint32_t copied;
    bool has_failed;
    uint16_t op;
    uint64_t digest;         // of the bytes that are there instead of those missing
    uint64_t wanted;         // bytes of those missing that the source had
    uint64_t wanted_digest;  // of these
};
const struct pp_copy *pp_model_copy(uint32_t copy);

// What the last NdisGetDataBuffer calls gave: the NB whose data an address was given for, or NULL.
struct pp_object *pp_model_data_nb(uint64_t address);

// The last answer NULL that a driver must look for before it goes on.
enum pp_null_kind { PP_NULL_NONE, PP_NULL_ALLOCATION, PP_NULL_DATA, PP_NULL_MAPPING };
struct pp_null {
    enum pp_null_kind kind;
    struct pp_trail trail;
};
const struct pp_null *pp_model_null(void);

// True if this op has freed a pool that was there when it began.
bool pp_model_is_pool_freed_in(uint16_t op);

// True if the NBL came back in a list of several that the driver has gone through, others of which it
// has freed or sent again while it handled completions, and has itself been left alone.
bool pp_model_is_forgotten(const struct pp_object *nbl);

// === Telling ===

void pp_model_reset(void);

// Updates the model with an event that has been judged.
void pp_model_apply(const struct pp_event *event);
