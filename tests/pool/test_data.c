// SPDX-License-Identifier: MIT
// The bytes of NBs: looked at, copied, counted; retreats of whole NBLs; generic objects.
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static char bytes[3][16];
static MDL *mdls[3];
static NDIS_HANDLE nb_pool;
static const uintptr_t bad_address = 24;  // a field of NULL

// Three MDLs of 16 bytes, 'a' 'b' 'c', in one chain.
static int set_up(void **state) {
    scene_begin(state);
    nb_pool = scene_nb_pool(0);
    for (int i = 2; i >= 0; i--) {
        memset(bytes[i], 'a' + i, sizeof(bytes[i]));
        mdls[i] = NdisAllocateMdl(NULL, bytes[i], sizeof(bytes[i]));
        mdls[i]->Next = i < 2 ? mdls[i + 1] : NULL;
    }
    return 0;
}

static NET_BUFFER *make_nb(ULONG offset, SIZE_T length) {
    return NdisAllocateNetBuffer(nb_pool, mdls[0], offset, length);
}

// === NdisGetDataBuffer ===

static void test_get_in_place(void **state) {
    (void)state;
    NET_BUFFER *nb = make_nb(10, 30);
    assert_ptr_equal(NdisGetDataBuffer(nb, 6, NULL, 1, 0), bytes[0] + 10);
    assert_ptr_equal(NdisGetDataBuffer(nb, 0, NULL, 1, 0), bytes[0] + 10);
    assert_null(NdisGetDataBuffer(nb, 7, NULL, 1, 0));
    assert_null(NdisGetDataBuffer(nb, 31, bytes, 1, 0));  // there are not as many
    assert_int_equal(scene_event(PP_EVENT_DATA_GOT)->args[1], 0);
    assert_null(NdisGetDataBuffer(NdisAllocateNetBuffer(nb_pool, NULL, 0, 0), 0, NULL, 1, 0));
}

static void test_get_into_storage(void **state) {
    (void)state;
    char storage[64] = {0};
    NET_BUFFER *nb = make_nb(10, 30);
    assert_ptr_equal(NdisGetDataBuffer(nb, 30, storage, 1, 0), storage);
    assert_memory_equal(storage, "aaaaaabbbbbbbbbbbbbbbbcccccccc", 31);
    assert_int_equal(scene_event(PP_EVENT_DATA_GOT)->args[3], 1);
    nb->stDataLength = 60;  // more than there is
    assert_null(NdisGetDataBuffer(nb, 60, storage, 1, 0));
}

static void test_get_aligned(void **state) {
    (void)state;
    char storage[16];
    NET_BUFFER *nb = make_nb(1, 8);
    uintptr_t at = (uintptr_t)bytes[0] + 1;
    assert_ptr_equal(NdisGetDataBuffer(nb, 4, storage, 8, (UINT)(at % 8)), (void *)at);
    assert_ptr_equal(NdisGetDataBuffer(nb, 4, storage, 8, (UINT)((at + 1) % 8)), storage);
    assert_null(NdisGetDataBuffer(nb, 4, NULL, 8, (UINT)((at + 1) % 8)));
    assert_ptr_equal(NdisGetDataBuffer(nb, 4, NULL, 0, 5), (void *)at);
}

// What its MDLs describe cannot be read.
static void test_get_of_bad_memory(void **state) {
    (void)state;
    char storage[32];
    mdls[1]->MappedSystemVa = NULL;
    assert_null(NdisGetDataBuffer(make_nb(10, 30), 20, storage, 1, 0));
    assert_int_equal(scene_event(PP_EVENT_ACCESS)->args[0], 0);
}

// A ring of MDLs without a byte ends as a chain does.
static void test_get_of_a_ring(void **state) {
    (void)state;
    char storage[32];
    NET_BUFFER *nb = make_nb(0, 20);
    mdls[2]->Next = mdls[1];
    mdls[1]->ByteCount = mdls[2]->ByteCount = 0;
    assert_null(NdisGetDataBuffer(nb, 20, storage, 1, 0));
}

static void test_get_fails(void **state) {
    (void)state;
    scene_fail(PP_POINT_DATA_GET, 1);
    NET_BUFFER *nb = make_nb(0, 10);
    assert_null(NdisGetDataBuffer(nb, 4, NULL, 1, 0));
    assert_ptr_equal(NdisGetDataBuffer(nb, 4, NULL, 1, 0), bytes[0]);
}

