// SPDX-License-Identifier: MIT
// What an adapter answers to OID requests: the truth about itself, and what the binding has set.
#include "ndis/binding.h"

#include <string.h>

#define HEADER_BYTES 14u
#define VENDOR_ID 0x706F6Fu  // of the MAC address
#define DRIVER_VERSION 0x0650u
#define BYTES_MORE 16u  // that a buffer is said to lack which does not

static const char vendor[] = "poolproof Ethernet";

static const NDIS_OID supported[] = {
    OID_GEN_SUPPORTED_LIST,
    OID_GEN_HARDWARE_STATUS,
    OID_GEN_MEDIA_SUPPORTED,
    OID_GEN_MEDIA_IN_USE,
    OID_GEN_PHYSICAL_MEDIUM,
    OID_GEN_MAXIMUM_LOOKAHEAD,
    OID_GEN_CURRENT_LOOKAHEAD,
    OID_GEN_MAXIMUM_FRAME_SIZE,
    OID_GEN_MAXIMUM_TOTAL_SIZE,
    OID_GEN_LINK_SPEED,
    OID_GEN_LINK_SPEED_EX,
    OID_GEN_MAX_LINK_SPEED,
    OID_GEN_XMIT_LINK_SPEED,
    OID_GEN_RCV_LINK_SPEED,
    OID_GEN_LINK_STATE,
    OID_GEN_LINK_PARAMETERS,
    OID_GEN_MEDIA_CONNECT_STATUS,
    OID_GEN_MEDIA_CONNECT_STATUS_EX,
    OID_GEN_MEDIA_DUPLEX_STATE,
    OID_GEN_TRANSMIT_BUFFER_SPACE,
    OID_GEN_RECEIVE_BUFFER_SPACE,
    OID_GEN_TRANSMIT_BLOCK_SIZE,
    OID_GEN_RECEIVE_BLOCK_SIZE,
    OID_GEN_VENDOR_ID,
    OID_GEN_VENDOR_DESCRIPTION,
    OID_GEN_VENDOR_DRIVER_VERSION,
    OID_GEN_DRIVER_VERSION,
    OID_GEN_CURRENT_PACKET_FILTER,
    OID_GEN_MAC_OPTIONS,
    OID_GEN_MAXIMUM_SEND_PACKETS,
    OID_GEN_NETWORK_LAYER_ADDRESSES,
    OID_GEN_PROTOCOL_OPTIONS,
    OID_GEN_STATISTICS,
    OID_GEN_XMIT_OK,
    OID_GEN_RCV_OK,
    OID_GEN_XMIT_ERROR,
    OID_GEN_RCV_ERROR,
    OID_GEN_RCV_NO_BUFFER,
    OID_802_3_PERMANENT_ADDRESS,
    OID_802_3_CURRENT_ADDRESS,
    OID_802_3_MULTICAST_LIST,
    OID_802_3_ADD_MULTICAST_ADDRESS,
    OID_802_3_DELETE_MULTICAST_ADDRESS,
    OID_802_3_MAXIMUM_LIST_SIZE,
    OID_802_3_MAC_OPTIONS,
    OID_PNP_CAPABILITIES,
    OID_PNP_ENABLE_WAKE_UP,
};

// === Queries ===

struct value {
    uint32_t size;  // 0: there is no such thing to ask for
    union {
        ULONG number;
        ULONG64 wide;
        NDIS_OID oids[sizeof(supported) / sizeof(supported[0])];
        UCHAR multicasts[PP_MULTICAST_COUNT_MAX][PP_MULTICAST_BYTES];
        UCHAR mac[PP_MAC_BYTES];
        char text[sizeof(vendor)];
        NDIS_LINK_STATE link;
        NDIS_STATISTICS_INFO statistics;
        NDIS_PNP_CAPABILITIES power;
    };
};

static struct value number(ULONG value) { return (struct value){sizeof(ULONG), .number = value}; }
static struct value wide(ULONG64 value) { return (struct value){sizeof(ULONG64), .wide = value}; }

static struct value link_state(void) {
    struct value value = {sizeof(value.link), .wide = 0};
    pp_adapter_link_state(&value.link, /*is_up=*/true);
    return value;
}

static struct value statistics(const struct pp_binding *binding) {
    struct value value = {sizeof(value.statistics), .statistics = {.ifHCInUcastPkts = 0}};
    NDIS_STATISTICS_INFO *info = &value.statistics;
    info->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    info->Header.Revision = NDIS_STATISTICS_INFO_REVISION_1;
    info->Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
    info->SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV |
                                NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT |
                                NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR;
    info->ifHCInUcastPkts = binding->traffic.received;
    info->ifHCOutUcastPkts = binding->traffic.sent;
    info->ifOutErrors = binding->traffic.send_errors;
    return value;
}

