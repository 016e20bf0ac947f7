// SPDX-License-Identifier: MIT
// Bindings: their life as NDIS has it, and the files that come and go meanwhile.
#include "tap.h"

#define TAP_FILTER (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)

static NDIS_HANDLE ProtocolHandle;
static LIST_ENTRY Bindings;
static KSPIN_LOCK BindingsLock;

_Use_decl_annotations_ VOID TapAcquireReaderMutex(TAP_BINDING *Binding) {
    KeWaitForSingleObject(&Binding->ReaderMutex, Executive, KernelMode, FALSE, NULL);
}

_Use_decl_annotations_ VOID TapReleaseReaderMutex(TAP_BINDING *Binding) {
    KeReleaseMutex(&Binding->ReaderMutex, FALSE);
}

_Use_decl_annotations_ VOID TapDereferenceBinding(TAP_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        ExFreePoolWithTag(Binding, TAP_TAG);
    }
}

// Files ------------------------------------------------------------------------------------------

_Must_inspect_result_ static TAP_BINDING *ReferenceBindingByName(_In_ const UNICODE_STRING *Name) {
    TAP_BINDING *Found = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings && Found == NULL; Link = Link->Flink) {
        TAP_BINDING *Binding = CONTAINING_RECORD(Link, TAP_BINDING, Link);
        if (Binding->AdapterName.Length == Name->Length &&
            RtlEqualMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length)) {
            InterlockedIncrement(&Binding->References);
            Found = Binding;
        }
    }
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return Found;
}

// The binding that the file reads and writes, or NULL. It lives until the file's IRP_MJ_CLOSE.
_Use_decl_annotations_ TAP_BINDING *TapBindingOf(FILE_OBJECT *File) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    TAP_BINDING *Binding = File->FsContext;
    if (Binding != NULL && Binding->File != File) {
        Binding = NULL;
    }
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return Binding;
}

// A file that has failed to open the binding before still has its reference. Else it takes over the
// caller's, on success.
_Must_inspect_result_ static NTSTATUS ClaimBinding(_Inout_ TAP_BINDING *Binding, _In_ FILE_OBJECT *File,
                                                   _Out_ BOOLEAN *TakesReference) {
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL OldIrql;

    *TakesReference = FALSE;
    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    if ((File->FsContext != NULL && File->FsContext != Binding) || File->FsContext2 != NULL) {
        Status = STATUS_INVALID_DEVICE_STATE;
    } else if (!Binding->IsBound) {
        Status = STATUS_NO_SUCH_DEVICE;
    } else if (Binding->File != NULL) {
        Status = STATUS_DEVICE_BUSY;
    } else {
        *TakesReference = File->FsContext == NULL;
        File->FsContext = Binding;
        Binding->File = File;
    }
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return Status;
}

// With the reader mutex held. What the adapter then does not take, it takes at the next refresh.
static VOID RemoveReader(_Inout_ TAP_BINDING *Binding, _In_ NTSTATUS Status) {
    KIRQL OldIrql;

    TapStopReading(Binding, Status);
    Binding->WantedFilter = 0;
    TapApplyFilter(Binding);
    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    Binding->File = NULL;
    KeReleaseSpinLock(&BindingsLock, OldIrql);
}

_Use_decl_annotations_ NTSTATUS TapAttachFile(FILE_OBJECT *File, const UNICODE_STRING *AdapterName) {
    TAP_BINDING *Binding = ReferenceBindingByName(AdapterName);
    if (Binding == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    TapAcquireReaderMutex(Binding);
    BOOLEAN TakesReference;
    NTSTATUS Status = ClaimBinding(Binding, File, &TakesReference);
    if (NT_SUCCESS(Status)) {
        TapStartReading(Binding);
        Binding->WantedFilter = TAP_FILTER;
        if (TapApplyFilter(Binding) != NDIS_STATUS_SUCCESS) {
            RemoveReader(Binding, STATUS_CANCELLED);
            Status = STATUS_UNSUCCESSFUL;
        }
    }
    TapReleaseReaderMutex(Binding);
    if (!TakesReference) {
        TapDereferenceBinding(Binding);
    }
    return Status;
}

// The file gets no binding any more, and what it had is free for the next one.
_Use_decl_annotations_ VOID TapDetachFile(FILE_OBJECT *File) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    TAP_BINDING *Binding = File->FsContext;
    File->FsContext2 = File;
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    if (Binding != NULL) {
        TapAcquireReaderMutex(Binding);
        if (TapBindingOf(File) != NULL) {
            RemoveReader(Binding, STATUS_CANCELLED);
        }
        TapReleaseReaderMutex(Binding);
    }
}

