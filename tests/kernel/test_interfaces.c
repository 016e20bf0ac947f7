// SPDX-License-Identifier: MIT
// What a driver may ask for that is about devices of a bus, the power of the machine, or a process: it
// gets an answer, as one that has none of it does.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>

static const GUID guid = {1, 2, 3, {4}};
static UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\nothing");
static struct pp_verdict verdict;

static void play(const struct fixture_steps *steps, const char *ops) {
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_true(fixture.reached_count > 0);
}

static NTSTATUS ask_for_interfaces(void) {
    UNICODE_STRING link;
    WCHAR *list;
    assert_int_equal(IoRegisterDeviceInterface(fixture.device, &guid, NULL, &link),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(IoSetDeviceInterfaceState(&name, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoGetDeviceInterfaceAlias(&name, &guid, &link), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(IoGetDeviceInterfaces(&guid, fixture.device, 0, &list),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(IoGetDeviceInterfaces(&guid, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE, &list),
                     STATUS_SUCCESS);
    assert_int_equal(list[0], 0);
    ExFreePool(list);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS forget_list(void) {
    IoGetDeviceInterfaces(&guid, NULL, 0, (WCHAR **)&fixture.kept[0]);
    fixture_reached();
    return STATUS_SUCCESS;
}

static void test_interfaces(void **state) {
    (void)state;
    const struct fixture_steps steps = {.load = ask_for_interfaces}, careless = {.load = forget_list};
    play(&steps, "load()\n");
    fixture_play(&careless, "load()\n", NULL, &verdict);
    assert_string_equal(verdict.finding.title,
                        "poolproof: LEAK-MEM: memory never freed, made in DriverEntry");
}

static NTSTATUS register_for_shutdown(void) {
    assert_int_equal(IoRegisterShutdownNotification(fixture.device), STATUS_SUCCESS);
    assert_true((fixture.device->Flags & DO_SHUTDOWN_REGISTERED) != 0);
    IoUnregisterShutdownNotification(fixture.device);
    assert_true((fixture.device->Flags & DO_SHUTDOWN_REGISTERED) == 0);
    assert_int_equal(IoRegisterShutdownNotification(fixture.device), STATUS_SUCCESS);
    fixture_reached();
    return STATUS_SUCCESS;
}

static void test_shutdown(void **state) {
    (void)state;
    const struct fixture_steps steps = {.load = register_for_shutdown};
    play(&steps, "load()\n");
}

static NTSTATUS ask_about_process(IRP *irp) {
    assert_false(IoIs32bitProcess(irp));
    assert_false(IoIs32bitProcess(NULL));
    assert_int_equal(IoGetRequestorProcessId(irp), (ULONG)(ULONG_PTR)PsGetCurrentProcessId());
    PoStartNextPowerIrp(irp);
    fixture_reached();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS keep_irp(DEVICE_OBJECT *device, IRP *irp, PVOID context) {
    (void)device, (void)context;
    IoFreeIrp(irp);
    fixture_reached();
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS send_power_irp(IRP *irp) {
    IRP *own = IoAllocateIrp(fixture.device->StackSize, FALSE);
    IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoSetCompletionRoutine(own, keep_irp, NULL, TRUE, TRUE, TRUE);
    assert_int_equal(PoCallDriver(fixture.device, own), STATUS_SUCCESS);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_irps(void **state) {
    (void)state;
    const struct fixture_steps steps = {.read = ask_about_process};
    play(&steps, "a0 = adapter()\nf0 = create(a0)\nread(f0)\n");
    const struct fixture_steps power = {.read = send_power_irp, .control = ask_about_process};
    play(&power, "a0 = adapter()\nf0 = create(a0)\nread(f0)\n");
    assert_int_equal(fixture.reached_count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interfaces),
        cmocka_unit_test(test_shutdown),
        cmocka_unit_test(test_irps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