// === NdisCopyFromNetBufferToNetBuffer ===

static char target[2][10];

static NET_BUFFER *make_target(void) {
    memset(target, '-', sizeof(target));
    MDL *mdl = NdisAllocateMdl(NULL, target[0], sizeof(target[0]));
    mdl->Next = NdisAllocateMdl(NULL, target[1], sizeof(target[1]));
    return NdisAllocateNetBuffer(nb_pool, mdl, 2, 0);
}

static void test_copy(void **state) {
    (void)state;
    ULONG copied;
    NET_BUFFER *to = make_target();
    NET_BUFFER *from = make_nb(12, 20);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 1, 15, from, 2, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 15);
    assert_memory_equal(target, "---aabbbbbbbbbbbbb--", 20);
    assert_int_equal(to->DataLength, 0);  // the caller's to set
    assert_int_equal(to->DataOffset, 2);
}

static void test_copy_ends_early(void **state) {
    (void)state;
    ULONG copied;
    NET_BUFFER *to = make_target();
    NET_BUFFER *from = make_nb(12, 20);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 100, from, 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 18);  // room ends
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 100, from, 15, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 5);  // data ends
    assert_memory_equal(target, "--bbbbb", 7);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 4, from, 20, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 18, 4, from, 0, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0xFFFFFFFF, 4, from, 0xFFFFFFFF, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0);
    scene_fail(PP_POINT_DATA_COPY, 1);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 4, from, 0, &copied),
                     NDIS_STATUS_RESOURCES);
    assert_int_equal(copied, 0);
    assert_memory_equal(target, "--bbbbb", 7);
}

// The bytes before those that cannot be touched are copied.
static void test_copy_of_bad_memory(void **state) {
    (void)state;
    ULONG copied;
    NET_BUFFER *to = make_target();
    NET_BUFFER *from = make_nb(12, 20);
    mdls[1]->MappedSystemVa = NULL;
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 8, from, 0, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 4);
    assert_int_equal(scene_event(PP_EVENT_ACCESS)->args[2], 0);
    to->CurrentMdl->MappedSystemVa = NULL;
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(to, 0, 8, from, 0, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0);
    assert_int_equal(scene_event(PP_EVENT_ACCESS)->args[2], 1);
    assert_memory_equal(target, "--aaaa--", 8);
}

static void test_physical_count(void **state) {
    (void)state;
    static _Alignas(PAGE_SIZE) char pages[3 * PAGE_SIZE];
    assert_int_equal(NdisQueryNetBufferPhysicalCount(NdisAllocateNetBuffer(nb_pool, NULL, 0, 0)), 0);
    MDL *mdl = NdisAllocateMdl(NULL, pages, sizeof(pages));
    NET_BUFFER *nb = NdisAllocateNetBuffer(nb_pool, mdl, 10, 0);
    assert_int_equal(NdisQueryNetBufferPhysicalCount(nb), 1);
    nb->stDataLength = 100;
    assert_int_equal(NdisQueryNetBufferPhysicalCount(nb), 1);
    nb->stDataLength = PAGE_SIZE;
    assert_int_equal(NdisQueryNetBufferPhysicalCount(nb), 2);
    mdl->Next = mdls[0];
    nb->stDataLength = 3 * PAGE_SIZE - 10 + 48;
    assert_int_equal(NdisQueryNetBufferPhysicalCount(nb), 3 + 3);
}

// === Lists ===

static NET_BUFFER_LIST *make_list(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(scene_nbl_pool(true, 0, 64), 0, 0);
    nbl->FirstNetBuffer->Next = make_nb(10, 20);
    nbl->FirstNetBuffer->Next->Next = NdisAllocateNetBuffer(nb_pool, NULL, 0, 0);
    return nbl;
}

