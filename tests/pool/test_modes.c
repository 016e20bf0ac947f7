// SPDX-License-Identifier: MIT
// What each mode of pool gives: P0 bare NBLs, P1 with an NB, P2 with NB, MDL and data; NB pools without
// and with data. The initial values are those of the contract (2.2, A6, A7, A8).
#include "scene.h"

#include "base/guard.h"

#include <string.h>

#define PAGE_MASK ((ULONG_PTR)PAGE_SIZE - 1)

// What every new NBL has, whatever its pool.
static void check_nbl(const NET_BUFFER_LIST *nbl, NDIS_HANDLE pool) {
    assert_non_null(nbl);
    assert_int_equal((uintptr_t)nbl % MEMORY_ALLOCATION_ALIGNMENT, 0);
    assert_null(nbl->Next);
    assert_null(nbl->ParentNetBufferList);
    assert_int_equal(nbl->ChildRefCount, 0);
    assert_null(nbl->Scratch);
    assert_null(nbl->SourceHandle);
    assert_int_equal(nbl->NblFlags, 0);
    assert_int_equal(nbl->Flags, 0);
    assert_int_equal(nbl->Status, NDIS_STATUS_SUCCESS);
    assert_ptr_equal(nbl->NdisPoolHandle, pool);
    for (size_t i = 0; i < sizeof(nbl->NetBufferListInfo) / sizeof(nbl->NetBufferListInfo[0]); i++) {
        PVOID expect = i == NetBufferListProtocolId ? (PVOID)NDIS_PROTOCOL_ID_TCP_IP : NULL;
        assert_ptr_equal(nbl->NetBufferListInfo[i], expect);
    }
}

static void check_nb(const NET_BUFFER *nb, NDIS_HANDLE pool, const MDL *chain, const MDL *current,
                     ULONG current_offset, ULONG offset, SIZE_T length) {
    assert_non_null(nb);
    assert_int_equal((uintptr_t)nb % MEMORY_ALLOCATION_ALIGNMENT, 0);
    assert_null(nb->Next);
    assert_ptr_equal(nb->NdisPoolHandle, pool);
    assert_ptr_equal(nb->MdlChain, chain);
    assert_ptr_equal(nb->CurrentMdl, current);
    assert_int_equal(nb->CurrentMdlOffset, current_offset);
    assert_int_equal(nb->DataOffset, offset);
    assert_int_equal(nb->stDataLength, length);
    assert_int_equal(nb->ChecksumBias, 0);
    assert_int_equal(nb->DataPhysicalAddress.QuadPart, 0);
}

static void check_mdl(const MDL *mdl, const void *buffer, ULONG length) {
    assert_non_null(mdl);
    assert_null(mdl->Next);
    assert_int_equal(mdl->ByteCount, length);
    assert_ptr_equal(mdl->MappedSystemVa, buffer);
    assert_ptr_equal((char *)mdl->StartVa + mdl->ByteOffset, buffer);
    assert_int_equal((uintptr_t)mdl->StartVa & PAGE_MASK, 0);
}

static void test_p0_has_no_nb(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(false, 0, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    check_nbl(nbl, pool);
    assert_null(nbl->FirstNetBuffer);
    assert_null(nbl->Context);
    const struct pp_event *made = scene_event(PP_EVENT_NBL_MADE);
    assert_int_equal(made->args[0], (uintptr_t)nbl);
    assert_int_equal(made->args[1], (uintptr_t)pool);
    assert_int_equal(made->args[2], 0);
    assert_int_equal(made->args[3], 0);
}

// A6: the plain allocator attaches the NB, without data.
static void test_p1_has_an_empty_nb(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(true, 0, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    check_nbl(nbl, pool);
    check_nb(nbl->FirstNetBuffer, pool, NULL, NULL, 0, 0, 0);
    assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[2], (uintptr_t)nbl->FirstNetBuffer);
    assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[3], 0);
}

