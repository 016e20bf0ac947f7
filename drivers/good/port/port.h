// SPDX-License-Identifier: MIT
// What Port exports to other drivers. An adapter is named by its place among those that Port is bound to.
#pragma once

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#define ETHERNET_HEADER_SIZE 14

// Sends a copy of the frame.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
PortSend(_In_ ULONG Index, _In_reads_bytes_(Length) const VOID *Frame, _In_ ULONG Length);

// Returns when a frame of that EtherType has come, or with STATUS_CANCELLED if the adapter has stopped.
_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS PortWait(_In_ ULONG Index, _In_ USHORT EtherType);

// How many frames have come from that adapter so far.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS PortCount(_In_ ULONG Index, _Out_ ULONG *Frames);
