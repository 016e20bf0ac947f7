// SPDX-License-Identifier: MIT
// Sample NDIS 6 protocol driver that receives. A frame to the adapter's own address is sent back as it
// came: as a clone, and the NBL is returned when that has been sent; or as a copy, if it was lent with
// RESOURCES. A frame to a group is kept until there are too many, until somebody writes to the device,
// or until the binding pauses. Everything else is returned at once.

#define NDIS630 1

#include <ntddk.h>
#include <ndis.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

#define RELAY_TAG 'yleR'
#define ETHERNET_HEADER_SIZE 14
#define KEPT_COUNT_MAX 8

typedef struct _RELAY_BINDING {
    LIST_ENTRY Link;           // in Bindings, guarded by BindingsLock
    ULONG Number;              // higher than those of the bindings before it
    volatile LONG References;  // one while bound, one for each write that looks at it
    ULONG FrameSize;           // bytes of data in each NBL of CopyPool
    NDIS_HANDLE ClonePool;     // NBLs with an NB
    NDIS_HANDLE CopyPool;      // NBLs with an NB and data
    NDIS_HANDLE BindingHandle;
    NDIS_EVENT AdapterDone;  // an open or a close that was pending has completed
    NDIS_STATUS OpenStatus;
    NDIS_SPIN_LOCK Lock;  // guards what follows
    BOOLEAN Running;
    LONG Outstanding;       // one while Running, one for each send
    NDIS_EVENT Drained;     // Outstanding has dropped to zero; reset while paused
    NET_BUFFER_LIST *Kept;  // received, the oldest first
    NET_BUFFER_LIST **KeptTail;
    ULONG KeptCount;
} RELAY_BINDING;

static NDIS_HANDLE ProtocolHandle;
static DEVICE_OBJECT *ControlDevice;
static LIST_ENTRY Bindings;
static ULONG BindingCount;           // bound so far
static NDIS_SPIN_LOCK BindingsLock;  // guards both

// Kept NBLs --------------------------------------------------------------------------------------

static VOID ReturnNbls(_In_ const RELAY_BINDING *Binding, _In_opt_ NET_BUFFER_LIST *Nbls,
                       _In_ ULONG ReturnFlags) {
    if (Nbls != NULL) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, ReturnFlags);
    }
}

// With the lock held.
static NET_BUFFER_LIST *TakeAllKept(_Inout_ RELAY_BINDING *Binding) {
    NET_BUFFER_LIST *Nbls = Binding->Kept;

    Binding->Kept = NULL;
    Binding->KeptTail = &Binding->Kept;
    Binding->KeptCount = 0;
    return Nbls;
}

static VOID ReturnKept(_Inout_ RELAY_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    NET_BUFFER_LIST *Nbls = TakeAllKept(Binding);
    NdisReleaseSpinLock(&Binding->Lock);
    ReturnNbls(Binding, Nbls, 0);
}

// Keeps the NBL if the binding runs. There is room as long as somebody writes now and then.
_Must_inspect_result_ static BOOLEAN KeepNbl(_Inout_ RELAY_BINDING *Binding, _In_ NET_BUFFER_LIST *Nbl) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN IsKept = Binding->Running && Binding->KeptCount < KEPT_COUNT_MAX;
    if (IsKept) {
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
        *Binding->KeptTail = Nbl;
        Binding->KeptTail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
        Binding->KeptCount++;
    }
    NdisReleaseSpinLock(&Binding->Lock);
    return IsKept;
}

// Sends ------------------------------------------------------------------------------------------

static VOID StartRelaying(_Inout_ RELAY_BINDING *Binding) {
    NdisResetEvent(&Binding->Drained);
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Running = TRUE;
    Binding->Outstanding++;
    NdisReleaseSpinLock(&Binding->Lock);
}