static void test_p1_takes_a_chain(void **state) {
    (void)state;
    static char first[100], second[50];
    NDIS_HANDLE pool = scene_nbl_pool(true, 0, 0);
    MDL *mdl = NdisAllocateMdl(NULL, first, sizeof(first));
    mdl->Next = NdisAllocateMdl(NULL, second, sizeof(second));
    static const struct {
        ULONG offset;
        bool is_in_second;
        ULONG current_offset;
    } places[] = {{0, false, 0}, {99, false, 99}, {100, true, 0}, {149, true, 49}, {150, true, 50}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        SIZE_T length = 150 - places[i].offset;
        NET_BUFFER_LIST *nbl =
            NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, places[i].offset, length);
        check_nbl(nbl, pool);
        check_nb(nbl->FirstNetBuffer, pool, mdl, places[i].is_in_second ? mdl->Next : mdl,
                 places[i].current_offset, places[i].offset, length);
    }
    NET_BUFFER_LIST *empty = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    check_nb(empty->FirstNetBuffer, pool, NULL, NULL, 0, 0, 0);
}

// A7: the whole buffer is backfill, unless a program chooses the other reading.
static void test_p2_has_data(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(true, 0, 1000);
    for (int is_zero = 0; is_zero < 2; is_zero++) {
        pp_pool_set_data_offset_zero(is_zero);
        NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
        check_nbl(nbl, pool);
        NET_BUFFER *nb = nbl->FirstNetBuffer;
        ULONG offset = is_zero ? 0 : 1000;
        check_nb(nb, pool, nb->MdlChain, nb->MdlChain, offset, offset, 0);
        check_mdl(nb->MdlChain, MmGetSystemAddressForMdlSafe(nb->MdlChain, NormalPagePriority), 1000);
        assert_int_equal((uintptr_t)nb->MdlChain->MappedSystemVa % MEMORY_ALLOCATION_ALIGNMENT, 0);
        assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[3], (uintptr_t)nb->MdlChain);
        memset(nb->MdlChain->MappedSystemVa, 1, 1000);
    }
}

static void test_nb_pool_without_data(void **state) {
    (void)state;
    static char buffer[64];
    NDIS_HANDLE pool = scene_nb_pool(0);
    check_nb(NdisAllocateNetBuffer(pool, NULL, 0, 0), pool, NULL, NULL, 0, 0, 0);
    MDL *mdl = NdisAllocateMdl(NULL, buffer, 64);
    NET_BUFFER *nb = NdisAllocateNetBuffer(pool, mdl, 4, 60);
    check_nb(nb, pool, mdl, mdl, 4, 4, 60);
    NdisFreeNetBuffer(nb);
    check_mdl(mdl, buffer, 64);  // the chain stays the caller's
    NdisFreeMdl(mdl);
}

static void test_nb_pool_with_data(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nb_pool(77);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
    check_nb(nb, pool, nb->MdlChain, nb->MdlChain, 77, 77, 0);
    check_mdl(nb->MdlChain, nb->MdlChain->MappedSystemVa, 77);
    assert_int_equal(scene_event(PP_EVENT_NB_MADE)->args[2], (uintptr_t)nb->MdlChain);
}

// A8: as much as the pool or the call asks for, whichever is more; the used part at the end.
static void test_context(void **state) {
    (void)state;
    static const struct {
        USHORT pool, size, backfill, expect_total, expect_offset;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {16, 0, 0, 16, 16},
        {16, 16, 0, 16, 0},
        {32, 16, 0, 32, 16},
        {0, 16, 16, 32, 16},
        {32, 32, 64, 96, 64},
        {128, 16, 16, 128, 112},
        {5, 0, 0, 16, 16},
        {0, 1, 0, 16, 0},
        {0, 1, 17, 48, 32},
        {0, 32768, 16384, 49152, 16384},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NDIS_HANDLE pool = scene_nbl_pool(true, cases[i].pool, 0);
        NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, cases[i].size, cases[i].backfill);
        check_nbl(nbl, pool);
        if (cases[i].expect_total == 0) {
            assert_null(nbl->Context);
            continue;
        }
        assert_null(nbl->Context->Next);
        assert_int_equal(nbl->Context->Size, cases[i].expect_total);
        assert_int_equal(nbl->Context->Offset, cases[i].expect_offset);
        char *start = (char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
        assert_int_equal((uintptr_t)start % MEMORY_ALLOCATION_ALIGNMENT, 0);
        memset(start, 1, nbl->Context->Size - nbl->Context->Offset);
        check_nb(nbl->FirstNetBuffer, pool, NULL, NULL, 0, 0, 0);
    }
}