static void test_list_retreat(void **state) {
    (void)state;
    NET_BUFFER_LIST *nbl = make_list();
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    assert_int_equal(NdisRetreatNetBufferListDataStart(nbl, 14, 2, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(nb->DataOffset, 50);
    assert_int_equal(nb->Next->DataOffset, 12);
    assert_int_equal(nb->Next->DataLength, 34);
    assert_int_equal(nb->Next->Next->MdlChain->ByteCount, 16);
    assert_int_equal(scene_event_count(PP_EVENT_RETREATED), 3);
    assert_int_equal(scene_event_count(PP_EVENT_MDL_ADDED), 2);
    NdisAdvanceNetBufferListDataStart(nbl, 14, TRUE, NULL);
    assert_int_equal(nb->DataOffset, 64);
    assert_ptr_equal(nb->Next->MdlChain, mdls[0]);
    assert_int_equal(nb->Next->DataOffset, 10);
    assert_null(nb->Next->Next->MdlChain);
    assert_int_equal(scene_event_count(PP_EVENT_ADVANCED), 3);
    assert_int_equal(scene_event_count(PP_EVENT_MDL_GONE), 2);
}

static char handler_bytes[64];
static uint32_t handler_calls;
static uint32_t free_calls;

static MDL *allocate_once(ULONG *size) {
    return handler_calls++ == 0 ? NdisAllocateMdl(NULL, handler_bytes, *size) : NULL;
}

static void free_mdl(MDL *mdl) {
    free_calls++;
    NdisFreeMdl(mdl);
}

// Every NB, or none.
static void test_list_retreat_fails(void **state) {
    for (int how = 0; how < 3; how++) {
        set_up(state);
        NET_BUFFER_LIST *nbl = make_list();
        NET_BUFFER *nb = nbl->FirstNetBuffer;
        const NET_BUFFER before[] = {*nb, *nb->Next, *nb->Next->Next};
        uint32_t held = pp_pool_memory_held();
        handler_calls = free_calls = 0;
        NET_BUFFER_ALLOCATE_MDL_HANDLER allocate = how == 0 ? NULL : allocate_once;
        NET_BUFFER_FREE_MDL_HANDLER release = how == 1 ? free_mdl : NULL;
        if (how == 0) {
            scene_fail(PP_POINT_RETREAT_ALLOCATE, 2);
        }
        assert_int_equal(NdisRetreatNetBufferListDataStart(nbl, 14, 2, allocate, release),
                         NDIS_STATUS_RESOURCES);
        assert_memory_equal(nb, &before[0], sizeof(*nb));
        assert_memory_equal(nb->Next, &before[1], sizeof(*nb));
        assert_memory_equal(nb->Next->Next, &before[2], sizeof(*nb));
        assert_int_equal(free_calls, how == 1);
        assert_int_equal(scene_event_count(PP_EVENT_MDL_ABANDONED), how == 2);  // A10
        assert_int_equal(pp_pool_memory_held(), held + (how == 2));
        assert_int_equal(NdisRetreatNetBufferListDataStart(nbl, 10, 0, allocate, release),
                         how == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES);
    }
}

static void test_wrong_calls_do_nothing(void **state) {
    (void)state;
    NET_BUFFER *stray = (NET_BUFFER *)bytes;
    NET_BUFFER_LIST *stray_list = (NET_BUFFER_LIST *)calloc(1, sizeof(NET_BUFFER_LIST));
    NET_BUFFER *nb = calloc(1, sizeof(NET_BUFFER));
    NET_BUFFER *real = make_nb(0, 10);
    ULONG copied = 7;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 1, 0, NULL), NDIS_STATUS_FAILURE);
    assert_int_equal(NdisRetreatNetBufferListDataStart(stray_list, 1, 0, NULL, NULL),
                     NDIS_STATUS_FAILURE);
    NdisAdvanceNetBufferDataStart(nb, 0, TRUE, NULL);
    NdisAdvanceNetBufferListDataStart(stray_list, 0, TRUE, NULL);
    assert_null(NdisGetDataBuffer(nb, 0, NULL, 1, 0));
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(nb, 0, 1, real, 0, &copied), NDIS_STATUS_FAILURE);
    assert_int_equal(copied, 0);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(real, 0, 1, nb, 0, &copied), NDIS_STATUS_FAILURE);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(real, 0, 1, real, 0, NULL), NDIS_STATUS_FAILURE);
    assert_int_equal(NdisQueryNetBufferPhysicalCount(nb), 0);
    assert_int_equal(NdisAllocateNetBufferListContext(stray_list, 8, 0, 0), NDIS_STATUS_FAILURE);
    NdisFreeNetBufferListContext(stray_list, 8);
    stray_list->Context = (NET_BUFFER_LIST_CONTEXT *)bad_address;
    assert_int_equal(NdisAllocateNetBufferListContext(stray_list, 8, 0, 0), NDIS_STATUS_FAILURE);
    NdisFreeNetBufferListContext(NULL, 8);
    assert_null(NdisGetPoolFromNetBufferList(stray_list));
    assert_null(NdisGetPoolFromNetBuffer(nb));
    assert_null(NdisGetPoolFromNetBuffer(stray));
    assert_null(NdisGetPoolFromNetBuffer((NET_BUFFER *)((char *)real + 1)));
    assert_null(NdisGetPoolFromNetBuffer((NET_BUFFER *)((char *)real + 32)));
    free(stray_list);
    free(nb);
}

