// SPDX-License-Identifier: MIT
// MDLs: what they say, and that they go alone.
#include "scene.h"

#include <string.h>

static char buffer[3 * PAGE_SIZE];

static void test_query(void **state) {
    (void)state;
    static const ULONG offsets[] = {0, 1, 100, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 7};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        char *start = buffer + offsets[i];
        MDL *mdl = NdisAllocateMdl(NULL, start, PAGE_SIZE);
        PVOID address;
        UINT length;
        NdisQueryMdl(mdl, &address, &length, NormalPagePriority);
        assert_ptr_equal(address, start);
        assert_int_equal(length, PAGE_SIZE);
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, HighPagePriority), start);
        assert_int_equal(MmGetMdlByteCount(mdl), PAGE_SIZE);
        assert_int_equal(MmGetMdlByteOffset(mdl), (uintptr_t)start % PAGE_SIZE);
        assert_ptr_equal(MmGetMdlVirtualAddress(mdl), start);
        assert_int_equal(scene_event(PP_EVENT_MDL_MADE)->args[1], (uintptr_t)start);
        NdisFreeMdl(mdl);
    }
}

static void test_free_leaves_chain_and_buffer(void **state) {
    (void)state;
    MDL *first = NdisAllocateMdl(NULL, buffer, 10);
    MDL *second = IoAllocateMdl(buffer + 10, 20, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(second);
    first->Next = second;
    buffer[0] = 7;
    IoFreeMdl(first);
    assert_true(scene_is_mdl(second));
    assert_false(scene_is_mdl(first));
    assert_int_equal(second->ByteCount, 20);
    assert_int_equal(buffer[0], 7);
    NdisFreeMdl(second);
}

// With an IRP the MDL becomes its first, or stands behind those that it has.
static void test_mdl_of_irp(void **state) {
    (void)state;
    IRP irp;
    memset(&irp, 0, sizeof(irp));
    MDL *first = IoAllocateMdl(buffer, 1, FALSE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    MDL *second = IoAllocateMdl(buffer, 2, TRUE, FALSE, &irp);
    MDL *third = IoAllocateMdl(buffer, 3, TRUE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    assert_ptr_equal(first->Next, second);
    assert_ptr_equal(second->Next, third);
    assert_null(third->Next);
}

static void test_failed_allocation(void **state) {
    (void)state;
    IRP irp;
    memset(&irp, 0, sizeof(irp));
    scene_fail(PP_POINT_MDL_ALLOCATE, 1);
    assert_null(IoAllocateMdl(buffer, 1, FALSE, FALSE, &irp));
    assert_null(irp.MdlAddress);
    MDL *mdl = NdisAllocateMdl(NULL, buffer, 1);
    assert_int_equal((uintptr_t)mdl - PP_ARENA_BASE, 16);
}

static void test_failed_mapping(void **state) {
    (void)state;
    MDL *mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);
    scene_fail(PP_POINT_MDL_MAP, 1);
    PVOID address = buffer;
    UINT length = 0;
    NdisQueryMdl(mdl, &address, &length, NormalPagePriority);
    assert_null(address);
    assert_int_equal(length, 100);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), buffer);
}

// What is mapped, or nonpaged, has its address.
static void test_mapping_that_cannot_fail(void **state) {
    (void)state;
    MDL *nonpaged = NdisAllocateMdl(NULL, buffer, 100);
    MDL *built = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);
    MDL *mapped = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(built);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mapped, LowPagePriority), buffer);
    scene_fail(PP_POINT_MDL_MAP, 1);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(nonpaged, LowPagePriority), buffer);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(built, LowPagePriority), buffer);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mapped, LowPagePriority), buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_query),          SCENE_TEST(test_free_leaves_chain_and_buffer),
        SCENE_TEST(test_mdl_of_irp),     SCENE_TEST(test_failed_allocation),
        SCENE_TEST(test_failed_mapping), SCENE_TEST(test_mapping_that_cannot_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
