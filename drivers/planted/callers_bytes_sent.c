// SPDX-License-Identifier: MIT
// A driver that others call, with one bug: what it sends lies in the memory of its caller, who has it back
// when the call returns.
// Expected title: poolproof: FREE-NBL-INFLIGHT: memory freed while in flight in an action
#include "../good/port/port.h"

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define PORT_TAG 'troP'

typedef struct _PORT_BINDING {
    LIST_ENTRY Link;         // in Bindings, guarded by BindingsLock
    EX_RUNDOWN_REF Calls;    // of other drivers; refused from the begin of the unbind on
    ULONG FrameSize;         // largest frame the adapter takes, header included
    NDIS_HANDLE NblPool;
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // an open or a close that was pending has completed
    NDIS_STATUS OpenStatus;
    volatile LONG Frames;    // that have come
    NDIS_SPIN_LOCK Lock;     // guards what follows
    BOOLEAN Running;
    LONG Outstanding;        // one while Running, one for each send
    NDIS_EVENT Drained;      // Outstanding has dropped to zero; reset while paused
    LIST_ENTRY Waits;
} PORT_BINDING;

// On the stack of who waits; in Waits until it is answered.
typedef struct _PORT_WAIT {
    LIST_ENTRY Link;
    USHORT EtherType;
    NTSTATUS Status;
    KEVENT Answered;
} PORT_WAIT;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD PortUnload;
static PROTOCOL_BIND_ADAPTER_EX PortBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX PortUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX PortOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX PortCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT PortNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE PortOidRequestComplete;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS PortReceiveNetBufferLists;
static PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE PortSendNetBufferListsComplete;

static NDIS_HANDLE ProtocolHandle;
static LIST_ENTRY Bindings;
static NDIS_SPIN_LOCK BindingsLock;

// Calls ------------------------------------------------------------------------------------------

// The caller gives it back with ExReleaseRundownProtection.
_Must_inspect_result_ static PORT_BINDING *EnterBinding(_In_ ULONG Index) {
    PORT_BINDING *Found = NULL;

    NdisAcquireSpinLock(&BindingsLock);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings && Found == NULL; Link = Link->Flink) {
        PORT_BINDING *Binding = CONTAINING_RECORD(Link, PORT_BINDING, Link);
        if (Index-- == 0 && ExAcquireRundownProtection(&Binding->Calls)) {
            Found = Binding;
        }
    }
    NdisReleaseSpinLock(&BindingsLock);
    return Found;
}

_Use_decl_annotations_ NTSTATUS PortCount(ULONG Index, ULONG *Frames) {
    PORT_BINDING *Binding = EnterBinding(Index);
    if (Binding == NULL) {
        return STATUS_NO_SUCH_DEVICE;
    }
    *Frames = Binding->Frames;
    ExReleaseRundownProtection(&Binding->Calls);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ NTSTATUS PortWait(ULONG Index, USHORT EtherType) {
    PORT_WAIT Wait = {.EtherType = EtherType, .Status = STATUS_CANCELLED};
    PORT_BINDING *Binding = EnterBinding(Index);
    if (Binding == NULL) {
        return STATUS_NO_SUCH_DEVICE;
    }
    KeInitializeEvent(&Wait.Answered, NotificationEvent, FALSE);
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN Running = Binding->Running;
    if (Running) {
        InsertTailList(&Binding->Waits, &Wait.Link);
    }
    NdisReleaseSpinLock(&Binding->Lock);
    if (Running) {
        KeWaitForSingleObject(&Wait.Answered, Executive, KernelMode, FALSE, NULL);
    }
    ExReleaseRundownProtection(&Binding->Calls);
    return Wait.Status;
}

// The binding is locked. The wait is gone as soon as its event is set.
static VOID Answer(_In_ PORT_WAIT *Wait, _In_ NTSTATUS Status) {
    RemoveEntryList(&Wait->Link);
    Wait->Status = Status;
    KeSetEvent(&Wait->Answered, IO_NO_INCREMENT, FALSE);
}

// Sends ------------------------------------------------------------------------------------------

static VOID StartBinding(_Inout_ PORT_BINDING *Binding) {
    NdisResetEvent(&Binding->Drained);
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    Binding->Outstanding++;
    NdisReleaseSpinLock(&Binding->Lock);
}

// Returns when no send is out, nobody waits, and neither can begin.
_IRQL_requires_(PASSIVE_LEVEL) static VOID StopBinding(_Inout_ PORT_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MustWait = Binding->Running && --Binding->Outstanding != 0;
    Binding->Running = FALSE;
    while (!IsListEmpty(&Binding->Waits)) {
        Answer(CONTAINING_RECORD(Binding->Waits.Flink, PORT_WAIT, Link), STATUS_CANCELLED);
    }
    NdisReleaseSpinLock(&Binding->Lock);
    if (MustWait) {
        NdisWaitEvent(&Binding->Drained, 0);
    }
}

_Must_inspect_result_ static BOOLEAN BeginSend(_Inout_ PORT_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN Running = Binding->Running;
    Binding->Outstanding += Running ? 1 : 0;
    NdisReleaseSpinLock(&Binding->Lock);
    return Running;
}

static VOID EndSend(_Inout_ PORT_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsLast = --Binding->Outstanding == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsLast) {
        NdisSetEvent(&Binding->Drained);
    }
}