static struct value mac(const struct pp_binding *binding) {
    struct value value = {PP_MAC_BYTES, .wide = 0};
    pp_adapter_mac(binding->adapter, value.mac);
    return value;
}

static struct value multicast_list(const struct pp_filter *filter) {
    struct value value = {filter->multicast_count * PP_MULTICAST_BYTES, .wide = 0};
    memcpy(value.multicasts, filter->multicasts, value.size);
    return value;
}

static struct value look_up_link(NDIS_OID oid) {
    switch (oid) {
    case OID_GEN_LINK_SPEED: return number(PP_LINK_SPEED / 100);
    case OID_GEN_LINK_SPEED_EX:
    case OID_GEN_MAX_LINK_SPEED:
    case OID_GEN_XMIT_LINK_SPEED:
    case OID_GEN_RCV_LINK_SPEED: return wide(PP_LINK_SPEED);
    case OID_GEN_LINK_STATE: return link_state();
    case OID_GEN_MEDIA_CONNECT_STATUS: return number(NdisMediaStateConnected);
    case OID_GEN_MEDIA_CONNECT_STATUS_EX: return number(MediaConnectStateConnected);
    case OID_GEN_MEDIA_DUPLEX_STATE: return number(MediaDuplexStateFull);
    default: return (struct value){0};
    }
}

static struct value look_up_traffic(const struct pp_binding *binding, NDIS_OID oid) {
    switch (oid) {
    case OID_GEN_STATISTICS: return statistics(binding);
    case OID_GEN_XMIT_OK: return wide(binding->traffic.sent);
    case OID_GEN_RCV_OK: return wide(binding->traffic.received);
    case OID_GEN_XMIT_ERROR: return wide(binding->traffic.send_errors);
    case OID_GEN_RCV_ERROR:
    case OID_GEN_RCV_NO_BUFFER: return wide(0);
    default: return look_up_link(oid);
    }
}

static struct value look_up_kept(const struct pp_binding *binding, NDIS_OID oid) {
    const struct pp_filter *filter = &binding->filter;
    switch (oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: return number(filter->packet_types);
    case OID_GEN_CURRENT_LOOKAHEAD:
        return number(filter->lookahead != 0 ? filter->lookahead : pp_adapter_mtu(binding->adapter));
    case OID_802_3_MULTICAST_LIST: return multicast_list(filter);
    case OID_802_3_MAXIMUM_LIST_SIZE: return number(PP_MULTICAST_COUNT_MAX);
    case OID_802_3_PERMANENT_ADDRESS:
    case OID_802_3_CURRENT_ADDRESS: return mac(binding);
    case OID_802_3_MAC_OPTIONS: return number(0);
    default: return look_up_traffic(binding, oid);
    }
}

static struct value look_up(const struct pp_binding *binding, NDIS_OID oid) {
    struct value value = {0};
    ULONG mtu = pp_adapter_mtu(binding->adapter);
    switch (oid) {
    case OID_GEN_SUPPORTED_LIST:
        value.size = sizeof(supported);
        memcpy(value.oids, supported, sizeof(supported));
        return value;
    case OID_GEN_VENDOR_DESCRIPTION:
        value.size = sizeof(vendor);
        memcpy(value.text, vendor, sizeof(vendor));
        return value;
    case OID_PNP_CAPABILITIES: value.size = sizeof(value.power); return value;  // it wakes nobody
    case OID_GEN_HARDWARE_STATUS:
        return number(binding->is_resetting ? NdisHardwareStatusReset : NdisHardwareStatusReady);
    case OID_GEN_MEDIA_SUPPORTED:
    case OID_GEN_MEDIA_IN_USE: return number(NdisMedium802_3);
    case OID_GEN_PHYSICAL_MEDIUM: return number(NdisPhysicalMedium802_3);
    case OID_GEN_MAXIMUM_LOOKAHEAD:
    case OID_GEN_MAXIMUM_FRAME_SIZE: return number(mtu);
    case OID_GEN_MAXIMUM_TOTAL_SIZE:
    case OID_GEN_TRANSMIT_BLOCK_SIZE:
    case OID_GEN_RECEIVE_BLOCK_SIZE: return number(mtu + HEADER_BYTES);
    case OID_GEN_TRANSMIT_BUFFER_SPACE:
    case OID_GEN_RECEIVE_BUFFER_SPACE: return number(64 * (mtu + HEADER_BYTES));
    case OID_GEN_VENDOR_ID: return number(VENDOR_ID);
    case OID_GEN_VENDOR_DRIVER_VERSION:
    case OID_GEN_DRIVER_VERSION: return number(DRIVER_VERSION);
    case OID_GEN_MAC_OPTIONS: return number(PP_MAC_OPTIONS);
    case OID_GEN_MAXIMUM_SEND_PACKETS: return number(1);
    default: return look_up_kept(binding, oid);
    }
}

