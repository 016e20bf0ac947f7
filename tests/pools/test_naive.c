// SPDX-License-Identifier: MIT
// What each function of a pool's table gives, and that a failure of any piece changes nothing.
#include "table.h"

#include <string.h>

// === Pools, NBLs, NBs ===

static void test_pools(void **state) {
    (void)state;
    NDIS_HANDLE pool = table_nbl_pool(true, 0, 0), other = table_nb_pool(0);
    assert_non_null(pool);
    assert_non_null(other);
    assert_ptr_not_equal(pool, other);
    table->free_nb_pool(pool);  // of the other kind
    table->free_nbl_pool(other);
    NET_BUFFER_LIST *nbl = table->allocate_nbl(pool, false, 0, 0, NULL, 0, 0);
    assert_non_null(nbl);
    table->free_nbl_pool(pool);  // with an NBL live
    assert_ptr_equal(table->pool_of_nbl(nbl), pool);
    assert_null(table->allocate_nbl(pool, false, 0, 0, NULL, 0, 0));
    table->free_nbl(nbl);
    table->free_nbl_pool(pool);
    table->free_nb_pool(other);
}

static void test_many_pools(void **state) {
    (void)state;
    NDIS_HANDLE pools[40];
    NET_BUFFER *nbs[40];
    for (size_t i = 0; i < RTL_NUMBER_OF(pools); i++) {
        pools[i] = table_nb_pool(i % 2);
        assert_non_null(pools[i]);
    }
    for (size_t i = 0; i < RTL_NUMBER_OF(pools); i++) {
        nbs[i] = table->allocate_nb(pools[i], i % 2, NULL, 0, 0);
        assert_ptr_equal(table->pool_of_nb(nbs[i]), pools[i]);
    }
    for (size_t i = 0; i < RTL_NUMBER_OF(pools); i++) {
        table->free_nb(nbs[i]);
        table->free_nb_pool(pools[i]);
    }
}

static void test_pool_headers(void **state) {
    (void)state;
    NET_BUFFER_LIST_POOL_PARAMETERS right = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1}};
    NET_BUFFER_LIST_POOL_PARAMETERS wrong[4] = {right, right, right, right};
    wrong[0].Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    wrong[1].Header.Revision = 0;
    wrong[2].Header.Size--;
    wrong[3].DataSize = 1;  // without an NB
    for (size_t i = 0; i < 4; i++) {
        assert_null(table->allocate_nbl_pool(&wrong[i]));
    }
    NET_BUFFER_POOL_PARAMETERS short_one = {.Header = right.Header};
    short_one.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 - 1;
    assert_null(table->allocate_nb_pool(&short_one));
    right.Header.Size = sizeof(right);
    NDIS_HANDLE pool = table->allocate_nbl_pool(&right);
    assert_non_null(pool);
    table->free_nbl_pool(pool);
}

static void expect_nbl(const NET_BUFFER_LIST *nbl, NDIS_HANDLE pool) {
    assert_non_null(nbl);
    assert_null(nbl->Next);
    assert_null(nbl->ParentNetBufferList);
    assert_null(nbl->Scratch);
    assert_null(nbl->SourceHandle);
    assert_int_equal(nbl->ChildRefCount, 0);
    assert_int_equal(nbl->NblFlags, 0);
    assert_int_equal(nbl->Flags, 0);
    assert_int_equal(nbl->Status, NDIS_STATUS_SUCCESS);
    for (size_t i = 0; i < MaxNetBufferListInfo; i++) {
        bool has_id = i == NetBufferListProtocolId && pool != NULL;
        assert_ptr_equal(nbl->NetBufferListInfo[i], has_id ? (PVOID)NDIS_PROTOCOL_ID_TCP_IP : NULL);
    }
    assert_ptr_equal(nbl->NdisPoolHandle, pool);
    assert_ptr_equal(table->pool_of_nbl(nbl), pool);
}

static void expect_nb(const NET_BUFFER *nb, NDIS_HANDLE pool, const MDL *mdl, ULONG offset,
                      SIZE_T length) {
    assert_non_null(nb);
    assert_ptr_equal(nb->NdisPoolHandle, pool);
    assert_ptr_equal(table->pool_of_nb(nb), pool);
    assert_ptr_equal(nb->MdlChain, mdl);
    assert_int_equal(nb->DataOffset, offset);
    assert_int_equal(nb->stDataLength, length);
    assert_int_equal(nb->ChecksumBias, 0);
    assert_int_equal(nb->DataPhysicalAddress.QuadPart, 0);
    assert_null(nb->SharedMemoryInfo);
}

