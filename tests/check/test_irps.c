// SPDX-License-Identifier: MIT
// IRPs: answered, completed, cancelled, passed on.
#include "fixture.h"

#define ONE_FILE "a0 = adapter()\nf0 = create(a0)\n"
#define ONE_READ ONE_FILE "read(f0, length: 100)\n"
#define ONE_CANCEL ONE_READ "cancel(f0)\n"
#define ONE_CONTROL ONE_FILE "ioctl(f0, code: 0x120000, out: 100)\n"

static NTSTATUS end(IRP *irp, NTSTATUS status, ULONG_PTR information) {
    fixture_reached();
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

// === IRP-PENDING, IRP-LOST ===

static NTSTATUS return_pending_unmarked(IRP *irp) {
    end(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}

static NTSTATUS mark_and_complete(IRP *irp) {
    IoMarkIrpPending(irp);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS mark_and_keep(IRP *irp) {
    IoMarkIrpPending(irp);
    fixture.kept[0] = irp;
    return STATUS_SUCCESS;
}

// Legal: completed before the dispatch routine returns, and pending.
static NTSTATUS mark_complete_and_return_pending(IRP *irp) {
    IoMarkIrpPending(irp);
    end(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}

static NTSTATUS forget(IRP *irp) {
    (void)irp;
    return STATUS_SUCCESS;
}

static NTSTATUS never_complete(IRP *irp) {
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
}

// === Queues of one, with a cancel routine ===

static void cancel_kept(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    fixture.kept[0] = NULL;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    end(irp, STATUS_CANCELLED, 0);
}

static void keep_lock(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    fixture.kept[0] = NULL;
    end(irp, STATUS_CANCELLED, 0);
}

static void release_to_dispatch(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    fixture.kept[0] = NULL;
    IoReleaseCancelSpinLock(DISPATCH_LEVEL);
    end(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS keep_with(IRP *irp, DRIVER_CANCEL *routine) {
    fixture.kept[0] = irp;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, routine);
    return STATUS_PENDING;
}

static NTSTATUS keep_read(IRP *irp) { return keep_with(irp, cancel_kept); }
static NTSTATUS keep_read_keep_lock(IRP *irp) { return keep_with(irp, keep_lock); }
static NTSTATUS keep_read_stay_at_dispatch(IRP *irp) { return keep_with(irp, release_to_dispatch); }

static NTSTATUS end_kept_with_routine(IRP *cleanup) {
    IRP *irp = fixture.kept[0];
    end(irp, STATUS_CANCELLED, 0);
    return end(cleanup, STATUS_SUCCESS, 0);
}

static NTSTATUS end_kept(IRP *cleanup) {
    IRP *irp = fixture.kept[0];
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) != NULL) {
        end(irp, STATUS_CANCELLED, 0);
    }
    return end(cleanup, STATUS_SUCCESS, 0);
}

static void end_after_a_while(void *context) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    IRP *irp = fixture.kept[0];
    if (IoSetCancelRoutine(irp, NULL) != NULL) {
        end(irp, STATUS_CANCELLED, 0);
    }
    end(context, STATUS_SUCCESS, 0);
}

static NTSTATUS end_kept_soon(IRP *cleanup) {
    HANDLE thread;
    IoMarkIrpPending(cleanup);
    PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, end_after_a_while, cleanup);
    ZwClose(thread);
    return STATUS_PENDING;
}

// Legal: the cleanup finds nothing, for the read is still on its way to the queue.
static NTSTATUS keep_read_slowly(IRP *irp) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    KeDelayExecutionThread(KernelMode, FALSE, &second);
    return keep_with(irp, cancel_kept);
}

// === How an IRP is completed ===

static NTSTATUS complete_with_pending(IRP *irp) { return end(irp, STATUS_PENDING, 0); }
static NTSTATUS complete_with_error(IRP *irp) { return end(irp, STATUS_UNSUCCESSFUL, 1000000); }
static NTSTATUS answer_one_more(IRP *irp) { return end(irp, STATUS_SUCCESS, 101); }
static NTSTATUS answer_all(IRP *irp) { return end(irp, STATUS_SUCCESS, 100); }

static NTSTATUS complete_at(IRP *irp, KIRQL irql) {
    KIRQL old_irql;
    KeRaiseIrql(irql, &old_irql);
    end(irp, STATUS_SUCCESS, 0);
    KeLowerIrql(old_irql);
    return STATUS_SUCCESS;
}

static NTSTATUS complete_at_high_level(IRP *irp) { return complete_at(irp, DISPATCH_LEVEL + 1); }
static NTSTATUS complete_at_dispatch(IRP *irp) { return complete_at(irp, DISPATCH_LEVEL); }

// === IRP-STACK, IRP-OWN: an ioctl that becomes a read of the driver's own ===

