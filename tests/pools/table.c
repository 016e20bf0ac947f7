// SPDX-License-Identifier: MIT
#include "table.h"

#include "base/emit.h"
#include "base/guard.h"
#include "faults/injector.h"
#include "pool/front.h"

#include <string.h>

extern const struct pp_pool_functions pp_pool_naive;
const struct pp_pool_functions *const table = &pp_pool_naive;

static struct pp_program program;
static struct pp_event last_events[PP_EVENT_COUNT];
static uint32_t event_counts[PP_EVENT_COUNT];

static bool keep(const struct pp_event *event) {
    last_events[event->kind] = *event;
    event_counts[event->kind]++;
    return true;
}

int table_begin(void **state) {
    (void)state;
    memset(&pp_now, 0, sizeof(pp_now));
    memset(event_counts, 0, sizeof(event_counts));
    pp_event_set_sink(keep);
    pp_arena_reset();
    pp_pool_use(table);
    pp_pool_reset();
    pp_pool_piece_point = PP_POINT_CLONE_ALLOCATE;
    table_refuse_piece(0);
    return 0;
}

int table_end(void **state) {
    (void)state;
    assert_int_equal(pp_pool_memory_held(), 0);
    pp_pool_use(NULL);
    return 0;
}

void table_refuse_piece(uint8_t nth) {
    program = (struct pp_program){.op_count = 1};
    program.ops[0].faults[0] = (struct pp_fault){.point = (uint8_t)pp_pool_piece_point, .nth = nth};
    program.ops[0].fault_count = nth > 0;
    pp_fault_arm(&program);
}

uint32_t table_event_count(enum pp_event_kind kind) { return event_counts[kind]; }

uint64_t table_event_argument(enum pp_event_kind kind, uint32_t index) {
    return last_events[kind].args[index];
}

NDIS_HANDLE table_nbl_pool(bool has_nb, USHORT context_size, ULONG data_size) {
    return table->allocate_nbl_pool(&(NET_BUFFER_LIST_POOL_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .fAllocateNetBuffer = has_nb,
        .ContextSize = context_size,
        .DataSize = data_size,
    });
}

NDIS_HANDLE table_nb_pool(ULONG data_size) {
    return table->allocate_nb_pool(&(NET_BUFFER_POOL_PARAMETERS){
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .DataSize = data_size,
    });
}

// === The original ===

void original_make(struct original *original) {
    static const char contents[4][11] = {"....aaaaaa", "bbbb", "cccccc", "dddddddddd"};
    char *bytes[4] = {original->bytes[0], original->bytes[1], original->bytes[2], original->more};
    for (size_t i = 0; i < 4; i++) {
        size_t length = strlen(contents[i]);
        memcpy(bytes[i], contents[i], length);
        original->mdls[i] = table->allocate_mdl(bytes[i], (ULONG)length);
        assert_non_null(original->mdls[i]);
    }
    original->mdls[0]->Next = original->mdls[1];
    original->mdls[1]->Next = original->mdls[2];
    original->nbl_pool = table_nbl_pool(true, 0, 0);
    original->nb_pool = table_nb_pool(0);
    original->nbl = table->allocate_nbl(original->nbl_pool, true, 0, 0, original->mdls[0], 4, 16);
    original->first = original->nbl->FirstNetBuffer;
    original->second = table->allocate_nb(original->nb_pool, false, original->mdls[3], 0, 10);
    original->first->Next = original->second;
    pp_guard_define(original->nbl, sizeof(*original->nbl));
    pp_guard_define(original->first, sizeof(*original->first));
    pp_guard_define(original->second, sizeof(*original->second));
    original->before.nbl = *original->nbl;
    original->before.first = *original->first;
    original->before.second = *original->second;
    for (size_t i = 0; i < 4; i++) {
        original->before.mdls[i] = *original->mdls[i];
    }
}

void original_free(struct original *original) {
    table->free_nb(original->second);
    table->free_nbl(original->nbl);
    for (size_t i = 0; i < 4; i++) {
        table->free_mdl(original->mdls[i]);
    }
    table->free_nbl_pool(original->nbl_pool);
    table->free_nb_pool(original->nb_pool);
}

void original_expect_unchanged(const struct original *original) {
    assert_memory_equal(original->nbl, &original->before.nbl, sizeof(*original->nbl));
    assert_memory_equal(original->first, &original->before.first, sizeof(*original->first));
    assert_memory_equal(original->second, &original->before.second, sizeof(*original->second));
    for (size_t i = 0; i < 4; i++) {
        assert_memory_equal(original->mdls[i], &original->before.mdls[i], sizeof(MDL));
    }
    expect_bytes(original->first, ORIGINAL_FIRST);
    expect_bytes(original->second, ORIGINAL_SECOND);
}

void expect_bytes(const NET_BUFFER *nb, const char *expect) {
    const MDL *mdl = nb->MdlChain;
    ULONG offset = nb->DataOffset;
    while (mdl != NULL && mdl->Next != NULL && offset >= mdl->ByteCount) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    assert_ptr_equal(nb->CurrentMdl, mdl);
    assert_int_equal(nb->CurrentMdlOffset, offset);
    assert_int_equal(nb->stDataLength, strlen(expect));
    for (; *expect != '\0'; expect++, offset++) {
        while (mdl != NULL && offset == mdl->ByteCount) {
            offset = 0;
            mdl = mdl->Next;
        }
        assert_non_null(mdl);
        assert_int_equal(((const char *)mdl->MappedSystemVa)[offset], *expect);
    }
}
