// SPDX-License-Identifier: MIT
// What the files of src/ndis share: protocols and bindings.
#pragma once
#include "kernel/callback.h"
#include "ndis/oid.h"
#include "ndis/runtime.h"
#include "ndis/state.h"

#define PP_BINDING_COUNT_MAX PP_PROGRAM_OPS_MAX

// What a call to the driver that may pend came to.
struct pp_answer {
    bool is_due;  // the driver said PENDING and has not called back
    NDIS_STATUS status;
};

// A PnP event that the driver has been told of and has not answered for good.
struct pp_told {
    struct pp_answer answer;
    const NET_PNP_EVENT_NOTIFICATION *notification;
};

struct pp_protocol {
    bool is_live;
    bool is_ending;       // it is being deregistered: nothing is bound any more
    bool knows_binds;     // it was told that all that can be bound is bound
    struct pp_told told;  // of all bindings
    NDIS_HANDLE context;  // the driver's
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS entries;
};

struct pp_binding {
    enum pp_binding_state state;
    bool is_used;  // a program's bind has made it
    bool is_open;  // from a successful open to NdisCloseAdapterEx
    bool is_open_pending;
    bool is_close_pending;
    uint32_t adapter;
    struct pp_protocol *protocol;
    NDIS_HANDLE handle;
    NDIS_HANDLE context;       // ProtocolBindingContext
    bool is_bind_over;         // ProtocolBindAdapterEx has returned
    bool has_failed;           // its bind has
    NDIS_HANDLE *open_handle;  // where an open puts its results
    UINT *medium_index;        // likewise; may be NULL
    UINT medium;               // the result itself
    uintptr_t stack_low;       // of the fiber that opened the adapter
    uintptr_t stack_high;
    uint32_t sends_in_flight;
    uint32_t callback_count;  // callbacks that are running; a close waits for them
    uint32_t receive_count;   // of these, receives and status indications
    uint32_t lent_count;      // received NBLs that the driver has to return
    bool is_looping;          // a frame comes inside the call that has sent it, or returned one
    struct pp_answer bind;
    struct pp_answer unbind;
    struct pp_told told;
    NET_DEVICE_POWER_STATE power;  // of the adapter; unspecified until it is first put to sleep
    bool was_running;              // when it was put to sleep
    bool is_resetting;
    bool is_told_of_reset;  // just now, that it begins or ends
    struct pp_filter filter;
    struct pp_traffic traffic;
};

// The binding of that number, or NULL if there is none.
struct pp_binding *pp_binding_of_number(uint32_t number);
uint32_t pp_binding_number(const struct pp_binding *binding);

// The binding of a BindContext that a driver passed, or NULL.
struct pp_binding *pp_binding_of_bind_context(NDIS_HANDLE bind_context);

// The open binding of a handle that a driver passed, or NULL.
struct pp_binding *pp_binding_of_handle(NDIS_HANDLE handle);

// The protocol of a handle that a driver passed, or NULL.
struct pp_protocol *pp_protocol_of_handle(NDIS_HANDLE handle);

// The first protocol that can be bound, or NULL.
struct pp_protocol *pp_protocol_first(void);

void pp_protocol_reset(void);
void pp_ndis_device_reset(void);
void pp_send_reset(void);
void pp_receive_reset(void);
void pp_pnp_reset(void);

// Binds to the adapter of a binding that has ended, under its number. False if it cannot be now.
bool pp_binding_bind_again(struct pp_binding *binding);

// Pauses the binding if it runs, unbinds it, and waits for both. Waits first if it is busy. On a fiber.
void pp_binding_remove(struct pp_binding *binding);

// The status that the driver's callback came to: what it returned or, if that was PENDING, what it says
// later, for which this waits. `about`: the binding's handle, or NULL.
NDIS_STATUS pp_answer_settle(struct pp_answer *answer, NDIS_STATUS returned, enum pp_await what,
                             NDIS_HANDLE about);
