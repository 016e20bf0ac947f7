// SPDX-License-Identifier: MIT
// Windows management instrumentation: drivers include this out of habit. Nothing is here but the header
// of a data block.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/wmistr/ns-wmistr-_wnode_header.
#pragma once

#include <ntdef.h>

typedef struct _WNODE_HEADER {
    ULONG BufferSize;
    ULONG ProviderId;
    union {
        ULONG64 HistoricalContext;
        struct {
            ULONG Version;
            ULONG Linkage;
        };
    };
    union {
        ULONG CountLost;
        HANDLE KernelHandle;
        LARGE_INTEGER TimeStamp;
    };
    GUID Guid;
    ULONG ClientContext;
    ULONG Flags;
} WNODE_HEADER, *PWNODE_HEADER;
