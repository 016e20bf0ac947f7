// SPDX-License-Identifier: MIT
// Clones, fragments and reassembled NBLs: what they describe, that a failure at any piece leaves
// nothing, that freeing takes all.
#include "scene.h"

#include "base/guard.h"

#include <string.h>

// Two NBs: one over "..HELLO" "WORLD", whose first two bytes are backfill, and one over "xyz".
static char first[7];
static char second[5];
static char third[3];
static NDIS_HANDLE pool;
static NET_BUFFER_LIST *original;
static uint32_t held;

static int set_up(void **state) {
    scene_begin(state);
    memcpy(first, "..HELLO", sizeof(first));
    memcpy(second, "WORLD", sizeof(second));
    memcpy(third, "xyz", sizeof(third));
    pool = scene_nbl_pool(true, 0, 0);
    MDL *mdl = NdisAllocateMdl(NULL, first, sizeof(first));
    mdl->Next = NdisAllocateMdl(NULL, second, sizeof(second));
    original = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 2, 10);
    original->FirstNetBuffer->Next =
        NdisAllocateNetBuffer(scene_nb_pool(0), NdisAllocateMdl(NULL, third, 3), 0, 3);
    held = pp_pool_memory_held();
    return 0;
}

// The used bytes of an NB, as text.
static const char *text_of(NET_BUFFER *nb) {
    static char texts[4][64];
    static unsigned next;
    char *text = texts[next++ % 4];
    memset(text, 0, sizeof(texts[0]));
    char storage[64];
    const char *bytes = NdisGetDataBuffer(nb, nb->DataLength, storage, 1, 0);
    memcpy(text, bytes, nb->DataLength);
    return text;
}

static uint32_t mdl_count(const NET_BUFFER *nb) {
    uint32_t count = 0;
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        count++;
    }
    return count;
}

// === Clones ===

static void test_clone_has_mdls_of_its_own(void **state) {
    (void)state;
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, NULL, NULL, 0);
    assert_null(clone->Next);
    assert_null(clone->Context);
    assert_null(clone->ParentNetBufferList);
    assert_int_equal(clone->ChildRefCount, 0);
    assert_int_equal(original->ChildRefCount, 0);
    assert_null(clone->NdisPoolHandle);
    assert_null(NdisGetPoolFromNetBufferList(clone));
    NET_BUFFER *nb = clone->FirstNetBuffer;
    assert_string_equal(text_of(nb), "HELLOWORLD");
    assert_int_equal(nb->DataOffset, 0);
    assert_int_equal(mdl_count(nb), 2);
    assert_ptr_equal(nb->MdlChain->MappedSystemVa, first + 2);
    assert_ptr_not_equal(nb->MdlChain, original->FirstNetBuffer->MdlChain);
    assert_string_equal(text_of(nb->Next), "xyz");
    assert_null(nb->Next->Next);
    assert_null(NdisGetPoolFromNetBuffer(nb));
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