static void test_context_beyond_its_field_fails(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(true, 0, 0);
    assert_null(NdisAllocateNetBufferList(pool, 0xFFFF, 0));
    assert_null(NdisAllocateNetBufferList(pool, 0x8000, 0x8000));
    assert_non_null(NdisAllocateNetBufferList(pool, 0x8000, 0x7FF0));
}

// The pages promise nothing about the reserved areas: they are junk, and the same junk in each run.
static void test_reserved_areas_are_junk(void **state) {
    NDIS_HANDLE pool = scene_nbl_pool(true, 16, 16);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 16, 0);
    void *protocol[4];
    pp_guard_define(nbl, pp_arena_find(nbl)->size);
    memcpy(protocol, nbl->ProtocolReserved, sizeof(protocol));
    assert_int_not_equal((uintptr_t)protocol[0], 0);
    char context[16], data[16];
    memcpy(context, NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), sizeof(context));
    memcpy(data, nbl->FirstNetBuffer->MdlChain->MappedSystemVa, sizeof(data));
    memset(nbl->ProtocolReserved, 0, sizeof(protocol));
    memset(nbl->FirstNetBuffer->MdlChain->MappedSystemVa, 0, sizeof(data));

    scene_begin(state);
    NET_BUFFER_LIST *again = NdisAllocateNetBufferList(scene_nbl_pool(true, 16, 16), 16, 0);
    assert_ptr_equal(again, nbl);  // equal runs, equal addresses
    assert_memory_equal(again->ProtocolReserved, protocol, sizeof(protocol));
    assert_memory_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(again), context, sizeof(context));
    assert_memory_equal(again->FirstNetBuffer->MdlChain->MappedSystemVa, data, sizeof(data));
}

static void test_pool_headers(void **state) {
    (void)state;
    NET_BUFFER_LIST_POOL_PARAMETERS good = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1}};
    NET_BUFFER_LIST_POOL_PARAMETERS bad = good;
    assert_non_null(NdisAllocateNetBufferListPool(NULL, &good));
    bad.Header.Size++;
    assert_non_null(NdisAllocateNetBufferListPool(NULL, &bad));  // a later, longer structure
    bad.Header.Size = good.Header.Size - 1;
    assert_null(NdisAllocateNetBufferListPool(NULL, &bad));
    bad = good;
    bad.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    assert_null(NdisAllocateNetBufferListPool(NULL, &bad));
    bad = good;
    bad.Header.Revision = 0;
    assert_null(NdisAllocateNetBufferListPool(NULL, &bad));
    bad = good;
    bad.DataSize = 1;  // without fAllocateNetBuffer
    assert_null(NdisAllocateNetBufferListPool(NULL, &bad));

    NET_BUFFER_POOL_PARAMETERS nb_good = {.Header = {NDIS_OBJECT_TYPE_DEFAULT,
                                                     NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                                                     NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1}};
    assert_non_null(NdisAllocateNetBufferPool(NULL, &nb_good));
    nb_good.Header.Size--;
    assert_null(NdisAllocateNetBufferPool(NULL, &nb_good));
}

