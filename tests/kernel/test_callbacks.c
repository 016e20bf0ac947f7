// SPDX-License-Identifier: MIT
// Executive callbacks: who finds which object, and who is called.
#include "fibers.h"

static NTSTATUS create(PCWSTR text, bool makes, bool has_many, PCALLBACK_OBJECT *ret_object) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, text != NULL ? &name : NULL, OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return ExCreateCallback(ret_object, &attributes, makes, has_many);
}

static void find_objects(void *subject, uint64_t letter) {
    (void)subject;
    PCALLBACK_OBJECT object, same;
    assert_int_equal(create(L"\\Callback\\Mine", false, true, &object), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_null(object);
    assert_int_equal(create(L"\\Callback\\Mine", true, true, &object), STATUS_SUCCESS);
    assert_int_equal(create(L"\\Callback\\MINE", false, true, &same), STATUS_SUCCESS);
    assert_ptr_equal(same, object);
    assert_int_equal(create(L"\\Callback\\PowerState", false, true, &same), STATUS_SUCCESS);
    assert_ptr_not_equal(same, object);
    ObDereferenceObject(same);
    ObDereferenceObject(object);
    ObDereferenceObject(object);
    assert_int_equal(create(NULL, false, true, &object), STATUS_UNSUCCESSFUL);
    assert_int_equal(create(NULL, true, true, &object), STATUS_SUCCESS);
    ObDereferenceObject(object);
    fibers_note((char)letter);
}

static void test_objects_have_names(void **state) {
    (void)state;
    fibers_start(0, find_objects, 'f');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "f");
}

static void on_notify(PVOID context, PVOID one, PVOID two) {
    assert_ptr_equal(one, two);
    fibers_note(*(const char *)context);
}

static void register_functions(void *subject, uint64_t letter) {
    (void)subject;
    PCALLBACK_OBJECT many, one;
    assert_int_equal(create(L"\\Callback\\Many", true, true, &many), STATUS_SUCCESS);
    assert_int_equal(create(NULL, true, false, &one), STATUS_SUCCESS);
    PVOID first = ExRegisterCallback(many, on_notify, "1");
    PVOID other = ExRegisterCallback(one, on_notify, "x");
    PVOID second = ExRegisterCallback(many, on_notify, "2");
    assert_non_null(first);
    assert_non_null(second);
    assert_null(ExRegisterCallback(one, on_notify, "y"));  // it takes one function
    ExNotifyCallback(many, &many, &many);
    ExUnregisterCallback(first);
    ExNotifyCallback(many, &many, &many);
    ExNotifyCallback(one, &one, &one);
    ExUnregisterCallback(second);
    ExUnregisterCallback(other);
    ExNotifyCallback(many, &many, &many);
    ObDereferenceObject(many);
    ObDereferenceObject(one);
    fibers_note((char)letter);
}

static void test_who_is_registered_is_called(void **state) {
    (void)state;
    fibers_start(0, register_functions, '.');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "122x.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_objects_have_names),
        FIBERS_TEST(test_who_is_registered_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
