// SPDX-License-Identifier: MIT
// OID requests: how an adapter answers them, and what a binding has set by them.
#pragma once
#include <ndis.h>
#include <stdbool.h>
#include <stdint.h>

struct pp_binding;

#define PP_MULTICAST_COUNT_MAX 32u
#define PP_MULTICAST_BYTES 6u

// What a binding wants to receive. Zero when it is opened.
struct pp_filter {
    bool is_set;  // the driver has set a packet filter, of whatever kind
    ULONG packet_types;
    ULONG lookahead;  // 0: the adapter's
    ULONG multicast_count;
    UCHAR multicasts[PP_MULTICAST_COUNT_MAX][PP_MULTICAST_BYTES];
};

// What has gone through a binding, as OID_GEN_STATISTICS tells it.
struct pp_traffic {
    ULONG64 sent;
    ULONG64 send_errors;
    ULONG64 received;
};

// What the adapter below the binding can do.
#define PP_PACKET_TYPES                                                                        \
    (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | \
     NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL |  \
     NDIS_PACKET_TYPE_NO_LOCAL)
#define PP_LINK_SPEED 1000000000ull  // bits a second
#define PP_MAC_OPTIONS (NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND)

// Does what the request asks for, which the driver may be told now or later. Results are written into
// the request and its buffer.
NDIS_STATUS pp_oid_answer(struct pp_binding *binding, NDIS_OID_REQUEST *request);

// The same for a request that fails with `status` whatever it asks for.
void pp_oid_refuse(struct pp_binding *binding, NDIS_OID_REQUEST *request, NDIS_STATUS status);

// The buffer of a request, which its results are written to or its data read from.
void *pp_oid_buffer(const NDIS_OID_REQUEST *request, uint32_t *ret_bytes);

// True if frames for this destination address are indicated on the binding.
bool pp_filter_passes(const struct pp_binding *binding, const UCHAR destination[PP_MULTICAST_BYTES]);

void pp_oid_reset(void);

// Completes what pends with this status, but what the driver asks meanwhile. On a fiber.
void pp_oid_complete_all(struct pp_binding *binding, NDIS_STATUS status);

// Calls ProtocolOidRequestComplete for the oldest request that pends. False if none does.
bool pp_oid_complete_oldest(struct pp_binding *binding);