static void expect_mdl(const MDL *mdl, const void *buffer, ULONG length) {
    assert_non_null(mdl);
    assert_int_equal(mdl->Size, sizeof(MDL));
    assert_int_equal(mdl->MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL);
    assert_ptr_equal(mdl->MappedSystemVa, buffer);
    assert_ptr_equal(mdl->StartVa, PAGE_ALIGN(buffer));
    assert_int_equal(mdl->ByteOffset, BYTE_OFFSET(buffer));
    assert_int_equal(mdl->ByteCount, length);
}

// Used memory comes back: what the first time has left in it must not be seen.
static void test_nbls_without_data(void **state) {
    (void)state;
    pp_arena_set_reuse(PP_REUSE_LIFO);
    NDIS_HANDLE bare = table_nbl_pool(false, 0, 0), with_nb = table_nbl_pool(true, 0, 0);
    for (int i = 0; i < 2; i++) {
        NET_BUFFER_LIST *nbl = table->allocate_nbl(bare, false, 0, 0, NULL, 0, 0);
        expect_nbl(nbl, bare);
        assert_null(nbl->FirstNetBuffer);
        assert_null(nbl->Context);
        NET_BUFFER_LIST *other = table->allocate_nbl(with_nb, false, 0, 0, NULL, 0, 0);
        expect_nbl(other, with_nb);
        expect_nb(other->FirstNetBuffer, with_nb, NULL, 0, 0);
        assert_null(other->FirstNetBuffer->Next);
        assert_null(other->FirstNetBuffer->CurrentMdl);
        table->free_nb(other->FirstNetBuffer);  // goes with its NBL only
        assert_ptr_equal(table->pool_of_nb(other->FirstNetBuffer), with_nb);
        memset(other->FirstNetBuffer, 0xEE, sizeof(NET_BUFFER));
        memset(nbl, 0xEE, sizeof(*nbl));
        memset(other, 0xEE, sizeof(*other));
        table->free_nbl(nbl);
        table->free_nbl(other);
        assert_null(table->pool_of_nbl(other));
    }
    assert_null(table->allocate_nbl(bare, true, 0, 0, NULL, 0, 0));
    table->free_nbl_pool(bare);
    table->free_nbl_pool(with_nb);
}

static void test_data_of_pools(void **state) {
    (void)state;
    NDIS_HANDLE pool = table_nbl_pool(true, 0, 100), nb_pool = table_nb_pool(100);
    for (int is_zero = 0; is_zero < 2; is_zero++) {
        pp_pool_set_data_offset_zero(is_zero);
        NET_BUFFER_LIST *nbl = table->allocate_nbl(pool, false, 0, 0, NULL, 0, 0);
        NET_BUFFER *nbs[2] = {nbl->FirstNetBuffer, table->allocate_nb(nb_pool, true, NULL, 0, 0)};
        for (int i = 0; i < 2; i++) {
            MDL *mdl = nbs[i]->MdlChain;
            expect_nb(nbs[i], i == 0 ? pool : nb_pool, mdl, is_zero ? 0 : 100, 0);
            expect_mdl(mdl, mdl->MappedSystemVa, 100);
            expect_bytes(nbs[i], "");
            memset(mdl->MappedSystemVa, 1, 100);
            nbs[i]->MdlChain = NULL;  // the driver's other chain, say
            table->free_mdl(mdl);     // nor does it go by itself
            assert_true(pp_pool_memory_is(mdl));
        }
        table->free_nbl(nbl);
        table->free_nb(nbs[1]);
    }
    assert_null(table->allocate_nbl(pool, true, 0, 0, NULL, 0, 0));
    assert_null(table->allocate_nb(nb_pool, false, NULL, 0, 0));
    table->free_nbl_pool(pool);
    table->free_nb_pool(nb_pool);
}

