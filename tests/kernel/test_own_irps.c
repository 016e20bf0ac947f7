// SPDX-License-Identifier: MIT
// IRPs that a driver makes, cancels and uses again, and the buffers of requests that it builds. It sends
// them to its own device.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <string.h>

#define READ_ONCE "a0 = adapter()\nf0 = create(a0)\nread(f0)\nclose(f0)\n"

static struct pp_verdict verdict;

static void expect_reached(const struct fixture_steps *steps, unsigned count) {
    fixture_play(steps, READ_ONCE, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_int_equal(fixture.reached_count, count);
}

// === Cancelled and used again ===

static void on_cancel(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    KIRQL irql;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    IoAcquireCancelSpinLock(&irql);
    assert_int_equal(irql, PASSIVE_LEVEL);
    IoReleaseCancelSpinLock(irql);
    fixture_end_irp(irp, STATUS_CANCELLED);
}

static NTSTATUS keep_pending(IRP *irp) {
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    return STATUS_PENDING;
}

static NTSTATUS stop_completion(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    (void)device, (void)irp;
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void send_and_cancel(IRP *own) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoSetCompletionRoutine(own, stop_completion, &event, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(fixture.device, own), STATUS_PENDING);
    assert_true(IoCancelIrp(own));
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(own->IoStatus.Status, STATUS_CANCELLED);
    assert_true(own->Cancel);
    fixture_reached();
}

static NTSTATUS use_twice(IRP *irp) {
    IRP *own = IoAllocateIrp(fixture.device->StackSize, FALSE);
    assert_non_null(own);
    send_and_cancel(own);
    assert_false(IoCancelIrp(own));  // nobody is asked any more
    IoReuseIrp(own, STATUS_NOT_SUPPORTED);
    assert_false(own->Cancel);
    assert_int_equal(own->IoStatus.Status, STATUS_NOT_SUPPORTED);
    send_and_cancel(own);
    IoFreeIrp(own);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_cancelled_and_used_again(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = use_twice, .control = keep_pending};
    expect_reached(&steps, 2);
}

// === In memory of its own ===

static NTSTATUS use_own_memory(IRP *irp) {
    USHORT size = IoSizeOfIrp(fixture.device->StackSize);
    IRP *own = fixture_take_memory(size);
    IoInitializeIrp(own, size, fixture.device->StackSize);
    assert_int_equal(own->StackCount, fixture.device->StackSize);
    send_and_cancel(own);
    NdisFreeMemory(own, 0, 0);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_in_own_memory(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = use_own_memory, .control = keep_pending};
    expect_reached(&steps, 1);
}

// === Built, by method ===

static ULONG input, output;

static NTSTATUS answer(IRP *irp) {
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    switch (METHOD_FROM_CTL_CODE(location->Parameters.DeviceIoControl.IoControlCode)) {
    case METHOD_BUFFERED:
        assert_int_equal(*(ULONG *)irp->AssociatedIrp.SystemBuffer, 5);
        *(ULONG *)irp->AssociatedIrp.SystemBuffer = 6;
        break;
    case METHOD_NEITHER:
        assert_ptr_equal(location->Parameters.DeviceIoControl.Type3InputBuffer, &input);
        *(ULONG *)irp->UserBuffer = 6;
        break;
    default:
        assert_int_equal(*(ULONG *)irp->AssociatedIrp.SystemBuffer, 5);
        *(ULONG *)MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) = 6;
        break;
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = sizeof(output);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_by_each_method(IRP *irp) {
    for (ULONG method = METHOD_BUFFERED; method <= METHOD_NEITHER; method++) {
        KEVENT event;
        IO_STATUS_BLOCK status;
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        input = 5;
        output = 0;
        IRP *own = IoBuildDeviceIoControlRequest(
            CTL_CODE(FILE_DEVICE_NETWORK, 1, method, FILE_ANY_ACCESS), fixture.device, &input,
            sizeof(input), &output, sizeof(output), FALSE, &event, &status);
        assert_non_null(own);
        assert_int_equal(IoCallDriver(fixture.device, own), STATUS_SUCCESS);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        assert_int_equal(output, 6);
        fixture_reached();
    }
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_built_by_each_method(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = ask_by_each_method, .control = answer};
    expect_reached(&steps, 4);
}

// === References ===

static NTSTATUS refer_to_objects(IRP *irp) {
    FILE_OBJECT *file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    ObReferenceObject(fixture.device);
    ObDereferenceObject(fixture.device);
    assert_int_equal(ObReferenceObjectByPointer(file, FILE_READ_DATA, *IoFileObjectType, KernelMode),
                     STATUS_SUCCESS);
    ObDereferenceObject(file);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_references(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = refer_to_objects};
    expect_reached(&steps, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancelled_and_used_again),
        cmocka_unit_test(test_in_own_memory),
        cmocka_unit_test(test_built_by_each_method),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
