// SPDX-License-Identifier: MIT
// Cancelling IRPs. A cancel routine is called with the cancel spin lock held and gives it back.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/callback.h"
#include "kernel/irp.h"
#include "kernel/memory.h"
#include "kernel/schedule.h"

static KSPIN_LOCK *cancel_lock;

void pp_cancel_begin(void) { cancel_lock = pp_world_take(sizeof(*cancel_lock)); }

VOID IoAcquireCancelSpinLock(KIRQL *Irql) {
    KIRQL old_irql = KeAcquireSpinLockRaiseToDpc(cancel_lock);
    if (pp_touch_write(Irql, sizeof(*Irql))) {
        *Irql = old_irql;
    }
}

VOID IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(cancel_lock, Irql); }

DRIVER_CANCEL *IoSetCancelRoutine(IRP *Irp, DRIVER_CANCEL *CancelRoutine) {
    pp_switch_point();
    if (!pp_touch_write(Irp, sizeof(*Irp))) {
        return NULL;
    }
    DRIVER_CANCEL *old_routine = Irp->CancelRoutine;
    Irp->CancelRoutine = CancelRoutine;
    return old_routine;
}

static void call_routine(struct pp_request *request, DRIVER_CANCEL *routine, KIRQL old_irql) {
    IRP *irp = request->irp;
    const IO_STACK_LOCATION *location = pp_irp_location(request);
    irp->CancelIrql = old_irql;
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_CANCEL, irp);
    frame.irql = old_irql;  // the IRQL goes down with the lock
    routine(location != NULL ? location->DeviceObject : NULL, irp);
    bool is_held = *cancel_lock == pp_schedule_current()->number;
    PP_EMIT(CANCEL_RETURNED, pp_object(irp), is_held);
    if (is_held) {
        IoReleaseCancelSpinLock(old_irql);
    }
    pp_callback_leave(frame, irp, STATUS_SUCCESS);
}

bool pp_cancel_request(struct pp_request *request) {
    KIRQL old_irql = KeAcquireSpinLockRaiseToDpc(cancel_lock);
    IRP *irp = request->irp;  // may have gone in the meantime
    DRIVER_CANCEL *routine = NULL;
    if (irp != NULL) {
        irp->Cancel = TRUE;
        routine = irp->CancelRoutine;
        irp->CancelRoutine = NULL;
    }
    if (routine == NULL) {
        IoReleaseCancelSpinLock(old_irql);
        return false;
    }
    call_routine(request, routine, old_irql);
    return true;
}

BOOLEAN IoCancelIrp(IRP *Irp) {
    pp_switch_point();
    struct pp_request *request = pp_touch_write(Irp, sizeof(*Irp)) ? pp_irp_find(Irp) : NULL;
    return request != NULL && pp_cancel_request(request);
}
