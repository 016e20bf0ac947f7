// SPDX-License-Identifier: MIT
// The NDIS protocol runtime as the player of a program drives it. Each pp_ndis_... that starts something
// starts an activity for the current op and returns true, or changes nothing and returns false because
// what it is about is gone, busy or in another state.
#pragma once
#include <ndis.h>
#include <poolproof/program.h>
#include <stdbool.h>
#include <stdint.h>

// Forgets adapters, protocols, bindings, sends and what was received.
void pp_ndis_reset(void);

struct pp_adapter_traits {
    uint32_t mtu;
    uint32_t backfill;
    bool waits_for_filter;  // nothing is received before the driver has set a packet filter
};

// Makes adapter `number`, which must be the next one.
void pp_ndis_add_adapter(uint32_t number, const struct pp_adapter_traits *traits);

// The file name that means this adapter: a backslash and its name.
const UNICODE_STRING *pp_ndis_adapter_path(uint32_t adapter);

#define PP_MAC_BYTES 6
void pp_adapter_mac(uint32_t adapter, UCHAR ret_mac[PP_MAC_BYTES]);

// Binds the driver's protocol to the adapter. The binding is known by `binding` from then on.
bool pp_ndis_bind(uint32_t binding, uint32_t adapter);

// True if the last bind known by that number is over, and failed.
bool pp_ndis_has_failed_to_bind(uint32_t binding);

bool pp_ndis_finish_open(uint32_t binding, NDIS_STATUS status);

// What a driver is told when it restarts: nothing; the names of filters; what has become of the adapter.
enum pp_restart_buffer { PP_RESTART_NOTHING, PP_RESTART_FILTERS, PP_RESTART_ATTRIBUTES };
struct pp_restart {
    enum pp_restart_buffer buffer;
    uint16_t mtu;  // with attributes
    uint8_t backfill;
};

bool pp_ndis_restart(uint32_t binding, const struct pp_restart *restart);
bool pp_ndis_pause(uint32_t binding);
bool pp_ndis_unbind(uint32_t binding);
bool pp_ndis_finish_close(uint32_t binding);

// Completes the which-th (modulo) of the binding's OID requests that pend.
bool pp_ndis_finish_oid(uint32_t binding, uint8_t which, NDIS_STATUS status, bool is_at_dispatch);

// Tells the driver of a PnP event, of one binding or of all.
bool pp_ndis_tell(uint32_t binding, NET_PNP_EVENT_CODE code);
bool pp_ndis_tell_all(NET_PNP_EVENT_CODE code);

// Puts the adapter of a binding to sleep, paused, or wakes it.
bool pp_ndis_set_power(uint32_t binding, NET_DEVICE_POWER_STATE state);

// The adapter is pulled out: its bindings go, and it can be bound no more. False if it is gone already.
bool pp_ndis_remove_adapter(uint32_t adapter);

enum pp_status_news {
    PP_NEWS_LINK_UP,
    PP_NEWS_LINK_DOWN,
    PP_NEWS_MEDIA_CONNECT,
    PP_NEWS_MEDIA_DISCONNECT,
    PP_NEWS_LINK_SPEED,
    PP_NEWS_NETWORK_CHANGE,
    PP_NEWS_OPER_STATUS,
    PP_NEWS_TASK_OFFLOAD,
    PP_NEWS_MEDIA_SPECIFIC,
    PP_NEWS_UNKNOWN,
    PP_NEWS_RESET_START,
    PP_NEWS_RESET_END,
};

// Indicates a status, neither of a reset.
bool pp_ndis_indicate_status(uint32_t binding, enum pp_status_news news, bool is_at_dispatch);

// A reset of the adapter, or its beginning, or the end of one that has begun.
enum pp_reset_part { PP_RESET_WHOLE, PP_RESET_START, PP_RESET_END };
bool pp_ndis_reset_adapter(uint32_t binding, enum pp_reset_part part);

// Of the NBLs of one callback: as sent, the other way round, or every second one and then the others.
enum pp_completion_order { PP_ORDER_FORWARD, PP_ORDER_REVERSE, PP_ORDER_INTERLEAVED };

struct pp_completion {
    uint32_t first;  // which of the binding's in-flight NBLs, modulo their number
    uint32_t count;  // at most as many as follow
    NDIS_STATUS status;
    enum pp_completion_order order;
    bool is_at_dispatch;
    bool is_unflagged;  // does not say so
    PVOID cancel_id;    // only of NBLs with this id; NULL: of all
};

// Completes NBLs that are in flight, all in one callback.
bool pp_ndis_complete(uint32_t binding, const struct pp_completion *completion);

enum pp_frame_destination { PP_FRAME_ADAPTER, PP_FRAME_BROADCAST, PP_FRAME_MULTICAST, PP_FRAME_OTHER };

// Where the bytes of a received frame are: MDLs with `split` bytes in the first and the rest in another;
// with `split` bytes in each; with an unused one in front of all; with an unused one behind all; with
// the header in the first, which ends with the indication (14 bytes, or `split` of them).
enum pp_frame_mdls {
    PP_MDLS_SPLIT,
    PP_MDLS_PIECES,
    PP_MDLS_UNUSED_FIRST,
    PP_MDLS_UNUSED_LAST,
    PP_MDLS_HEADER,
};

enum pp_frame_nbl { PP_FRAME_PLAIN, PP_FRAME_READ_ONLY, PP_FRAME_CHILD, PP_FRAME_LOOPBACK };

// What the frames look like that are received.
struct pp_frames {
    enum pp_frame_destination to;
    uint16_t ethertype;
    uint8_t fill;
    uint8_t backfill;  // bytes in front of the frame
    enum pp_frame_mdls mdls;
    enum pp_frame_nbl nbl;
};

// From here on, in this run.
void pp_ndis_set_frames(const struct pp_frames *frames);

// What stands at a place of the frames in place of the fill byte.
struct pp_frame_field {
    uint8_t at;      // 14 or more: the header is as `struct pp_frames` says
    uint8_t bytes;   // 1 to 4
    uint32_t value;  // the lowest byte first
};

// From here on, until the frames look different. Later ones lie over earlier ones; some are kept at
// most.
void pp_ndis_add_frame_field(const struct pp_frame_field *field);

struct pp_reception {
    uint8_t count;     // frames, 1 to 16
    uint8_t split;     // bytes, 0: the frame is in one MDL
    uint16_t length;   // bytes of each frame, header included; no more than the adapter's MTU allows
    bool is_borrowed;  // NDIS_RECEIVE_FLAGS_RESOURCES
    bool is_at_dispatch;
};

// Indicates received frames, each an NBL with one NB. False if the adapter is not open: before the open
// has completed, or from the close on, but that while a close pends frames still come that are borrowed.
bool pp_ndis_receive(uint32_t binding, const struct pp_reception *reception);

// Delivers one thing that the world owes to the driver: the end of an open, a send or a close that
// pends. False if nothing is owed.
bool pp_ndis_deliver_owed(void);

// Unbinds the first binding that is not busy unbinding. False if there is none.
bool pp_ndis_unbind_any(void);