// Returns when no NBL is out, sent or received.
_IRQL_requires_(PASSIVE_LEVEL) static VOID StopRelaying(_Inout_ RELAY_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN MustWait = Binding->Running && --Binding->Outstanding != 0;
    Binding->Running = FALSE;
    NET_BUFFER_LIST *Nbls = TakeAllKept(Binding);
    NdisReleaseSpinLock(&Binding->Lock);
    ReturnNbls(Binding, Nbls, 0);
    if (MustWait) {
        NdisWaitEvent(&Binding->Drained, 0);
    }
}

_Must_inspect_result_ static BOOLEAN BeginSend(_Inout_ RELAY_BINDING *Binding) {
    NdisAcquireSpinLock(&Binding->Lock);
    BOOLEAN Running = Binding->Running;
    Binding->Outstanding += Running ? 1 : 0;
    NdisReleaseSpinLock(&Binding->Lock);
    return Running;
}

// The binding may be gone when this returns.
static VOID EndSends(_Inout_ RELAY_BINDING *Binding, _In_ LONG Count) {
    NdisAcquireSpinLock(&Binding->Lock);
    Binding->Outstanding -= Count;
    BOOLEAN IsDrained = Binding->Outstanding == 0;
    NdisReleaseSpinLock(&Binding->Lock);
    if (IsDrained) {
        NdisSetEvent(&Binding->Drained);
    }
}

// The clone shares the data of the NBL, which is returned after it.
_Must_inspect_result_ static BOOLEAN SendClone(_Inout_ RELAY_BINDING *Binding,
                                               _In_ NET_BUFFER_LIST *Nbl) {
    if (!BeginSend(Binding)) {
        return FALSE;
    }
    NET_BUFFER_LIST *Clone = NdisAllocateCloneNetBufferList(Nbl, Binding->ClonePool, NULL, 0);
    if (Clone == NULL) {
        EndSends(Binding, 1);
        return FALSE;
    }
    Clone->SourceHandle = Binding->BindingHandle;
    Clone->ParentNetBufferList = Nbl;
    InterlockedIncrement(&Nbl->ChildRefCount);
    NdisSendNetBufferLists(Binding->BindingHandle, Clone, NDIS_DEFAULT_PORT_NUMBER, 0);
    return TRUE;
}

// The NBL that the clone was made of.
static NET_BUFFER_LIST *FreeClone(_In_ NET_BUFFER_LIST *Clone) {
    NET_BUFFER_LIST *Nbl = Clone->ParentNetBufferList;

    NdisFreeCloneNetBufferList(Clone, 0);
    InterlockedDecrement(&Nbl->ChildRefCount);
    return Nbl;
}

// If a retreat had to add an MDL, the advance frees it.
static VOID FreeCopy(_In_ NET_BUFFER_LIST *Copy) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Copy);

    NdisAdvanceNetBufferDataStart(Nb, NET_BUFFER_DATA_LENGTH(Nb), /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBufferList(Copy);
}

_Must_inspect_result_ static NET_BUFFER_LIST *CopyNb(_In_ const RELAY_BINDING *Binding,
                                                     _In_ NET_BUFFER *Source) {
    ULONG Length = NET_BUFFER_DATA_LENGTH(Source);
    ULONG Copied;

    NET_BUFFER_LIST *Copy = NdisAllocateNetBufferList(Binding->CopyPool, 0, 0);
    if (Copy == NULL) {
        return NULL;
    }
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Copy);
    NDIS_STATUS Status = NdisRetreatNetBufferDataStart(Nb, Length, 0, NULL);
    if (Status == NDIS_STATUS_SUCCESS) {
        Status = NdisCopyFromNetBufferToNetBuffer(Nb, 0, Length, Source, 0, &Copied);
    }
    if (Status != NDIS_STATUS_SUCCESS || Copied != Length) {
        FreeCopy(Copy);
        return NULL;
    }
    return Copy;
}