void pp_answer_give(struct pp_answer *answer, NDIS_STATUS status);

// Whether the step is possible now: also false while the binding is busy with another.
bool pp_binding_can(const struct pp_binding *binding, enum pp_binding_step step);
void pp_binding_move(struct pp_binding *binding, enum pp_binding_step step);

// Running to Paused, and Paused to Running if the driver agrees. On a fiber. Reasons: NDIS_PAUSE_...
void pp_binding_pause(struct pp_binding *binding, ULONG reason);
void pp_binding_restart(struct pp_binding *binding, const struct pp_restart *restart);

// Tells the driver of an event, and waits for its answer. On a fiber.
NDIS_STATUS pp_binding_tell(struct pp_binding *binding, NET_PNP_EVENT_CODE code,
                            NET_DEVICE_POWER_STATE power);

// Tells the driver that all that can be bound is bound, the first time; waits until it knows.
void pp_protocol_tell_binds(struct pp_protocol *protocol);
void pp_protocol_wait_for_events(struct pp_protocol *protocol);

// Gives an adapter that sleeps its power back. On a fiber.
void pp_binding_wake(struct pp_binding *binding);
bool pp_binding_is_asleep(const struct pp_binding *binding);

// Ends a reset that is under way. False if none is.
bool pp_binding_end_reset(struct pp_binding *binding);

// Unbinds what is bound to an adapter that is pulled out, but what is busy.
void pp_binding_remove_all_of(uint32_t adapter);

// In order of their numbers; NULL at the end.
struct pp_binding *pp_binding_at(uint32_t index);

// The name of an adapter as in NDIS_BIND_PARAMETERS.
const UNICODE_STRING *pp_adapter_name(uint32_t adapter);
uint32_t pp_adapter_mtu(uint32_t adapter);
uint32_t pp_adapter_backfill(uint32_t adapter);

// How the network interface of an adapter is known, always and until the next start.
NET_LUID pp_adapter_luid(uint32_t adapter);
NET_IFINDEX pp_adapter_interface(uint32_t adapter);
void pp_adapter_reset(void);
void pp_adapter_set_needs(uint32_t adapter, uint32_t mtu, uint32_t backfill);
bool pp_adapter_waits_for_filter(uint32_t adapter);
bool pp_adapter_is_gone(uint32_t adapter);
void pp_adapter_link_state(NDIS_LINK_STATE *ret_state, bool is_up);

// Every completion callback stands between these two.
struct pp_callback_frame pp_binding_enter(struct pp_binding *binding, enum pp_callback callback);
void pp_binding_leave(struct pp_binding *binding, struct pp_callback_frame frame);

// Waits until none of these runs.
void pp_binding_wait_for_callbacks(struct pp_binding *binding);

// Waits until no receive callback runs; and until no received NBL has to be returned.
void pp_receive_wait_for_callbacks(struct pp_binding *binding);
void pp_receive_wait_for_returns(struct pp_binding *binding);

// The bytes of an NB that is about to be sent; 0 if it has more, or lacks some. Other NBLs that are in
// flight may share them.
uint32_t pp_send_read(const NET_BUFFER *nb, uint32_t length_max, UCHAR *ret_bytes);

// Frames like those that are about to be sent, as far as the binding's filter lets them through: one
// indication of them, to be given to pp_receive_loop_back. NULL if there are none.
NET_BUFFER_LIST *pp_receive_copy(const struct pp_binding *binding, NET_BUFFER_LIST *sent);

// Indicates them: at once, unless one of the binding is being looped back so, or on a fiber of its own.
void pp_receive_loop_back(struct pp_binding *binding, NET_BUFFER_LIST *chain, bool is_at_once);

// Calls ProtocolSendNetBufferListsComplete for the oldest NBL in flight. False if none is.
bool pp_send_complete_oldest(struct pp_binding *binding);

// Completes what is in flight with this status, but what is sent meanwhile. On a fiber.
void pp_send_complete_all(struct pp_binding *binding, NDIS_STATUS status);