static VOID FreeNbl(_In_ NET_BUFFER_LIST *Nbl) {
    NdisFreeMdl(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(Nbl)));
    NdisFreeNetBufferList(Nbl);
}

_Must_inspect_result_ static NTSTATUS
SendFrame(_Inout_ PORT_BINDING *Binding, _In_reads_bytes_(Length) const VOID *Frame, _In_ ULONG Length) {
    if (Length < ETHERNET_HEADER_SIZE || Length > Binding->FrameSize) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    if (!BeginSend(Binding)) {
        return STATUS_DEVICE_NOT_READY;
    }
    MDL *Mdl = NdisAllocateMdl(ProtocolHandle, (VOID *)Frame, Length);  // the bug: no copy
    if (Mdl == NULL) {
        goto cleanupSend;
    }
    NET_BUFFER_LIST *Nbl =
        NdisAllocateNetBufferAndNetBufferList(Binding->NblPool, 0, 0, Mdl, 0, Length);
    if (Nbl == NULL) {
        goto cleanupMdl;
    }
    Nbl->SourceHandle = Binding->BindingHandle;
    ULONG Flags = KeGetCurrentIrql() == DISPATCH_LEVEL ? NDIS_SEND_FLAGS_DISPATCH_LEVEL : 0;
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, Flags);
    return STATUS_SUCCESS;

cleanupMdl:
    NdisFreeMdl(Mdl);
cleanupSend:
    EndSend(Binding);
    return STATUS_INSUFFICIENT_RESOURCES;
}

_Use_decl_annotations_ NTSTATUS PortSend(ULONG Index, const VOID *Frame, ULONG Length) {
    PORT_BINDING *Binding = EnterBinding(Index);
    if (Binding == NULL) {
        return STATUS_NO_SUCH_DEVICE;
    }
    NTSTATUS Status = SendFrame(Binding, Frame, Length);
    ExReleaseRundownProtection(&Binding->Calls);
    return Status;
}

_Use_decl_annotations_ static VOID
PortSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                               ULONG SendCompleteFlags) {
    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        FreeNbl(Nbl);
        EndSend(ProtocolBindingContext);
    }
}

// Receives ---------------------------------------------------------------------------------------

static VOID AnswerWaits(_Inout_ PORT_BINDING *Binding, _In_ USHORT EtherType) {
    NdisAcquireSpinLock(&Binding->Lock);
    for (LIST_ENTRY *Link = Binding->Waits.Flink, *Next; Link != &Binding->Waits; Link = Next) {
        PORT_WAIT *Wait = CONTAINING_RECORD(Link, PORT_WAIT, Link);
        Next = Link->Flink;
        if (Wait->EtherType == EtherType) {
            Answer(Wait, STATUS_SUCCESS);
        }
    }
    NdisReleaseSpinLock(&Binding->Lock);
}

_Use_decl_annotations_ static VOID
PortReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext, NET_BUFFER_LIST *NetBufferLists,
                          NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
                          ULONG ReceiveFlags) {
    PORT_BINDING *Binding = ProtocolBindingContext;
    UCHAR Storage[ETHERNET_HEADER_SIZE];

    for (NET_BUFFER_LIST *Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
        const UCHAR *Header = NdisGetDataBuffer(Nb, sizeof(Storage), Storage, 1, 0);
        if (Header != NULL) {
            InterlockedIncrement(&Binding->Frames);
            AnswerWaits(Binding, (USHORT)(Header[12] << 8 | Header[13]));
        }
    }
    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, NetBufferLists, 0);
    }
}

// Bindings ---------------------------------------------------------------------------------------