// Bind and unbind --------------------------------------------------------------------------------

static TAP_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    const UNICODE_STRING *Name = BindParameters->AdapterName;
    SIZE_T Size = sizeof(TAP_BINDING) + Name->Length;
    TAP_BINDING *Binding = ExAllocatePoolWithTag(NonPagedPoolNx, Size, TAP_TAG);
    if (Binding == NULL) {
        return NULL;
    }
    RtlZeroMemory(Binding, Size);
    Binding->References = 1;
    Binding->Copies = 1;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    Binding->DataBackFill = BindParameters->DataBackFillSize;
    Binding->ContextBackFill = (USHORT)BindParameters->ContextBackFillSize;
    Binding->AdapterName = (UNICODE_STRING){Name->Length, Name->Length, (WCHAR *)(Binding + 1)};
    RtlCopyMemory(Binding->AdapterName.Buffer, Name->Buffer, Name->Length);
    Binding->ReceivedTail = &Binding->Received;
    InitializeListHead(&Binding->Reads);
    KeInitializeSpinLock(&Binding->Lock);
    KeInitializeMutex(&Binding->ReaderMutex, 0);
    KeInitializeEvent(&Binding->AdapterDone, SynchronizationEvent, FALSE);
    TapInitializeGate(&Binding->Handle);
    TapInitializeGate(&Binding->Traffic);
    return Binding;
}

_Must_inspect_result_ static NDIS_HANDLE AllocatePool(_In_ ULONG DataSize) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TAP_TAG,
        .DataSize = DataSize,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static VOID FreePool(_In_opt_ NDIS_HANDLE Pool) {
    if (Pool != NULL) {
        NdisFreeNetBufferListPool(Pool);
    }
}

static VOID FreeResources(_In_ TAP_BINDING *Binding) {
    if (Binding->RefreshItem != NULL) {
        IoFreeWorkItem(Binding->RefreshItem);
    }
    FreePool(Binding->FramePool);
    FreePool(Binding->ClonePool);
}

_Must_inspect_result_ static NDIS_STATUS AllocateResources(_Inout_ TAP_BINDING *Binding) {
    Binding->ClonePool = AllocatePool(0);
    Binding->FramePool = AllocatePool(Binding->DataBackFill + Binding->FrameSize);
    Binding->RefreshItem = IoAllocateWorkItem(TapDevice);
    if (Binding->ClonePool == NULL || Binding->FramePool == NULL || Binding->RefreshItem == NULL) {
        FreeResources(Binding);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) static NDIS_STATUS
    OpenAdapter(_Inout_ TAP_BINDING *Binding, _In_ NDIS_HANDLE BindContext) {
    NDIS_MEDIUM Mediums[] = {NdisMedium802_3};
    UINT SelectedMedium;  // a pending open writes it: this function waits for the end of the open

    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = &Binding->AdapterName,
        .MediumArray = Mediums,
        .MediumArraySize = ARRAYSIZE(Mediums),
        .SelectedMediumIndex = &SelectedMedium,
    };
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext, &Binding->BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&Binding->AdapterDone, Executive, KernelMode, FALSE, NULL);
        Status = Binding->OpenStatus;
    }
    return Status;
}

static NDIS_STATUS TapBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                                    NDIS_BIND_PARAMETERS *BindParameters) {
    KIRQL OldIrql;

    TAP_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocateResources(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupResources;
    }

    TapOpenGate(&Binding->Handle);
    TapRefresh(Binding);
    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    InsertTailList(&Bindings, &Binding->Link);
    Binding->IsBound = TRUE;
    KeReleaseSpinLock(&BindingsLock, OldIrql);
    return NDIS_STATUS_SUCCESS;

cleanupResources:
    FreeResources(Binding);
cleanupBinding:
    TapDereferenceBinding(Binding);
    return Status;
}