// A21: it begins in the MDL in which used data begins.
static void test_clone_with_the_originals_mdls(void **state) {
    (void)state;
    NdisAdvanceNetBufferDataStart(original->FirstNetBuffer, 6, FALSE, NULL);
    NET_BUFFER_LIST *clone =
        NdisAllocateCloneNetBufferList(original, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NET_BUFFER *nb = clone->FirstNetBuffer;
    assert_ptr_equal(nb->MdlChain, original->FirstNetBuffer->CurrentMdl);
    assert_ptr_equal(nb->MdlChain->MappedSystemVa, second);
    assert_int_equal(nb->DataOffset, 1);
    assert_string_equal(text_of(nb), "ORLD");
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(pp_pool_memory_held(), held);
}

static void test_clone_from_pools(void **state) {
    (void)state;
    NDIS_HANDLE nb_pool = scene_nb_pool(0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, pool, NULL, 0);
    assert_ptr_equal(NdisGetPoolFromNetBufferList(clone), pool);
    assert_ptr_equal(clone->FirstNetBuffer->Next->NdisPoolHandle, pool);
    assert_int_equal(NdisGetNetBufferListProtocolId(clone), NDIS_PROTOCOL_ID_TCP_IP);
    NET_BUFFER_LIST *again = NdisAllocateCloneNetBufferList(clone, pool, nb_pool, 0);  // A44
    assert_ptr_equal(again->NdisPoolHandle, pool);
    assert_ptr_equal(NdisGetPoolFromNetBuffer(again->FirstNetBuffer), pool);  // A22
    assert_ptr_equal(NdisGetPoolFromNetBuffer(again->FirstNetBuffer->Next), nb_pool);
    NdisFreeCloneNetBufferList(again, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

static void test_clone_of_empty(void **state) {
    (void)state;
    NET_BUFFER_LIST *bare = NdisAllocateNetBufferList(scene_nbl_pool(false, 0, 0), 0, 0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(bare, NULL, NULL, 0);
    assert_null(clone->FirstNetBuffer);
    NdisFreeCloneNetBufferList(clone, 0);
    NET_BUFFER_LIST *no_data = NdisAllocateNetBufferList(pool, 0, 0);
    clone = NdisAllocateCloneNetBufferList(no_data, NULL, NULL, 0);
    assert_null(clone->FirstNetBuffer->MdlChain);
    assert_int_equal(clone->FirstNetBuffer->DataLength, 0);
    NdisFreeCloneNetBufferList(clone, 0);
}

// === Fragments ===

static void test_fragments(void **state) {
    (void)state;
    NET_BUFFER_LIST *fragments = NdisAllocateFragmentNetBufferList(original, NULL, NULL, 1, 4, 0, 0, 0);
    NET_BUFFER *nb = fragments->FirstNetBuffer;
    assert_string_equal(text_of(nb), "ELLO");
    assert_int_equal(mdl_count(nb), 1);
    assert_string_equal(text_of(nb->Next), "WORL");
    assert_string_equal(text_of(nb->Next->Next), "D");  // pieces never join across NBs
    assert_string_equal(text_of(nb->Next->Next->Next), "yz");
    assert_null(nb->Next->Next->Next->Next);
    NdisFreeFragmentNetBufferList(fragments, 0, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

// A28: each is retreated, and has room for a header of its own.
static void test_fragments_are_retreated(void **state) {
    (void)state;
    NET_BUFFER_LIST *fragments = NdisAllocateFragmentNetBufferList(original, pool, NULL, 0, 7, 14, 2, 0);
    NET_BUFFER *nb = fragments->FirstNetBuffer;
    assert_int_equal(nb->DataLength, 21);
    assert_int_equal(nb->DataOffset, 2);
    assert_int_equal(nb->MdlChain->ByteCount, 16);
    assert_int_equal(nb->CurrentMdlOffset, 2);
    assert_int_equal(mdl_count(nb), 3);
    memset((char *)nb->MdlChain->MappedSystemVa + 2, '-', 14);
    assert_string_equal(text_of(nb), "--------------HELLOWO");
    assert_int_equal(nb->Next->DataLength, 17);
    NdisFreeFragmentNetBufferList(fragments, 14, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

static void test_no_fragments(void **state) {
    (void)state;
    NET_BUFFER_LIST *fragments = NdisAllocateFragmentNetBufferList(original, NULL, NULL, 10, 4, 0, 0, 0);
    assert_null(fragments->FirstNetBuffer);
    NdisFreeFragmentNetBufferList(fragments, 0, 0);
    assert_null(NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 0, 0, 0, 0));
    // A retreat that cannot be: nothing stays.
    assert_null(NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 4, 0xFFFFFFFF, 1, 0));
    assert_int_equal(pp_pool_memory_held(), held);
}

// The chain that a clone shares is not its own: what the original's retreat put there stays.
static void test_advance_of_a_shared_chain(void **state) {
    (void)state;
    NET_BUFFER *nb = original->FirstNetBuffer;
    NdisRetreatNetBufferDataStart(nb, 10, 0, NULL);
    const MDL *added = nb->MdlChain;
    NET_BUFFER_LIST *clone =
        NdisAllocateCloneNetBufferList(original, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 12, TRUE, NULL);
    assert_ptr_equal(clone->FirstNetBuffer->MdlChain, added);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_true(scene_is_mdl(added));
    NdisAdvanceNetBufferDataStart(nb, 10, TRUE, NULL);
    assert_int_equal(pp_pool_memory_held(), held);
}

// Whatever a driver has made of a fragment's data, the MDL of its header goes with it.
static void test_advance_of_a_fragment(void **state) {
    for (int frees_mdl = 0; frees_mdl < 2; frees_mdl++) {
        set_up(state);
        NET_BUFFER_LIST *fragments =
            NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 7, 14, 2, 0);
        NET_BUFFER *nb = fragments->FirstNetBuffer;
        MDL *header = nb->MdlChain;
        NdisAdvanceNetBufferDataStart(nb, 21, (BOOLEAN)frees_mdl, NULL);
        assert_int_equal(nb->MdlChain != header, frees_mdl);
        assert_int_equal(scene_event_count(PP_EVENT_MDL_GONE), frees_mdl);
        assert_int_equal(scene_is_closed(header), frees_mdl && PP_HAS_GUARD);
        NdisFreeFragmentNetBufferList(fragments, 14, 0);
        assert_int_equal(pp_pool_memory_held(), held);
    }
}

// === Reassembled NBLs ===

static void test_reassembled(void **state) {
    (void)state;
    NET_BUFFER_LIST *whole = NdisAllocateReassembledNetBufferList(original, pool, 1, 4, 0, 0);
    NET_BUFFER *nb = whole->FirstNetBuffer;
    assert_null(nb->Next);
    assert_int_equal(nb->DataLength, 15);
    assert_int_equal(mdl_count(nb), 4);
    memset(nb->MdlChain->MappedSystemVa, '=', 4);
    assert_string_equal(text_of(nb), "====ELLOWORLDyz");
    assert_ptr_equal(whole->NdisPoolHandle, pool);
    NdisFreeReassembledNetBufferList(whole, 4, 0);
    whole = NdisAllocateReassembledNetBufferList(original, NULL, 3, 0, 0, 0);
    assert_string_equal(text_of(whole->FirstNetBuffer), "LOWORLD");  // nothing of the short NB
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

// === Failures ===

static NET_BUFFER_LIST *clone_all(void) {
    return NdisAllocateCloneNetBufferList(original, pool, NULL, 0);
}

static NET_BUFFER_LIST *fragment_all(void) {
    return NdisAllocateFragmentNetBufferList(original, pool, NULL, 1, 4, 14, 2, 0);
}

static NET_BUFFER_LIST *reassemble_all(void) {
    return NdisAllocateReassembledNetBufferList(original, pool, 0, 14, 2, 0);
}

static void free_clone(NET_BUFFER_LIST *nbl) { NdisFreeCloneNetBufferList(nbl, 0); }

static void free_fragment(NET_BUFFER_LIST *nbl) { NdisFreeFragmentNetBufferList(nbl, 14, 0); }

static void free_reassembled(NET_BUFFER_LIST *nbl) { NdisFreeReassembledNetBufferList(nbl, 14, 0); }

// Pieces: an NBL, its NBs, their MDLs, and the MDLs that retreats put in front.
static void test_failure_at_each_piece(void **state) {
    static const struct {
        enum pp_point point;
        NET_BUFFER_LIST *(*derive)(void);
        void (*free)(NET_BUFFER_LIST *nbl);
        uint8_t piece_count;
    } cases[] = {
        {PP_POINT_CLONE_ALLOCATE, clone_all, free_clone, 1 + 2 + 3},
        {PP_POINT_FRAGMENT_ALLOCATE, fragment_all, free_fragment, 1 + 4 + 4 + 4},
        {PP_POINT_REASSEMBLE_ALLOCATE, reassemble_all, free_reassembled, 1 + 1 + 3 + 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint8_t nth = 1; nth <= cases[i].piece_count; nth++) {
            set_up(state);
            const NET_BUFFER_LIST before = *original;
            const NET_BUFFER nb_before = *original->FirstNetBuffer;
            scene_fail(cases[i].point, nth);
            assert_null(cases[i].derive());
            assert_int_equal(scene_event(PP_EVENT_DERIVED)->args[0], 0);
            assert_int_equal(pp_pool_memory_held(), held);
            assert_memory_equal(original, &before, sizeof(before));
            assert_memory_equal(original->FirstNetBuffer, &nb_before, sizeof(nb_before));
            NET_BUFFER_LIST *derived = cases[i].derive();  // again, and nothing is in the way
            assert_non_null(derived);
            cases[i].free(derived);
            assert_int_equal(pp_pool_memory_held(), held);
        }
        set_up(state);
        scene_fail(cases[i].point, (uint8_t)(cases[i].piece_count + 1));
        assert_non_null(cases[i].derive());
        assert_int_equal(scene_event_count(PP_EVENT_FAULT_FIRED), 0);
    }
}

// === What makes no sense ===

static void test_wrong_calls_do_nothing(void **state) {
    (void)state;
    NET_BUFFER_LIST *clone = clone_all();
    uint32_t with_clone = pp_pool_memory_held();
    assert_null(NdisAllocateCloneNetBufferList(NULL, NULL, NULL, 0));
    assert_null(NdisAllocateFragmentNetBufferList((NET_BUFFER_LIST *)original->FirstNetBuffer, NULL,
                                                  NULL, 0, 4, 0, 0, 0));
    assert_null(NdisAllocateReassembledNetBufferList((NET_BUFFER_LIST *)first, NULL, 0, 0, 0, 0));
    NdisFreeCloneNetBufferList(original, 0);
    NdisFreeNetBufferList(clone);
    NdisFreeNetBuffer(clone->FirstNetBuffer);
    NdisFreeMdl(clone->FirstNetBuffer->MdlChain);
    NdisFreeCloneNetBufferList(NULL, 0);
    assert_int_equal(pp_pool_memory_held(), with_clone);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(pp_pool_memory_held(), held);
}

// Whatever a driver does to the lists, all that was made goes; what it has hung in stays.
static void test_free_of_a_changed_clone(void **state) {
    (void)state;
    NET_BUFFER_LIST *clone = clone_all();
    assert_int_equal(NdisAllocateNetBufferListContext(clone, 16, 0, 0), NDIS_STATUS_SUCCESS);
    clone->FirstNetBuffer->MdlChain = original->FirstNetBuffer->MdlChain;
    clone->FirstNetBuffer = original->FirstNetBuffer;
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(pp_pool_memory_held(), held);
    assert_string_equal(text_of(original->FirstNetBuffer), "HELLOWORLD");
}

static void test_cyclic_list(void **state) {
    (void)state;
    NET_BUFFER_LIST *empty = NdisAllocateNetBufferList(pool, 0, 0);
    empty->FirstNetBuffer->Next = empty->FirstNetBuffer;
    held = pp_pool_memory_held();
    assert_null(NdisAllocateCloneNetBufferList(empty, NULL, NULL, 0));
    assert_null(NdisAllocateReassembledNetBufferList(empty, NULL, 0, 0, 0, 0));
    assert_null(NdisAllocateFragmentNetBufferList(empty, NULL, NULL, 0, 1, 0, 0, 0));
    assert_int_equal(pp_pool_memory_held(), held);
}

// NET_BUFFER_LIST_POOL_FLAG_VERIFY: what such a pool made is never used again.
static void test_verify_pool(void **state) {
    (void)state;
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {.Header = {NDIS_OBJECT_TYPE_DEFAULT,
                                                             NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                                                             sizeof(parameters)},
                                                  .fAllocateNetBuffer = TRUE,
                                                  .Flags = NET_BUFFER_LIST_POOL_FLAG_VERIFY};
    for (int is_counted = 0; is_counted < 2; is_counted++) {
        set_up(state);
        pp_arena_set_reuse(PP_REUSE_LIFO);
        // Flags counts only if the size covers it.
        parameters.Header.Size =
            (USHORT)(is_counted ? sizeof(parameters)
                                : NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1);
        pool = NdisAllocateNetBufferListPool(NULL, &parameters);
        NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
        NdisFreeNetBufferList(nbl);
        assert_int_equal(NdisAllocateNetBufferList(pool, 0, 0) == nbl, !is_counted);
        NET_BUFFER_LIST *clone = clone_all();
        NdisFreeCloneNetBufferList(clone, 0);
        assert_int_equal(clone_all() == clone, !is_counted);
    }
}

// === Out-of-band information ===

static void test_copy_info(void **state) {
    (void)state;
    NET_BUFFER_LIST *clone = clone_all();
    for (size_t i = 0; i < MaxNetBufferListInfo; i++) {
        original->NetBufferListInfo[i] = (PVOID)(i + 1);
    }
    NdisCopySendNetBufferListInfo(clone, original);
    assert_ptr_equal(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(clone), (PVOID)(NetBufferListCancelId + 1));
    assert_ptr_equal(clone->NetBufferListInfo[NetBufferListProtocolId],
                     (PVOID)(NetBufferListProtocolId + 1));
    assert_null(clone->NetBufferListInfo[NetBufferListHashValue]);
    NdisFreeCloneNetBufferList(clone, 0);
    clone = clone_all();
    NdisCopyReceiveNetBufferListInfo(clone, original);
    assert_ptr_equal(clone->NetBufferListInfo[NetBufferListHashValue],
                     (PVOID)(NetBufferListHashValue + 1));
    assert_null(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(clone));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_clone_has_mdls_of_its_own),
        TEST(test_clone_with_the_originals_mdls),
        TEST(test_clone_from_pools),
        TEST(test_clone_of_empty),
        TEST(test_fragments),
        TEST(test_fragments_are_retreated),
        TEST(test_advance_of_a_shared_chain),
        TEST(test_advance_of_a_fragment),
        TEST(test_no_fragments),
        TEST(test_reassembled),
        TEST(test_failure_at_each_piece),
        TEST(test_wrong_calls_do_nothing),
        TEST(test_free_of_a_changed_clone),
        TEST(test_cyclic_list),
        TEST(test_verify_pool),
        TEST(test_copy_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
