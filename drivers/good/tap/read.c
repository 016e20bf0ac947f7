// SPDX-License-Identifier: MIT
// Receives and reads. Of the two, what comes first waits for the other: reads in a queue of IRPs that
// can be cancelled, frames in a queue of received NBLs, at most TAP_RECEIVED_MAX of them and none over a
// pause.
#include "tap.h"

static DRIVER_CANCEL CancelRead;

// Reads that wait --------------------------------------------------------------------------------

// Whoever finds the cancel routine gone, leaves the IRP to it. With the lock held.
static VOID ForgetRead(_Inout_ IRP *Irp) { InitializeListHead(&Irp->Tail.Overlay.ListEntry); }

// The oldest one, or NULL. With the lock held.
_Must_inspect_result_ static IRP *TakeRead(_Inout_ TAP_BINDING *Binding) {
    while (!IsListEmpty(&Binding->Reads)) {
        LIST_ENTRY *Entry = RemoveHeadList(&Binding->Reads);
        IRP *Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            return Irp;
        }
        ForgetRead(Irp);
    }
    return NULL;
}

_Use_decl_annotations_ static VOID CancelRead(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    TAP_BINDING *Binding = Irp->Tail.Overlay.DriverContext[0];
    KIRQL OldIrql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    TapCompleteIrp(Irp, STATUS_CANCELLED, 0);
}

// FALSE if the IRP has been cancelled already: then it is the caller's. With the lock held.
_Must_inspect_result_ static BOOLEAN QueueRead(_Inout_ TAP_BINDING *Binding, _Inout_ IRP *Irp) {
    Irp->Tail.Overlay.DriverContext[0] = Binding;
    InsertTailList(&Binding->Reads, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, CancelRead);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        return FALSE;
    }
    return TRUE;
}

// Frames that wait -------------------------------------------------------------------------------

static VOID ReturnNbls(_In_ const TAP_BINDING *Binding, _In_opt_ NET_BUFFER_LIST *Nbls) {
    if (Nbls != NULL) {
        NdisReturnNetBufferLists(Binding->BindingHandle, Nbls, 0);
    }
}

// With the lock held.
_Must_inspect_result_ static NET_BUFFER_LIST *TakeAllReceived(_Inout_ TAP_BINDING *Binding) {
    NET_BUFFER_LIST *Nbls = Binding->Received;

    Binding->Received = NULL;
    Binding->ReceivedTail = &Binding->Received;
    Binding->ReceivedCount = 0;
    return Nbls;
}

// The oldest one, or NULL. With the lock held.
_Must_inspect_result_ static NET_BUFFER_LIST *TakeReceived(_Inout_ TAP_BINDING *Binding) {
    NET_BUFFER_LIST *Nbl = Binding->Received;

    if (Nbl != NULL) {
        Binding->Received = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (Binding->Received == NULL) {
            Binding->ReceivedTail = &Binding->Received;
        }
        Binding->ReceivedCount--;
        NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    }
    return Nbl;
}

// FALSE if there is nobody to keep it for, or no room. With the lock held.
_Must_inspect_result_ static BOOLEAN KeepReceived(_Inout_ TAP_BINDING *Binding,
                                                  _In_ NET_BUFFER_LIST *Nbl) {
    if (!Binding->HasReader || !Binding->IsRunning || Binding->ReceivedCount == TAP_RECEIVED_MAX) {
        return FALSE;
    }
    NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
    *Binding->ReceivedTail = Nbl;
    Binding->ReceivedTail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
    Binding->ReceivedCount++;
    return TRUE;
}

_Use_decl_annotations_ VOID TapReturnReceived(TAP_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    NET_BUFFER_LIST *Nbls = TakeAllReceived(Binding);
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    ReturnNbls(Binding, Nbls);
}

// Where the two meet -----------------------------------------------------------------------------