static NDIS_STATUS TapUnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    TAP_BINDING *Binding = ProtocolBindingContext;
    KIRQL OldIrql;

    KeAcquireSpinLock(&BindingsLock, &OldIrql);
    RemoveEntryList(&Binding->Link);
    Binding->IsBound = FALSE;
    KeReleaseSpinLock(&BindingsLock, OldIrql);

    TapAcquireReaderMutex(Binding);
    RemoveReader(Binding, STATUS_NO_SUCH_DEVICE);
    TapReleaseReaderMutex(Binding);
    TapCloseGate(&Binding->Handle);
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&Binding->AdapterDone, Executive, KernelMode, FALSE, NULL);
    }
    FreeResources(Binding);
    TapDereferenceBinding(Binding);
    return NDIS_STATUS_SUCCESS;
}

static VOID TapOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    TAP_BINDING *Binding = ProtocolBindingContext;

    Binding->OpenStatus = Status;
    KeSetEvent(&Binding->AdapterDone, IO_NO_INCREMENT, FALSE);
}

static VOID TapCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    TAP_BINDING *Binding = ProtocolBindingContext;

    KeSetEvent(&Binding->AdapterDone, IO_NO_INCREMENT, FALSE);
}

// Pause, restart, power --------------------------------------------------------------------------

static VOID SetRunning(_Inout_ TAP_BINDING *Binding, _In_ BOOLEAN IsRunning) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->IsRunning = IsRunning;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

// Nothing is kept from here on; what was kept goes back, and what was sent is waited for.
static VOID Pause(_Inout_ TAP_BINDING *Binding) {
    SetRunning(Binding, FALSE);
    TapReturnReceived(Binding);
    TapCloseGate(&Binding->Traffic);
}

// What the drivers below want of a frame may have changed, and with it the pool. Nothing is sent
// meanwhile; if there is no memory for a pool, nothing is until the next restart.
static VOID ReadAttributes(_Inout_ TAP_BINDING *Binding, _In_ const NET_PNP_EVENT *Event) {
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
        FreePool(Binding->FramePool);
        Binding->FramePool = AllocatePool(Binding->DataBackFill + Binding->FrameSize);
    }
}

static VOID Restart(_Inout_ TAP_BINDING *Binding, _In_ const NET_PNP_EVENT *Event) {
    ReadAttributes(Binding, Event);
    TapOpenGate(&Binding->Traffic);
    SetRunning(Binding, TRUE);
}

static VOID NotePower(_Inout_ TAP_BINDING *Binding, _In_ const NET_PNP_EVENT *Event) {
    if (Event->BufferLength >= sizeof(NET_DEVICE_POWER_STATE)) {
        TapSetPower(Binding, *(NET_DEVICE_POWER_STATE *)Event->Buffer != NetDeviceStateD0);
    }
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
static NDIS_STATUS TapNetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
                                  NET_PNP_EVENT_NOTIFICATION *Notification) {
    switch (Notification->NetPnPEvent.NetEvent) {
    case NetEventPause: Pause(ProtocolBindingContext); break;
    case NetEventRestart: Restart(ProtocolBindingContext, &Notification->NetPnPEvent); break;
    case NetEventSetPower: NotePower(ProtocolBindingContext, &Notification->NetPnPEvent); break;
    default: break;
    }
    return NDIS_STATUS_SUCCESS;
}

// Registration -----------------------------------------------------------------------------------

NDIS_STATUS TapRegister(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = RTL_CONSTANT_STRING(L"Tap"),
        .BindAdapterHandlerEx = TapBindAdapterEx,
        .UnbindAdapterHandlerEx = TapUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = TapOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = TapCloseAdapterCompleteEx,
        .NetPnPEventHandler = TapNetPnPEvent,
        .OidRequestCompleteHandler = TapOidRequestComplete,
        .StatusHandlerEx = TapStatusEx,
        .ReceiveNetBufferListsHandler = TapReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = TapSendNetBufferListsComplete,
    };

    InitializeListHead(&Bindings);
    KeInitializeSpinLock(&BindingsLock);
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

_Use_decl_annotations_ VOID TapDeregister(VOID) { NdisDeregisterProtocolDriver(ProtocolHandle); }