static bool is_supported(NDIS_OID oid) {
    for (size_t i = 0; i < sizeof(supported) / sizeof(supported[0]); i++) {
        if (supported[i] == oid) {
            return true;
        }
    }
    return false;
}

// Counters may be asked for in 4 or in 8 bytes.
static bool is_counter(NDIS_OID oid) { return oid >= OID_GEN_XMIT_OK && oid <= OID_GEN_RCV_NO_BUFFER; }

static NDIS_STATUS query(const struct pp_binding *binding, NDIS_OID_REQUEST *request) {
    struct _QUERY *data = &request->DATA.QUERY_INFORMATION;
    struct value value = look_up(binding, data->Oid);
    data->BytesWritten = data->BytesNeeded = 0;
    if (value.size == 0 && data->Oid != OID_802_3_MULTICAST_LIST) {
        return is_supported(data->Oid) ? NDIS_STATUS_INVALID_OID : NDIS_STATUS_NOT_SUPPORTED;
    }
    if (is_counter(data->Oid) && data->InformationBufferLength < sizeof(ULONG64)) {
        value.size = sizeof(ULONG);
    }
    if (data->InformationBufferLength < value.size) {
        data->BytesNeeded = value.size;
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    if (value.size > 0) {
        memcpy(data->InformationBuffer, value.mac, value.size);
    }
    data->BytesWritten = value.size;
    return NDIS_STATUS_SUCCESS;
}

// === Sets ===

static NDIS_STATUS set_packet_filter(struct pp_filter *filter, ULONG packet_types) {
    if ((packet_types & ~(ULONG)PP_PACKET_TYPES) != 0) {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    filter->is_set = true;
    filter->packet_types = packet_types;
    return NDIS_STATUS_SUCCESS;
}

static uint32_t find_multicast(const struct pp_filter *filter, const UCHAR *address) {
    uint32_t i = 0;
    while (i < filter->multicast_count &&
           memcmp(filter->multicasts[i], address, PP_MULTICAST_BYTES) != 0) {
        i++;
    }
    return i;
}

static NDIS_STATUS add_multicast(struct pp_filter *filter, const UCHAR *address) {
    if (find_multicast(filter, address) < filter->multicast_count) {
        return NDIS_STATUS_MULTICAST_EXISTS;
    }
    if (filter->multicast_count == PP_MULTICAST_COUNT_MAX) {
        return NDIS_STATUS_MULTICAST_FULL;
    }
    memcpy(filter->multicasts[filter->multicast_count++], address, PP_MULTICAST_BYTES);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS delete_multicast(struct pp_filter *filter, const UCHAR *address) {
    uint32_t at = find_multicast(filter, address);
    if (at == filter->multicast_count) {
        return NDIS_STATUS_MULTICAST_NOT_FOUND;
    }
    memmove(filter->multicasts[at], filter->multicasts[at + 1],
            (--filter->multicast_count - at) * PP_MULTICAST_BYTES);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_multicast_list(struct pp_filter *filter, struct _SET *data) {
    uint32_t count = data->InformationBufferLength / PP_MULTICAST_BYTES;
    if (data->InformationBufferLength % PP_MULTICAST_BYTES != 0) {
        data->BytesNeeded = (count + 1) * PP_MULTICAST_BYTES;
        return NDIS_STATUS_INVALID_LENGTH;
    }
    if (count > PP_MULTICAST_COUNT_MAX) {
        data->BytesNeeded = PP_MULTICAST_COUNT_MAX * PP_MULTICAST_BYTES;
        return NDIS_STATUS_MULTICAST_FULL;
    }
    filter->multicast_count = count;
    if (count > 0) {
        memcpy(filter->multicasts, data->InformationBuffer, count * PP_MULTICAST_BYTES);
    }
    return NDIS_STATUS_SUCCESS;
}

// How many bytes a set of this OID has at least; 0: it cannot be set. The multicast list has any number.
static uint32_t bytes_to_set(NDIS_OID oid) {
    switch (oid) {
    case OID_GEN_CURRENT_PACKET_FILTER:
    case OID_GEN_CURRENT_LOOKAHEAD:
    case OID_GEN_PROTOCOL_OPTIONS:
    case OID_PNP_ENABLE_WAKE_UP: return sizeof(ULONG);
    case OID_802_3_ADD_MULTICAST_ADDRESS:
    case OID_802_3_DELETE_MULTICAST_ADDRESS: return PP_MULTICAST_BYTES;
    case OID_GEN_NETWORK_LAYER_ADDRESSES:
    case OID_GEN_LINK_PARAMETERS: return sizeof(NDIS_OBJECT_HEADER);
    default: return 0;
    }
}

static NDIS_STATUS keep(struct pp_binding *binding, struct _SET *data) {
    struct pp_filter *filter = &binding->filter;
    ULONG value;
    memcpy(&value, data->InformationBuffer, sizeof(value));
    switch (data->Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: return set_packet_filter(filter, value);
    case OID_GEN_CURRENT_LOOKAHEAD:
        if (value > pp_adapter_mtu(binding->adapter)) {
            return NDIS_STATUS_INVALID_DATA;
        }
        filter->lookahead = value;
        return NDIS_STATUS_SUCCESS;
    case OID_802_3_ADD_MULTICAST_ADDRESS: return add_multicast(filter, data->InformationBuffer);
    case OID_802_3_DELETE_MULTICAST_ADDRESS: return delete_multicast(filter, data->InformationBuffer);
    default: return NDIS_STATUS_SUCCESS;  // taken note of, and without effect on what can be seen
    }
}

static NDIS_STATUS set(struct pp_binding *binding, NDIS_OID_REQUEST *request) {
    struct _SET *data = &request->DATA.SET_INFORMATION;
    uint32_t least = bytes_to_set(data->Oid);
    data->BytesRead = data->BytesNeeded = 0;
    NDIS_STATUS status;
    if (data->Oid == OID_802_3_MULTICAST_LIST) {
        status = set_multicast_list(&binding->filter, data);
    } else if (least == 0) {
        status = is_supported(data->Oid) ? NDIS_STATUS_INVALID_OID : NDIS_STATUS_NOT_SUPPORTED;
    } else if (data->InformationBufferLength < least) {
        data->BytesNeeded = least;
        status = NDIS_STATUS_INVALID_LENGTH;
    } else {
        status = keep(binding, data);
    }
    if (status == NDIS_STATUS_SUCCESS) {
        data->BytesRead = data->InformationBufferLength;
        request->SupportedRevision = 0;  // no structure of those that can be set has revisions here
    }
    return status;
}

// === Both ===

NDIS_STATUS pp_oid_answer(struct pp_binding *binding, NDIS_OID_REQUEST *request) {
    switch (request->RequestType) {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics: return query(binding, request);
    case NdisRequestSetInformation: return set(binding, request);
    case NdisRequestMethod:
        request->DATA.METHOD_INFORMATION.BytesWritten = 0;
        request->DATA.METHOD_INFORMATION.BytesRead = 0;
        request->DATA.METHOD_INFORMATION.BytesNeeded = 0;
        return is_supported(request->DATA.METHOD_INFORMATION.Oid) ? NDIS_STATUS_INVALID_OID
                                                                  : NDIS_STATUS_NOT_SUPPORTED;
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

// A driver that asks again with the bytes that it is told to need must come to an end.
void pp_oid_refuse(struct pp_binding *binding, NDIS_OID_REQUEST *request, NDIS_STATUS status) {
    bool lacks_room = status == NDIS_STATUS_BUFFER_TOO_SHORT || status == NDIS_STATUS_INVALID_LENGTH;
    if (request->RequestType == NdisRequestMethod) {
        struct _METHOD *data = &request->DATA.METHOD_INFORMATION;
        data->BytesWritten = data->BytesRead = 0;
        data->BytesNeeded = lacks_room ? data->OutputBufferLength + BYTES_MORE : 0;
        return;
    }
    struct _QUERY *data = &request->DATA.QUERY_INFORMATION;
    uint32_t size = request->RequestType == NdisRequestSetInformation ? bytes_to_set(data->Oid)
                                                                      : look_up(binding, data->Oid).size;
    if (size <= data->InformationBufferLength) {
        size = data->InformationBufferLength + BYTES_MORE;
    }
    data->BytesWritten = 0;  // of a set, its BytesRead
    data->BytesNeeded = lacks_room ? size : 0;
}

bool pp_filter_passes(const struct pp_binding *binding, const UCHAR destination[PP_MULTICAST_BYTES]) {
    static const UCHAR everybody[PP_MAC_BYTES] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct pp_filter *filter = &binding->filter;
    ULONG types = filter->packet_types;
    if (!filter->is_set) {
        return !pp_adapter_waits_for_filter(binding->adapter);
    }
    UCHAR own[PP_MAC_BYTES];
    pp_adapter_mac(binding->adapter, own);
    if ((types & NDIS_PACKET_TYPE_PROMISCUOUS) != 0) {
        return true;
    }
    if (memcmp(destination, everybody, sizeof(everybody)) == 0) {
        return (types & NDIS_PACKET_TYPE_BROADCAST) != 0;
    }
    if ((destination[0] & 1) != 0) {
        return (types & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0 ||
               ((types & NDIS_PACKET_TYPE_MULTICAST) != 0 &&
                find_multicast(filter, destination) < filter->multicast_count);
    }
    return (types & NDIS_PACKET_TYPE_DIRECTED) != 0 && memcmp(destination, own, sizeof(own)) == 0;
}
