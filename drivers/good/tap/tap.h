// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver that lets a program read and write the frames of an adapter.
//
// A program opens \\.\Tap and names an adapter with IOCTL_TAP_OPEN; from then on reads get what the
// adapter receives, and writes send. A binding has one such file at a time.
//
// Who keeps what:
// - A binding lives as long as it is bound, and as long as files are open that were opened on it.
// - Its handle is used inside the gate Handle, which the unbind closes. Frames are sent, and taken from
// the
//   queue of received ones, inside the gate Traffic, which the pause closes. To close a gate is to wait
//   until nobody is inside.
#pragma once

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAP_TAG ' paT'
#define TAP_RECEIVED_MAX 16  // NBLs that wait for a read
#define TAP_COPIES_MAX 8
#define ETHERNET_HEADER_SIZE 14

// Input: the adapter's name, without a terminator. The file gets its frames until it is closed.
#define IOCTL_TAP_OPEN CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Output: a TAP_LINK.
#define IOCTL_TAP_QUERY_LINK CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Input: a ULONG, how many times each frame is sent that is written from now on.
#define IOCTL_TAP_SET_COPIES CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _TAP_LINK {
    ULONG64 Speed;  // bits per second
    ULONG IsConnected;
    ULONG Reserved;
} TAP_LINK;

typedef struct _TAP_GATE {
    KSPIN_LOCK Lock;
    BOOLEAN IsOpen;
    LONG Inside;  // with one for the gate itself while it is open
    KEVENT Empty;
} TAP_GATE;

typedef struct _TAP_REQUEST {
    NDIS_OID_REQUEST Oid;
    KEVENT Done;
    NDIS_STATUS Status;
    union {
        ULONG Filter;
        NDIS_LINK_STATE LinkState;
    } Information;
} TAP_REQUEST;

typedef struct _TAP_BINDING {
    LIST_ENTRY Link;             // in the list of bindings, guarded by its lock
    BOOLEAN IsBound;             // it is in that list
    FILE_OBJECT *File;           // the one that reads and writes; guarded by that lock, too
    volatile LONG References;    // one while bound, one for each file that was opened on it
    UNICODE_STRING AdapterName;  // its characters stand behind this structure
    ULONG FrameSize;             // largest frame the adapter takes, header included
    ULONG DataBackFill;          // room that the drivers below want in front of a frame,
    USHORT ContextBackFill;      // and in the context of an NBL
    NDIS_HANDLE FramePool;       // NBLs with an NB and data
    NDIS_HANDLE ClonePool;       // NBLs with an NB
    PIO_WORKITEM RefreshItem;
    NDIS_HANDLE BindingHandle;
    KEVENT AdapterDone;  // an open or a close that was pending has completed
    NDIS_STATUS OpenStatus;
    TAP_GATE Handle;
    TAP_GATE Traffic;
    KMUTEX ReaderMutex;  // held while a file comes or goes; guards the next three
    TAP_REQUEST FilterRequest;
    ULONG WantedFilter;  // the packet filter that the adapter should have,
    ULONG Filter;        // and that it has
    KSPIN_LOCK Lock;     // guards what follows
    BOOLEAN IsRunning;
    BOOLEAN IsAsleep;     // the adapter is in a low-power state
    BOOLEAN IsResetting;  // the adapter is
    BOOLEAN IsRefreshQueued;
    BOOLEAN HasReader;
    ULONG Copies;  // of what is written
    TAP_LINK LinkState;
    LIST_ENTRY Reads;           // IRPs that wait for a frame
    NET_BUFFER_LIST *Received;  // NBLs that wait for a read, the oldest first; without a reader, none
    NET_BUFFER_LIST **ReceivedTail;
    ULONG ReceivedCount;
} TAP_BINDING;

// gate.c
VOID TapOpenGate(_Inout_ TAP_GATE *Gate);
_Must_inspect_result_ BOOLEAN TapEnterGate(_Inout_ TAP_GATE *Gate);
VOID TapLeaveGate(_Inout_ TAP_GATE *Gate);
_IRQL_requires_(PASSIVE_LEVEL) VOID TapCloseGate(_Inout_ TAP_GATE *Gate);
VOID TapInitializeGate(_Out_ TAP_GATE *Gate);

// binding.c
NDIS_STATUS TapRegister(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID TapDeregister(VOID);
_Must_inspect_result_ NTSTATUS TapAttachFile(_In_ FILE_OBJECT *File,
                                             _In_ const UNICODE_STRING *AdapterName);
_IRQL_requires_(PASSIVE_LEVEL) VOID TapDetachFile(_In_ FILE_OBJECT *File);
TAP_BINDING *TapBindingOf(_In_ FILE_OBJECT *File);
VOID TapDereferenceBinding(_In_ TAP_BINDING *Binding);
VOID TapAcquireReaderMutex(_Inout_ TAP_BINDING *Binding);
VOID TapReleaseReaderMutex(_Inout_ TAP_BINDING *Binding);

// request.c
_IRQL_requires_(PASSIVE_LEVEL) NDIS_STATUS TapApplyFilter(_Inout_ TAP_BINDING *Binding);
VOID TapRefresh(_Inout_ TAP_BINDING *Binding);
VOID TapSetPower(_Inout_ TAP_BINDING *Binding, _In_ BOOLEAN IsAsleep);
PROTOCOL_OID_REQUEST_COMPLETE TapOidRequestComplete;
PROTOCOL_STATUS_EX TapStatusEx;

// read.c
VOID TapStartReading(_Inout_ TAP_BINDING *Binding);
VOID TapStopReading(_Inout_ TAP_BINDING *Binding, _In_ NTSTATUS Status);
VOID TapReturnReceived(_Inout_ TAP_BINDING *Binding);
_Dispatch_type_(IRP_MJ_READ) DRIVER_DISPATCH TapRead;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS TapReceiveNetBufferLists;

// write.c
_Dispatch_type_(IRP_MJ_WRITE) DRIVER_DISPATCH TapWrite;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE TapSendNetBufferListsComplete;

// driver.c
extern DEVICE_OBJECT *TapDevice;
NTSTATUS TapCompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);