// === Which pool ===

static void test_pool_without_parameters(void **state) {
    (void)state;
    assert_null(NdisAllocateNetBufferListPool(NULL, NULL));
    assert_null(NdisAllocateNetBufferPool(NULL, (NET_BUFFER_POOL_PARAMETERS *)bad_address));
}

static void test_pool_of(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(true, 16, 64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    assert_ptr_equal(NdisGetPoolFromNetBufferList(nbl), pool);
    assert_ptr_equal(NdisGetPoolFromNetBuffer(nbl->FirstNetBuffer), pool);
    assert_ptr_equal(NdisGetPoolFromNetBuffer(make_nb(0, 0)), nb_pool);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NdisFreeNetBufferList(nbl);
    assert_null(pp_pool_arena.pool_of_nbl(nbl));
    assert_null(pp_pool_arena.pool_of_nb(nb));
}

// What only looks as if it lay in the block of an NBL does not.
static void test_pool_of_what_is_no_nb(void **state) {
    (void)state;
    NET_BUFFER_LIST *const owners[] = {NdisAllocateNetBufferList(scene_nbl_pool(true, 0, 0), 0, 0),
                                       NdisAllocateNetBufferList(scene_nbl_pool(false, 0, 0), 0, 0)};
    for (size_t i = 0; i < 2; i++) {
        void **block = pp_pool_memory_take(2 * MEMORY_ALLOCATION_ALIGNMENT);
        *block = owners[i];
        assert_null(NdisGetPoolFromNetBuffer((NET_BUFFER *)(block + 2)));
    }
}

// === MDLs ===

static void test_mdls_run_out(void **state) {
    (void)state;
    while (pp_pool_memory_take(1 << 20) != NULL) {
    }
    while (pp_pool_memory_take(16) != NULL) {
    }
    assert_null(NdisAllocateMdl(NULL, bytes, 16));
}

static void test_partial_mdl(void **state) {
    (void)state;
    MDL *part = IoAllocateMdl(NULL, 16, FALSE, FALSE, NULL);
    part->Next = mdls[1];
    IoBuildPartialMdl(mdls[0], part, bytes[0] + 4, 8);
    assert_int_equal(part->ByteCount, 8);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), bytes[0] + 4);
    assert_int_equal(part->MdlFlags & MDL_PARTIAL, MDL_PARTIAL);
    assert_ptr_equal(part->Next, mdls[1]);
    MmPrepareMdlForReuse(part);
    IoBuildPartialMdl(mdls[0], part, bytes[0] + 4, 0);  // the rest
    assert_int_equal(part->ByteCount, 12);
    IoBuildPartialMdl(mdls[0], part, bytes[0] + 4, 13);  // beyond it: nothing
    IoBuildPartialMdl(mdls[0], part, (PVOID)((uintptr_t)bytes[0] - 1), 1);
    assert_int_equal(part->ByteCount, 12);
    IoFreeMdl(part);
}

static void test_adjust_and_map(void **state) {
    (void)state;
    NdisAdjustMdlLength(mdls[0], 5);
    assert_int_equal(mdls[0]->ByteCount, 5);
    assert_int_equal(scene_event(PP_EVENT_MDL_ADJUST)->args[1], 5);
    mdls[1]->MdlFlags = MDL_PAGES_LOCKED;  // as an IRP's is
    MmGetSystemAddressForMdlSafe(mdls[1], NormalPagePriority);
    assert_int_equal(mdls[1]->MdlFlags, MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA);
    assert_null(MmGetSystemAddressForMdlSafe(NULL, NormalPagePriority));
}

