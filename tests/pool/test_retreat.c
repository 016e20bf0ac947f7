// SPDX-License-Identifier: MIT
// Retreat and advance: in place while there is room, with an MDL of its own where there is none (A9).
#include "scene.h"

#include "base/guard.h"

#include <string.h>

static char buffer[256];
static NET_BUFFER *nb;
static MDL *mdl;

// An NB over 256 bytes, the first 100 of which are not used.
static int set_up(void **state) {
    scene_begin(state);
    mdl = NdisAllocateMdl(NULL, buffer, sizeof(buffer));
    nb = NdisAllocateNetBuffer(scene_nb_pool(0), mdl, 100, 156);
    return 0;
}

static void check(ULONG offset, SIZE_T length, const MDL *current, ULONG current_offset) {
    assert_int_equal(nb->DataOffset, offset);
    assert_int_equal(nb->stDataLength, length);
    assert_ptr_equal(nb->CurrentMdl, current);
    assert_int_equal(nb->CurrentMdlOffset, current_offset);
}

static void test_retreat_in_place(void **state) {
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 14, 50, NULL), NDIS_STATUS_SUCCESS);
    check(86, 170, mdl, 86);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 86, 0, NULL), NDIS_STATUS_SUCCESS);  // all of it
    check(0, 256, mdl, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 0, 0, NULL), NDIS_STATUS_SUCCESS);
    check(0, 256, mdl, 0);
    assert_ptr_equal(nb->MdlChain, mdl);
    assert_null(scene_event(PP_EVENT_MDL_ADDED));
}

static void test_advance_in_place(void **state) {
    (void)state;
    NdisAdvanceNetBufferDataStart(nb, 20, TRUE, NULL);
    check(120, 136, mdl, 120);
    NdisAdvanceNetBufferDataStart(nb, 136, TRUE, NULL);  // to the very end
    check(256, 0, mdl, 256);
    assert_ptr_equal(nb->MdlChain, mdl);
    assert_true(scene_is_mdl(mdl));  // no retreat has made it
}

static void test_retreat_and_advance_are_inverse(void **state) {
    (void)state;
    for (ULONG delta = 0; delta < 300; delta += 7) {
        for (ULONG backfill = 0; backfill < 40; backfill += 13) {
            assert_int_equal(NdisRetreatNetBufferDataStart(nb, delta, backfill, NULL),
                             NDIS_STATUS_SUCCESS);
            assert_int_equal(nb->stDataLength, 156 + delta);
            NdisAdvanceNetBufferDataStart(nb, delta, TRUE, NULL);
            check(100, 156, mdl, 100);
            assert_ptr_equal(nb->MdlChain, mdl);
        }
    }
}

static void test_retreat_grows(void **state) {
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 101, 30, NULL), NDIS_STATUS_SUCCESS);
    MDL *added = nb->MdlChain;
    assert_ptr_not_equal(added, mdl);
    assert_ptr_equal(added->Next, mdl);
    assert_int_equal(added->ByteCount, 131);
    check(130, 257, added, 130);  // the last byte of it, then the old backfill
    memset(added->MappedSystemVa, 1, 131);
    assert_int_equal(scene_event(PP_EVENT_RETREATED)->args[2], NDIS_STATUS_SUCCESS);
    assert_int_equal(scene_event(PP_EVENT_MDL_ADDED)->args[1], (uintptr_t)added);
    assert_int_equal(scene_event(PP_EVENT_MDL_ADDED)->args[2], 0);
    // The new backfill serves the next one.
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 130, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(nb->MdlChain, added);
    check(0, 387, added, 0);
}

static void test_advance_frees_what_retreat_added(void **state) {
    (void)state;
    NdisRetreatNetBufferDataStart(nb, 110, 0, NULL);
    MDL *first = nb->MdlChain;
    NdisRetreatNetBufferDataStart(nb, 200, 5, NULL);
    MDL *second = nb->MdlChain;
    assert_ptr_not_equal(first, second);
    check(105, 466, second, 105);
    NdisAdvanceNetBufferDataStart(nb, 99, TRUE, NULL);  // one byte of the second is still used
    assert_true(scene_is_mdl(second));
    NdisAdvanceNetBufferDataStart(nb, 1, TRUE, NULL);
    assert_false(scene_is_mdl(second));
    assert_ptr_equal(nb->MdlChain, first);
    check(0, 366, first, 0);
    NdisAdvanceNetBufferDataStart(nb, 210, TRUE, NULL);
    assert_false(scene_is_mdl(first));
    assert_int_equal(scene_event_count(PP_EVENT_MDL_GONE), 2);
    check(100, 156, mdl, 100);
}

static void test_advance_keeps_mdl_if_asked(void **state) {
    (void)state;
    NdisRetreatNetBufferDataStart(nb, 110, 0, NULL);
    MDL *added = nb->MdlChain;
    NdisAdvanceNetBufferDataStart(nb, 110, FALSE, NULL);
    assert_ptr_equal(nb->MdlChain, added);
    check(210, 156, mdl, 100);
    NdisRetreatNetBufferDataStart(nb, 210, 0, NULL);  // and finds it again
    assert_ptr_equal(nb->MdlChain, added);
    check(0, 366, added, 0);
}

