// SPDX-License-Identifier: MIT
// Writes. Each is one frame, copied to an NBL of the driver's, and complete when it has gone out. If it
// is to go out several times, what is sent are clones that share its data; it is their parent, and free
// when they are.
#include "tap.h"

#define NBL_IRP(Nbl) (NET_BUFFER_LIST_PROTOCOL_RESERVED(Nbl)[0])  // the write that it carries

// If the retreat had to add an MDL, the advance frees it.
static VOID FreeFrame(_In_ NET_BUFFER_LIST *Frame) {
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Frame);

    NdisAdvanceNetBufferDataStart(Nb, NET_BUFFER_DATA_LENGTH(Nb), /*FreeMdl=*/TRUE, NULL);
    NdisFreeNetBufferList(Frame);
}

_Must_inspect_result_ static NET_BUFFER_LIST *AllocateFrame(_In_ const TAP_BINDING *Binding,
                                                            _In_ IRP *Irp, _In_ ULONG Length) {
    if (Binding->FramePool == NULL) {
        return NULL;
    }
    NET_BUFFER_LIST *Frame =
        NdisAllocateNetBufferList(Binding->FramePool, /*ContextSize=*/0, Binding->ContextBackFill);
    if (Frame == NULL) {
        return NULL;
    }
    NET_BUFFER *Nb = NET_BUFFER_LIST_FIRST_NB(Frame);
    if (NdisRetreatNetBufferDataStart(Nb, Length + Binding->DataBackFill, 0, NULL) !=
        NDIS_STATUS_SUCCESS) {
        goto cleanup;
    }
    NdisAdvanceNetBufferDataStart(Nb, Binding->DataBackFill, /*FreeMdl=*/FALSE, NULL);
    const UCHAR *Data =
        MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
    UCHAR *Target = MmGetSystemAddressForMdlSafe(NET_BUFFER_CURRENT_MDL(Nb),
                                                 NormalPagePriority | MdlMappingNoExecute);
    if (Data == NULL || Target == NULL) {
        goto cleanup;
    }
    RtlCopyMemory(Target + NET_BUFFER_CURRENT_MDL_OFFSET(Nb), Data, Length);
    NBL_IRP(Frame) = Irp;
    Frame->SourceHandle = Binding->BindingHandle;
    return Frame;

cleanup:
    FreeFrame(Frame);
    return NULL;
}

// TRUE if that was the last clone of its frame.
static BOOLEAN FreeClone(_In_ NET_BUFFER_LIST *Clone) {
    NET_BUFFER_LIST *Frame = Clone->ParentNetBufferList;

    NdisFreeCloneNetBufferList(Clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    return InterlockedDecrement(&Frame->ChildRefCount) == 0;
}

// A chain of clones, or NULL.
_Must_inspect_result_ static NET_BUFFER_LIST *
CloneFrame(_In_ const TAP_BINDING *Binding, _Inout_ NET_BUFFER_LIST *Frame, _In_ ULONG Copies) {
    NET_BUFFER_LIST *Clones = NULL;

    for (ULONG i = 0; i < Copies; i++) {
        NET_BUFFER_LIST *Clone = NdisAllocateCloneNetBufferList(Frame, Binding->ClonePool, NULL,
                                                                NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
        if (Clone == NULL) {
            goto cleanup;
        }
        Clone->SourceHandle = Binding->BindingHandle;
        Clone->ParentNetBufferList = Frame;
        InterlockedIncrement(&Frame->ChildRefCount);
        NET_BUFFER_LIST_NEXT_NBL(Clone) = Clones;
        Clones = Clone;
    }
    return Clones;

cleanup:
    for (NET_BUFFER_LIST *Clone = Clones, *Next; Clone != NULL; Clone = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Clone);
        FreeClone(Clone);
    }
    return NULL;
}

// How many times a frame is to be sent; 0 while the adapter takes none.
static ULONG GetCopies(_Inout_ TAP_BINDING *Binding) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Binding->Lock, &OldIrql);
    ULONG Copies = Binding->IsAsleep || Binding->IsResetting ? 0 : Binding->Copies;
    KeReleaseSpinLock(&Binding->Lock, OldIrql);
    return Copies;
}

_Use_decl_annotations_ NTSTATUS TapWrite(DEVICE_OBJECT *DeviceObject, IRP *Irp) {
    IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.Write.Length;
    NTSTATUS Status = STATUS_DEVICE_NOT_READY;

    TAP_BINDING *Binding = TapBindingOf(Stack->FileObject);
    if (Binding == NULL) {
        return TapCompleteIrp(Irp, STATUS_INVALID_DEVICE_STATE, 0);
    }
    if (!TapEnterGate(&Binding->Traffic)) {
        return TapCompleteIrp(Irp, Status, 0);
    }
    if (Length < ETHERNET_HEADER_SIZE || Length > Binding->FrameSize) {
        Status = STATUS_INVALID_BUFFER_SIZE;
        goto cleanupGate;
    }
    ULONG Copies = GetCopies(Binding);
    if (Copies == 0) {
        goto cleanupGate;
    }
    Status = STATUS_INSUFFICIENT_RESOURCES;
    NET_BUFFER_LIST *Frame = AllocateFrame(Binding, Irp, Length);
    if (Frame == NULL) {
        goto cleanupGate;
    }
    NET_BUFFER_LIST *Nbls = Copies == 1 ? Frame : CloneFrame(Binding, Frame, Copies);
    if (Nbls == NULL) {
        goto cleanupFrame;
    }
    IoMarkIrpPending(Irp);
    NdisSendNetBufferLists(Binding->BindingHandle, Nbls, NDIS_DEFAULT_PORT_NUMBER,
                           NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
    return STATUS_PENDING;

cleanupFrame:
    FreeFrame(Frame);
cleanupGate:
    TapLeaveGate(&Binding->Traffic);
    return TapCompleteIrp(Irp, Status, 0);
}

static VOID FinishWrite(_Inout_ TAP_BINDING *Binding, _In_ NET_BUFFER_LIST *Frame) {
    IRP *Irp = NBL_IRP(Frame);
    NTSTATUS Status = NET_BUFFER_LIST_STATUS(Frame);
    ULONG Length = NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(Frame));

    FreeFrame(Frame);
    TapCompleteIrp(Irp, Status, NT_SUCCESS(Status) ? Length : 0);
    TapLeaveGate(&Binding->Traffic);
}

// A frame has failed if one of its clones has.
_Use_decl_annotations_ VOID TapSendNetBufferListsComplete(NDIS_HANDLE ProtocolBindingContext,
                                                          NET_BUFFER_LIST *NetBufferLists,
                                                          ULONG SendCompleteFlags) {
    for (NET_BUFFER_LIST *Nbl = NetBufferLists, *Next; Nbl != NULL; Nbl = Next) {
        Next = NET_BUFFER_LIST_NEXT_NBL(Nbl);
        NET_BUFFER_LIST *Frame = Nbl->ParentNetBufferList;
        if (Frame == NULL) {
            FinishWrite(ProtocolBindingContext, Nbl);
            continue;
        }
        if (NET_BUFFER_LIST_STATUS(Nbl) != NDIS_STATUS_SUCCESS) {
            NET_BUFFER_LIST_STATUS(Frame) = NET_BUFFER_LIST_STATUS(Nbl);
        }
        if (FreeClone(Nbl)) {
            FinishWrite(ProtocolBindingContext, Frame);
        }
    }
}
