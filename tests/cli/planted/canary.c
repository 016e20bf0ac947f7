// SPDX-License-Identifier: MIT
// The good driver echo, but that it forgets the NBL of a frame whose length ends in these bits: about
// one run in a hundred comes to such a frame. Whoever fuzzes it must find that, or sees nothing at all.
#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

static VOID FreeOrForget(NET_BUFFER_LIST *NetBufferList) {
    if ((NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(NetBufferList)) & 0x3f) != 0x2a) {
        NdisFreeNetBufferList(NetBufferList);
    }
}

#define NdisFreeNetBufferList FreeOrForget
#include "../../../drivers/good/echo.c"