static void test_failed_retreat_changes_nothing(void **state) {
    (void)state;
    scene_fail(PP_POINT_RETREAT_ALLOCATE, 1);
    NET_BUFFER before = *nb;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 101, 0, NULL), NDIS_STATUS_RESOURCES);
    assert_memory_equal(nb, &before, sizeof(before));
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 0xFFFFFFFF, 0xFFFFFFFF, NULL),
                     NDIS_STATUS_RESOURCES);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 0xFFFFFFFF, 0, NULL), NDIS_STATUS_RESOURCES);
    assert_memory_equal(nb, &before, sizeof(before));
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 100, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 1, 0, NULL), NDIS_STATUS_SUCCESS);
}

static void check_refused(enum pp_status answer, NDIS_STATUS expect) {
    static char more[64];
    NET_BUFFER_LIST *list = NdisAllocateNetBufferAndNetBufferList(
        scene_nbl_pool(/*has_nb=*/true, 0, 0), 0, 0, NdisAllocateMdl(NULL, more, sizeof(more)), 20, 44);
    list->FirstNetBuffer->Next = nb;
    NET_BUFFER before = *nb, first = *list->FirstNetBuffer;
    uint32_t added = scene_event_count(PP_EVENT_MDL_ADDED);

    scene_answer(PP_OUTCOME_RETREAT, answer);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 101, 0, NULL), expect);
    assert_int_equal(scene_event(PP_EVENT_RETREATED)->args[2], (uint32_t)expect);
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 101, 0, NULL, NULL), expect);
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 21, 0, NULL, NULL), expect);
    assert_memory_equal(nb, &before, sizeof(before));
    assert_memory_equal(list->FirstNetBuffer, &first, sizeof(first));
    assert_int_equal(scene_event_count(PP_EVENT_MDL_ADDED), added);
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 20, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 80, 0, NULL), NDIS_STATUS_SUCCESS);
    check(0, 256, mdl, 0);
}

// Whatever the reason, nothing has changed; where there is room, there is nothing to refuse.
static void test_refused_retreat_changes_nothing(void **state) {
    (void)state;
    check_refused(PP_STATUS_FAILURE, NDIS_STATUS_FAILURE);
    set_up(state);
    check_refused(PP_STATUS_RESOURCES, NDIS_STATUS_RESOURCES);
}

// === The driver's own handlers ===

static char handler_buffer[512];
static uint32_t handler_calls;
static uint32_t free_calls;
static ULONG handler_bytes;  // what the handler gives, 0: what it is asked for

static MDL *allocate_mdl(ULONG *size) {
    handler_calls++;
    return NdisAllocateMdl(NULL, handler_buffer, handler_bytes == 0 ? *size : handler_bytes);
}

static MDL *allocate_nothing(ULONG *size) {
    (void)size;
    return NULL;
}

static void free_mdl(MDL *given) {
    free_calls++;
    NdisFreeMdl(given);
}

static void test_handlers(void **state) {
    (void)state;
    handler_calls = free_calls = 0;
    handler_bytes = 0;
    NdisRetreatNetBufferDataStart(nb, 50, 0, allocate_mdl);
    assert_int_equal(handler_calls, 0);  // there was room
    NdisRetreatNetBufferDataStart(nb, 60, 6, allocate_mdl);
    assert_int_equal(handler_calls, 1);
    assert_int_equal(nb->MdlChain->ByteCount, 66);
    assert_ptr_equal(nb->MdlChain->MappedSystemVa, handler_buffer);
    assert_int_equal(scene_event(PP_EVENT_MDL_ADDED)->args[2], 1);
    NdisAdvanceNetBufferDataStart(nb, 110, TRUE, free_mdl);
    assert_int_equal(free_calls, 1);
    assert_ptr_equal(nb->MdlChain, mdl);
    check(100, 156, mdl, 100);
}

static void test_handler_may_give_more(void **state) {
    (void)state;
    handler_bytes = 500;
    NdisRetreatNetBufferDataStart(nb, 110, 0, allocate_mdl);
    check(490, 266, nb->MdlChain, 490);  // the data still ends where it did
}

static void test_handler_that_gives_less_fails(void **state) {
    (void)state;
    handler_bytes = 109;
    NET_BUFFER before = *nb;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 110, 0, allocate_mdl), NDIS_STATUS_RESOURCES);
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 110, 0, allocate_nothing), NDIS_STATUS_RESOURCES);
    assert_memory_equal(nb, &before, sizeof(before));
}

static MDL *allocate_badly(ULONG *size) {
    (void)size;
    return (MDL *)24;
}

static MDL *allocate_and_free_nb(ULONG *size) {
    MDL *made = NdisAllocateMdl(NULL, handler_buffer, *size);
    NdisFreeNetBuffer(nb);
    return made;
}

static void test_handler_that_does_wrong_fails(void **state) {
    (void)state;
    NET_BUFFER before = *nb;
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 110, 0, allocate_badly), NDIS_STATUS_RESOURCES);
    assert_memory_equal(nb, &before, sizeof(before));
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, 110, 0, allocate_and_free_nb),
                     NDIS_STATUS_RESOURCES);
    assert_int_equal(scene_event(PP_EVENT_ACCESS)->args[0], PP_HAS_GUARD ? (uintptr_t)nb : 24);
}

