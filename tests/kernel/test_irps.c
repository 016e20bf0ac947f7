// SPDX-License-Identifier: MIT
// What a driver gets with an IRP: its buffers, by device and by method; its way through several stack
// locations; cancelling; queues. The driver under test is the fixture's.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <csq.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>
#include <wdmsec.h>

#define ONE_FILE "a0 = adapter()\nf0 = create(a0)\n"

static struct pp_verdict verdict;
static char log_text[1024];

static void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void log_line(const char *format, ...) {
    size_t length = strlen(log_text);
    va_list args;
    va_start(args, format);
    vsnprintf(log_text + length, sizeof(log_text) - length, format, args);
    va_end(args);
}

// Plays without a finding, and compares what the driver has noted.
static void expect_log(const struct fixture_steps *steps, const char *ops, const char *expect) {
    log_text[0] = '\0';
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_string_equal(log_text, expect);
}

static NTSTATUS end(IRP *irp, NTSTATUS status, ULONG_PTR information) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static void log_bytes(const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        log_line("%02x", ((const uint8_t *)bytes)[i]);
    }
    log_line(";");
}

// === Buffers ===

static NTSTATUS log_control(IRP *irp) {
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    ULONG in = location->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = location->Parameters.DeviceIoControl.OutputBufferLength;
    const void *input = irp->AssociatedIrp.SystemBuffer;
    void *output = irp->AssociatedIrp.SystemBuffer;
    if (irp->MdlAddress != NULL) {
        output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
        log_line("mdl %u ", (unsigned)MmGetMdlByteCount(irp->MdlAddress));
    } else if (irp->UserBuffer != NULL) {
        input = location->Parameters.DeviceIoControl.Type3InputBuffer;
        output = irp->UserBuffer;
        log_line("user ");
    }
    log_line("%x %u %u ", (unsigned)location->Parameters.DeviceIoControl.IoControlCode, (unsigned)in,
             (unsigned)out);
    log_bytes(input, in);
    if (out > 0) {
        RtlFillMemory(output, out, 0x77);
    }
    return end(irp, STATUS_SUCCESS, out);
}

static void test_methods(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.control = log_control};
    expect_log(&steps, ONE_FILE "ioctl(f0, code: 0x120000, in: 3, out: 2, fill: 5)\n",
               "120000 3 2 050505;");
    expect_log(&steps, ONE_FILE "ioctl(f0, code: 0x120001, in: 3, out: 2, fill: 5)\n",
               "mdl 2 120001 3 2 050505;");
    expect_log(&steps, ONE_FILE "ioctl(f0, code: 0x120002, in: 3, out: 2, fill: 5)\n",
               "mdl 2 120002 3 2 050505;");
    expect_log(&steps, ONE_FILE "ioctl(f0, code: 0x120003, in: 3, out: 2, fill: 5)\n",
               "user 120003 3 2 050505;");
    expect_log(&steps, ONE_FILE "ioctl(f0, out: 0)\n", "120000 0 0 ;");
}

static NTSTATUS log_read(IRP *irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    log_line("read %u %s;", (unsigned)length,
             irp->MdlAddress != NULL                   ? "mdl"
             : irp->AssociatedIrp.SystemBuffer != NULL ? "system"
             : irp->UserBuffer != NULL                 ? "user"
                                                       : "nothing");
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS be_buffered(void) {
    fixture.device->Flags &= ~(ULONG)DO_DIRECT_IO;
    fixture.device->Flags |= DO_BUFFERED_IO;
    return STATUS_SUCCESS;
}

static NTSTATUS be_neither(void) {
    fixture.device->Flags &= ~(ULONG)DO_DIRECT_IO;
    return STATUS_SUCCESS;
}

static void test_device_flags(void **state) {
    (void)state;
    static const char program[] = ONE_FILE "read(f0, length: 9)\nread(f0, length: 0)\n";
    static const struct fixture_steps direct = {.read = log_read};
    static const struct fixture_steps buffered = {.read = log_read, .load = be_buffered};
    static const struct fixture_steps neither = {.read = log_read, .load = be_neither};
    expect_log(&direct, program, "read 9 mdl;read 0 nothing;");
    expect_log(&buffered, program, "read 9 system;read 0 nothing;");
    expect_log(&neither, program, "read 9 user;read 0 nothing;");
}

// === What the input is made of ===

static NTSTATUS log_input(IRP *irp) {
    const uint8_t *input = irp->AssociatedIrp.SystemBuffer;
    ULONG in = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    log_line("%u ", (unsigned)in);
    log_bytes(input, in < 24 ? in : 24);
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, "answer", 6);
    return end(irp, STATUS_SUCCESS, 6);
}