// An offset at the end of an MDL is the start of the next one; behind the last there is none.
static void test_current_mdl(void **state) {
    (void)state;
    static char bytes[150];
    NDIS_HANDLE pool = table_nb_pool(0);
    MDL *mdls[3];
    for (size_t i = 0; i < 3; i++) {
        mdls[i] = table->allocate_mdl(bytes, i == 1 ? 0 : 50);
        expect_mdl(mdls[i], bytes, i == 1 ? 0 : 50);
    }
    mdls[0]->Next = mdls[1];
    mdls[1]->Next = mdls[2];
    static const struct {
        ULONG offset, mdl, current_offset;
    } cases[] = {{0, 0, 0}, {49, 0, 49}, {50, 2, 0}, {51, 2, 1}, {100, 2, 50}};
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        NET_BUFFER *nb = table->allocate_nb(pool, false, mdls[0], cases[i].offset, 0);
        expect_nb(nb, pool, mdls[0], cases[i].offset, 0);
        nb->CurrentMdl = NULL;
        table->adjust(nb);
        assert_ptr_equal(nb->CurrentMdl, mdls[cases[i].mdl]);
        assert_int_equal(nb->CurrentMdlOffset, cases[i].current_offset);
        table->free_nb(nb);
    }
    for (size_t i = 0; i < 3; i++) {
        table->free_mdl(mdls[i]);
    }
    table->free_nb_pool(pool);
}

// === Context ===

static void test_context_of_allocation(void **state) {
    (void)state;
    static const struct {
        USHORT pool, size, backfill, expect_total, expect_offset;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {16, 0, 0, 16, 16},
        {16, 16, 0, 16, 0},
        {0, 16, 16, 32, 16},
        {5, 1, 17, 48, 32},
        {64, 1, 0, 64, 48},
        {0, 0x8000, 0x7FF0, 0xFFF0, 0x7FF0},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        NDIS_HANDLE pool = table_nbl_pool(false, cases[i].pool, 0);
        NET_BUFFER_LIST *nbl =
            table->allocate_nbl(pool, false, cases[i].size, cases[i].backfill, NULL, 0, 0);
        expect_nbl(nbl, pool);
        assert_int_equal(nbl->Context != NULL, cases[i].expect_total > 0);
        if (nbl->Context != NULL) {
            assert_null(nbl->Context->Next);
            assert_int_equal(nbl->Context->Size, cases[i].expect_total);
            assert_int_equal(nbl->Context->Offset, cases[i].expect_offset);
            memset(NET_BUFFER_LIST_CONTEXT_DATA_START(nbl), 1,
                   cases[i].expect_total - cases[i].expect_offset);
        }
        table->free_nbl(nbl);
        table->free_nbl_pool(pool);
    }
    NDIS_HANDLE pool = table_nbl_pool(false, 0, 0);
    assert_null(table->allocate_nbl(pool, false, 0xFFFF, 0, NULL, 0, 0));
    assert_null(table->allocate_nbl(pool, false, 0x8000, 0x8000, NULL, 0, 0));
    table->free_nbl_pool(pool);
}

static void test_context_stack(void **state) {
    (void)state;
    NDIS_HANDLE pool = table_nbl_pool(false, 32, 0);
    NET_BUFFER_LIST *nbl = table->allocate_nbl(pool, false, 16, 0, NULL, 0, 0);
    NET_BUFFER_LIST_CONTEXT *own = nbl->Context;
    assert_int_equal(table->allocate_context(nbl, 9, 0), NDIS_STATUS_SUCCESS);  // there is room
    assert_ptr_equal(nbl->Context, own);
    assert_int_equal(own->Offset, 0);
    assert_int_equal(table->allocate_context(nbl, 8, 17), NDIS_STATUS_SUCCESS);  // there is none
    NET_BUFFER_LIST_CONTEXT *pushed = nbl->Context;
    assert_ptr_equal(pushed->Next, own);
    assert_int_equal(pushed->Size, 32);
    assert_int_equal(pushed->Offset, 24);
    assert_int_equal(table->allocate_context(nbl, 24, 0), NDIS_STATUS_SUCCESS);
    assert_int_equal(pushed->Offset, 0);
    assert_int_equal(table->allocate_context(nbl, 0xFFF9, 0), NDIS_STATUS_RESOURCES);
    assert_int_equal(table->allocate_context(nbl, 0x8000, 0x8000), NDIS_STATUS_RESOURCES);
    assert_ptr_equal(nbl->Context, pushed);
    table->free_context(nbl, 40);  // more than it has
    assert_int_equal(pushed->Offset, 0);
    table->free_context(nbl, 24);
    assert_ptr_equal(nbl->Context, pushed);
    table->free_context(nbl, 8);
    assert_ptr_equal(nbl->Context, own);
    assert_false(pp_pool_memory_is(pushed));
    table->free_context(nbl, 16);
    table->free_context(nbl, 16);  // its own stays, even if empty
    assert_ptr_equal(nbl->Context, own);
    assert_int_equal(own->Offset, 32);
    assert_int_equal(table->allocate_context(nbl, 40, 0), NDIS_STATUS_SUCCESS);
    table->free_nbl(nbl);  // with what was not given back (A33)
    table->free_nbl_pool(pool);
}

