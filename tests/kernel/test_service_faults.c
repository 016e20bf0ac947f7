// SPDX-License-Identifier: MIT
// Each fault point of the services: the first call fails as documented, the second only if it is for
// good.
#include "fibers.h"

static NDIS_TIMER_CHARACTERISTICS timer_characteristics;
static NDIS_CONFIGURATION_OBJECT configuration = {
    .Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
               NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
};

static bool make_lookaside(void) {
    static LOOKASIDE_LIST_EX list;
    NTSTATUS status = ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPoolNx, 0, 16, 'tseT', 0);
    assert_true(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
    return status == STATUS_SUCCESS;
}

static bool make_timer(void) {
    NDIS_HANDLE timer;
    NDIS_STATUS status = NdisAllocateTimerObject(NULL, &timer_characteristics, &timer);
    assert_true(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_RESOURCES);
    return status == NDIS_STATUS_SUCCESS;
}

static bool make_ndis_work(void) { return NdisAllocateIoWorkItem(NULL) != NULL; }

static bool make_io_work(void) {
    static DEVICE_OBJECT device;
    return IoAllocateWorkItem(&device) != NULL;
}

static void do_nothing(NDIS_WORK_ITEM *item, PVOID context) { (void)item, (void)context; }

static bool queue_ndis_work(void) {
    static NDIS_WORK_ITEM item;
    NdisInitializeWorkItem(&item, do_nothing, NULL);
    return NdisScheduleWorkItem(&item) == NDIS_STATUS_SUCCESS;
}

static void run_thread(PVOID context) { (void)context; }

static bool make_thread(void) {
    HANDLE thread;
    NTSTATUS status =
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_thread, NULL);
    assert_true(status == STATUS_SUCCESS || status == STATUS_INSUFFICIENT_RESOURCES);
    return status == STATUS_SUCCESS;
}

static bool make_rw_lock(void) { return NdisAllocateRWLock(NULL) != NULL; }

static bool make_callback(void) {
    PCALLBACK_OBJECT object;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    return ExCreateCallback(&object, &attributes, TRUE, TRUE) == STATUS_SUCCESS;
}

static bool make_event(void) {
    HANDLE handle;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\mine");
    return IoCreateNotificationEvent(&name, &handle) != NULL;
}

static bool open_key(void) {
    return RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"poolproof") == STATUS_SUCCESS;
}

static bool read_value(void) {
    ULONG start = 0;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED,
         .Name = L"Start",
         .EntryContext = &start},
    };
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, NULL, NULL) ==
           STATUS_SUCCESS;
}

static bool write_value(void) {
    ULONG value = 1;
    return RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"poolproof", L"Value", REG_DWORD, &value,
                                 sizeof(value)) == STATUS_SUCCESS;
}

static bool open_configuration(void) {
    NDIS_HANDLE handle;
    return NdisOpenConfigurationEx(&configuration, &handle) == NDIS_STATUS_SUCCESS;
}

static bool allocate_pages(void) {
    PHYSICAL_ADDRESS low = {.QuadPart = 0}, high = {.QuadPart = -1};
    return MmAllocatePagesForMdlEx(low, high, low, 4096, MmCached, 0) != NULL;
}

static bool allocate_with_tag(void) {
    PVOID memory = &memory;
    NDIS_STATUS status = NdisAllocateMemoryWithTag(&memory, 16, 'tseT');
    assert_int_equal(memory != NULL, status == NDIS_STATUS_SUCCESS);
    return memory != NULL;
}

static bool make_irp(void) { return IoAllocateIrp(1, FALSE) != NULL; }

static const struct {
    enum pp_point point;
    bool (*function)(void);
} cases[] = {
    {PP_POINT_LOOKASIDE_CREATE, make_lookaside},
    {PP_POINT_TIMER_ALLOCATE, make_timer},
    {PP_POINT_WORK_ALLOCATE, make_ndis_work},
    {PP_POINT_WORK_ALLOCATE, make_io_work},
    {PP_POINT_WORK_QUEUE, queue_ndis_work},
    {PP_POINT_THREAD_CREATE, make_thread},
    {PP_POINT_RW_LOCK_ALLOCATE, make_rw_lock},
    {PP_POINT_CALLBACK_CREATE, make_callback},
    {PP_POINT_EVENT_CREATE, make_event},
    {PP_POINT_KEY_OPEN, open_key},
    {PP_POINT_VALUE_READ, read_value},
    {PP_POINT_VALUE_WRITE, write_value},
    {PP_POINT_CONFIGURATION_OPEN, open_configuration},
    {PP_POINT_IRP_ALLOCATE, make_irp},
    {PP_POINT_MEMORY_ALLOCATE, allocate_pages},
    {PP_POINT_MEMORY_ALLOCATE, allocate_with_tag},
};

static size_t case_index;

static void call_twice(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    fibers_note(cases[case_index].function() ? 'y' : 'n');
    fibers_note(cases[case_index].function() ? 'y' : 'n');
}

static void expect_notes(void **state, bool for_good, const char *notes) {
    for (case_index = 0; case_index < sizeof(cases) / sizeof(cases[0]); case_index++) {
        fibers_end(state);
        fibers_begin(state);
        fibers_fail(0, cases[case_index].point, for_good);
        fibers_start(0, call_twice, 'x');
        assert_true(pp_schedule_settle());
        assert_string_equal(fibers_notes(), notes);
    }
}

static void test_each_point_fails_once(void **state) { expect_notes(state, false, "ny"); }

static void test_each_point_fails_for_good(void **state) { expect_notes(state, true, "nn"); }

int main(void) {
    const struct CMUnitTest tests[] = {FIBERS_TEST(test_each_point_fails_once),
                                       FIBERS_TEST(test_each_point_fails_for_good)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
