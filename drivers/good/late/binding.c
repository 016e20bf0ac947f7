// SPDX-License-Identifier: MIT
// Bindings, and the answers that are owed to NDIS about them.
#include "late.h"

static IO_WORKITEM_ROUTINE LateWork;
static PROTOCOL_BIND_ADAPTER_EX LateBindAdapterEx;
static PROTOCOL_UNBIND_ADAPTER_EX LateUnbindAdapterEx;
static PROTOCOL_OPEN_ADAPTER_COMPLETE_EX LateOpenAdapterCompleteEx;
static PROTOCOL_CLOSE_ADAPTER_COMPLETE_EX LateCloseAdapterCompleteEx;
static PROTOCOL_NET_PNP_EVENT LateNetPnPEvent;
static PROTOCOL_OID_REQUEST_COMPLETE LateOidRequestComplete;

static NDIS_HANDLE ProtocolHandle;
static LIST_ENTRY Bindings;
static KSPIN_LOCK BindingsLock;

// The structure ---------------------------------------------------------------------------------------

static LATE_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    const UNICODE_STRING *Name = BindParameters->AdapterName;
    SIZE_T Size = sizeof(LATE_BINDING) + Name->Length;
    LATE_BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, Size, LATE_TAG);
    if (Binding == NULL) {
        return NULL;
    }
    RtlZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->State = LateOpening;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->DataBackFill = BindParameters->DataBackFillSize;
    Binding->ContextBackFill = (USHORT)BindParameters->ContextBackFillSize;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    RtlCopyMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    KeInitializeSpinLock(&Binding->Lock);
    return Binding;
}

_Use_decl_annotations_ VOID LateDereferenceBinding(LATE_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        ExFreePoolWithTag(Binding, LATE_TAG);
    }
}

// A file is named after its adapter: \<adapter name>.
static BOOLEAN IsFileOf(_In_ const LATE_BINDING *Binding, _In_ const UNICODE_STRING *FileName) {
    const UNICODE_STRING *Name = &Binding->AdapterName;
    return FileName->Length == sizeof(WCHAR) + Name->Length && FileName->Buffer[0] == L'\\' &&
           RtlEqualMemory(FileName->Buffer + 1, Name->Buffer, Name->Length);
}

_Use_decl_annotations_ LATE_BINDING *LateReferenceBindingByFileName(const UNICODE_STRING *FileName) {
    LATE_BINDING *Found = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings && Found == NULL; Link = Link->Flink) {
        LATE_BINDING *Binding = CONTAINING_RECORD(Link, LATE_BINDING, Link);
        if (IsFileOf(Binding, FileName)) {
            InterlockedIncrement(&Binding->References);
            Found = Binding;
        }
    }
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return Found;
}

