// SPDX-License-Identifier: MIT
// Clones, fragments and what is reassembled; and what is passed to a pool by mistake.
#include "table.h"

#include <string.h>

static void expect_derived(const NET_BUFFER_LIST *nbl, NDIS_HANDLE pool) {
    assert_non_null(nbl);
    assert_ptr_equal(nbl->NdisPoolHandle, pool);
    assert_ptr_equal(table->pool_of_nbl(nbl), pool);
    assert_null(nbl->Next);
    assert_null(nbl->ParentNetBufferList);
    assert_int_equal(nbl->ChildRefCount, 0);
    assert_null(nbl->Context);
    assert_null(nbl->Scratch);
    ULONG_PTR id = pool != NULL ? NDIS_PROTOCOL_ID_TCP_IP : NDIS_PROTOCOL_ID_DEFAULT;
    for (size_t i = 0; i < MaxNetBufferListInfo; i++) {
        assert_int_equal((ULONG_PTR)nbl->NetBufferListInfo[i], i == NetBufferListProtocolId ? id : 0);
    }
}

static void expect_nb(const NET_BUFFER *nb, NDIS_HANDLE pool, ULONG offset, const char *expect) {
    assert_non_null(nb);
    assert_ptr_equal(nb->NdisPoolHandle, pool);
    assert_ptr_equal(table->pool_of_nb(nb), pool);
    assert_int_equal(nb->DataOffset, offset);
    expect_bytes(nb, expect);
}

static void expect_mdl_lengths(const NET_BUFFER *nb, const ULONG *lengths) {
    for (const MDL *mdl = nb->MdlChain; mdl != NULL; mdl = mdl->Next) {
        assert_int_equal(mdl->ByteCount, *lengths++);
        assert_ptr_equal((char *)mdl->StartVa + mdl->ByteOffset, mdl->MappedSystemVa);
    }
    assert_int_equal(*lengths, 0);
}

// === Clones ===

