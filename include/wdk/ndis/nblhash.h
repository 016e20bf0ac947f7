// SPDX-License-Identifier: MIT

// The RSS hash of a NET_BUFFER_LIST.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/nblhash/.
#pragma once

#include <ndis/nblaccessors.h>

#define NDIS_HASH_FUNCTION_MASK 0x000000FF
#define NDIS_HASH_TYPE_MASK 0x00FFFF00
#define NdisHashFunctionToeplitz 0x00000001
#define NDIS_HASH_IPV4 0x00000100
#define NDIS_HASH_TCP_IPV4 0x00000200
#define NDIS_HASH_IPV6 0x00000400
#define NDIS_HASH_IPV6_EX 0x00000800
#define NDIS_HASH_TCP_IPV6 0x00001000
#define NDIS_HASH_TCP_IPV6_EX 0x00002000

#define PP_HASH_INFO(Nbl) (*(PULONG)&NET_BUFFER_LIST_INFO(Nbl, NetBufferListHashInfo))
#define NET_BUFFER_LIST_GET_HASH_VALUE(Nbl) \
    (PtrToUlong(NET_BUFFER_LIST_INFO(Nbl, NetBufferListHashValue)))
#define NET_BUFFER_LIST_SET_HASH_VALUE(Nbl, Value) \
    (NET_BUFFER_LIST_INFO(Nbl, NetBufferListHashValue) = UlongToPtr(Value))
#define NET_BUFFER_LIST_GET_HASH_TYPE(Nbl) (PP_HASH_INFO(Nbl) & NDIS_HASH_TYPE_MASK)
#define NET_BUFFER_LIST_SET_HASH_TYPE(Nbl, Type) \
    (PP_HASH_INFO(Nbl) = (PP_HASH_INFO(Nbl) & ~NDIS_HASH_TYPE_MASK) | ((Type) & NDIS_HASH_TYPE_MASK))
#define NET_BUFFER_LIST_GET_HASH_FUNCTION(Nbl) (PP_HASH_INFO(Nbl) & NDIS_HASH_FUNCTION_MASK)
#define NET_BUFFER_LIST_SET_HASH_FUNCTION(Nbl, Function)                         \
    (PP_HASH_INFO(Nbl) = (PP_HASH_INFO(Nbl) & ~NDIS_HASH_FUNCTION_MASK) |        \
                         ((Function) & NDIS_HASH_FUNCTION_MASK))