static VOID SendCopy(_Inout_ RELAY_BINDING *Binding, _In_ NET_BUFFER *Source) {
    if (NET_BUFFER_DATA_LENGTH(Source) > Binding->FrameSize || !BeginSend(Binding)) {
        return;
    }
    NET_BUFFER_LIST *Copy = CopyNb(Binding, Source);
    if (Copy == NULL) {
        EndSends(Binding, 1);
        return;
    }
    Copy->SourceHandle = Binding->BindingHandle;
    NdisSendNetBufferLists(Binding->BindingHandle, Copy, NDIS_DEFAULT_PORT_NUMBER, 0);
}

static VOID RelaySendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
                                            NET_BUFFER_LIST *NetBufferLists, ULONG SendCompleteFlags) {
    RELAY_BINDING *Binding = ProtocolBindingContext;
    BOOLEAN IsAtDispatch = NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(SendCompleteFlags);
    NET_BUFFER_LIST *Returned = NULL;
    LONG Count = 0;

    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        Count++;
        if (Nbl->ParentNetBufferList == NULL) {
            FreeCopy(Nbl);
            continue;
        }
        NET_BUFFER_LIST *Parent = FreeClone(Nbl);
        NET_BUFFER_LIST_NEXT_NBL(Parent) = Returned;
        Returned = Parent;
    }
    ReturnNbls(Binding, Returned, IsAtDispatch ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    EndSends(Binding, Count);
}

// Receives ---------------------------------------------------------------------------------------

typedef enum _FRAME_KIND { FrameUnreadable, FrameToUs, FrameToGroup } FRAME_KIND;

// The header may lie in several MDLs.
static FRAME_KIND LookAt(_In_ NET_BUFFER *Nb) {
    UCHAR Storage[ETHERNET_HEADER_SIZE];

    const UCHAR *Header = NdisGetDataBuffer(Nb, sizeof(Storage), Storage, 1, 0);
    if (Header == NULL) {
        return FrameUnreadable;
    }
    return (Header[0] & 1) != 0 ? FrameToGroup : FrameToUs;
}

// The NBL is the driver's: TRUE if it is still needed, or has been returned meanwhile.
_Must_inspect_result_ static BOOLEAN TakeNbl(_Inout_ RELAY_BINDING *Binding, _In_ NET_BUFFER_LIST *Nbl) {
    switch (LookAt(NET_BUFFER_LIST_FIRST_NB(Nbl))) {
    case FrameToUs: return SendClone(Binding, Nbl);
    case FrameToGroup: return KeepNbl(Binding, Nbl);
    default: return FALSE;
    }
}