// === MDLs ===

static void test_mdls(void **state) {
    (void)state;
    static char bytes[2 * PAGE_SIZE];
    char *middle = (char *)PAGE_ALIGN(bytes + PAGE_SIZE) + 17;
    MDL *mdl = table->allocate_mdl(middle, 100);
    expect_mdl(mdl, middle, 100);
    assert_int_equal(mdl->ByteOffset, 17);
    MDL *next = mdl->Next = table->allocate_mdl(middle, 5);
    table->free_mdl(mdl);  // one, not the chain
    table->free_mdl(mdl);
    expect_mdl(next, middle, 5);
    table->free_mdl(next);
}

// === Retreat and advance ===

static void test_in_place(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER *nb = original.first;
    assert_int_equal(table->retreat(nb, 3, 50, NULL), NDIS_STATUS_SUCCESS);
    expect_bytes(nb, "..." ORIGINAL_FIRST);
    assert_int_equal(table->retreat(nb, 1, 0, NULL), NDIS_STATUS_SUCCESS);  // all of it
    expect_bytes(nb, "...." ORIGINAL_FIRST);
    table->advance(nb, 4 + 6, TRUE, NULL);  // an MDL of the driver's stays
    expect_bytes(nb, "bbbbcccccc");
    assert_ptr_equal(nb->MdlChain, original.mdls[0]);
    table->advance(nb, 11, TRUE, NULL);  // beyond the data
    expect_bytes(nb, "bbbbcccccc");
    table->advance(nb, 10, TRUE, NULL);
    assert_int_equal(nb->CurrentMdlOffset, 6);  // behind the last MDL is still in it
    assert_int_equal(table->retreat(nb, 16, 0, NULL), NDIS_STATUS_SUCCESS);
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_mdl_in_front(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER *nb = original.first;
    assert_int_equal(table->retreat(nb, 5, 2, NULL), NDIS_STATUS_SUCCESS);  // room for 4 only
    MDL *front = nb->MdlChain;
    assert_ptr_equal(front->Next, original.mdls[0]);
    expect_mdl(front, front->MappedSystemVa, 7);
    assert_int_equal(nb->DataOffset, 6);  // the old backfill is right before the data (A9)
    memcpy((char *)front->MappedSystemVa + 6, "!", 1);
    expect_bytes(nb, "!...." ORIGINAL_FIRST);
    assert_int_equal(table_event_argument(PP_EVENT_MDL_ADDED, 1), (uintptr_t)front);
    assert_int_equal(table_event_argument(PP_EVENT_MDL_ADDED, 2), 0);
    table->free_mdl(front);
    table->advance(nb, 1, FALSE, NULL);
    assert_ptr_equal(nb->MdlChain, front);
    assert_int_equal(nb->DataOffset, 7);
    assert_int_equal(table->retreat(nb, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    expect_bytes(nb, "!...." ORIGINAL_FIRST);
    assert_int_equal(table->retreat(nb, 7, 0, NULL), NDIS_STATUS_SUCCESS);  // a second one
    assert_ptr_equal(nb->MdlChain->Next, front);
    table->advance(nb, 0, TRUE, NULL);  // all of it is used
    assert_ptr_equal(nb->MdlChain->Next, front);
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 0);
    table->advance(nb, 12, TRUE, NULL);  // both
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 2);
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_retreat_fails(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    uint32_t held = pp_pool_memory_held();
    table_refuse_piece(1);
    assert_int_equal(table->retreat(original.second, 1, 0, NULL), NDIS_STATUS_RESOURCES);
    assert_int_equal(table->retreat(original.second, 0xFFFFFFFF, 1, NULL), NDIS_STATUS_RESOURCES);
    assert_int_equal(table->retreat(original.second, 0xFFFFFFFF, 0, NULL), NDIS_STATUS_RESOURCES);
    original_expect_unchanged(&original);
    assert_int_equal(pp_pool_memory_held(), held);
    original_free(&original);
}

static void test_nb_without_mdls(void **state) {
    (void)state;
    NDIS_HANDLE pool = table_nb_pool(0);
    NET_BUFFER *nb = table->allocate_nb(pool, false, NULL, 0, 0);
    assert_int_equal(table->retreat(nb, 0, 8, NULL), NDIS_STATUS_SUCCESS);
    assert_null(nb->MdlChain);
    assert_null(table->get_data(nb, 0, NULL, 1, 0));
    assert_int_equal(table->physical_count(nb), 0);
    assert_int_equal(table->retreat(nb, 2, 8, NULL), NDIS_STATUS_SUCCESS);
    expect_nb(nb, pool, nb->MdlChain, 8, 2);
    table->advance(nb, 2, TRUE, NULL);
    expect_nb(nb, pool, NULL, 0, 0);
    table->free_nb(nb);
    table->free_nb_pool(pool);
}

static void test_mdl_in_front_is_lost(void **state) {
    NDIS_HANDLE pool = table_nb_pool(0);
    NET_BUFFER *nb = table->allocate_nb(pool, false, NULL, 0, 0);
    assert_int_equal(table->retreat(nb, 2, 8, NULL), NDIS_STATUS_SUCCESS);
    MDL *front = nb->MdlChain;
    table->free_nb(nb);
    table->free_mdl(front);
    assert_true(pp_pool_memory_is(front));
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 0);
    table->free_nb_pool(pool);
    table_begin(state);  // only the end of the run gives it back
}

// === Handlers ===

static char handler_bytes[2][64];
static ULONG handler_asked, handler_size, handler_length;  // 0: as much as is asked for
static uint32_t handler_call_count, handler_call_max, handler_free_count;
static MDL *handler_mdl;  // the last one

static MDL *allocate_handler(ULONG *size) {
    if (handler_call_count == handler_call_max) {
        return NULL;
    }
    handler_asked = *size;
    *size = handler_size > 0 ? handler_size : *size;
    ULONG length = handler_length > 0 ? handler_length : *size;
    handler_mdl = table->allocate_mdl(handler_bytes[handler_call_count++], length);
    return handler_mdl;
}

static void free_handler(MDL *mdl) {
    handler_free_count++;
    table->free_mdl(mdl);
}

static void begin_handlers(uint32_t call_max, ULONG size, ULONG length) {
    handler_call_count = handler_free_count = 0;
    handler_call_max = call_max;
    handler_size = size;
    handler_length = length;
}

static void test_handlers(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER *nb = original.first;
    begin_handlers(1, 0, 0);
    assert_int_equal(table->retreat(nb, 4, 9, allocate_handler), NDIS_STATUS_SUCCESS);
    assert_int_equal(handler_call_count, 0);  // there is room
    assert_int_equal(table->retreat(nb, 2, 1, allocate_handler), NDIS_STATUS_SUCCESS);
    assert_int_equal(handler_asked, 3);
    assert_int_equal(nb->MdlChain->ByteCount, 3);
    assert_int_equal(nb->DataOffset, 1);
    assert_int_equal(table_event_argument(PP_EVENT_MDL_ADDED, 2), 1);
    assert_int_equal(table->retreat(nb, 2, 0, NULL),
                     NDIS_STATUS_SUCCESS);  // its own before the driver's
    table->advance(nb, 8, TRUE, NULL);
    assert_int_equal(nb->MdlChain->ByteCount, 3);  // nobody to free that with
    assert_int_equal(nb->DataOffset, 7);
    table->advance(nb, 0, TRUE, free_handler);
    assert_int_equal(handler_free_count, 1);
    assert_int_equal(table_event_count(PP_EVENT_MDL_GONE), 1);
    original_expect_unchanged(&original);
    original_free(&original);
}

// More than was asked for is used, less is refused, in the MDL and in what the handler says (A30).
static void test_handler_sizes(void **state) {
    (void)state;
    static const struct {
        ULONG size, length;
        bool is_enough;
        ULONG expect_offset;
    } cases[] = {
        {6, 6, true, 0}, {0, 12, true, 6}, {12, 12, true, 6}, {5, 12, false, 0}, {12, 5, false, 0}};
    struct original original;
    original_make(&original);
    NET_BUFFER *nb = original.second;
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        begin_handlers(1, cases[i].size, cases[i].length);
        NDIS_STATUS status = table->retreat(nb, 6, 0, allocate_handler);
        if (cases[i].is_enough) {
            assert_int_equal(status, NDIS_STATUS_SUCCESS);
            assert_ptr_equal(nb->MdlChain, handler_mdl);
            assert_int_equal(nb->DataOffset, cases[i].expect_offset);
            assert_int_equal(nb->DataLength, 16);
            table->advance(nb, 6, TRUE, free_handler);
        } else {
            assert_int_equal(status, NDIS_STATUS_RESOURCES);
            table->free_mdl(handler_mdl);  // that is still the driver's
        }
        assert_int_equal(handler_free_count, cases[i].is_enough);
        assert_false(pp_pool_memory_is(handler_mdl));
        original_expect_unchanged(&original);
    }
    original_free(&original);
}