// A pool that is asked for what it does not have gives nothing and changes nothing.
static void test_wrong_pool_gives_nothing(void **state) {
    (void)state;
    NDIS_HANDLE p0 = scene_nbl_pool(false, 0, 0);
    NDIS_HANDLE p2 = scene_nbl_pool(true, 0, 64);
    NDIS_HANDLE bare = scene_nb_pool(0);
    NDIS_HANDLE with_data = scene_nb_pool(64);
    NDIS_HANDLE freed = scene_nb_pool(0);
    NdisFreeNetBufferPool(freed);
    assert_null(NdisAllocateNetBufferAndNetBufferList(p0, 0, 0, NULL, 0, 0));
    assert_null(NdisAllocateNetBufferAndNetBufferList(p2, 0, 0, NULL, 0, 0));
    assert_null(NdisAllocateNetBuffer(with_data, NULL, 0, 0));
    assert_null(NdisAllocateNetBufferMdlAndData(bare));
    assert_null(NdisAllocateNetBufferList(bare, 0, 0));
    assert_null(NdisAllocateNetBuffer(p0, NULL, 0, 0));
    assert_null(NdisAllocateNetBuffer(freed, NULL, 0, 0));
    assert_null(NdisAllocateNetBufferList(NULL, 0, 0));
    assert_null(NdisAllocateNetBuffer((NDIS_HANDLE)0x1234, NULL, 0, 0));
    NdisFreeNetBufferPool(p0);  // of the other kind: nothing happens
    NdisFreeNetBufferListPool(freed);
    assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[0], 0);
    assert_int_equal(scene_event(PP_EVENT_NB_MADE)->args[0], 0);
    NET_BUFFER_LIST *first = NdisAllocateNetBufferList(p0, 0, 0);
    assert_int_equal((uintptr_t)first - PP_ARENA_BASE, 16);  // behind the arena's first redzone
}

// The gaps between the parts of an NBL are closed, its parts are open; in flight everything is closed.
static void test_guards(void **state) {
    (void)state;
    if (!PP_HAS_GUARD) {
        skip();
    }
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(scene_nbl_pool(true, 16, 64), 16, 0);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NET_BUFFER *other = NdisAllocateNetBufferMdlAndData(scene_nb_pool(32));
    char *const starts[] = {(char *)nbl,
                            (char *)nbl->Context,
                            (char *)nb,
                            (char *)nb->MdlChain,
                            nb->MdlChain->MappedSystemVa,
                            (char *)other,
                            (char *)other->MdlChain,
                            other->MdlChain->MappedSystemVa};
    const size_t sizes[] = {sizeof(*nbl), sizeof(NET_BUFFER_LIST_CONTEXT) + 16,
                            sizeof(*nb),  sizeof(MDL),
                            64,           sizeof(*nb),
                            sizeof(MDL),  32};
    nb->Next = other;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 8; i++) {
            assert_true(scene_is_closed(starts[i] - 1));
            assert_false(scene_is_closed(starts[i]));
            assert_false(scene_is_closed(starts[i] + sizes[i] - 1));
            assert_true(scene_is_closed(starts[i] + sizes[i] + 8));
        }
        pp_pool_hand_over(nbl);
        for (size_t i = 0; i < 8; i++) {
            assert_true(scene_is_closed(starts[i]));
            assert_true(scene_is_closed(starts[i] + sizes[i] - 1));
        }
        pp_pool_hand_back(nbl);
    }
    NdisFreeNetBufferList(nbl);
    for (size_t i = 0; i < 5; i++) {
        assert_true(scene_is_closed(starts[i]));
        assert_true(scene_is_closed(starts[i] + sizes[i] - 1));
    }
    assert_false(scene_is_closed(other));  // not the NBL's own: frees itself
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_p0_has_no_nb),
        SCENE_TEST(test_p1_has_an_empty_nb),
        SCENE_TEST(test_p1_takes_a_chain),
        SCENE_TEST(test_p2_has_data),
        SCENE_TEST(test_nb_pool_without_data),
        SCENE_TEST(test_nb_pool_with_data),
        SCENE_TEST(test_context),
        SCENE_TEST(test_context_beyond_its_field_fails),
        SCENE_TEST(test_reserved_areas_are_junk),
        SCENE_TEST(test_pool_headers),
        SCENE_TEST(test_wrong_pool_gives_nothing),
        SCENE_TEST(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
