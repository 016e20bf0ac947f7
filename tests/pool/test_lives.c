// SPDX-License-Identifier: MIT
// Allocation and freeing over time: failures that leave nothing behind, memory that comes back when the
// program says so, frees of what is not there.
#include "scene.h"

#include "base/guard.h"

static uintptr_t offset_of(const void *address) { return (uintptr_t)address - PP_ARENA_BASE; }

// A failed call takes no memory: the next one gets what the failed one would have.
static void test_failure_leaves_nothing(void **state) {
    static const enum pp_point points[] = {PP_POINT_NBL_ALLOCATE, PP_POINT_NB_ALLOCATE};
    for (size_t i = 0; i < 2; i++) {
        scene_begin(state);
        NDIS_HANDLE nbl_pool = scene_nbl_pool(true, 16, 64);
        NDIS_HANDLE nb_pool = scene_nb_pool(64);
        scene_fail(points[i], 1);
        if (points[i] == PP_POINT_NBL_ALLOCATE) {
            assert_null(NdisAllocateNetBufferList(nbl_pool, 0, 0));
            assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[0], 0);
            assert_int_equal(offset_of(NdisAllocateNetBufferList(nbl_pool, 0, 0)), 16);
        } else {
            assert_null(NdisAllocateNetBufferMdlAndData(nb_pool));
            assert_int_equal(scene_event(PP_EVENT_NB_MADE)->args[0], 0);
            assert_int_equal(offset_of(NdisAllocateNetBufferMdlAndData(nb_pool)), 16);
        }
        assert_int_equal(scene_event_count(PP_EVENT_FAULT_FIRED), 1);
    }
}

static void test_failed_pool(void **state) {
    (void)state;
    scene_fail(PP_POINT_NBL_POOL_ALLOCATE, 1);
    assert_null(scene_nbl_pool(true, 0, 0));
    assert_int_equal(scene_event(PP_EVENT_NBL_POOL_MADE)->args[0], 0);
    assert_non_null(scene_nbl_pool(true, 0, 0));
    scene_fail(PP_POINT_NB_POOL_ALLOCATE, 2);
    assert_non_null(scene_nb_pool(0));
    assert_null(scene_nb_pool(0));
    assert_non_null(scene_nb_pool(0));
}

// Handles are never used again, so that a stale one is always known.
static void test_pool_handles_are_unique(void **state) {
    (void)state;
    NDIS_HANDLE last = NULL;
    for (int i = 0; i < 1000; i++) {
        NDIS_HANDLE pool = scene_nb_pool(0);
        assert_non_null(pool);
        assert_true((uintptr_t)pool > (uintptr_t)last);
        NdisFreeNetBufferPool(pool);
        last = pool;
    }
}

static void test_pools_run_out(void **state) {
    (void)state;
    uint32_t count = 0;
    while (scene_nb_pool(0) != NULL) {
        count++;
        assert_true(count < 100000);
    }
    assert_true(count >= 4096);
    assert_int_equal(scene_event(PP_EVENT_NB_POOL_MADE)->args[0], 0);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    NDIS_HANDLE pool = scene_nbl_pool(true, 0, 1 << 20);
    uint32_t count = 0;
    while (NdisAllocateNetBufferList(pool, 0, 0) != NULL) {
        count++;
        assert_true(count < 1000);
    }
    assert_true(count > 10);
    assert_int_equal(scene_event(PP_EVENT_NBL_MADE)->args[0], 0);
}

static void test_reuse(void **state) {
    static const enum pp_reuse policies[] = {PP_REUSE_NEVER, PP_REUSE_LIFO, PP_REUSE_FIFO};
    for (size_t i = 0; i < 3; i++) {
        scene_begin(state);
        pp_arena_set_reuse(policies[i]);
        NDIS_HANDLE pool = scene_nbl_pool(true, 0, 0);
        NET_BUFFER_LIST *first = NdisAllocateNetBufferList(pool, 0, 0);
        NdisFreeNetBufferList(first);
        NET_BUFFER_LIST *second = NdisAllocateNetBufferList(pool, 0, 0);
        assert_int_equal(second == first, policies[i] == PP_REUSE_LIFO);
        bool came_back = second == first;
        NdisFreeNetBufferList(second);
        for (int k = 0; k < 20; k++) {
            NET_BUFFER_LIST *next = NdisAllocateNetBufferList(pool, 0, 0);
            came_back |= next == first;
            NdisFreeNetBufferList(next);
        }
        assert_int_equal(came_back, policies[i] != PP_REUSE_NEVER);
    }
}

// Whatever the reason, nothing was taken; where there is room, there is nothing to refuse.
static void test_refused_context(void **state) {
    (void)state;
    const struct {
        enum pp_status answer;
        NDIS_STATUS expect;
    } cases[] = {{PP_STATUS_FAILURE, NDIS_STATUS_FAILURE}, {PP_STATUS_RESOURCES, NDIS_STATUS_RESOURCES}};
    for (size_t i = 0; i < 2; i++) {
        scene_begin(state);
        NDIS_HANDLE pool = scene_nbl_pool(true, 0, 0);
        NET_BUFFER_LIST *bare = NdisAllocateNetBufferList(pool, 0, 0);
        NET_BUFFER_LIST *roomy = NdisAllocateNetBufferList(pool, 16, 32);
        NET_BUFFER_LIST_CONTEXT before = *roomy->Context;
        scene_answer(PP_OUTCOME_CONTEXT, cases[i].answer);
        assert_int_equal(NdisAllocateNetBufferListContext(bare, 8, 0, 0), cases[i].expect);
        assert_null(bare->Context);
        assert_int_equal(NdisAllocateNetBufferListContext(roomy, 40, 0, 0), cases[i].expect);
        assert_memory_equal(roomy->Context, &before, sizeof(before));
        assert_int_equal(scene_event(PP_EVENT_CONTEXT_MADE)->args[2], (uint32_t)cases[i].expect);
        assert_int_equal(NdisAllocateNetBufferListContext(roomy, 32, 0, 0), NDIS_STATUS_SUCCESS);
    }
}

