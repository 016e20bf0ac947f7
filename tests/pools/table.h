// SPDX-License-Identifier: MIT
// A pool's table of functions on its own: no rules, no front. Each test ends with nothing held.
#pragma once
#include "pool/pool.h"

#include <poolproof/event.h>
#include <poolproof/program.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct pp_pool_functions *const table;  // under test

int table_begin(void **state);
int table_end(void **state);

#define TABLE_TEST(function) cmocka_unit_test_setup_teardown(function, table_begin, table_end)

// From here on, the nth piece that is asked for is refused, once; 0: none.
void table_refuse_piece(uint8_t nth);

// How many events of that kind there were; the argument of the last one.
uint32_t table_event_count(enum pp_event_kind kind);
uint64_t table_event_argument(enum pp_event_kind kind, uint32_t index);

NDIS_HANDLE table_nbl_pool(bool has_nb, USHORT context_size, ULONG data_size);
NDIS_HANDLE table_nb_pool(ULONG data_size);

// === An NBL with two NBs over known bytes ===
//
//   first:  |....aaaaaa|bbbb|cccccc|   offset 4, 16 bytes in three MDLs
//   second: |dddddddddd|               10 bytes in one

#define ORIGINAL_FIRST "aaaaaabbbbcccccc"
#define ORIGINAL_SECOND "dddddddddd"

struct original {
    NDIS_HANDLE nbl_pool, nb_pool;
    NET_BUFFER_LIST *nbl;
    NET_BUFFER *first, *second;
    MDL *mdls[4];
    char bytes[3][10], more[10];
    struct {
        NET_BUFFER_LIST nbl;
        NET_BUFFER first, second;
        MDL mdls[4];
    } before;
};

void original_make(struct original *original);
void original_free(struct original *original);
void original_expect_unchanged(const struct original *original);

// The used bytes are these, and CurrentMdl is right.
void expect_bytes(const NET_BUFFER *nb, const char *expect);