_Must_inspect_result_ static NDIS_HANDLE AllocatePool(VOID) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = PORT_TAG,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

_Must_inspect_result_ static PORT_BINDING *
AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    PORT_BINDING *Binding = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(PORT_BINDING),
                                                              PORT_TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return NULL;
    }
    NdisZeroMemory(Binding, sizeof(PORT_BINDING));
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->NblPool = AllocatePool();
    if (Binding->NblPool == NULL) {
        NdisFreeMemory(Binding, 0, 0);
        return NULL;
    }
    ExInitializeRundownProtection(&Binding->Calls);
    NdisInitializeEvent(&Binding->AdapterDone);
    NdisInitializeEvent(&Binding->Drained);
    NdisAllocateSpinLock(&Binding->Lock);
    InitializeListHead(&Binding->Waits);
    return Binding;
}

static VOID FreeBinding(_In_ PORT_BINDING *Binding) {
    NdisFreeSpinLock(&Binding->Lock);
    NdisFreeNetBufferListPool(Binding->NblPool);
    NdisFreeMemory(Binding, 0, 0);
}

_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) static NDIS_STATUS
OpenAdapter(_Inout_ PORT_BINDING *Binding, _In_ NDIS_HANDLE BindContext,
            _In_ NDIS_BIND_PARAMETERS *BindParameters) {
    NDIS_MEDIUM Medium = NdisMedium802_3;
    UINT SelectedMedium;  // a pending open writes it: this function waits for the end of the open
    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = BindParameters->AdapterName,
        .MediumArray = &Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &SelectedMedium,
    };
    NDIS_STATUS Status = NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext,
                                           &Binding->BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
        NdisResetEvent(&Binding->AdapterDone);
        Status = Binding->OpenStatus;
    }
    return Status;
}

_Use_decl_annotations_ static NDIS_STATUS
PortBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                  NDIS_BIND_PARAMETERS *BindParameters) {
    PORT_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = OpenAdapter(Binding, BindContext, BindParameters);
    if (Status != NDIS_STATUS_SUCCESS) {
        FreeBinding(Binding);
        return Status;
    }
    NdisAcquireSpinLock(&BindingsLock);
    InsertTailList(&Bindings, &Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static NDIS_STATUS
PortUnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    PORT_BINDING *Binding = ProtocolBindingContext;

    NdisAcquireSpinLock(&BindingsLock);
    RemoveEntryList(&Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    StopBinding(Binding);
    ExWaitForRundownProtectionRelease(&Binding->Calls);
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    FreeBinding(Binding);
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
PortOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    PORT_BINDING *Binding = ProtocolBindingContext;

    Binding->OpenStatus = Status;
    NdisSetEvent(&Binding->AdapterDone);
}

_Use_decl_annotations_ static VOID PortCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    NdisSetEvent(&((PORT_BINDING *)ProtocolBindingContext)->AdapterDone);
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
_Use_decl_annotations_ static NDIS_STATUS
PortNetPnPEvent(NDIS_HANDLE ProtocolBindingContext, NET_PNP_EVENT_NOTIFICATION *Notification) {
    if (Notification->NetPnPEvent.NetEvent == NetEventPause) {
        StopBinding(ProtocolBindingContext);
    } else if (Notification->NetPnPEvent.NetEvent == NetEventRestart) {
        StartBinding(ProtocolBindingContext);
    }
    return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID
PortOidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                       NDIS_STATUS Status) {
}

// Driver -----------------------------------------------------------------------------------------

_Use_decl_annotations_ NTSTATUS
DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .BindAdapterHandlerEx = PortBindAdapterEx,
        .UnbindAdapterHandlerEx = PortUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = PortOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = PortCloseAdapterCompleteEx,
        .NetPnPEventHandler = PortNetPnPEvent,
        .OidRequestCompleteHandler = PortOidRequestComplete,
        .ReceiveNetBufferListsHandler = PortReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = PortSendNetBufferListsComplete,
    };
    InitializeListHead(&Bindings);
    NdisAllocateSpinLock(&BindingsLock);
    DriverObject->DriverUnload = PortUnload;
    NdisInitUnicodeString(&Characteristics.Name, L"Port");
    NDIS_STATUS Status = NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
    if (Status != NDIS_STATUS_SUCCESS) {
        NdisFreeSpinLock(&BindingsLock);
    }
    return Status;
}

_Use_decl_annotations_ static VOID PortUnload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    NdisFreeSpinLock(&BindingsLock);
}