// Memory that comes back as another layout is open where the new object is, and closed between its
// parts.
static void test_reuse_in_another_layout(void **state) {
    (void)state;
    if (!PP_HAS_GUARD) {
        skip();
    }
    pp_arena_set_reuse(PP_REUSE_LIFO);
    NDIS_HANDLE bare = scene_nbl_pool(false, 0, 0);
    NDIS_HANDLE full = scene_nbl_pool(true, 16, 64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(full, 0, 0);
    uint32_t size = pp_arena_find(nbl)->size;
    NdisFreeNetBufferList(nbl);
    assert_true(scene_is_closed((char *)nbl + size - 1));
    assert_ptr_equal(NdisAllocateNetBufferList(bare, (USHORT)(size - sizeof(*nbl) - 48), 0), nbl);
    assert_false(scene_is_closed(nbl));
    assert_false(scene_is_closed((char *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl)));
    assert_true(scene_is_closed((char *)nbl->Context - 1));
}

// Frees of what is no such object do nothing; the rules have said so before.
static void test_wrong_frees_do_nothing(void **state) {
    (void)state;
    NDIS_HANDLE nb_pool = scene_nb_pool(64);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(scene_nbl_pool(true, 0, 64), 0, 0);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(nb_pool);
    NdisFreeNetBuffer(nbl->FirstNetBuffer);
    NdisFreeNetBuffer((NET_BUFFER *)nbl);
    NdisFreeNetBufferList((NET_BUFFER_LIST *)nb);
    NdisFreeMdl(nb->MdlChain);
    NdisFreeMdl(nbl->FirstNetBuffer->MdlChain);
    NdisFreeNetBufferList(NULL);
    NdisFreeNetBuffer((NET_BUFFER *)0x123456789);
    NdisFreeMdl((MDL *)((char *)nbl + 1));
    assert_true(pp_pool_is_nbl(nbl));
    assert_int_equal(nbl->FirstNetBuffer->MdlChain->ByteCount, 64);
    assert_int_equal(nb->MdlChain->ByteCount, 64);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferList(nbl);
    assert_false(pp_pool_is_nbl(nbl));
    NdisFreeNetBufferPool(nb_pool);  // with the NB live: its memory stays
    assert_int_equal(nb->MdlChain->ByteCount, 64);
    NdisFreeNetBuffer(nb);
}

// The world looks at chains that a driver may have tied into a knot.
static void test_hand_over_of_knots_ends(void **state) {
    (void)state;
    static char buffer[8];
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(scene_nbl_pool(true, 0, 0), 0, 0);
    MDL *mdl = NdisAllocateMdl(NULL, buffer, 8);
    mdl->Next = mdl;
    nbl->FirstNetBuffer->MdlChain = mdl;
    NdisAdjustNetBufferCurrentMdl(nbl->FirstNetBuffer);
    nbl->FirstNetBuffer->Next = NULL;
    pp_pool_hand_over(nbl);
    pp_pool_hand_back(nbl);
    mdl->Next = NULL;
    nbl->FirstNetBuffer->Next = nbl->FirstNetBuffer;
    pp_pool_hand_over(nbl);
    pp_pool_hand_back(nbl);
    nbl->FirstNetBuffer->Next = NULL;
    NdisAllocateNetBufferListContext(nbl, 16, 0, 0);
    nbl->Context->Next = nbl->Context;
    pp_pool_hand_over(nbl);
    pp_pool_hand_back(nbl);
}

// Nor does it lose itself in a chain of empty MDLs that is tied into a ring.
static void test_current_mdl_of_a_ring(void **state) {
    (void)state;
    static char buffer[8];
    MDL *mdl = NdisAllocateMdl(NULL, buffer, 0);
    mdl->Next = mdl;
    NET_BUFFER *nb = NdisAllocateNetBuffer(scene_nb_pool(0), mdl, 0, 0);
    assert_ptr_equal(nb->CurrentMdl, mdl);
    mdl->ByteCount = 1;
    nb->DataOffset = 0xFFFFFFFF;
    NdisAdjustNetBufferCurrentMdl(nb);
    assert_ptr_equal(nb->CurrentMdl, mdl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_failure_leaves_nothing),  SCENE_TEST(test_failed_pool),
        SCENE_TEST(test_pool_handles_are_unique), SCENE_TEST(test_pools_run_out),
        SCENE_TEST(test_memory_runs_out),         SCENE_TEST(test_reuse),
        SCENE_TEST(test_reuse_in_another_layout), SCENE_TEST(test_wrong_frees_do_nothing),
        SCENE_TEST(test_hand_over_of_knots_ends), SCENE_TEST(test_current_mdl_of_a_ring),
        SCENE_TEST(test_refused_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
