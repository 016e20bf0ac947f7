// SPDX-License-Identifier: MIT
// Cancel-safe queues, as the library that drivers link has them: part of the driver, with the world's
// calls inside. The last pointer of an IRP's DriverContext leads to the queue, or to the context that
// leads there.
#include <csq.h>

#include "base/emit.h"
#include "base/touch.h"

static PVOID *slot_of(IRP *irp) { return &irp->Tail.Overlay.DriverContext[3]; }

static NTSTATUS init(IO_CSQ *csq, ULONG type, const IO_CSQ *functions) {
    pp_switch_point();
    if (!pp_touch_write(csq, sizeof(*csq))) {
        return STATUS_INVALID_PARAMETER;
    }
    *csq = *functions;
    csq->Type = type;
    return STATUS_SUCCESS;
}

NTSTATUS IoCsqInitialize(IO_CSQ *Csq, IO_CSQ_INSERT_IRP *CsqInsertIrp, IO_CSQ_REMOVE_IRP *CsqRemoveIrp,
                         IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp, IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock,
                         IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
                         IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp) {
    const IO_CSQ functions = {.CsqInsertIrp = CsqInsertIrp,
                              .CsqRemoveIrp = CsqRemoveIrp,
                              .CsqPeekNextIrp = CsqPeekNextIrp,
                              .CsqAcquireLock = CsqAcquireLock,
                              .CsqReleaseLock = CsqReleaseLock,
                              .CsqCompleteCanceledIrp = CsqCompleteCanceledIrp};
    return init(Csq, IO_TYPE_CSQ, &functions);
}

NTSTATUS IoCsqInitializeEx(IO_CSQ *Csq, IO_CSQ_INSERT_IRP_EX *CsqInsertIrp,
                           IO_CSQ_REMOVE_IRP *CsqRemoveIrp, IO_CSQ_PEEK_NEXT_IRP *CsqPeekNextIrp,
                           IO_CSQ_ACQUIRE_LOCK *CsqAcquireLock, IO_CSQ_RELEASE_LOCK *CsqReleaseLock,
                           IO_CSQ_COMPLETE_CANCELED_IRP *CsqCompleteCanceledIrp) {
    const IO_CSQ functions = {.CsqInsertIrp = (PVOID)CsqInsertIrp,
                              .CsqRemoveIrp = CsqRemoveIrp,
                              .CsqPeekNextIrp = CsqPeekNextIrp,
                              .CsqAcquireLock = CsqAcquireLock,
                              .CsqReleaseLock = CsqReleaseLock,
                              .CsqCompleteCanceledIrp = CsqCompleteCanceledIrp};
    return init(Csq, IO_TYPE_CSQ_EX, &functions);
}

// The IRP leaves the queue, whose lock is held.
static void take_out(IO_CSQ *csq, IRP *irp) {
    IO_CSQ_IRP_CONTEXT *context = *slot_of(irp);
    csq->CsqRemoveIrp(csq, irp);
    if (context != NULL && context->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        context->Irp = NULL;
    }
    *slot_of(irp) = NULL;
}

static void on_cancel(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    KIRQL irql;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    const IO_CSQ_IRP_CONTEXT *context = *slot_of(irp);
    IO_CSQ *csq = context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context->Csq : *slot_of(irp);
    csq->CsqAcquireLock(csq, &irql);
    take_out(csq, irp);
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, irp);
}

static NTSTATUS call_insert(IO_CSQ *csq, IRP *irp, PVOID insert_context) {
    if (csq->Type == IO_TYPE_CSQ_EX) {
        return ((IO_CSQ_INSERT_IRP_EX *)(PVOID)csq->CsqInsertIrp)(csq, irp, insert_context);
    }
    csq->CsqInsertIrp(csq, irp);
    return STATUS_SUCCESS;
}

NTSTATUS IoCsqInsertIrpEx(IO_CSQ *Csq, IRP *Irp, IO_CSQ_IRP_CONTEXT *Context, PVOID InsertContext) {
    KIRQL irql;
    pp_touch_read(Csq, sizeof(*Csq));
    pp_touch_write(Irp, sizeof(*Irp));
    *slot_of(Irp) = Csq;
    if (Context != NULL && pp_touch_write(Context, sizeof(*Context))) {
        *Context = (IO_CSQ_IRP_CONTEXT){IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
        *slot_of(Irp) = Context;
    }
    Csq->CsqAcquireLock(Csq, &irql);
    NTSTATUS status = call_insert(Csq, Irp, InsertContext);
    if (NT_SUCCESS(status)) {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, on_cancel);
        // Cancelled before: whoever gets the routine back completes the IRP.
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
            take_out(Csq, Irp);
            Csq->CsqReleaseLock(Csq, irql);
            Csq->CsqCompleteCanceledIrp(Csq, Irp);
            return status;
        }
    }
    Csq->CsqReleaseLock(Csq, irql);
    return status;
}

VOID IoCsqInsertIrp(IO_CSQ *Csq, IRP *Irp, IO_CSQ_IRP_CONTEXT *Context) {
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP IoCsqRemoveIrp(IO_CSQ *Csq, IO_CSQ_IRP_CONTEXT *Context) {
    KIRQL irql;
    pp_touch_read(Csq, sizeof(*Csq));
    Csq->CsqAcquireLock(Csq, &irql);
    pp_touch_write(Context, sizeof(*Context));
    IRP *irp = Context->Irp;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) != NULL) {
        take_out(Csq, irp);
    } else {
        irp = NULL;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

PIRP IoCsqRemoveNextIrp(IO_CSQ *Csq, PVOID PeekContext) {
    KIRQL irql;
    pp_touch_read(Csq, sizeof(*Csq));
    Csq->CsqAcquireLock(Csq, &irql);
    IRP *irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL) {
        irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);  // that one is being cancelled
    }
    if (irp != NULL) {
        take_out(Csq, irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