static VOID RelayReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext,
                                       NET_BUFFER_LIST *NetBufferLists, NDIS_PORT_NUMBER PortNumber,
                                       ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    RELAY_BINDING *Binding = ProtocolBindingContext;
    BOOLEAN IsAtDispatch = NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags);
    NET_BUFFER_LIST *Returned = NULL;

    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags)) {
            if (LookAt(NET_BUFFER_LIST_FIRST_NB(Nbl)) == FrameToUs) {
                SendCopy(Binding, NET_BUFFER_LIST_FIRST_NB(Nbl));
            }
        } else if (!TakeNbl(Binding, Nbl)) {
            NET_BUFFER_LIST_NEXT_NBL(Nbl) = Returned;
            Returned = Nbl;
        }
    }
    ReturnNbls(Binding, Returned, IsAtDispatch ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

// Bindings ---------------------------------------------------------------------------------------

static VOID DereferenceBinding(_In_ RELAY_BINDING *Binding) {
    if (InterlockedDecrement(&Binding->References) == 0) {
        NdisFreeSpinLock(&Binding->Lock);
        NdisFreeMemory(Binding, 0, 0);
    }
}

static VOID FreePools(_Inout_ RELAY_BINDING *Binding) {
    NdisFreeNetBufferListPool(Binding->CopyPool);
    NdisFreeNetBufferListPool(Binding->ClonePool);
}

_Must_inspect_result_ static NDIS_STATUS AllocatePools(_Inout_ RELAY_BINDING *Binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = RELAY_TAG,
    };
    Binding->ClonePool = NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
    if (Binding->ClonePool == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    Parameters.DataSize = Binding->FrameSize;
    Binding->CopyPool = NdisAllocateNetBufferListPool(ProtocolHandle, &Parameters);
    if (Binding->CopyPool == NULL) {
        NdisFreeNetBufferListPool(Binding->ClonePool);
        return NDIS_STATUS_RESOURCES;
    }
    return NDIS_STATUS_SUCCESS;
}

static RELAY_BINDING *AllocateBinding(_In_ const NDIS_BIND_PARAMETERS *BindParameters) {
    RELAY_BINDING *Binding = NdisAllocateMemoryWithTagPriority(ProtocolHandle, sizeof(*Binding),
                                                               RELAY_TAG, NormalPoolPriority);
    if (Binding == NULL) {
        return NULL;
    }
    NdisZeroMemory(Binding, sizeof(*Binding));
    Binding->References = 1;
    Binding->KeptTail = &Binding->Kept;
    Binding->FrameSize = BindParameters->MtuSize + ETHERNET_HEADER_SIZE;
    NdisInitializeEvent(&Binding->AdapterDone);
    NdisInitializeEvent(&Binding->Drained);
    NdisAllocateSpinLock(&Binding->Lock);
    return Binding;
}

_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) static NDIS_STATUS
    OpenAdapter(_Inout_ RELAY_BINDING *Binding, _In_ NDIS_HANDLE BindContext,
                _In_ NDIS_BIND_PARAMETERS *BindParameters) {
    NDIS_MEDIUM Mediums[] = {NdisMedium802_3};
    UINT SelectedMedium;  // a pending open writes it: this function waits for the end of the open

    NDIS_OPEN_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = BindParameters->AdapterName,
        .MediumArray = Mediums,
        .MediumArraySize = ARRAYSIZE(Mediums),
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

static NDIS_STATUS RelayBindAdapterEx(NDIS_HANDLE ProtocolDriverContext, NDIS_HANDLE BindContext,
                                      NDIS_BIND_PARAMETERS *BindParameters) {
    RELAY_BINDING *Binding = AllocateBinding(BindParameters);
    if (Binding == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS Status = AllocatePools(Binding);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupBinding;
    }
    Status = OpenAdapter(Binding, BindContext, BindParameters);
    if (Status != NDIS_STATUS_SUCCESS) {
        goto cleanupPools;
    }

    NdisAcquireSpinLock(&BindingsLock);
    Binding->Number = ++BindingCount;
    InsertTailList(&Bindings, &Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    return NDIS_STATUS_SUCCESS;

cleanupPools:
    FreePools(Binding);
cleanupBinding:
    DereferenceBinding(Binding);
    return Status;
}

static NDIS_STATUS RelayUnbindAdapterEx(NDIS_HANDLE UnbindContext, NDIS_HANDLE ProtocolBindingContext) {
    RELAY_BINDING *Binding = ProtocolBindingContext;
    NdisAcquireSpinLock(&BindingsLock);
    RemoveEntryList(&Binding->Link);
    NdisReleaseSpinLock(&BindingsLock);
    StopRelaying(Binding);
    if (NdisCloseAdapterEx(Binding->BindingHandle) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&Binding->AdapterDone, 0);
    }
    FreePools(Binding);
    DereferenceBinding(Binding);
    return NDIS_STATUS_SUCCESS;
}

static VOID RelayOpenAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext, NDIS_STATUS Status) {
    RELAY_BINDING *Binding = ProtocolBindingContext;
    Binding->OpenStatus = Status;
    NdisSetEvent(&Binding->AdapterDone);
}

static VOID RelayCloseAdapterCompleteEx(NDIS_HANDLE ProtocolBindingContext) {
    NdisSetEvent(&((RELAY_BINDING *)ProtocolBindingContext)->AdapterDone);
}