static NTSTATUS keep_own(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    (void)device, (void)irp, (void)context;
    fixture_reached();
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS free_own(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    IoFreeIrp(irp);
    return keep_own(device, irp, context);
}

static NTSTATUS free_and_let_go(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    (void)device, (void)context;
    IoFreeIrp(irp);
    return STATUS_SUCCESS;
}

static IRP *call_own(CCHAR location_count, IO_COMPLETION_ROUTINE *routine) {
    IRP *irp = IoAllocateIrp(location_count, FALSE);
    if (location_count > 0) {
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
        if (routine != NULL) {
            IoSetCompletionRoutine(irp, routine, NULL, TRUE, TRUE, TRUE);
        }
    }
    IoCallDriver(fixture.device, irp);
    return irp;
}

static NTSTATUS own_without_location(IRP *irp) {
    IoFreeIrp(call_own(0, NULL));
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_for_no_device(IRP *irp) {
    IRP *own = IoAllocateIrp(1, FALSE);
    IoCallDriver((DEVICE_OBJECT *)fixture.driver, own);
    IoFreeIrp(own);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_and_free(IRP *irp) {
    IoFreeIrp(call_own(1, keep_own));
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_freed_by_routine(IRP *irp) {
    call_own(2, free_own);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_without_routine(IRP *irp) {
    call_own(1, NULL);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_freed_and_let_go(IRP *irp) {
    call_own(1, free_and_let_go);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_freed_twice(IRP *irp) {
    IoFreeIrp(call_own(1, free_own));
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS own_never_freed(IRP *irp) {
    call_own(1, keep_own);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS free_irp_of_program(IRP *irp) {
    IoFreeIrp(irp);
    return STATUS_SUCCESS;
}

// Completed twice, the second time when it is above all its locations.
static NTSTATUS complete_own_again(IRP *irp) {
    IRP *own = call_own(1, keep_own);
    IoCompleteRequest(own, IO_NO_INCREMENT);
    IoFreeIrp(own);
    return end(irp, STATUS_SUCCESS, 0);
}

static const struct check_case cases[] = {
    {.rule = "IRP-PENDING",
     .title =
         "poolproof: IRP-PENDING: STATUS_PENDING returned, and IRP not marked pending in IRP_MJ_READ",
     .catches.read = return_pending_unmarked,
     .silent.read = mark_complete_and_return_pending,
     .program = ONE_READ},
    {.rule = "IRP-PENDING",
     .title =
         "poolproof: IRP-PENDING: IRP marked pending, and not STATUS_PENDING returned in IRP_MJ_READ",
     .catches.read = mark_and_complete,
     .silent.read = mark_complete_and_return_pending,
     .program = ONE_READ},
    {.rule = "IRP-PENDING",
     .title =
         "poolproof: IRP-PENDING: IRP marked pending, and not STATUS_PENDING returned in IRP_MJ_READ",
     .catches.read = mark_and_keep,
     .silent = {.read = keep_read, .cleanup = end_kept},
     .program = ONE_READ},
    {.rule = "IRP-LOST",
     .title = "poolproof: IRP-LOST: IRP neither completed nor pending in IRP_MJ_READ",
     .catches.read = forget,
     .silent.read = answer_all,
     .program = ONE_READ},
    {.rule = "IRP-LOST",
     .title = "poolproof: IRP-LOST: IRP never completed, marked pending in IRP_MJ_READ",
     .catches.read = never_complete,
     .silent = {.read = keep_read, .cleanup = end_kept},
     .program = ONE_READ},
    {.rule = "IRP-CLEANUP",
     .title = "poolproof: IRP-CLEANUP: IRP left queued by the cleanup, marked pending in IRP_MJ_READ",
     .catches = {.read = keep_read},
     .silent = {.read = keep_read, .cleanup = end_kept},
     .program = ONE_READ},
    {.rule = "IRP-CLEANUP",
     .title = "poolproof: IRP-CLEANUP: IRP left queued by the cleanup, marked pending in IRP_MJ_READ",
     .catches = {.read = keep_read},
     .silent = {.read = keep_read, .cleanup = end_kept_soon},  // which takes its time
     .program = ONE_READ "close(f0)\n"},
    {.rule = "IRP-CLEANUP",
     .title = "poolproof: IRP-CLEANUP: IRP left queued by the cleanup, marked pending in IRP_MJ_READ",
     .catches = {.read = keep_read},
     .silent = {.read = keep_read_slowly},
     .program = ONE_READ "close(f0)\n"},
    {.rule = "IRP-LOST",
     .title = "poolproof: IRP-LOST: IRP never completed, marked pending in IRP_MJ_CREATE",
     .catches.create = never_complete,
     .silent.create = keep_read,
     .program = ONE_FILE},
    {.rule = "IRP-LOST",
     .title = "poolproof: IRP-LOST: IRP never completed, marked pending in IRP_MJ_CLEANUP",
     .catches.cleanup = never_complete,
     .silent = {.read = keep_read, .cleanup = end_kept},
     .program = ONE_READ},
    {.rule = "IRP-STATUS",
     .title = "poolproof: IRP-STATUS: IRP completed with STATUS_PENDING in IRP_MJ_READ",
     .catches.read = complete_with_pending,
     .silent.read = complete_with_error,
     .program = ONE_READ},
    {.rule = "IRP-INFORMATION",
     .title = "poolproof: IRP-INFORMATION: more answered than there is room for in IRP_MJ_READ",
     .detail = "Information 101, room for 100 bytes\n",
     .catches.read = answer_one_more,
     .silent.read = answer_all,
     .program = ONE_READ},
    {.rule = "IRP-INFORMATION",
     .title =
         "poolproof: IRP-INFORMATION: more answered than there is room for in IRP_MJ_DEVICE_CONTROL",
     .catches.control = answer_one_more,
     .silent.control = complete_with_error,
     .program = ONE_CONTROL},
    {.rule = "IRP-CANCEL-SET",
     .title = "poolproof: IRP-CANCEL-SET: IRP completed with a cancel routine in IRP_MJ_CLEANUP",
     .catches = {.read = keep_read, .cleanup = end_kept_with_routine},
     .silent = {.read = keep_read, .cleanup = end_kept},
     .program = ONE_READ},
    {.rule = "IRP-CANCEL-LOCK",
     .title = "poolproof: IRP-CANCEL-LOCK: cancel spin lock not released in the cancel routine",
     .catches.read = keep_read_keep_lock,
     .silent.read = keep_read,
     .program = ONE_CANCEL},
    {.rule = "IRQL-BALANCE",
     .title = "poolproof: IRQL-BALANCE: returned at another IRQL in the cancel routine",
     .catches.read = keep_read_stay_at_dispatch,
     .silent.read = keep_read,
     .program = ONE_CANCEL},
    {.rule = "IRP-LEVEL",
     .title = "poolproof: IRP-LEVEL: IRP completed above DISPATCH_LEVEL in IRP_MJ_READ",
     .catches.read = complete_at_high_level,
     .silent.read = complete_at_dispatch,
     .program = ONE_READ},
    {.rule = "IRP-STACK",
     .title =
         "poolproof: IRP-STACK: IRP passed on without a stack location left in IRP_MJ_DEVICE_CONTROL",
     .catches.control = own_without_location,
     .silent.control = own_and_free,
     .program = ONE_CONTROL},
    {.rule = "IRP-STACK",
     .title = "poolproof: IRP-STACK: IRP passed on to something that is no device in "
              "IRP_MJ_DEVICE_CONTROL",
     .catches.control = own_for_no_device,
     .silent.control = own_and_free,
     .program = ONE_CONTROL},
    {.rule = "IRP-OWN",
     .title = "poolproof: IRP-OWN: allocated IRP that no completion routine keeps, made in "
              "IRP_MJ_DEVICE_CONTROL",
     .catches.control = own_without_routine,
     .silent.control = own_and_free,
     .program = ONE_CONTROL},
    {.rule = "IRP-OWN",
     .title = "poolproof: IRP-OWN: IRP freed and not kept in the completion routine",
     .catches.control = own_freed_and_let_go,
     .silent.control = own_freed_by_routine,
     .program = ONE_CONTROL},
    {.rule = "IRP-OWN",
     .title = "poolproof: IRP-OWN: IRP freed again in IRP_MJ_DEVICE_CONTROL",
     .catches.control = own_freed_twice,
     .silent.control = own_freed_by_routine,
     .program = ONE_CONTROL},
    {.rule = "IRP-OWN",
     .title = "poolproof: IRP-OWN: IRP freed that the driver has not allocated in IRP_MJ_DEVICE_CONTROL",
     .catches.control = free_irp_of_program,
     .silent.control = own_freed_by_routine,
     .program = ONE_CONTROL},
    {.rule = "IRP-OWN",
     .title = "poolproof: IRP-OWN: IRP never freed, made in IRP_MJ_DEVICE_CONTROL",
     .catches.control = own_never_freed,
     .silent.control = own_and_free,
     .program = ONE_CONTROL},
    {.rule = "IRP-ONCE",
     .title = "poolproof: IRP-ONCE: IRP completed again in IRP_MJ_DEVICE_CONTROL",
     .catches.control = complete_own_again,
     .silent.control = own_and_free,
     .program = ONE_CONTROL},
};

int main(void) { return CHECK_RUN("irps", cases); }
