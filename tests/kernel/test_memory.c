// SPDX-License-Identifier: MIT
// Memory in other words than ExAllocatePool: lookaside lists, pages, and what hangs on the driver
// object.
#include "fibers.h"

static PVOID own_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, LOOKASIDE_LIST_EX *list) {
    (void)list;
    fibers_note('+');
    return ExAllocatePoolWithTag(type, size, tag);
}

static void own_free(PVOID entry, LOOKASIDE_LIST_EX *list) {
    (void)list;
    fibers_note('-');
    ExFreePoolWithTag(entry, 'kooL');
}

static void use_list(LOOKASIDE_LIST_EX *list) {
    char *entry = ExAllocateFromLookasideListEx(list);
    assert_non_null(entry);
    entry[23] = 1;
    ExFreeToLookasideListEx(list, entry);
    ExFlushLookasideListEx(list);
    ExDeleteLookasideListEx(list);
}

static void use_lists(void *subject, uint64_t letter) {
    (void)subject;
    static LOOKASIDE_LIST_EX list;
    assert_int_equal(ExInitializeLookasideListEx(&list, NULL, NULL, PagedPool, 0, 24, 'kooL', 0),
                     STATUS_SUCCESS);
    use_list(&list);
    assert_int_equal(
        ExInitializeLookasideListEx(&list, own_allocate, own_free, NonPagedPoolNx, 0, 24, 'kooL', 0),
        STATUS_SUCCESS);
    use_list(&list);
    fibers_note((char)letter);
}

static PVOID older_allocate(POOL_TYPE type, SIZE_T size, ULONG tag) {
    fibers_note('+');
    return ExAllocatePoolWithTag(type, size, tag);
}

static void older_free(PVOID entry) {
    fibers_note('-');
    ExFreePoolWithTag(entry, 'kooL');
}

static void use_older_list(void *subject, uint64_t letter) {
    (void)subject;
    static NPAGED_LOOKASIDE_LIST list;
    ExInitializeNPagedLookasideList(&list, older_allocate, older_free, 0, 24, 'kooL', 0);
    PVOID entry = ExAllocateFromNPagedLookasideList(&list);
    assert_non_null(entry);
    ExFreeToNPagedLookasideList(&list, entry);
    ExDeleteNPagedLookasideList(&list);
    fibers_note((char)letter);
}

static void test_lookaside_lists(void **state) {
    (void)state;
    fibers_start(0, use_lists, 'n');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "+-n");
    fibers_start(0, use_older_list, 'o');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "+-o");
}

static void use_pages(void *subject, uint64_t letter) {
    (void)subject;
    const PHYSICAL_ADDRESS highest = {.QuadPart = -1};
    char *memory = MmAllocateContiguousMemory(PAGE_SIZE, highest);
    assert_non_null(memory);
    assert_int_equal(MmGetPhysicalAddress(memory + 8).QuadPart,
                     MmGetPhysicalAddress(memory).QuadPart + 8);
    ProbeForWrite(memory, PAGE_SIZE, 1);
    ProbeForRead(memory, PAGE_SIZE, 1);
    MDL *mdl = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
    assert_ptr_equal(MmMapLockedPages(mdl, KernelMode), memory);
    MmUnmapLockedPages(memory, mdl);
    assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    MmUnlockPages(mdl);
    assert_false(mdl->MdlFlags & MDL_PAGES_LOCKED);
    IoFreeMdl(mdl);
    MmFreeContiguousMemory(memory);
    assert_int_equal(MmSizeOfMdl((PVOID)(PAGE_SIZE - 1), 2), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    assert_int_equal(MmQuerySystemSize(), MmLargeSystem);
    fibers_note((char)letter);
}

static void test_pages(void **state) {
    (void)state;
    fibers_start(0, use_pages, 'p');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "p");
}

// Each is known by the address that it was asked for with.
static void use_extensions(void *subject, uint64_t letter) {
    (void)subject;
    static char ids[2];
    static DRIVER_OBJECT driver;
    PVOID extension = &driver, again = &driver;
    assert_int_equal(IoAllocateDriverObjectExtension(&driver, &ids[0], 40, &extension), STATUS_SUCCESS);
    assert_int_equal(IoAllocateDriverObjectExtension(&driver, &ids[0], 40, &again),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_null(again);
    assert_ptr_equal(IoGetDriverObjectExtension(&driver, &ids[0]), extension);
    assert_null(IoGetDriverObjectExtension(&driver, &ids[1]));
    fibers_note((char)letter);
}

static void lack_memory(void *subject, uint64_t letter) {
    (void)subject;
    static DRIVER_OBJECT driver;
    PVOID extension = &driver;
    assert_int_equal(IoAllocateDriverObjectExtension(&driver, &driver, 40, &extension),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_null(extension);
    fibers_note((char)letter);
}

static void test_driver_extensions(void **state) {
    (void)state;
    fibers_start(0, use_extensions, 'e');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "e");
    fibers_fail(1, PP_POINT_MEMORY_ALLOCATE, /*for_good=*/false);
    fibers_start(1, lack_memory, 'l');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "l");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_lookaside_lists),
        FIBERS_TEST(test_pages),
        FIBERS_TEST(test_driver_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