// Events for all bindings at once come with a NULL context; none of them needs work here.
static NDIS_STATUS RelayNetPnPEvent(NDIS_HANDLE ProtocolBindingContext,
                                    NET_PNP_EVENT_NOTIFICATION *Notification) {
    RELAY_BINDING *Binding = ProtocolBindingContext;

    if (Notification->NetPnPEvent.NetEvent == NetEventPause) {
        StopRelaying(Binding);
    } else if (Notification->NetPnPEvent.NetEvent == NetEventRestart) {
        StartRelaying(Binding);
    }
    return NDIS_STATUS_SUCCESS;
}

static VOID RelayOidRequestComplete(NDIS_HANDLE ProtocolBindingContext, NDIS_OID_REQUEST *OidRequest,
                                    NDIS_STATUS Status) {}

// Device and driver ------------------------------------------------------------------------------

static NTSTATUS CompleteIrp(_In_ IRP *Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information) {
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

// The first binding behind the one with that number, or NULL.
_Must_inspect_result_ static RELAY_BINDING *ReferenceNext(_In_ ULONG Number) {
    RELAY_BINDING *Found = NULL;

    NdisAcquireSpinLock(&BindingsLock);
    for (LIST_ENTRY *Link = Bindings.Flink; Link != &Bindings && Found == NULL; Link = Link->Flink) {
        RELAY_BINDING *Binding = CONTAINING_RECORD(Link, RELAY_BINDING, Link);
        if (Binding->Number > Number) {
            InterlockedIncrement(&Binding->References);
            Found = Binding;
        }
    }
    NdisReleaseSpinLock(&BindingsLock);
    return Found;
}

// Each binding has its turn once: what is returned may come again at once, and be kept again.
static NTSTATUS RelayWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    ULONG Number = 0;
    RELAY_BINDING *Binding;

    while ((Binding = ReferenceNext(Number)) != NULL) {
        Number = Binding->Number;
        ReturnKept(Binding);
        DereferenceBinding(Binding);
    }
    return CompleteIrp(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

static NTSTATUS RelayCreateOrClose(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    return CompleteIrp(Irp, STATUS_SUCCESS, 0);
}

_Must_inspect_result_ static NDIS_STATUS RegisterProtocol(VOID) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS Characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS,
                   NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 30,
        .Name = RTL_CONSTANT_STRING(L"Relay"),
        .BindAdapterHandlerEx = RelayBindAdapterEx,
        .UnbindAdapterHandlerEx = RelayUnbindAdapterEx,
        .OpenAdapterCompleteHandlerEx = RelayOpenAdapterCompleteEx,
        .CloseAdapterCompleteHandlerEx = RelayCloseAdapterCompleteEx,
        .NetPnPEventHandler = RelayNetPnPEvent,
        .OidRequestCompleteHandler = RelayOidRequestComplete,
        .ReceiveNetBufferListsHandler = RelayReceiveNetBufferLists,
        .SendNetBufferListsCompleteHandler = RelaySendNetBufferListsComplete,
    };
    return NdisRegisterProtocolDriver(NULL, &Characteristics, &ProtocolHandle);
}

static VOID RelayUnload(DRIVER_OBJECT *DriverObject) {
    NdisDeregisterProtocolDriver(ProtocolHandle);
    IoDeleteDevice(ControlDevice);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Relay");

    InitializeListHead(&Bindings);
    NdisAllocateSpinLock(&BindingsLock);
    DriverObject->DriverUnload = RelayUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = RelayCreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = RelayWrite;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = RelayCreateOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = RelayCreateOrClose;

    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_NETWORK,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &ControlDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ControlDevice->Flags |= DO_BUFFERED_IO;
    Status = RegisterProtocol();
    if (Status != NDIS_STATUS_SUCCESS) {
        IoDeleteDevice(ControlDevice);
    }
    return Status;
}
