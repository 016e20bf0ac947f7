// SPDX-License-Identifier: MIT
// Sends a clone of what it receives back, and takes the clone for a copy: the received NBL is
// returned at once, while its data is still being sent.
// Expected title: poolproof: PARENT-SENT: received NBL given back while others derived from it live in ReturnNbl

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define TAG 'tnlP'

typedef struct _BINDING {
    NDIS_HANDLE BindingHandle;
    NDIS_HANDLE ClonePool;
    NDIS_EVENT AdapterDone;  // a pending open or close has completed
    NDIS_STATUS OpenStatus;
    NDIS_SPIN_LOCK Lock;  // guards what follows
    BOOLEAN Running;
    LONG Sends;            // one while Running, one for each clone that is out
    NDIS_EVENT SendsDone;  // Sends has dropped to zero
} BINDING;

static NDIS_HANDLE ProtocolHandle;

static VOID StartSending(BINDING *Binding) {
    NdisResetEvent(&Binding->SendsDone);
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    Binding->Sends++;
    NdisReleaseSpinLock(&Binding->Lock);
}

static VOID StopSending(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MustWait = --Binding->Sends != 0;
    Binding->Running = FALSE;
    NdisReleaseSpinLock(&Binding->Lock);
    if (MustWait) {
        NdisWaitEvent(&Binding->SendsDone, 0);
    }
}

static BOOLEAN BeginSend(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MaySend = Binding->Running;
    Binding->Sends += MaySend ? 1 : 0;
    NdisReleaseSpinLock(&Binding->Lock);
    return MaySend;
}

static VOID EndSend(BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsLast = --Binding->Sends == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsLast) {
        NdisSetEvent(&Binding->SendsDone);
    }
}

static VOID ReturnNbl(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    NdisReturnNetBufferLists(Binding->BindingHandle, Nbl, 0);
}

static VOID SendClone(BINDING *Binding, NET_BUFFER_LIST *Nbl) {
    if (!BeginSend(Binding)) {
        return;
    }
    NET_BUFFER_LIST *Clone = NdisAllocateCloneNetBufferList(Nbl, Binding->ClonePool, NULL,
                                                            NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    if (Clone == NULL) {
        EndSend(Binding);
        return;
    }
    Clone->SourceHandle = Binding->BindingHandle;
    Clone->ParentNetBufferList = Nbl;
    InterlockedIncrement(&Nbl->ChildRefCount);
    NdisSendNetBufferLists(Binding->BindingHandle, Clone, NDIS_DEFAULT_PORT_NUMBER, 0);
}

static VOID SendNetBufferListsComplete(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls, ULONG Flags) {
    BINDING *Binding = BindingContext;
    for (NET_BUFFER_LIST *Clone = Nbls, *Next; Clone != NULL; Clone = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Clone);
        InterlockedDecrement(&Clone->ParentNetBufferList->ChildRefCount);
        NdisFreeCloneNetBufferList(Clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
        EndSend(Binding);
    }
}

static VOID ReceiveNetBufferLists(NDIS_HANDLE BindingContext, NET_BUFFER_LIST *Nbls,
                                  NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags) {
    BINDING *Binding = BindingContext;
    if (NDIS_TEST_RECEIVE_CANNOT_PEND(Flags)) {
        return;
    }
    for (NET_BUFFER_LIST *Nbl = Nbls, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        SendClone(Binding, Nbl);
        ReturnNbl(Binding, Nbl);  // the bug: the clone may be out
    }
}

static NDIS_STATUS OpenAdapter(BINDING *Binding, NDIS_HANDLE BindContext, UNICODE_STRING *AdapterName) {
    NDIS_MEDIUM Medium = NdisMedium802_3;
    UINT SelectedMedium;
    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = AdapterName,
        .MediumArray = &Medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &SelectedMedium,
    };
    NDIS_STATUS Status =
        NdisOpenAdapterEx(ProtocolHandle, Binding, &Parameters, BindContext, &Binding->BindingHandle);
    if (Status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
        NdisResetEvent(&Binding->AdapterDone);
        Status = Binding->OpenStatus;
    }
    return Status;
}

static VOID OpenAdapterComplete(NDIS_HANDLE BindingContext, NDIS_STATUS Status) {
    BINDING *Binding = BindingContext;
    Binding->OpenStatus = Status;
    NdisSetEvent(&Binding->AdapterDone);
}

static VOID CloseAdapterComplete(NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    NdisSetEvent(&Binding->AdapterDone);
}

static VOID OidRequestComplete(NDIS_HANDLE BindingContext, NDIS_OID_REQUEST *Request,
                               NDIS_STATUS Status) {}

static NDIS_HANDLE AllocateClonePool(VOID) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TAG,
    };
    return NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
}

static NDIS_STATUS BindAdapter(NDIS_HANDLE DriverContext, NDIS_HANDLE BindContext,
                               NDIS_BIND_PARAMETERS *Parameters) {
    NDIS_STATUS Status = NDIS_STATUS_RESOURCES;
    BINDING *Binding =
        NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Binding), TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return Status;
    }
    NdisZeroMemory(Binding, sizeof(*Binding));
    NdisAllocateSpinLock(&Binding->Lock);
    NdisInitializeEvent(&Binding->AdapterDone);
    NdisInitializeEvent(&Binding->SendsDone);
    Binding->ClonePool = AllocateClonePool();
    if (Binding->ClonePool == NULL) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext, Parameters->AdapterName);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupPool;
    }
    return NDIS_STATUS_SUCCESS;

cleanupPool:
    NdisFreeNetBufferListPool(Binding->ClonePool);
cleanupBinding:
    NdisFreeMemory(Binding, 0, 0);
    return Status;
}

static NDIS_STATUS UnbindAdapter(NDIS_HANDLE UnbindContext, NDIS_HANDLE BindingContext) {
    BINDING *Binding = BindingContext;
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    NdisFreeNetBufferListPool(Binding->ClonePool);
    NdisFreeMemory(Binding, 0, 0);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS NetPnPEvent(NDIS_HANDLE BindingContext, NET_PNP_EVENT_NOTIFICATION *Event) {
    if (Event->NetPnPEvent.NetEvent == NetEventPause) {
        StopSending(BindingContext);
    } else if (Event->NetPnPEvent.NetEvent == NetEventRestart) {
        StartSending(BindingContext);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID Unload(DRIVER_OBJECT *DriverObject) { NdisDeregisterProtocolDriver(ProtocolHandle); }

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = RTL_CONSTANT_STRING(L"Planted"),
        .BindAdapterHandlerEx = BindAdapter,
        .UnbindAdapterHandlerEx = UnbindAdapter,
        .OpenAdapterCompleteHandlerEx = OpenAdapterComplete,
        .CloseAdapterCompleteHandlerEx = CloseAdapterComplete,
        .NetPnPEventHandler = NetPnPEvent,
        .OidRequestCompleteHandler = OidRequestComplete,
        .ReceiveNetBufferListsHandler = ReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = SendNetBufferListsComplete,
    };
    DriverObject->DriverUnload = Unload;
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}