static void test_content(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.control = log_input};
    static const struct {
        const char *op;
        const char *expect;
    } cases[] = {
        {"ioctl(f0, content: number, value: 0x12345678)\n", "4 78563412;"},
        {"ioctl(f0, in: 6, fill: 9, content: number, value: 0x12345678)\n", "6 785634120909;"},
        {"ioctl(f0, content: mac)\n", "6 02706f6f6c00;"},
        {"ioctl(f0, content: frame, value: 0x88b5)\n", "14 02706f6f6c0002706f6f6c0088b5;"},
        {"ioctl(f0, content: broadcast, value: 0x88b5)\n", "14 ffffffffffff02706f6f6c0088b5;"},
        {"ioctl(f0, in: 8, content: adapter)\n", "8 5c00440045005600;"},
        {"ioctl(f0, content: device)\n", "30 5c004400650076006900630065005c004600690078007400;"},
        {"ioctl(f0, content: result)\n", "0 ;"},
        {"ioctl(f0)\nioctl(f0, content: result, value: 2)\n", "0 ;4 73776572;"},
        {"field(at: 2, value: 1)\nioctl(f0, content: number, value: 0xaabbccdd)\nioctl(f0)\n",
         "6 ddccbbaa0000;0 ;"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char ops[256];
        snprintf(ops, sizeof(ops), ONE_FILE "%s", cases[i].op);
        expect_log(&steps, ops, cases[i].expect);
    }
}

// === Files and devices ===