_Must_inspect_result_ static NDIS_HANDLE AllocatePool(_In_ const LATE_BINDING *Binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = LATE_TAG,
        .DataSize = Binding->DataBackFill + Binding->FrameSize,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static VOID FreePool(_In_ LATE_BINDING *Binding) {
    if (Binding->NblPool != NULL) {
        NdisFreeNetBufferListPool(Binding->NblPool);
    }
}

_Must_inspect_result_ static NDIS_STATUS AllocateResources(_Inout_ LATE_BINDING *Binding) {
    Binding->NblPool = AllocatePool(Binding);
    if (Binding->NblPool == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Binding->WorkItem = IoAllocateWorkItem(LateDevice);
    if (Binding->WorkItem == NULL) {
        FreePool(Binding);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

// Also from the work item itself: a work item that runs is not queued any more.
static VOID FreeResources(_In_ LATE_BINDING *Binding) {
    IoFreeWorkItem(Binding->WorkItem);
    FreePool(Binding);
}

// Bind, unbind, pause, restart -------------------------------------------------------------------

_Use_decl_annotations_ VOID LateQueueAnswer(LATE_BINDING *Binding) {
    IoQueueWorkItem(Binding->WorkItem, LateWork, DelayedWorkQueue, Binding);
}

static VOID SetState(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->State = State;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

// The open has succeeded or failed. Nothing can go wrong any more: all else was allocated before it.
_IRQL_requires_(PASSIVE_LEVEL) static VOID FinishBind(_In_ LATE_BINDING *Binding) {
    NDIS_HANDLE BindContext = Binding->PendingContext;
    NDIS_STATUS Status = Binding->OpenStatus;
    KIRQL OldIrql;

    if (Status == NDIS_STATUS_SUCCESS) {
        SetState(Binding, LatePaused);
        KeAcquireSpinLock(&BindingsLock, &OldIrql);
        InsertTailList(&Bindings, &Binding->Link);
        KeReleaseSpinLock(&BindingsLock, OldIrql);
    } else {
        FreeResources(Binding);
        LateDereferenceBinding(Binding);
    }
    NdisCompleteBindAdapterEx(BindContext, Status);
}

// The close is complete. The structure goes last: NDIS may look at it until the answer is given.
_IRQL_requires_(PASSIVE_LEVEL) static VOID FinishUnbind(_In_ LATE_BINDING *Binding) {
    FreeResources(Binding);
    NdisCompleteUnbindAdapterEx(Binding->PendingContext);
    LateDereferenceBinding(Binding);
}

_IRQL_requires_(PASSIVE_LEVEL) static VOID
    FinishEvent(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State) {
    NDIS_HANDLE BindingHandle = Binding->BindingHandle;
    NET_PNP_EVENT_NOTIFICATION *Event = Binding->PendingEvent;

    SetState(Binding, State);
    NdisCompleteNetPnPEvent(BindingHandle, Event, NDIS_STATUS_SUCCESS);
}

// Gives the answer that is owed: the state says which, and does not change before.
_Use_decl_annotations_ static VOID LateWork(DEVICE_OBJECT *DeviceObject, VOID *Context) {
    LATE_BINDING *Binding = Context;

    switch (Binding->State) {
    case LateOpening: FinishBind(Binding); break;
    case LateRestarting: FinishEvent(Binding, LateRunning); break;
    case LatePausing: FinishEvent(Binding, LatePaused); break;
    case LateClosing: FinishUnbind(Binding); break;
    default: NT_ASSERT(FALSE); break;
    }
}

_Use_decl_annotations_ static NDIS_STATUS LateBindAdapterEx(NDIS_HANDLE ProtocolDriverContext,
                                                            NDIS_HANDLE BindContext,
                                                            NDIS_BIND_PARAMETERS *BindParameters) {
    LATE_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocateResources(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        LateDereferenceBinding(Binding);
        return Status;
    }
    Binding->PendingContext = BindContext;
    Binding->Medium = NdisMedium802_3;
    Binding->Open = (NDIS_OPEN_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = &Binding->AdapterName,
        .MediumArray = &Binding->Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &Binding->SelectedMedium,
    };
    Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Binding->Open, BindContext, &Binding->BindingHandle);
    if (Status != NDIS_STATUS_PENDING) {
        Binding->OpenStatus = Status;
        LateQueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_ static VOID LateOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext,
                                                             NDIS_STATUS Status) {
    LATE_BINDING *Binding = ProtocolBindingContext;

    Binding->OpenStatus = Status;
    FinishBind(Binding);
}

_Use_decl_annotations_ static NDIS_STATUS LateUnbindAdapterEx(NDIS_HANDLE UnbindContext,
                                                              NDIS_HANDLE ProtocolBindingContext) {
    LATE_BINDING *Binding = ProtocolBindingContext;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    RemoveEntryList(&Binding->Link);
    KeReleaseSpinLock(&BindingsLock, OldIrql);

    Binding->PendingContext = UnbindContext;
    SetState(Binding, LateClosing);
    if (NdisCloseAdapterEx(Binding->BindingHandle) != NDIS_STATUS_PENDING) {
        LateQueueAnswer(Binding);
    }
    return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_ static VOID LateCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    FinishUnbind(ProtocolBindingContext);
}

// A pause is answered by whoever finds that nothing is out: here, or at the end of the last send.
static VOID BeginEvent(_Inout_ LATE_BINDING *Binding, _In_ LATE_STATE State,
                       _In_ NET_PNP_EVENT_NOTIFICATION *Event) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->PendingEvent = Event;
    Binding->State = State;
    BOOLEAN IsIdle = Binding->SendCount == 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (IsIdle) {
        LateQueueAnswer(Binding);
    }
}

// What the drivers below want of a frame may have changed, and with it the pool. Nothing is sent
// meanwhile; if there is no memory for a pool, nothing is until the next restart.
static VOID ReadAttributes(_Inout_ LATE_BINDING *Binding, _In_ const NET_PNP_EVENT *Event) {
    const NDIS_PROTOCOL_RESTART_PARAMETERS *Parameters = Event->Buffer;
    const NDIS_RESTART_ATTRIBUTES *Attributes = NULL;

    if (Parameters != NULL &&
        Event->BufferLength >= NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1) {
        Attributes = Parameters->RestartAttributes;
    }
    while (Attributes != NULL && Attributes->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES) {
        Attributes = Attributes->Next;
    }
    if (Attributes != NULL &&
        Attributes->DataLength >= NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1) {
        const NDIS_RESTART_GENERAL_ATTRIBUTES *General = (const VOID *)Attributes->Data;
        Binding->FrameSize = General->MtuSize + ETHERNET_HEADER_SIZE;
        Binding->DataBackFill = General->DataBackFillSize;
        Binding->ContextBackFill = (USHORT)General->ContextBackFillSize;
        FreePool(Binding);
        Binding->NblPool = AllocatePool(Binding);
    }
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
_Use_decl_annotations_ static NDIS_STATUS LateNetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
                                                          NET_PNP_EVENT_NOTIFICATION *Notification) {
    switch (Notification->NetPnPEvent.NetEvent) {
    case NetEventPause:
        BeginEvent(ProtocolBindingContext, LatePausing, Notification);
        return NDIS_STATUS_PENDING;
    case NetEventRestart:
        ReadAttributes(ProtocolBindingContext, &Notification->NetPnPEvent);
        BeginEvent(ProtocolBindingContext, LateRestarting, Notification);
        return NDIS_STATUS_PENDING;
    default: return NDIS_STATUS_SUCCESS;
    }
}

_Use_decl_annotations_ static VOID LateOidRequestComplete(NDIS_HANDLE ProtocolBindingContext,
                                                          NDIS_OID_REQUEST *OidRequest,
                                                          NDIS_STATUS Status) {}

// Registration -----------------------------------------------------------------------------------

NDIS_STATUS LateRegister(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = RTL_CONSTANT_STRING(L"Late"),
        .BindAdapterHandlerEx = LateBindAdapterEx,
        .UnbindAdapterHandlerEx = LateUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = LateOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = LateCloseAdapterCompleteEx,
        .NetPnPEventHandler = LateNetPnPEvent,
        .OidRequestCompleteHandler = LateOidRequestComplete,
        .StatusHandlerEx = LateStatusEx,
        .ReceiveNetBufferListsHandler = LateReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = LateSendNetBufferListsComplete,
    };

    InitializeListHead(&Bindings);
    KeInitializeSpinLock(&BindingsLock);
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ VOID LateDeregister(VOID) { NdisDeregisterProtocolDriver(ProtocolHandle); }