static NET_BUFFER_LIST *list;

static MDL *allocate_and_free_list(ULONG *size) {
    MDL *made = NdisAllocateMdl(NULL, handler_buffer, *size);
    NdisFreeNetBufferList(list);
    return made;
}

static MDL *allocate_and_free_first(ULONG *size) {
    handler_calls++;
    return handler_calls < 2 ? allocate_mdl(size) : allocate_and_free_list(size);
}

static void free_mdl_and_list(MDL *given) {
    NdisFreeMdl(given);
    NdisFreeNetBufferList(list);
}

// Two NBs, none of which has room in front.
static void make_list(void) {
    list = NdisAllocateNetBufferList(scene_nbl_pool(/*has_nb=*/true, 0, 0), 0, 0);
    list->FirstNetBuffer->Next = NdisAllocateNetBuffer(scene_nb_pool(0), NULL, 0, 0);
}

static void free_mdl_and_second(MDL *given) {
    NdisFreeMdl(given);
    NdisFreeNetBuffer(list->FirstNetBuffer->Next);
}

// A handler frees the list that is moved: what is left of it stays as it is. Without a guard nobody sees
// that it is gone, and the run ends where that is touched.
static void test_handler_that_frees_the_list(void **state) {
    (void)state;
    if (!PP_HAS_GUARD) {
        skip();
    }
    make_list();
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 14, 0, allocate_and_free_list, NULL),
                     NDIS_STATUS_RESOURCES);
    make_list();
    const NET_BUFFER *second = list->FirstNetBuffer->Next;
    handler_calls = 0;
    handler_bytes = 0;
    NdisRetreatNetBufferListDataStart(list, 14, 0, allocate_and_free_first, NULL);
    assert_int_equal(second->DataLength, 0);
    make_list();
    second = list->FirstNetBuffer->Next;
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 14, 0, allocate_mdl, NULL),
                     NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(list, 14, TRUE, free_mdl_and_list);
    assert_int_equal(second->DataLength, 0);
    make_list();
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 14, 0, allocate_mdl, NULL),
                     NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(list, 14, TRUE, free_mdl_and_second);
    assert_int_equal(list->FirstNetBuffer->DataLength, 0);
}

// An MDL that was always there is not one that a retreat added: no handler gets it.
static void test_advance_past_own_mdl_frees_nothing(void **state) {
    (void)state;
    static char more[64];
    mdl->Next = NdisAllocateMdl(NULL, more, sizeof(more));
    nb->stDataLength += sizeof(more);
    free_calls = 0;
    NdisAdvanceNetBufferDataStart(nb, 160, TRUE, free_mdl);
    assert_int_equal(free_calls, 0);
    assert_ptr_equal(nb->MdlChain, mdl);
    check(260, 60, mdl->Next, 4);
}

// === Calls that make no sense ===

static void test_advance_beyond_data_does_nothing(void **state) {
    (void)state;
    NdisAdvanceNetBufferDataStart(nb, 157, TRUE, NULL);
    check(100, 156, mdl, 100);
}

static void test_nb_without_mdls(void **state) {
    (void)state;
    NET_BUFFER *empty = NdisAllocateNetBuffer(scene_nb_pool(0), NULL, 0, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(empty, 14, 2, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(empty->MdlChain->ByteCount, 16);
    assert_int_equal(empty->DataOffset, 2);
    assert_int_equal(empty->stDataLength, 14);
    NdisAdvanceNetBufferDataStart(empty, 14, TRUE, NULL);
    assert_null(empty->MdlChain);
    assert_null(empty->CurrentMdl);
    assert_int_equal(empty->DataOffset, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_retreat_in_place, set_up),
        cmocka_unit_test_setup(test_advance_in_place, set_up),
        cmocka_unit_test_setup(test_retreat_and_advance_are_inverse, set_up),
        cmocka_unit_test_setup(test_retreat_grows, set_up),
        cmocka_unit_test_setup(test_advance_frees_what_retreat_added, set_up),
        cmocka_unit_test_setup(test_advance_keeps_mdl_if_asked, set_up),
        cmocka_unit_test_setup(test_failed_retreat_changes_nothing, set_up),
        cmocka_unit_test_setup(test_refused_retreat_changes_nothing, set_up),
        cmocka_unit_test_setup(test_handlers, set_up),
        cmocka_unit_test_setup(test_handler_may_give_more, set_up),
        cmocka_unit_test_setup(test_handler_that_gives_less_fails, set_up),
        cmocka_unit_test_setup(test_handler_that_does_wrong_fails, set_up),
        cmocka_unit_test_setup(test_handler_that_frees_the_list, set_up),
        cmocka_unit_test_setup(test_advance_past_own_mdl_frees_nothing, set_up),
        cmocka_unit_test_setup(test_advance_beyond_data_does_nothing, set_up),
        cmocka_unit_test_setup(test_nb_without_mdls, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