// What the rules refuse is not done.
static void test_refused_mdl_calls(void **state) {
    (void)state;
    const MDL before = *mdls[0];
    MDL *part = IoAllocateMdl(NULL, 16, FALSE, FALSE, NULL);
    for (int is_refused = 0; is_refused < 2; is_refused++) {
        MDL *source = is_refused ? mdls[0] : NULL;  // and NULL is not touched
        if (is_refused) {
            scene_refuse(PP_EVENT_MDL_USE);
        }
        IoBuildPartialMdl(source, part, bytes[0], 8);
        IoBuildPartialMdl(mdls[0], is_refused ? part : NULL, bytes[0], 8);
        MmBuildMdlForNonPagedPool(source);
        MmPrepareMdlForReuse(source);
        assert_int_equal(part->ByteCount, 16);
    }
    scene_refuse_of(PP_EVENT_MDL_USE, part);
    IoBuildPartialMdl(mdls[0], part, bytes[0], 8);
    assert_int_equal(part->ByteCount, 16);
    NdisAdjustMdlLength((MDL *)bad_address, 3);
    assert_non_null(IoAllocateMdl(bytes[0], 16, FALSE, FALSE, (IRP *)bad_address));
    scene_refuse(PP_EVENT_MDL_ADJUST);
    NdisAdjustMdlLength(mdls[0], 3);
    scene_refuse(PP_EVENT_MDL_ALLOCATE);
    assert_null(IoAllocateMdl(bytes[0], 16, FALSE, FALSE, NULL));
    scene_refuse(PP_EVENT_MDL_FREE);
    NdisFreeMdl(mdls[0]);
    scene_refuse(PP_EVENT_MDL_MAP);
    assert_null(MmGetSystemAddressForMdlSafe(mdls[0], NormalPagePriority));
    assert_memory_equal(mdls[0], &before, sizeof(before));
}

// === Generic objects ===

static void test_generic_object(void **state) {
    (void)state;
    scene_fail(PP_POINT_OBJECT_ALLOCATE, 1);
    assert_null(NdisAllocateGenericObject(NULL, 0, 8));
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject((DRIVER_OBJECT *)bytes, 0, 8);
    assert_int_equal(object->Header.Type, NDIS_OBJECT_TYPE_GENERIC_OBJECT);
    assert_ptr_equal(object->DriverObject, bytes);
    memset(object + 1, 1, 8);
    NdisFreeGenericObject(object);
    NdisFreeGenericObject(object);
    NdisFreeGenericObject(NULL);
    assert_int_equal(scene_event_count(PP_EVENT_OBJECT_FREE), 3);
}

// === What other pools get of the world ===

static void test_host(void **state) {
    (void)state;
    uint32_t held = pp_pool_memory_held();
    char *block = pp_pool_memory_take(100);
    memset(block, 1, 100);
    assert_true(pp_pool_memory_is(block));
    assert_true(pp_pool_is_nbl((NET_BUFFER_LIST *)block));  // for all that is known
    assert_false(pp_pool_memory_is(block + 16));
    assert_int_equal(pp_pool_memory_held(), held + 1);
    pp_pool_memory_give(block + 16);
    pp_pool_memory_give(NULL);
    assert_int_equal(pp_pool_memory_held(), held + 1);
    pp_pool_memory_give(block);
    pp_pool_memory_give(block);
    assert_int_equal(pp_pool_memory_held(), held);
    assert_ptr_equal(pp_pool_in_use(), &pp_pool_arena);
    const struct pp_pool_functions other = pp_pool_arena;
    pp_pool_use(&other);
    assert_ptr_equal(pp_pool_in_use(), &other);
    pp_pool_use(NULL);
    assert_ptr_equal(pp_pool_in_use(), &pp_pool_arena);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_get_in_place),
        TEST(test_get_into_storage),
        TEST(test_get_aligned),
        TEST(test_get_of_bad_memory),
        TEST(test_get_of_a_ring),
        TEST(test_get_fails),
        TEST(test_copy),
        TEST(test_copy_ends_early),
        TEST(test_copy_of_bad_memory),
        TEST(test_physical_count),
        TEST(test_list_retreat),
        TEST(test_list_retreat_fails),
        TEST(test_wrong_calls_do_nothing),
        TEST(test_pool_of),
        TEST(test_pool_without_parameters),
        TEST(test_partial_mdl),
        TEST(test_adjust_and_map),
        TEST(test_pool_of_what_is_no_nb),
        TEST(test_mdls_run_out),
        TEST(test_refused_mdl_calls),
        TEST(test_generic_object),
        TEST(test_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
