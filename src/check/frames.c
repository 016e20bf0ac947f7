// SPDX-License-Identifier: MIT
#include "check/frames.h"

#include "base/guard.h"
#include "check/report.h"

#include <string.h>

#define HEADER_BYTES 14u  // of an Ethernet frame
#define TYPE_AT 12u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86DDu
#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define LOOK_BYTES 78u  // with the longest header of IPv4, and the ports behind it

// The beginning of a frame.
struct look {
    UCHAR bytes[LOOK_BYTES];
    uint32_t length;
};

// What all frames of an NBL have in common: addresses, type, IP version, addresses and ports.
struct flow {
    UCHAR bytes[56];
    uint32_t length;
};

// Of bytes that an adapter has received, and cut as it liked: who sends them on cannot help it.
static bool is_received(uint64_t address) {
    struct pp_object *holder = pp_model_holding(address);
    return holder != NULL && pp_model_whole(holder)->receipt != 0;
}

// A frame without a whole header has none to be split.
PP_READS_CLOSED static bool is_header_split(const NET_BUFFER *nb) {
    const MDL *mdl = nb->CurrentMdl;
    uint32_t offset = nb->CurrentMdlOffset, length = 0;
    bool is_split = false;
    for (; mdl != NULL && length < HEADER_BYTES && !is_split; mdl = mdl->Next, offset = 0) {
        length += mdl->ByteCount > offset ? mdl->ByteCount - offset : 0;
        is_split = length > 0 && length < HEADER_BYTES && nb->stDataLength >= HEADER_BYTES &&
                   !is_received((uintptr_t)mdl->MappedSystemVa + offset);
    }
    return is_split;
}

// What the driver has not written is looked at like the rest.
PP_READS_CLOSED __attribute__((no_sanitize("memory"))) static struct look look_at(const NET_BUFFER *nb) {
    struct look look = {.length = 0};
    const MDL *mdl = nb->CurrentMdl;
    uint32_t offset = nb->CurrentMdlOffset;
    uint32_t wanted = nb->stDataLength < LOOK_BYTES ? nb->stDataLength : LOOK_BYTES;
    for (; mdl != NULL && look.length < wanted; mdl = mdl->Next, offset = 0) {
        const UCHAR *bytes = (const UCHAR *)mdl->MappedSystemVa + offset;
        uint32_t first = look.length;
        while (offset + (look.length - first) < mdl->ByteCount && look.length < wanted) {
            look.bytes[look.length] = bytes[look.length - first];
            look.length++;
        }
    }
    return look;
}

static uint32_t word_at(const struct look *look, uint32_t at) {
    return (uint32_t)look->bytes[at] << 8 | look->bytes[at + 1];
}

// As far as the frame goes.
static void add(struct flow *flow, const struct look *look, uint32_t at, uint32_t count) {
    for (uint32_t i = at; i < at + count && i < look->length; i++) {
        flow->bytes[flow->length++] = look->bytes[i];
    }
}

static void add_ports(struct flow *flow, const struct look *look, UCHAR protocol, uint32_t at) {
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) {
        add(flow, look, at, 4);
    }
}

// A part of a packet has no ports, but for the first.
static void add_ipv4(struct flow *flow, const struct look *look) {
    const uint32_t ip = HEADER_BYTES;
    bool is_fragment = (word_at(look, ip + 6) & 0x3FFF) != 0;
    add(flow, look, ip + 9, 1);   // protocol
    add(flow, look, ip + 12, 8);  // addresses
    if (!is_fragment) {
        add_ports(flow, look, look->bytes[ip + 9], ip + (look->bytes[ip] & 0xF) * 4u);
    }
}

static void add_ipv6(struct flow *flow, const struct look *look) {
    const uint32_t ip = HEADER_BYTES;
    add(flow, look, ip + 6, 1);   // next header
    add(flow, look, ip + 8, 32);  // addresses
    add_ports(flow, look, look->bytes[ip + 6], ip + 40);
}

static struct flow flow_of(const struct look *look) {
    struct flow flow = {.length = 0};
    add(&flow, look, 0, HEADER_BYTES);
    if (look->length >= HEADER_BYTES + 20 && word_at(look, TYPE_AT) == TYPE_IPV4) {
        add_ipv4(&flow, look);
    } else if (look->length >= HEADER_BYTES + 40 && word_at(look, TYPE_AT) == TYPE_IPV6) {
        add_ipv6(&flow, look);
    }
    return flow;
}

static const char *find_difference(const struct flow *left, const struct flow *right) {
    if (memcmp(left->bytes, right->bytes, HEADER_BYTES) != 0) {
        return "NBL sent with different headers";
    }
    bool is_same = left->length == right->length && memcmp(left->bytes, right->bytes, left->length) == 0;
    return is_same ? NULL : "NBL sent with frames of several flows";
}

// A frame without a whole header says nothing.
PP_READS_CLOSED void pp_frames_judge(const struct pp_event *event, const NET_BUFFER_LIST *nbl) {
    struct flow first = {.length = 0};
    const char *what = NULL;
    for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL && what == NULL; nb = nb->Next) {
        if (is_header_split(nb)) {
            what = "frame sent whose header lies in several MDLs";
        } else if (nbl->FirstNetBuffer->Next != NULL) {  // a frame alone differs from none
            const struct look look = look_at(nb);
            struct flow flow = flow_of(&look);
            if (first.length >= HEADER_BYTES && flow.length >= HEADER_BYTES) {
                what = find_difference(&first, &flow);
            } else if (flow.length >= HEADER_BYTES) {
                first = flow;
            }
        }
    }
    if (what != NULL) {
        pp_report(PP_RULE_SEND_MACHDR, event, what);
    }
}