static void test_clone(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER_LIST *clone = table->clone(original.nbl, NULL, NULL, 0);
    expect_derived(clone, NULL);
    const NET_BUFFER *nb = clone->FirstNetBuffer;
    expect_nb(nb, NULL, 0, ORIGINAL_FIRST);
    expect_mdl_lengths(nb, (const ULONG[]){6, 4, 6, 0});
    expect_nb(nb->Next, NULL, 0, ORIGINAL_SECOND);
    assert_null(nb->Next->Next);
    assert_ptr_equal(nb->MdlChain->MappedSystemVa, original.bytes[0] + 4);
    table->free_nb(clone->FirstNetBuffer);  // none of it goes by itself
    table->free_mdl(nb->MdlChain);
    table->free_nbl(clone);
    table->free_fragment(clone, 0);
    expect_nb(nb, NULL, 0, ORIGINAL_FIRST);
    NET_BUFFER_LIST *again = table->clone(clone, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    expect_nb(again->FirstNetBuffer, NULL, 0, ORIGINAL_FIRST);
    table->free_clone(again, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(table->allocate_context(clone, 8, 0), NDIS_STATUS_SUCCESS);
    table->free_context(clone, 8);
    assert_null(clone->Context);
    table->free_clone(clone, 0);
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_clone_of_short_ranges(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    table->advance(original.first, 9, FALSE, NULL);
    table->advance(original.second, 10, FALSE, NULL);
    original.first->DataLength = 3;
    NET_BUFFER_LIST *clone = table->clone(original.nbl, NULL, NULL, 0);
    NET_BUFFER *nb = clone->FirstNetBuffer;
    expect_nb(nb, NULL, 0, "bcc");
    expect_mdl_lengths(nb, (const ULONG[]){1, 2, 0});
    expect_nb(nb->Next, NULL, 0, "");
    assert_null(nb->Next->MdlChain);
    table->free_clone(clone, 0);
    clone = table->clone(original.nbl, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    nb = clone->FirstNetBuffer;
    expect_nb(nb, NULL, 3, "bcc");
    assert_ptr_equal(nb->MdlChain, original.mdls[1]);  // what lies before is left out (A21)
    expect_nb(nb->Next, NULL, 10, "");
    assert_ptr_equal(nb->Next->MdlChain, original.mdls[3]);
    table->free_clone(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    expect_bytes(original.first, "bcc");
    original_free(&original);
}

// The MDLs in front of an original are not its clone's to free.
static void test_advance_of_clone(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    assert_int_equal(table->retreat_list(original.nbl, 20, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NET_BUFFER_LIST *clone = table->clone(original.nbl, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    table->advance_list(clone, 20, TRUE, NULL);
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 0);
    expect_bytes(clone->FirstNetBuffer, ORIGINAL_FIRST);
    table->free_clone(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    table->advance_list(original.nbl, 20, TRUE, NULL);
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_pools_of_derived(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NDIS_HANDLE bare = table_nbl_pool(false, 16, 0), with_nb = table_nbl_pool(true, 16, 0);
    NDIS_HANDLE with_data = table_nbl_pool(true, 0, 64), nbs = table_nb_pool(0);
    const struct {
        NDIS_HANDLE nbl_pool, nb_pool, expect_first, expect_second;
    } cases[] = {
        {bare, NULL, bare, bare},     {bare, nbs, nbs, nbs}, {with_nb, NULL, with_nb, with_nb},
        {with_nb, nbs, with_nb, nbs}, {NULL, nbs, nbs, nbs}, {with_data, NULL, with_data, with_data},
        {with_data, nbs, nbs, nbs},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        NET_BUFFER_LIST *clone = table->clone(original.nbl, cases[i].nbl_pool, cases[i].nb_pool, 0);
        expect_derived(clone, cases[i].nbl_pool);
        expect_nb(clone->FirstNetBuffer, cases[i].expect_first, 0, ORIGINAL_FIRST);
        expect_nb(clone->FirstNetBuffer->Next, cases[i].expect_second, 0, ORIGINAL_SECOND);
        table->free_clone(clone, 0);
    }
    assert_null(table->clone(original.nbl, nbs, NULL, 0));
    assert_null(table->clone(original.nbl, NULL, bare, 0));
    table->free_nbl_pool(bare);
    table->free_nbl_pool(with_nb);
    table->free_nbl_pool(with_data);
    table->free_nb_pool(nbs);
    original_free(&original);
}

// === Fragments ===

static void test_fragment(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER_LIST *fragment = table->fragment(original.nbl, NULL, NULL, 3, 5, 0, 0);
    expect_derived(fragment, NULL);
    static const char *const expect[] = {"aaabb", "bbccc", "ccc", "ddddd", "dd"};
    const NET_BUFFER *nb = fragment->FirstNetBuffer;
    for (size_t i = 0; i < RTL_NUMBER_OF(expect); i++, nb = nb->Next) {
        expect_nb(nb, NULL, 0, expect[i]);
    }
    assert_null(nb);
    expect_mdl_lengths(fragment->FirstNetBuffer, (const ULONG[]){3, 2, 0});
    table->free_clone(fragment, 0);
    table->free_fragment(fragment, 0);
    NDIS_HANDLE pool = original.nbl_pool;
    fragment = table->fragment(original.nbl, pool, original.nb_pool, 10, 0xFFFFFFFF, 0, 0);
    expect_derived(fragment, pool);
    expect_nb(fragment->FirstNetBuffer, pool, 0, "cccccc");
    assert_null(fragment->FirstNetBuffer->Next);  // the other NB has no more than 10
    table->free_fragment(fragment, 0);
    fragment = table->fragment(original.nbl, NULL, NULL, 100, 5, 9, 9);
    expect_derived(fragment, NULL);
    assert_null(fragment->FirstNetBuffer);
    table->free_fragment(fragment, 9);
    assert_null(table->fragment(original.nbl, NULL, NULL, 0, 0, 0, 0));
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_fragment_with_headers(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER_LIST *fragment = table->fragment(original.nbl, NULL, NULL, 0, 8, 2, 3);
    static const char *const expect[] = {"##aaaaaabb", "##bbcccccc", "##dddddddd", "##dd"};
    NET_BUFFER *nb = fragment->FirstNetBuffer;
    for (size_t i = 0; i < RTL_NUMBER_OF(expect); i++, nb = nb->Next) {
        assert_int_equal(nb->MdlChain->ByteCount, 5);
        memset(nb->MdlChain->MappedSystemVa, '#', 5);
        expect_nb(nb, NULL, 3, expect[i]);
    }
    assert_null(nb);
    assert_int_equal(table_event_count(PP_EVENT_MDL_ADDED), 4);
    assert_int_equal(table->retreat(fragment->FirstNetBuffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    table->advance(fragment->FirstNetBuffer, 4, FALSE, NULL);
    table->free_fragment(fragment, 2);
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 5);
    assert_null(table->fragment(original.nbl, NULL, NULL, 0, 8, 0xFFFFFFFF, 1));
    original_expect_unchanged(&original);
    original_free(&original);
}

// === Reassembled ===

static void test_reassemble(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NDIS_HANDLE pool = table_nbl_pool(true, 16, 0);
    NET_BUFFER_LIST *whole = table->reassemble(original.nbl, pool, 0, 0, 7);
    expect_derived(whole, pool);
    expect_nb(whole->FirstNetBuffer, pool, 0, ORIGINAL_FIRST ORIGINAL_SECOND);
    assert_null(whole->FirstNetBuffer->Next);
    table->free_reassembled(whole, 0);
    whole = table->reassemble(original.nbl, NULL, 7, 2, 1);
    memset(whole->FirstNetBuffer->MdlChain->MappedSystemVa, '#', 3);
    expect_nb(whole->FirstNetBuffer, NULL, 1, "##bbbccccccddd");
    expect_mdl_lengths(whole->FirstNetBuffer, (const ULONG[]){3, 3, 6, 3, 0});
    table->free_fragment(whole, 2);
    table->free_reassembled(whole, 2);
    whole = table->reassemble(original.nbl, NULL, 10, 0, 0);
    expect_nb(whole->FirstNetBuffer, NULL, 0, "cccccc");
    table->free_reassembled(whole, 0);
    original.second->DataLength = 1;
    whole = table->reassemble(original.nbl, NULL, 0, 0, 0);
    expect_nb(whole->FirstNetBuffer, NULL, 0, ORIGINAL_FIRST "d");
    table->free_reassembled(whole, 0);
    original.second->DataLength = 10;
    whole = table->reassemble(original.nbl, NULL, 99, 0, 0);
    expect_nb(whole->FirstNetBuffer, NULL, 0, "");
    assert_null(whole->FirstNetBuffer->MdlChain);
    table->free_reassembled(whole, 0);
    table->free_nbl_pool(pool);
    original_expect_unchanged(&original);
    original_free(&original);
}

// === Failures ===

static NET_BUFFER_LIST *make_clone(NET_BUFFER_LIST *nbl) { return table->clone(nbl, NULL, NULL, 0); }

static NET_BUFFER_LIST *make_sharing_clone(NET_BUFFER_LIST *nbl) {
    return table->clone(nbl, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static NET_BUFFER_LIST *make_fragment(NET_BUFFER_LIST *nbl) {
    return table->fragment(nbl, NULL, NULL, 0, 8, 2, 3);
}

static NET_BUFFER_LIST *make_whole(NET_BUFFER_LIST *nbl) {
    return table->reassemble(nbl, NULL, 1, 2, 3);
}

static void free_sharing_clone(NET_BUFFER_LIST *nbl, ULONG unused) {
    (void)unused;
    table->free_clone(nbl, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

// One piece for the NBL, each NB, each MDL, and each MDL in front.
static void test_every_piece_may_fail(void **state) {
    (void)state;
    const struct {
        NET_BUFFER_LIST *(*make)(NET_BUFFER_LIST *nbl);
        void (*free)(NET_BUFFER_LIST *nbl, ULONG how);
        ULONG how;
        uint8_t expect_pieces;
    } cases[] = {
        {make_clone, table->free_clone, 0, 1 + 2 + 4},
        {make_sharing_clone, free_sharing_clone, 0, 1 + 2},
        {make_fragment, table->free_fragment, 2, 1 + 4 + 6 + 4},
        {make_whole, table->free_reassembled, 2, 1 + 1 + 4 + 1},
    };
    struct original original;
    original_make(&original);
    uint32_t held = pp_pool_memory_held();
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        uint8_t nth = 1;
        for (; table_refuse_piece(nth), nth <= cases[i].expect_pieces; nth++) {
            assert_null(cases[i].make(original.nbl));
            assert_int_equal(pp_pool_memory_held(), held);
            original_expect_unchanged(&original);
        }
        NET_BUFFER_LIST *nbl = cases[i].make(original.nbl);
        assert_non_null(nbl);
        cases[i].free(nbl, cases[i].how);
        assert_int_equal(pp_pool_memory_held(), held);
    }
    assert_int_equal(table_event_count(PP_EVENT_MDL_ADDED), table_event_count(PP_EVENT_MDL_GONE));
    original_free(&original);
}

// A chain that is shorter than its NB says cannot be derived from.
static void test_too_short_chain(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    uint32_t held = pp_pool_memory_held();
    original.second->DataLength = 11;
    assert_null(make_clone(original.nbl));
    assert_null(make_fragment(original.nbl));
    assert_null(make_whole(original.nbl));
    assert_int_equal(pp_pool_memory_held(), held);
    original_free(&original);
}

// === Mistakes ===

static void call_all_with(void *wrong) {
    char storage[8];
    ULONG copied;
    assert_null(table->allocate_nbl(wrong, false, 0, 0, NULL, 0, 0));
    assert_null(table->allocate_nb(wrong, false, NULL, 0, 0));
    assert_int_not_equal(table->allocate_context(wrong, 8, 0), NDIS_STATUS_SUCCESS);
    assert_null(table->clone(wrong, NULL, NULL, 0));
    assert_null(table->fragment(wrong, NULL, NULL, 0, 8, 0, 0));
    assert_null(table->reassemble(wrong, NULL, 0, 0, 0));
    assert_int_not_equal(table->retreat(wrong, 8, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_not_equal(table->retreat_list(wrong, 8, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_null(table->get_data(wrong, 0, storage, 1, 0));
    assert_int_not_equal(table->copy(wrong, 0, 8, wrong, 0, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(table->physical_count(wrong), 0);
    assert_null(table->pool_of_nbl(wrong));
    assert_null(table->pool_of_nb(wrong));
    table->advance(wrong, 8, TRUE, NULL);
    table->advance_list(wrong, 8, TRUE, NULL);
    table->adjust(wrong);
    table->free_context(wrong, 8);
    table->free_nbl_pool(wrong);
    table->free_nb_pool(wrong);
    table->free_nbl(wrong);
    table->free_clone(wrong, 0);
    table->free_fragment(wrong, 0);
    table->free_reassembled(wrong, 0);
    table->free_nb(wrong);
    table->free_mdl(wrong);
}

static void test_strangers(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    char stack[512] = {0};
    assert_null(table->allocate_nbl_pool(NULL));
    assert_null(table->allocate_nb_pool(NULL));
    call_all_with(NULL);
    call_all_with(stack);
    call_all_with((char *)original.nbl + 16);
    call_all_with((void *)0x123456789);
    assert_null(table->clone(original.nbl, stack, NULL, 0));
    assert_null(table->reassemble(original.nbl, original.nb_pool, 0, 0, 0));
    assert_int_not_equal(table->copy(original.first, 0, 1, original.second, 0, NULL),
                         NDIS_STATUS_SUCCESS);
    original_expect_unchanged(&original);
    original.nbl->Context = (NET_BUFFER_LIST_CONTEXT *)stack;
    assert_int_not_equal(table->allocate_context(original.nbl, 0, 0), NDIS_STATUS_SUCCESS);
    table->free_context(original.nbl, 0);
    original.nbl->Context = NULL;
    original.second->Next = (NET_BUFFER *)stack;  // an NB that is none
    assert_null(make_clone(original.nbl));
    assert_int_not_equal(table->retreat_list(original.nbl, 5, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    original.second->Next = NULL;
    original_expect_unchanged(&original);
    original_free(&original);
    call_all_with(original.nbl);  // freed
    call_all_with(original.first);
    call_all_with(original.mdls[0]);
}

static void test_rings(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    original.second->Next = original.first;
    assert_null(make_clone(original.nbl));
    assert_null(make_whole(original.nbl));
    assert_int_not_equal(table->retreat_list(original.nbl, 5, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    table->advance_list(original.nbl, 1, TRUE, NULL);
    original.second->Next = NULL;
    original_expect_unchanged(&original);

    NET_BUFFER *nb = original.first;
    static char storage[8];
    ULONG copied;
    for (ULONG length = 0; length < 2; length++) {
        for (size_t i = 0; i < 3; i++) {
            original.mdls[i]->ByteCount = length;
        }
        original.mdls[2]->Next = original.mdls[0];
        nb->DataOffset = nb->DataLength = 0xFFFFFFFF;
        table->adjust(nb);
        assert_null(make_clone(original.nbl));
        assert_null(table->get_data(nb, 0xFFFFFFFF, NULL, 1, 0));
        table->get_data(nb, 8, storage, 1, 0);
        table->copy(nb, 0, 0xFFFFFFFF, nb, 1, &copied);
        table->physical_count(nb);
    }
    original_free(&original);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(test_clone),
        TABLE_TEST(test_clone_of_short_ranges),
        TABLE_TEST(test_advance_of_clone),
        TABLE_TEST(test_pools_of_derived),
        TABLE_TEST(test_fragment),
        TABLE_TEST(test_fragment_with_headers),
        TABLE_TEST(test_reassemble),
        TABLE_TEST(test_every_piece_may_fail),
        TABLE_TEST(test_too_short_chain),
        TABLE_TEST(test_strangers),
        TABLE_TEST(test_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
