// SPDX-License-Identifier: MIT

// VLAN and priority of a NET_BUFFER_LIST: the value of its slot Ieee8021QNetBufferListInfo.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/nbl8021q/.
#pragma once

#include <ndis/nbl.h>

typedef struct _NDIS_NET_BUFFER_LIST_8021Q_INFO {
    union {
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 Reserved : 16;
        } TagHeader;
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 WMMInfo : 4;
            UINT32 Reserved : 12;
        } WLanTagHeader;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;