static void test_retreat_list(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    assert_int_equal(table->retreat_list(original.nbl, 4, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(original.first->MdlChain, original.mdls[0]);  // only the other one needs an MDL
    assert_ptr_equal(original.second->MdlChain->Next, original.mdls[3]);
    assert_int_equal(original.second->DataLength, 14);
    assert_int_equal(table_event_count(PP_EVENT_MDL_ADDED), 1);
    table->advance_list(original.nbl, 4, TRUE, NULL);
    original_expect_unchanged(&original);
    begin_handlers(2, 0, 0);
    assert_int_equal(table->retreat_list(original.nbl, 5, 1, allocate_handler, NULL),
                     NDIS_STATUS_SUCCESS);
    table->advance_list(original.nbl, 5, TRUE, free_handler);
    assert_int_equal(handler_free_count, 2);
    original_expect_unchanged(&original);
    original_free(&original);
}

static void test_retreat_list_fails(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    uint32_t held = pp_pool_memory_held();
    for (uint8_t nth = 1; nth <= 2; nth++) {
        table_refuse_piece(nth);
        assert_int_equal(table->retreat_list(original.nbl, 5, 0, NULL, NULL), NDIS_STATUS_RESOURCES);
        table_refuse_piece(nth);
        begin_handlers(2, 0, 0);
        assert_int_equal(table->retreat_list(original.nbl, 5, 0, allocate_handler, free_handler),
                         NDIS_STATUS_RESOURCES);
        assert_int_equal(handler_call_count, nth - 1);
        assert_int_equal(handler_free_count, nth - 1);
        original_expect_unchanged(&original);
        assert_int_equal(pp_pool_memory_held(), held);
    }
    table_refuse_piece(0);
    assert_int_equal(table_event_count(PP_EVENT_MDL_ABANDONED), 0);
    begin_handlers(1, 0, 0);
    assert_int_equal(table->retreat_list(original.nbl, 5, 0, allocate_handler, NULL),
                     NDIS_STATUS_RESOURCES);
    assert_int_equal(table_event_count(PP_EVENT_MDL_ABANDONED), 1);
    table->free_mdl((MDL *)table_event_argument(PP_EVENT_MDL_ABANDONED, 0));
    assert_int_equal(pp_pool_memory_held(), held);
    assert_int_equal(table_event_count(PP_EVENT_MDL_ADDED), table_event_count(PP_EVENT_MDL_GONE));
    original_expect_unchanged(&original);
    original_free(&original);
}

// === Data ===

static void test_get_data(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    NET_BUFFER *nb = original.first;
    char storage[16];
    char *start = original.bytes[0] + 4;
    assert_ptr_equal(table->get_data(nb, 0, NULL, 1, 0), start);
    assert_ptr_equal(table->get_data(nb, 6, storage, 1, 0), start);
    assert_null(table->get_data(nb, 7, NULL, 1, 0));
    assert_ptr_equal(table->get_data(nb, 16, storage, 1, 0), storage);
    assert_memory_equal(storage, ORIGINAL_FIRST, 16);
    assert_null(table->get_data(nb, 17, storage, 1, 0));
    UINT offset = (UINT)((uintptr_t)start % 8);
    memset(storage, 0, sizeof(storage));
    assert_ptr_equal(table->get_data(nb, 4, storage, 8, offset), start);
    assert_null(table->get_data(nb, 4, NULL, 8, offset + 1));
    assert_ptr_equal(table->get_data(nb, 4, storage, 8, offset + 1), storage);
    assert_memory_equal(storage, "aaaa", 4);
    assert_ptr_equal(table->get_data(nb, 4, storage, 0, 0), start);
    original_free(&original);
}

static void test_copy(void **state) {
    (void)state;
    struct original original;
    original_make(&original);
    static const struct {
        ULONG to, bytes, from, expect;
        const char *first;
    } cases[] = {
        {0, 5, 0, 5, "dddddabbbbcccccc"},    // across no border
        {4, 100, 3, 7, "aaaadddddddccccc"},  // until the source ends
        {14, 5, 0, 2, "aaaaaabbbbccccdd"},   // until the destination ends
        {16, 5, 0, 0, ORIGINAL_FIRST},         {0, 5, 10, 0, ORIGINAL_FIRST},
        {0, 5, 0xFFFFFFFF, 0, ORIGINAL_FIRST}, {0xFFFFFFFF, 5, 0, 0, ORIGINAL_FIRST},
        {0, 0, 0, 0, ORIGINAL_FIRST},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        char saved[3][10];
        memcpy(saved, original.bytes, sizeof(saved));
        ULONG copied = 99;
        assert_int_equal(table->copy(original.first, cases[i].to, cases[i].bytes, original.second,
                                     cases[i].from, &copied),
                         NDIS_STATUS_SUCCESS);
        assert_int_equal(copied, cases[i].expect);
        expect_bytes(original.first, cases[i].first);
        memcpy(original.bytes, saved, sizeof(saved));
        original_expect_unchanged(&original);
    }
    // Space behind the used data counts: MDLs end there, DataLength does not.
    original.second->DataLength = 2;
    ULONG copied;
    assert_int_equal(table->copy(original.second, 1, 100, original.first, 4, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 9);
    assert_memory_equal(original.more, "daabbbbccc", 10);
    original_free(&original);
}

static void test_physical_count(void **state) {
    (void)state;
    static char bytes[4 * PAGE_SIZE];
    char *page = PAGE_ALIGN(bytes + PAGE_SIZE);
    NDIS_HANDLE pool = table_nb_pool(0);
    MDL *mdl = table->allocate_mdl(page + PAGE_SIZE - 10, 20);
    mdl->Next = table->allocate_mdl(page, 2 * PAGE_SIZE);
    static const struct {
        ULONG offset, length, expect;
    } cases[] = {{0, 10, 1},         {0, 11, 2}, {10, 10, 1}, {0, 20 + PAGE_SIZE + 1, 4},
                 {20, PAGE_SIZE, 1}, {5, 0, 1}};
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        NET_BUFFER *nb = table->allocate_nb(pool, false, mdl, cases[i].offset, cases[i].length);
        assert_int_equal(table->physical_count(nb), cases[i].expect);
        table->free_nb(nb);
    }
    table->free_mdl(mdl->Next);
    table->free_mdl(mdl);
    table->free_nb_pool(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TABLE_TEST(test_pools),
        TABLE_TEST(test_many_pools),
        TABLE_TEST(test_pool_headers),
        TABLE_TEST(test_nbls_without_data),
        TABLE_TEST(test_data_of_pools),
        TABLE_TEST(test_current_mdl),
        TABLE_TEST(test_context_of_allocation),
        TABLE_TEST(test_context_stack),
        TABLE_TEST(test_mdls),
        TABLE_TEST(test_in_place),
        TABLE_TEST(test_mdl_in_front),
        TABLE_TEST(test_retreat_fails),
        TABLE_TEST(test_nb_without_mdls),
        TABLE_TEST(test_mdl_in_front_is_lost),
        TABLE_TEST(test_handlers),
        TABLE_TEST(test_handler_sizes),
        TABLE_TEST(test_retreat_list),
        TABLE_TEST(test_retreat_list_fails),
        TABLE_TEST(test_get_data),
        TABLE_TEST(test_copy),
        TABLE_TEST(test_physical_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