// Completes the read with the bytes of the frame, or as many as it has room for.
static VOID FinishRead(_In_ IRP *Irp, _In_ NET_BUFFER *Nb) {
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
    ULONG Length = min(Room, NET_BUFFER_DATA_LENGTH(Nb));
    NTSTATUS Status = Length < NET_BUFFER_DATA_LENGTH(Nb) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;

    UCHAR *Target =
        MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    UCHAR *Data = Target != NULL ? NdisGetDataBuffer(Nb, Length, Target, 1, 0) : NULL;
    if (Data == NULL) {
        TapCompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        return;
    }
    if (Data != Target) {
        RtlCopyMemory(Target, Data, Length);
    }
    TapCompleteIrp(Irp, Status, Length);
}

// Only inside the gate can there be a frame, and until it has gone back.
_Use_decl_annotations_ NTSTATUS TapRead(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    NET_BUFFER_LIST *Nbl = NULL;
    BOOLEAN IsQueued = FALSE;
    KIRQL OldIrql;

    TAP_BINDING *Binding = TapBindingOf(Stack->FileObject);
    if (Binding == NULL) {
        return TapCompleteIrp(Irp, STATUS_INVALID_DEVICE_STATE, 0);
    }
    if (Stack->Parameters.Read.Length == 0) {
        return TapCompleteIrp(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    IoMarkIrpPending(Irp);
    BOOLEAN IsInside = TapEnterGate(&Binding->Traffic);
    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    if (Binding->HasReader) {
        Nbl = IsInside ? TakeReceived(Binding) : NULL;
        IsQueued = Nbl == NULL && QueueRead(Binding, Irp);
    }
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (Nbl != NULL) {
        FinishRead(Irp, NET_BUFFER_LIST_FIRST_NB(Nbl));
        ReturnNbls(Binding, Nbl);
    } else if (!IsQueued) {
        TapCompleteIrp(Irp, STATUS_CANCELLED, 0);
    }
    if (IsInside) {
        TapLeaveGate(&Binding->Traffic);
    }
    return STATUS_PENDING;
}

// TRUE if the NBL stays here.
_Must_inspect_result_ static BOOLEAN ReceiveFrame(_Inout_ TAP_BINDING *Binding,
                                                  _In_ NET_BUFFER_LIST *Nbl, _In_ BOOLEAN MayKeep) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    IRP *Irp = TakeRead(Binding);
    BOOLEAN IsKept = Irp == NULL && MayKeep && KeepReceived(Binding, Nbl);
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (Irp != NULL) {
        FinishRead(Irp, NET_BUFFER_LIST_FIRST_NB(Nbl));
    }
    return IsKept;
}

_Use_decl_annotations_ VOID TapReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext,
                                                     NET_BUFFER_LIST *NetBufferLists,
                                                     NDIS_PORT_NUMBER PortNumber,
                                                     ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    TAP_BINDING *Binding = ProtocolBindingContext;
    BOOLEAN MayKeep = NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags);
    NET_BUFFER_LIST *Returned = NULL;
    NET_BUFFER_LIST **Tail = &Returned;

    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        if (!ReceiveFrame(Binding, Nbl, MayKeep) && MayKeep) {
            NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
            *Tail = Nbl;
            Tail = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
        }
    }
    ReturnNbls(Binding, Returned);
}

_Use_decl_annotations_ VOID TapStartReading(TAP_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->HasReader = TRUE;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

// From here on no read waits, and no frame.
_Use_decl_annotations_ VOID TapStopReading(TAP_BINDING *Binding, NTSTATUS Status) {
    IRP *Irp;
    KIRQL OldIrql;

    do {
        KeAcquireSpinLock(&Binding->Lock, &OldIrql);
        Binding->HasReader = FALSE;
        Irp = TakeRead(Binding);
        KeReleaseSpinLock(&Binding->Lock, OldIrql);
        if (Irp != NULL) {
            TapCompleteIrp(Irp, Status, 0);
        }
    } while (Irp != NULL);
    if (TapEnterGate(&Binding->Traffic)) {  // else the pause returns them
        TapReturnReceived(Binding);
        TapLeaveGate(&Binding->Traffic);
    }
}
