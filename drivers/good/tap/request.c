// SPDX-License-Identifier: MIT
// What is asked of the adapter, and what it says by itself: OID requests, status indications, power.
#include "tap.h"

static IO_WORKITEM_ROUTINE RefreshWork;

static VOID PrepareRequest(_Out_ TAP_REQUEST *Request, _In_ NDIS_REQUEST_TYPE Type, _In_ NDIS_OID Oid,
                           _In_ ULONG Length) {
    RtlZeroMemory(Request, sizeof(*Request));
    KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
    Request->Oid.Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                                               NDIS_SIZEOF_OID_REQUEST_REVISION_1};
    Request->Oid.RequestType = Type;
    Request->Oid.RequestId = Request;
    if (Type == NdisRequestSetInformation) {
        Request->Oid.DATA.SET_INFORMATION.Oid = Oid;
        Request->Oid.DATA.SET_INFORMATION.InformationBuffer = &Request->Information;
        Request->Oid.DATA.SET_INFORMATION.InformationBufferLength = Length;
    } else {
        Request->Oid.DATA.QUERY_INFORMATION.Oid = Oid;
        Request->Oid.DATA.QUERY_INFORMATION.InformationBuffer = &Request->Information;
        Request->Oid.DATA.QUERY_INFORMATION.InformationBufferLength = Length;
    }
}

static BOOLEAN IsReady(_Inout_ TAP_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsReady = !Binding->IsAsleep && !Binding->IsResetting;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return IsReady;
}

// Returns when the request is complete: until then it is the adapter's.
_IRQL_requires_(PASSIVE_LEVEL) static NDIS_STATUS
    DoRequest(_Inout_ TAP_BINDING *Binding, _Inout_ TAP_REQUEST *Request) {
    if (!IsReady(Binding)) {
        return NDIS_STATUS_RESET_IN_PROGRESS;
    }
    if (!TapEnterGate(&Binding->Handle)) {
        return NDIS_STATUS_CLOSING;
    }
    NDIS_STATUS Status = NdisOidRequest(Binding->BindingHandle, &Request->Oid);
    if (Status == NDIS_STATUS_PENDING) {
        KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
        Status = Request->Status;
    }
    TapLeaveGate(&Binding->Handle);
    return Status;
}

_Use_decl_annotations_ VOID TapOidRequestComplete(NDIS_HANDLE ProtocolBindingContext,
                                                  NDIS_OID_REQUEST *OidRequest, NDIS_STATUS Status) {
    TAP_REQUEST *Request = CONTAINING_RECORD(OidRequest, TAP_REQUEST, Oid);

    Request->Status = Status;
    KeSetEvent(&Request->Done, IO_NO_INCREMENT, FALSE);
}

// An unbind must be able to do this, whatever memory there is: the request lies in the binding.
static NDIS_STATUS SetFilter(_Inout_ TAP_BINDING *Binding, _In_ ULONG Filter) {
    TAP_REQUEST *Request = &Binding->FilterRequest;

    PrepareRequest(Request, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, sizeof(ULONG));
    Request->Information.Filter = Filter;
    return DoRequest(Binding, Request);
}

// With the reader mutex held.
_Use_decl_annotations_ NDIS_STATUS TapApplyFilter(TAP_BINDING *Binding) {
    NDIS_STATUS Status = NDIS_STATUS_SUCCESS;

    if (Binding->Filter != Binding->WantedFilter) {
        Status = SetFilter(Binding, Binding->WantedFilter);
        if (Status == NDIS_STATUS_SUCCESS) {
            Binding->Filter = Binding->WantedFilter;
        }
    }
    return Status;
}

// The link state --------------------------------------------------------------------------------

static VOID NoteLinkState(_Inout_ TAP_BINDING *Binding, _In_ const NDIS_LINK_STATE *State) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->LinkState.Speed = State->XmitLinkSpeed;
    Binding->LinkState.IsConnected = State->MediaConnectState == MediaConnectStateConnected;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

static VOID QueryLinkState(_Inout_ TAP_BINDING *Binding) {
    TAP_REQUEST *Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request), TAP_TAG);
    if (Request == NULL) {
        return;
    }
    PrepareRequest(Request, NdisRequestQueryInformation, OID_GEN_LINK_STATE, sizeof(NDIS_LINK_STATE));
    NDIS_STATUS Status = DoRequest(Binding, Request);
    if (Status == NDIS_STATUS_SUCCESS &&
        Request->Oid.DATA.QUERY_INFORMATION.BytesWritten >= NDIS_SIZEOF_LINK_STATE_REVISION_1) {
        NoteLinkState(Binding, &Request->Information.LinkState);
    }
    ExFreePoolWithTag(Request, TAP_TAG);
}

// Asks for the link state, and says what could not be said while the adapter slept or was reset.
_Use_decl_annotations_ static VOID RefreshWork(DEVICE_OBJECT *DeviceObject, VOID *Context) {
    TAP_BINDING *Binding = Context;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->IsRefreshQueued = FALSE;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    QueryLinkState(Binding);
    TapAcquireReaderMutex(Binding);
    TapApplyFilter(Binding);
    TapReleaseReaderMutex(Binding);
    TapLeaveGate(&Binding->Handle);
}

// The work item is inside the gate from here on, so that the unbind waits for it.
_Use_decl_annotations_ VOID TapRefresh(TAP_BINDING *Binding) {
    KIRQL OldIrql;

    if (!TapEnterGate(&Binding->Handle)) {
        return;
    }
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN WasQueued = Binding->IsRefreshQueued;
    Binding->IsRefreshQueued = TRUE;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (WasQueued) {
        TapLeaveGate(&Binding->Handle);
    } else {
        IoQueueWorkItem(Binding->RefreshItem, RefreshWork, DelayedWorkQueue, Binding);
    }
}

static VOID SetResetting(_Inout_ TAP_BINDING *Binding, _In_ BOOLEAN IsResetting) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->IsResetting = IsResetting;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

_Use_decl_annotations_ VOID TapStatusEx(NDIS_HANDLE ProtocolBindingContext,
                                        NDIS_STATUS_INDICATION *StatusIndication) {
    TAP_BINDING *Binding = ProtocolBindingContext;

    switch (StatusIndication->StatusCode) {
    case NDIS_STATUS_RESET_START: SetResetting(Binding, TRUE); break;
    case NDIS_STATUS_RESET_END:
        SetResetting(Binding, FALSE);
        TapRefresh(Binding);
        break;
    case NDIS_STATUS_LINK_STATE: TapRefresh(Binding); break;
    default: break;
    }
}

_Use_decl_annotations_ VOID TapSetPower(TAP_BINDING *Binding, BOOLEAN IsAsleep) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->IsAsleep = IsAsleep;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (!IsAsleep) {
        TapRefresh(Binding);
    }
}
