// SPDX-License-Identifier: MIT
// Frame and packet headers, in network byte order.
//
// Source: the RFCs and IEEE 802.3; names as in learn.microsoft.com/windows-hardware/drivers/network/.
#pragma once

#include <ntdef.h>

#include <pshpack1.h>

#define ETHERNET_TYPE_MINIMUM 0x0600
#define ETHERNET_TYPE_IPV4 0x0800
#define ETHERNET_TYPE_ARP 0x0806
#define ETHERNET_TYPE_802_1Q 0x8100
#define ETHERNET_TYPE_IPV6 0x86dd

typedef union _DL_EUI48 {
    UCHAR Byte[6];
    struct {
        UCHAR Oui[3];
        UCHAR Ei48[3];
    };
} DL_EUI48, *PDL_EUI48;

typedef struct _ETHERNET_HEADER {
    DL_EUI48 Destination;
    DL_EUI48 Source;
    union {
        USHORT Type;
        USHORT Length;
    };
} ETHERNET_HEADER, *PETHERNET_HEADER;

typedef struct _VLAN_TAG {
    union {
        USHORT Tag;
        struct {
            USHORT VID : 12;
            USHORT CFI : 1;
            USHORT User_Priority : 3;
        };
    };
    USHORT Type;
} VLAN_TAG, *PVLAN_TAG;

typedef struct _IPV4_HEADER {
    union {
        UCHAR VersionAndHeaderLength;
        struct {
            UCHAR HeaderLength : 4;
            UCHAR Version : 4;
        };
    };
    UCHAR TypeOfService;
    USHORT TotalLength;
    USHORT Identification;
    USHORT FlagsAndOffset;
    UCHAR TimeToLive;
    UCHAR Protocol;
    USHORT HeaderChecksum;
    ULONG SourceAddress;
    ULONG DestinationAddress;
} IPV4_HEADER, *PIPV4_HEADER;

typedef struct _UDP_HDR {
    USHORT uh_sport;
    USHORT uh_dport;
    USHORT uh_ulen;
    USHORT uh_sum;
} UDP_HDR, *PUDP_HDR;

#include <poppack.h>

_Static_assert(sizeof(ETHERNET_HEADER) == 14 && sizeof(IPV4_HEADER) == 20, "packed");
