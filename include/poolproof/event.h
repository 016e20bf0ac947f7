// SPDX-License-Identifier: MIT
// Events: the only thing that the checkers, the trace and the digest see of a run.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define PP_EVENT_ARGS_MAX 6
#define PP_STACK_DEPTH 8

enum pp_event_kind {
#define EVENT(id, ...) PP_EVENT_##id,
#include <poolproof/event.def>
#undef EVENT
    PP_EVENT_COUNT
};

enum pp_callback {
#define CALLBACK(id, name) PP_CALLBACK_##id,
#include <poolproof/callback.def>
#undef CALLBACK
    PP_CALLBACK_COUNT
};

// Why the driver's code could not go on.
enum pp_crash {
    PP_CRASH_ACCESS,     // memory that is not there
    PP_CRASH_STACK,      // kernel stack overrun
    PP_CRASH_UNDEFINED,  // undefined behaviour (UBSan)
    PP_CRASH_ASSERT,
    PP_CRASH_BUGCHECK,
    PP_CRASH_BREAK,    // a breakpoint
    PP_CRASH_ENDLESS,  // the tick limit of a run
};

// A spin lock as the acting fiber finds it.
enum pp_lock_state { PP_LOCK_FREE, PP_LOCK_OTHERS, PP_LOCK_OWN, PP_LOCK_GARBAGE };

// How a spin lock is taken or given back: as an NDIS_SPIN_LOCK or not, with the IRQL or without it.
enum pp_lock_way { PP_LOCK_KE, PP_LOCK_KE_AT_DPC, PP_LOCK_NDIS, PP_LOCK_NDIS_AT_DPC };

// How an NBL was derived.
enum pp_derivation { PP_DERIVED_NOT, PP_DERIVED_CLONE, PP_DERIVED_FRAGMENT, PP_DERIVED_REASSEMBLED };

// Whose function made an MDL, or frees it.
enum pp_mdl_maker { PP_MDL_NDIS, PP_MDL_IO };

// What the kernel does for a driver, and must be over before the driver goes.
enum pp_service {
    PP_SERVICE_TIMER,  // a timer that is set
    PP_SERVICE_DPC,    // a DPC that is queued
    PP_SERVICE_DPC_ROUTINE,
    PP_SERVICE_WORK,  // a work item that is queued
    PP_SERVICE_WORK_ROUTINE,
    PP_SERVICE_THREAD,
    PP_SERVICE_LOOKASIDE,
    PP_SERVICE_RESOURCE,
    PP_SERVICE_REGISTRATION,  // of an executive callback
    PP_SERVICE_TIMER_OBJECT,  // from here on: what is allocated, and freed by its own function
    PP_SERVICE_IO_WORK,
    PP_SERVICE_NDIS_WORK,
    PP_SERVICE_RW_LOCK,
    PP_SERVICE_HANDLE,  // to a thread, a registry key ...
    PP_SERVICE_CONFIGURATION,
    PP_SERVICE_COUNT
};

// What can be held, beside spin locks.
enum pp_hold {
    PP_HOLD_MUTEX,
    PP_HOLD_FAST_MUTEX,
    PP_HOLD_RESOURCE,
    PP_HOLD_RW_LOCK,
    PP_HOLD_SHARED_SPIN_LOCK,
    PP_HOLD_SEMAPHORE,
    PP_HOLD_RUNDOWN,
    PP_HOLD_REMOVE_LOCK,
    PP_HOLD_SPIN_LOCK,
    PP_HOLD_COUNT
};

// How something is acquired.
#define PP_HOLD_SHARED 1u  // others may hold it, too
#define PP_HOLD_TRY 2u     // without a wait, or with one that ends

// The last argument of NBL_ALLOCATE: ContextSize, and above it ContextBackFill.
#define PP_BACKFILL_SHIFT 16

// The first argument of DERIVE: enum pp_derivation, and above it the flags.
#define PP_DERIVE_FLAGS_SHIFT 32

// Who made an IRP: the world for the program, the driver, or the world for the driver (IoBuild...).
enum pp_irp_maker { PP_IRP_OF_PROGRAM, PP_IRP_OF_DRIVER, PP_IRP_BUILT };

// What a fiber was doing when it got stuck.
enum pp_activity {
    PP_ACTIVITY_LOAD,
    PP_ACTIVITY_UNLOAD,
    PP_ACTIVITY_BIND,
    PP_ACTIVITY_PAUSE,
    PP_ACTIVITY_RESTART,
    PP_ACTIVITY_UNBIND,
    PP_ACTIVITY_PNP,
    PP_ACTIVITY_IRP,
    PP_ACTIVITY_CANCEL,
    PP_ACTIVITY_DPC,
    PP_ACTIVITY_RECEIVE,
    PP_ACTIVITY_STATUS,
    PP_ACTIVITY_DEFERRED,  // DPC routines
    PP_ACTIVITY_WORK,
    PP_ACTIVITY_THREAD,
    PP_ACTIVITY_ACTION,
    PP_ACTIVITY_COUNT
};

// What the world waits for before it goes on.
enum pp_await {
    PP_AWAIT_BIND_COMPLETE,  // NdisCompleteBindAdapterEx
    PP_AWAIT_UNBIND_COMPLETE,
    PP_AWAIT_PNP_COMPLETE,
    PP_AWAIT_CALLBACKS,  // of a binding: completions, status indications, receives
    PP_AWAIT_RECEIVES,   // of a binding: callbacks
    PP_AWAIT_RETURNS,    // of a binding: the same, and what they have kept
    PP_AWAIT_BINDING,    // what is under way with it
    PP_AWAIT_PNP,        // what a protocol is being told
    PP_AWAIT_IRPS,
    PP_AWAIT_RUNDOWN,
    PP_AWAIT_ROUTINES,  // DPC routines, work routines, executive callbacks, actions
    PP_AWAIT_COUNT
};

struct pp_event {
    uint16_t kind;      // enum pp_event_kind
    uint16_t op;        // op that the acting fiber belongs to, or PP_OP_NONE
    uint16_t callback;  // enum pp_callback: the innermost callback of the acting fiber
    uint8_t irql;       // 0 PASSIVE_LEVEL, 2 DISPATCH_LEVEL
    uint32_t ms;        // virtual time since the run began
    uint64_t args[PP_EVENT_ARGS_MAX];
    uintptr_t pc;         // where the acting code was interrupted, or 0 if it called
    uintptr_t frame;      // its innermost stack frame; valid only while the event is being handled,
    uintptr_t stack_low;  // in a stack with these bounds
    uintptr_t stack_high;
};

struct pp_event_info {
    const char *name;
    char args[PP_EVENT_ARGS_MAX + 2];  // a letter each, see event.def
};

extern const struct pp_event_info pp_event_infos[PP_EVENT_COUNT];
extern const char *const pp_callback_names[PP_CALLBACK_COUNT];
