// SPDX-License-Identifier: MIT
// Writes become frames of the driver's own, and are complete when these are. What is received goes back
// at once.
#include "late.h"

#define NBL_IRP(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // the write that it carries

_Must_inspect_result_ static BOOLEAN BeginSend(_Inout_ LATE_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsRunning = Binding->State == LateRunning && !Binding->IsResetting;
    Binding->SendCount += IsRunning ? 1 : 0;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return IsRunning;
}

// The binding may be gone when this returns, unless there is a reference.
static VOID EndSend(_Inout_ LATE_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    BOOLEAN IsPaused = --Binding->SendCount == 0 && Binding->State == LatePausing;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    if (IsPaused) {
        LateQueueAnswer(Binding);
    }
}

// If the retreat had to add an MDL, the advance frees it.
static VOID FreeFrame(_In_ NET_BUFFER_LIST *Nbl) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);

    NdisAdvanceNetBufferDataStart(Nb, NET_BUFFER_DATA_LENGTH(Nb), /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBufferList(Nbl);
}

_Must_inspect_result_ static NET_BUFFER_LIST *AllocateFrame(_In_ const LATE_BINDING *Binding,
                                                            _In_reads_bytes_(Length) const VOID *Data,
                                                            _In_ ULONG Length) {
    if (Binding->NblPool == NULL) {
        return NULL;
    }
    NET_BUFFER_LIST *Nbl =
        NdisAllocateNetBufferList(Binding->NblPool, /*ContextSize=*/0, Binding->ContextBackFill);
    if (Nbl == NULL) {
        return NULL;
    }
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
    if (NdisRetreatNetBufferDataStart(Nb, Length + Binding->DataBackFill, 0, NULL) !=
        NDIS_STATUS_SUCCESS) {
        goto cleanup;
    }
    NdisAdvanceNetBufferDataStart(Nb, Binding->DataBackFill, /*FreeMdl=*/FALSE, NULL);
    UCHAR *Target = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                 NormalPagePriority | MdlMappingNoExecute);
    if (Target == NULL) {
        goto cleanup;
    }
    RtlCopyMemory(Target + NET_BUFFER_CURRENT_MDL_OFFSET(Nb), Data, Length);
    return Nbl;

cleanup:
    FreeFrame(Nbl);
    return NULL;
}

_Use_decl_annotations_ NTSTATUS LateWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    LATE_BINDING *Binding = Stack->FileObject->FsContext;
    ULONG Length = Stack->Parameters.Write.Length;

    NTSTATUS Status = STATUS_INVALID_BUFFER_SIZE;

    if (!BeginSend(Binding)) {
        return LateCompleteIrp(Irp, STATUS_DEVICE_NOT_READY, 0);
    }
    if (Length < ETHERNET_HEADER_SIZE || Length > Binding->FrameSize) {
        goto cleanupSend;
    }
    NET_BUFFER_LIST *Nbl = AllocateFrame(Binding, Irp->AssociatedIrp.SystemBuffer, Length);
    if (Nbl == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto cleanupSend;
    }
    NBL_IRP(Nbl) = Irp;
    Nbl->SourceHandle = Binding->BindingHandle;
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    return STATUS_PENDING;

cleanupSend:
    EndSend(Binding);
    return LateCompleteIrp(Irp, Status, 0);
}

_Use_decl_annotations_ VOID LateSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
                                                           NET_BUFFER_LIST *NetBufferLists,
                                                           ULONG SendCompleteFlags) {
    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        IRP *Irp = NBL_IRP(Nbl);
        NTSTATUS Status = NET_BUFFER_LIST_STATUS(Nbl);
        ULONG Length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(Nbl));

        FreeFrame(Nbl);
        LateCompleteIrp(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
        EndSend(ProtocolBindingContext);
    }
}

_Use_decl_annotations_ VOID LateReceiveNetBufferLists(NDIS_HANDLE ProtocolBindingContext,
                                                      NET_BUFFER_LIST *NetBufferLists,
                                                      NDIS_PORT_NUMBER PortNumber,
                                                      ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    LATE_BINDING *Binding = ProtocolBindingContext;

    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(Binding->BindingHandle, NetBufferLists, 0);
    }
}

// A reset may take its time. Writes fail meanwhile.
static VOID SetResetting(_Inout_ LATE_BINDING *Binding, _In_ BOOLEAN IsResetting) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    Binding->IsResetting = IsResetting;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
}

_Use_decl_annotations_ VOID LateStatusEx(NDIS_HANDLE ProtocolBindingContext,
                                         NDIS_STATUS_INDICATION *StatusIndication) {
    switch (StatusIndication->StatusCode) {
    case NDIS_STATUS_RESET_START: SetResetting(ProtocolBindingContext, TRUE); break;
    case NDIS_STATUS_RESET_END: SetResetting(ProtocolBindingContext, FALSE); break;
    default: break;
    }
}
