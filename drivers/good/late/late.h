// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver that answers later: bind, unbind, pause and restart are PENDING in any
// case, and finished by a work item, or by the completion of the open or the close that they wait for.
// What a program writes to \\.\Late\<adapter name> is one Ethernet frame. It is copied, and the write is
// complete when the frame has gone out on that adapter.
//
// A binding is a state machine under a lock. At most one answer is owed at a time, and as long as it is
// owed, NDIS leaves the binding alone: what is pending keeps it alive. So the one who gives the answer
// takes what it needs before, and does not touch the binding after.

#pragma once

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define LATE_TAG 'etaL'
#define ETHERNET_HEADER_SIZE 14

typedef enum _LATE_STATE {
    LateOpening,
    LatePaused,
    LateRestarting,
    LateRunning,
    LatePausing,
    LateClosing
} LATE_STATE;

typedef struct _LATE_BINDING {
    LIST_ENTRY Link;             // in Bindings, guarded by BindingsLock
    volatile LONG References;    // one while bound, one for each open file
    UNICODE_STRING AdapterName;  // its characters stand behind this structure
    ULONG FrameSize;             // largest frame the adapter takes, header included
    ULONG DataBackFill;          // room that the drivers below want in front of a frame,
    USHORT ContextBackFill;      // and in the context of an NBL
    NDIS_HANDLE NblPool;         // NBLs with an NB and data
    PIO_WORKITEM WorkItem;       // queued for the answer that is owed
    NDIS_HANDLE BindingHandle;
    NDIS_OPEN_PARAMETERS Open;  // lives here, as do the next two, while the open is pending
    NDIS_MEDIUM Medium;
    UINT SelectedMedium;
    NDIS_STATUS OpenStatus;
    NDIS_HANDLE PendingContext;                // BindContext or UnbindContext of the answer owed
    NET_PNP_EVENT_NOTIFICATION *PendingEvent;  // or the event it is owed to
    KSPIN_LOCK Lock;                           // guards what follows
    LATE_STATE State;
    BOOLEAN IsResetting;  // the adapter is: it takes nothing
    LONG SendCount;       // frames that are out, or being made; above zero while running or pausing only
} LATE_BINDING;

// binding.c
_Must_inspect_result_ NDIS_STATUS LateRegister(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID LateDeregister(VOID);
_Must_inspect_result_ LATE_BINDING *LateReferenceBindingByFileName(_In_ const UNICODE_STRING *FileName);
VOID LateDereferenceBinding(_In_ LATE_BINDING *Binding);
VOID LateQueueAnswer(_In_ LATE_BINDING *Binding);

// frames.c
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH LateWrite;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE LateSendNetBufferListsComplete;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS LateReceiveNetBufferLists;
PROTOCOL_STATUS_EX LateStatusEx;

// driver.c
extern DEVICE_OBJECT *LateDevice;
NTSTATUS LateCompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);