static NTSTATUS log_create(IRP *irp) {
    const FILE_OBJECT *file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    log_line("%s %u;", file->DeviceObject == fixture.device ? "first" : "second",
             (unsigned)file->FileName.Length);
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS make_second(void) {
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Second");
    static UNICODE_STRING again = RTL_CONSTANT_STRING(L"\\DEVICE\\SECOND");
    DEVICE_OBJECT *device;
    assert_int_equal(SDDL_DEVOBJ_SYS_ALL_ADM_ALL.Length, 2 * strlen("D:P(A;;GA;;;SY)(A;;GA;;;BA)"));
    IoCreateDeviceSecure(fixture.driver, 8, &name, FILE_DEVICE_NETWORK, 0, TRUE,
                         &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL, (DEVICE_OBJECT **)&fixture.kept[1]);
    assert_int_equal(IoCreateDevice(fixture.driver, 0, &again, FILE_DEVICE_NETWORK, 0, FALSE, &device),
                     STATUS_OBJECT_NAME_COLLISION);
    return STATUS_SUCCESS;
}

static void delete_second(void) { IoDeleteDevice(fixture.kept[1]); }

static void test_devices(void **state) {
    (void)state;
    static const struct fixture_steps steps = {
        .load = make_second, .unload = delete_second, .create = log_create};
    // The second one is exclusive.
    expect_log(&steps,
               "a0 = adapter()\nf0 = create(a0)\nf1 = create(a0, device: 1)\n"
               "f2 = create(a0, device: 1)\nclose(f1)\nf3 = create(a0, device: 3, path: none)\n"
               "f4 = create(a0, path: none)\n",
               "first 94;second 94;second 0;first 0;");
    assert_int_equal(verdict.op_played_count, 6);
}

// === Cancelling ===

static void on_cancel(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    log_line("cancel %u;", (unsigned)(uintptr_t)irp->Tail.Overlay.DriverContext[0]);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    end(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS keep_read(IRP *irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length;
    irp->Tail.Overlay.DriverContext[0] = (PVOID)(uintptr_t)length;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    return STATUS_PENDING;
}

static NTSTATUS log_cleanup(IRP *irp) {
    log_line("cleanup;");
    return end(irp, STATUS_SUCCESS, 0);
}

static void test_cancel(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = keep_read, .cleanup = log_cleanup};
    expect_log(&steps,
               ONE_FILE "read(f0, length: 1)\nread(f0, length: 2)\nread(f0, length: 3)\n"
                        "cancel(f0, nth: 4)\ncancel(f0)\ncancel(f0)\nclose(f0)\ncancel(f0)\n",
               "cancel 2;cancel 1;cancel 3;cleanup;");
    assert_int_equal(verdict.op_played_count, 9);
}

// === Cancel-safe queues ===

static struct {
    IO_CSQ csq;
    LIST_ENTRY irps;
    KSPIN_LOCK lock;
} queue;

static void csq_insert(IO_CSQ *csq, IRP *irp) {
    (void)csq;
    InsertTailList(&queue.irps, &irp->Tail.Overlay.ListEntry);
}

static void csq_remove(IO_CSQ *csq, IRP *irp) {
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static IRP *csq_peek(IO_CSQ *csq, IRP *irp, PVOID context) {
    (void)csq, (void)context;
    LIST_ENTRY *next = irp != NULL ? irp->Tail.Overlay.ListEntry.Flink : queue.irps.Flink;
    return next != &queue.irps ? CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry) : NULL;
}

static void csq_lock(IO_CSQ *csq, KIRQL *irql) {
    (void)csq;
    KeAcquireSpinLock(&queue.lock, irql);
}

static void csq_unlock(IO_CSQ *csq, KIRQL irql) {
    (void)csq;
    KeReleaseSpinLock(&queue.lock, irql);
}

static void csq_complete(IO_CSQ *csq, IRP *irp) {
    (void)csq;
    log_line("cancelled %u;", (unsigned)IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
    end(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS make_queue(void) {
    InitializeListHead(&queue.irps);
    KeInitializeSpinLock(&queue.lock);
    return IoCsqInitialize(&queue.csq, csq_insert, csq_remove, csq_peek, csq_lock, csq_unlock,
                           csq_complete);
}

static NTSTATUS queue_read(IRP *irp) {
    IoCsqInsertIrp(&queue.csq, irp, NULL);
    return STATUS_PENDING;
}

static NTSTATUS drain_queue(IRP *cleanup) {
    IRP *irp;
    while ((irp = IoCsqRemoveNextIrp(&queue.csq, NULL)) != NULL) {
        log_line("drained %u;", (unsigned)IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
        end(irp, STATUS_CANCELLED, 0);
    }
    return end(cleanup, STATUS_SUCCESS, 0);
}

static void test_queue(void **state) {
    (void)state;
    static const struct fixture_steps steps = {
        .load = make_queue, .read = queue_read, .cleanup = drain_queue};
    expect_log(&steps,
               ONE_FILE "read(f0, length: 1)\nread(f0, length: 2)\nread(f0, length: 3)\n"
                        "cancel(f0, nth: 1)\nclose(f0)\n",
               "cancelled 2;drained 1;drained 3;");
}

// With a context for each IRP, and an insertion that can refuse.
static IO_CSQ_IRP_CONTEXT csq_contexts[4];

static NTSTATUS csq_insert_some(IO_CSQ *csq, IRP *irp, PVOID length_max) {
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length > *(const ULONG *)length_max) {
        return STATUS_UNSUCCESSFUL;
    }
    csq_insert(csq, irp);
    return STATUS_SUCCESS;
}

static NTSTATUS make_queue_ex(void) {
    InitializeListHead(&queue.irps);
    KeInitializeSpinLock(&queue.lock);
    return IoCsqInitializeEx(&queue.csq, csq_insert_some, csq_remove, csq_peek, csq_lock, csq_unlock,
                             csq_complete);
}

static NTSTATUS queue_read_ex(IRP *irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length, length_max = 3;
    NTSTATUS status = IoCsqInsertIrpEx(&queue.csq, irp, &csq_contexts[length & 3], &length_max);
    if (!NT_SUCCESS(status)) {
        log_line("refused %u;", (unsigned)length);
        return end(irp, status, 0);
    }
    return STATUS_PENDING;
}

static NTSTATUS drain_by_context(IRP *cleanup) {
    for (uint32_t i = 1; i < 4; i++) {
        IRP *irp = IoCsqRemoveIrp(&queue.csq, &csq_contexts[i]);
        assert_null(IoCsqRemoveIrp(&queue.csq, &csq_contexts[i]));
        log_line("%u %s;", i, irp != NULL ? "there" : "gone");
        if (irp != NULL) {
            end(irp, STATUS_CANCELLED, 0);
        }
    }
    return end(cleanup, STATUS_SUCCESS, 0);
}

static void test_queue_with_contexts(void **state) {
    (void)state;
    static const struct fixture_steps steps = {
        .load = make_queue_ex, .read = queue_read_ex, .cleanup = drain_by_context};
    expect_log(&steps,
               ONE_FILE "read(f0, length: 4)\nread(f0, length: 1)\nread(f0, length: 2)\n"
                        "read(f0, length: 3)\ncancel(f0, nth: 1)\nclose(f0)\n",
               "refused 4;cancelled 2;1 there;2 gone;3 there;");
}

// === IRPs of the driver's own ===

static NTSTATUS note_completion(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    log_line("%s %x%s;", (const char *)context, (unsigned)irp->IoStatus.Status,
             irp->PendingReturned ? " pending" : "");
    if (device != NULL && irp->PendingReturned) {
        IoMarkIrpPending(irp);
    }
    return STATUS_CONTINUE_COMPLETION;
}

// The device above passes all on to the one below.
static NTSTATUS make_stack(void) {
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Upper");
    DEVICE_OBJECT *upper;
    IoCreateDevice(fixture.driver, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &upper);
    fixture.kept[1] = upper;
    fixture.kept[2] = IoAttachDeviceToDeviceStack(upper, fixture.device);
    assert_ptr_equal(fixture.kept[2], fixture.device);
    assert_int_equal(upper->StackSize, 2);
    return STATUS_SUCCESS;
}

static void delete_stack(void) {
    IoDetachDevice(fixture.kept[2]);
    IoDeleteDevice(fixture.kept[1]);
}

static NTSTATUS pass_down(IRP *irp) {
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    if (location->DeviceObject == fixture.device) {
        log_line("below %u;", (unsigned)location->Parameters.Read.Length);
        IoMarkIrpPending(irp);
        end(irp, STATUS_SUCCESS, 0);
        return STATUS_PENDING;
    }
    if (location->Parameters.Read.Length == 1) {
        IoSkipCurrentIrpStackLocation(irp);
    } else {
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, note_completion, (PVOID) "above", TRUE, TRUE, TRUE);
    }
    return IoCallDriver(fixture.kept[2], irp);
}

static void test_stack(void **state) {
    (void)state;
    static const struct fixture_steps steps = {
        .load = make_stack, .unload = delete_stack, .read = pass_down};
    expect_log(&steps, ONE_FILE "read(f0, length: 1)\nread(f0, length: 2)\n",
               "below 1;below 2;above 0 pending;");
}

static NTSTATUS ask_itself(IRP *irp) {
    KEVENT event;
    IO_STATUS_BLOCK status;
    ULONG answer = 0;
    FILE_OBJECT *file;
    DEVICE_OBJECT *device;
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Fixture");
    assert_int_equal(IoGetDeviceObjectPointer(&name, 0, &file, &device), STATUS_SUCCESS);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IRP *own = IoBuildDeviceIoControlRequest(0x120000, device, &answer, sizeof(answer), &answer,
                                             sizeof(answer), FALSE, &event, &status);
    assert_non_null(own);
    assert_int_equal(IoCallDriver(device, own), STATUS_SUCCESS);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    log_line("%x %u %x;", (unsigned)status.Status, (unsigned)status.Information, (unsigned)answer);
    ObDereferenceObject(file);
    return end(irp, STATUS_SUCCESS, 0);
}

static void test_built(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.read = ask_itself, .control = log_control};
    expect_log(&steps, ONE_FILE "read(f0)\n", "120000 4 4 00000000;0 4 77777777;");
}

// === NDIS devices ===

static NDIS_HANDLE ndis_device;

static NTSTATUS on_ndis_irp(DEVICE_OBJECT *device, IRP *irp) {
    log_line("ndis %s;", NdisGetDeviceReservedExtension(device) != NULL ? "extension" : "nothing");
    return end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS register_device(void) {
    static NDIS_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Ndis");
    static NDIS_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Ndis");
    PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
        [IRP_MJ_CREATE] = on_ndis_irp, [IRP_MJ_CLEANUP] = on_ndis_irp, [IRP_MJ_CLOSE] = on_ndis_irp};
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {
        .Header = {.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                   .Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                   .Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1},
        .DeviceName = &name,
        .SymbolicName = &link,
        .MajorFunctions = functions,
        .ExtensionSize = 8};
    DEVICE_OBJECT *device;
    return NdisRegisterDeviceEx(fixture.protocol, &attributes, &device, &ndis_device);
}

static void deregister_device(void) { NdisDeregisterDeviceEx(ndis_device); }

static void test_ndis_device(void **state) {
    (void)state;
    static const struct fixture_steps steps = {.load = register_device, .unload = deregister_device};
    expect_log(&steps, "a0 = adapter()\nf0 = create(a0, device: 1)\nread(f0)\nclose(f0)\n",
               "ndis extension;ndis extension;ndis extension;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_device_flags),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_queue_with_contexts),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_built),
        cmocka_unit_test(test_ndis_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
