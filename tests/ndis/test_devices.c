// SPDX-License-Identifier: MIT
// Devices that NDIS makes: what is refused, and that nothing is left of one that could not be made.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>

static struct pp_verdict verdict;
static NTSTATUS status;
static NDIS_STRING names[2] = {RTL_CONSTANT_STRING(L"\\Device\\Ndis"),
                               RTL_CONSTANT_STRING(L"\\Device\\Other")};
static NDIS_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Ndis");
static PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1];

static NDIS_DEVICE_OBJECT_ATTRIBUTES attributes_of(NDIS_STRING *name) {
    return (NDIS_DEVICE_OBJECT_ATTRIBUTES){
        .Header = {.Type = NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                   .Revision = NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                   .Size = NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1},
        .DeviceName = name,
        .SymbolicName = &link,
        .MajorFunctions = functions};
}

static NDIS_STATUS make(NDIS_DEVICE_OBJECT_ATTRIBUTES attributes, NDIS_HANDLE *ret_handle) {
    DEVICE_OBJECT *device;
    return NdisRegisterDeviceEx(fixture.protocol, &attributes, &device, ret_handle);
}

static NTSTATUS make_wrong_ones(void) {
    NDIS_HANDLE handle;
    NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = attributes_of(&names[0]);
    attributes.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    assert_int_equal(make(attributes, &handle), NDIS_STATUS_INVALID_PARAMETER);
    attributes = attributes_of(&names[0]);
    attributes.Header.Size--;
    assert_int_equal(make(attributes, &handle), NDIS_STATUS_INVALID_PARAMETER);
    assert_int_equal(make(attributes_of(NULL), &handle), NDIS_STATUS_INVALID_PARAMETER);
    attributes = attributes_of(&names[0]);
    attributes.SymbolicName = NULL;
    assert_int_equal(make(attributes, &handle), NDIS_STATUS_INVALID_PARAMETER);
    DEVICE_OBJECT *device;
    attributes = attributes_of(&names[0]);
    assert_int_equal(NdisRegisterDeviceEx(NULL, &attributes, &device, &handle),
                     NDIS_STATUS_INVALID_PARAMETER);
    fixture_reached();
    return STATUS_SUCCESS;
}

// The second of one name, then one whose link is there: both fail, and the first can go.
static NTSTATUS make_twice(void) {
    NDIS_HANDLE first, second;
    assert_int_equal(make(attributes_of(&names[0]), &first), NDIS_STATUS_SUCCESS);
    assert_int_equal(make(attributes_of(&names[0]), &second), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(make(attributes_of(&names[1]), &second), STATUS_OBJECT_NAME_COLLISION);
    NdisDeregisterDeviceEx(first);
    assert_int_equal(make(attributes_of(&names[1]), &second), NDIS_STATUS_SUCCESS);
    NdisDeregisterDeviceEx(second);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS make_one(void) {
    NDIS_HANDLE handle;
    status = make(attributes_of(&names[0]), &handle);
    if (status == NDIS_STATUS_SUCCESS) {
        NdisDeregisterDeviceEx(handle);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS deregister_twice(void) {
    NDIS_HANDLE handle;
    assert_int_equal(make(attributes_of(&names[0]), &handle), NDIS_STATUS_SUCCESS);
    NdisDeregisterDeviceEx(handle);
    NdisDeregisterDeviceEx(handle);
    return STATUS_SUCCESS;
}

static void play(NTSTATUS (*load)(void), const char *ops) {
    const struct fixture_steps steps = {.load = load};
    fixture_play(&steps, ops, NULL, &verdict);
}

static void expect_nothing(void) {
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
}

static void test_wrong_ones_are_refused(void **state) {
    (void)state;
    play(make_wrong_ones, "load()\n");
    expect_nothing();
    assert_int_equal(fixture.reached_count, 1);
}

static void test_names_are_taken_once(void **state) {
    (void)state;
    play(make_twice, "load()\n");
    expect_nothing();
    assert_int_equal(fixture.reached_count, 1);
}

// The fixture makes a device and a link of its own first.
static void test_faults_leave_nothing(void **state) {
    (void)state;
    play(make_one, "load()  (fail: device.create 2)\n");
    expect_nothing();
    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    play(make_one, "load()  (fail: link.create 1)\n");
    expect_nothing();
    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    play(make_one, "load()\n");
    assert_int_equal(status, NDIS_STATUS_SUCCESS);
}

static void test_second_deregistration_is_found(void **state) {
    (void)state;
    play(deregister_twice, "load()\n");
    assert_true(verdict.is_finding);
    assert_string_equal(verdict.finding.rule->id, "DEVICE-ONCE");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_ones_are_refused),
        cmocka_unit_test(test_names_are_taken_once),
        cmocka_unit_test(test_faults_leave_nothing),
        cmocka_unit_test(test_second_deregistration_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
