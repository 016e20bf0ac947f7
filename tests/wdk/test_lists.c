// SPDX-License-Identifier: MIT
// What drivers do with lists, written as drivers write it, with the accessors of include/wdk and the
// NDIS functions: queues of NBLs; chains of NBLs that are sorted and turned round; chains of MDLs that
// are measured, cut and copied. Text and flat memory beside them say what must come out.
#include "faults/injector.h"
#include "pool/pool.h"

#include <poolproof/program.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct pp_program program;
static NDIS_HANDLE nbl_pool;

static int set_up(void **state) {
    (void)state;
    program = (struct pp_program){.op_count = 1};
    pp_fault_arm(&program);
    pp_pool_reset();
    pp_arena_reset();
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE,
    };
    nbl_pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    assert_non_null(nbl_pool);
    return 0;
}

// The same numbers each time.
static uint32_t dice(uint32_t sides) {
    static uint32_t seed = 1;
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

// === Chains: each NBL has a letter ===

static char letter_of(const NET_BUFFER_LIST *nbl) {
    return (char)(uintptr_t)NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl)[1];
}

static NET_BUFFER_LIST *make_nbl(char letter) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(nbl_pool, 0, 0, NULL, 0, 0);
    assert_non_null(nbl);
    NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl)[1] = (PVOID)(uintptr_t)letter;
    return nbl;
}

static NET_BUFFER_LIST *make_chain(const char *letters) {
    NET_BUFFER_LIST *chain = NULL;
    for (size_t i = strlen(letters); i-- > 0;) {
        NET_BUFFER_LIST *nbl = make_nbl(letters[i]);
        NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
        chain = nbl;
    }
    return chain;
}

static void free_chain(NET_BUFFER_LIST *chain) {
    while (chain != NULL) {
        NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(chain);
        NdisFreeNetBufferList(chain);
        chain = next;
    }
}

static void check_letters(const NET_BUFFER_LIST *chain, const char *expect) {
    char actual[256];
    size_t count = 0;
    for (; chain != NULL && count < sizeof(actual) - 1; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
        actual[count++] = letter_of(chain);
    }
    actual[count] = '\0';
    assert_string_equal(actual, expect);
}

static NET_BUFFER_LIST *last_of(NET_BUFFER_LIST *chain) {
    while (NET_BUFFER_LIST_NEXT_NBL(chain) != NULL) {
        chain = NET_BUFFER_LIST_NEXT_NBL(chain);
    }
    return chain;
}

static uint32_t count_of(const NET_BUFFER_LIST *chain) {
    uint32_t count = 0;
    for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
        count++;
    }
    return count;
}

// NBs of all NBLs, and their bytes.
static uint32_t frames_of(const NET_BUFFER_LIST *chain, uint64_t *ret_bytes) {
    uint32_t count = 0;
    *ret_bytes = 0;
    for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
        for (const NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(chain); nb != NULL;
             nb = NET_BUFFER_NEXT_NB(nb)) {
            count++;
            *ret_bytes += NET_BUFFER_DATA_LENGTH(nb);
        }
    }
    return count;
}

static NET_BUFFER_LIST *reverse(NET_BUFFER_LIST *chain) {
    NET_BUFFER_LIST *reversed = NULL;
    while (chain != NULL) {
        NET_BUFFER_LIST *next = NET_BUFFER_LIST_NEXT_NBL(chain);
        NET_BUFFER_LIST_NEXT_NBL(chain) = reversed;
        reversed = chain;
        chain = next;
    }
    return reversed;
}

static void test_ends_and_counts_of_a_chain(void **state) {
    (void)state;
    NET_BUFFER_LIST *chain = make_chain("abc");
    assert_int_equal(letter_of(last_of(chain)), 'c');
    assert_int_equal(count_of(chain), 3);
    assert_int_equal(count_of(NULL), 0);
    NET_BUFFER_LIST *one = make_chain("z");
    assert_ptr_equal(last_of(one), one);

    // A second NB for the first NBL, borrowed from the other.
    NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(chain)) = NET_BUFFER_LIST_FIRST_NB(one);
    NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(chain)) = 60;
    NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(one)) = UINT32_MAX;
    uint64_t bytes;
    assert_int_equal(frames_of(chain, &bytes), 4);
    assert_int_equal(bytes, 60 + (uint64_t)UINT32_MAX);
    NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(chain)) = NULL;
    free_chain(one);
    free_chain(chain);
}

static void test_a_reversed_chain(void **state) {
    (void)state;
    assert_null(reverse(NULL));
    const char *const cases[][2] = {{"a", "a"}, {"ab", "ba"}, {"abcde", "edcba"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NET_BUFFER_LIST *chain = reverse(make_chain(cases[i][0]));
        check_letters(chain, cases[i][1]);
        chain = reverse(chain);
        check_letters(chain, cases[i][0]);
        free_chain(chain);
    }
}

// === Queues ===

struct queue {
    NET_BUFFER_LIST *first;
    NET_BUFFER_LIST **link;  // the pointer that the next one is put into
    uint32_t count;
};

static void queue_init(struct queue *queue) { *queue = (struct queue){.link = &queue->first}; }

static void queue_append(struct queue *queue, NET_BUFFER_LIST *chain) {
    *queue->link = chain;
    queue->link = &NET_BUFFER_LIST_NEXT_NBL(last_of(chain));
    queue->count += count_of(chain);
}

static void queue_prepend(struct queue *queue, NET_BUFFER_LIST *chain) {
    NET_BUFFER_LIST **link = &NET_BUFFER_LIST_NEXT_NBL(last_of(chain));
    *link = queue->first;
    queue->first = chain;
    if (queue->count == 0) {
        queue->link = link;
    }
    queue->count = count_of(chain);
}

static NET_BUFFER_LIST *queue_pop(struct queue *queue) {
    NET_BUFFER_LIST *nbl = queue->first;
    if (nbl == NULL) {
        return NULL;
    }
    queue->first = NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    queue->count--;
    if (queue->first == NULL) {
        queue->link = &queue->first;
    }
    return nbl;
}

// Moves all of `other` to the end.
static void queue_splice(struct queue *queue, struct queue *other) {
    if (other->count > 0) {
        *queue->link = other->first;
        queue->link = other->link;
        queue->count += other->count;
        queue_init(other);
    }
}

static void check_queue(const struct queue *queue, const char *expect) {
    check_letters(queue->first, expect);
    assert_int_equal(queue->count, strlen(expect));
    assert_ptr_equal(queue->link,
                     queue->count == 0 ? (void *)&queue->first : (void *)&last_of(queue->first)->Next);
}

static void test_queue_by_hand(void **state) {
    (void)state;
    struct queue queue, other;
    queue_init(&queue);
    queue_init(&other);
    check_queue(&queue, "");
    assert_null(queue_pop(&queue));
    queue_prepend(&queue, make_chain("cd"));  // into an empty one
    queue_append(&queue, make_chain("ef"));
    queue_prepend(&queue, make_chain("ab"));
    check_queue(&queue, "abcdef");
    queue_splice(&queue, &other);  // nothing
    queue_splice(&other, &queue);  // into an empty one
    check_queue(&queue, "");
    check_queue(&other, "abcdef");
    for (char letter = 'a'; letter <= 'f'; letter++) {
        NET_BUFFER_LIST *nbl = queue_pop(&other);
        assert_int_equal(letter_of(nbl), letter);
        assert_null(NET_BUFFER_LIST_NEXT_NBL(nbl));
        NdisFreeNetBufferList(nbl);
    }
    check_queue(&other, "");
}

// A queue and the text that it must equal.
struct pair {
    struct queue queue;
    char text[128];
};

static void do_something(struct pair *pair, struct pair *other) {
    char letters[4] = "";
    uint32_t letter_count = 1 + dice(3);
    for (uint32_t i = 0; i < letter_count; i++) {
        letters[i] = (char)('a' + dice(26));
    }
    char was[sizeof(pair->text)];
    strcpy(was, pair->text);
    bool is_full = strlen(pair->text) + strlen(other->text) > 100;
    switch (dice(6)) {
    case 0:
        if (!is_full) {
            queue_append(&pair->queue, make_chain(letters));
            strcat(pair->text, letters);
        }
        break;
    case 1:
        if (!is_full) {
            queue_prepend(&pair->queue, make_chain(letters));
            snprintf(pair->text, sizeof(pair->text), "%s%s", letters, was);
        }
        break;
    case 2:
        queue_splice(&pair->queue, &other->queue);
        strcat(pair->text, other->text);
        other->text[0] = '\0';
        break;
    default: {
        NET_BUFFER_LIST *nbl = queue_pop(&pair->queue);
        assert_int_equal(nbl == NULL, was[0] == '\0');
        if (nbl != NULL) {
            assert_int_equal(letter_of(nbl), was[0]);
            memcpy(pair->text, was + 1, strlen(was));
            NdisFreeNetBufferList(nbl);
        }
    }
    }
}

static void test_queues_against_text(void **state) {
    (void)state;
    static struct pair pairs[2];
    for (int i = 0; i < 2; i++) {
        queue_init(&pairs[i].queue);
        pairs[i].text[0] = '\0';
    }
    for (int i = 0; i < 20000; i++) {
        uint32_t which = dice(2);
        do_something(&pairs[which], &pairs[1 - which]);
        check_queue(&pairs[0].queue, pairs[0].text);
        check_queue(&pairs[1].queue, pairs[1].text);
    }
    free_chain(pairs[0].queue.first);
    free_chain(pairs[1].queue.first);
}

// === Sorting a chain by a key, each part in its old order ===

typedef uintptr_t (*key_function)(NET_BUFFER_LIST *nbl);

// Takes from *chain all that have the key of its first.
static void take_alike(NET_BUFFER_LIST **chain, key_function key, struct queue *alike) {
    uintptr_t wanted = key(*chain);
    queue_init(alike);
    while (*chain != NULL) {
        NET_BUFFER_LIST *nbl = *chain;
        if (key(nbl) == wanted) {
            *chain = NET_BUFFER_LIST_NEXT_NBL(nbl);
            NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
            queue_append(alike, nbl);
        } else {
            chain = &NET_BUFFER_LIST_NEXT_NBL(nbl);
        }
    }
}

static uintptr_t letter_key(NET_BUFFER_LIST *nbl) { return (uintptr_t)letter_of(nbl); }
static uintptr_t case_key(NET_BUFFER_LIST *nbl) { return letter_of(nbl) < 'a'; }
static uintptr_t source_key(NET_BUFFER_LIST *nbl) { return (uintptr_t)nbl->SourceHandle; }
static uintptr_t pool_key(NET_BUFFER_LIST *nbl) { return (uintptr_t)nbl->NdisPoolHandle; }
static uintptr_t cancel_key(NET_BUFFER_LIST *nbl) {
    return (uintptr_t)NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl);
}
static uintptr_t protocol_key(NET_BUFFER_LIST *nbl) {
    return (uintptr_t)NET_BUFFER_LIST_INFO(nbl, NetBufferListProtocolId);
}

// `expect` are the parts in the order in which their first NBL comes, with a space between.
static void check_parts(NET_BUFFER_LIST *chain, key_function key, const char *expect) {
    char text[128];
    strcpy(text, expect);
    char *rest = text;
    while (chain != NULL) {
        struct queue part;
        take_alike(&chain, key, &part);
        assert_non_null(rest);
        check_queue(&part, strsep(&rest, " "));
        free_chain(part.first);
    }
    assert_null(rest);
}

static void test_parts_by_letter(void **state) {
    (void)state;
    check_parts(make_chain("a"), letter_key, "a");
    check_parts(make_chain("aabba"), letter_key, "aaa bb");
    check_parts(make_chain("abcabc"), letter_key, "aa bb cc");
    check_parts(make_chain("aBcDeF"), case_key, "ace BDF");
    check_parts(make_chain("abc"), case_key, "abc");
}

// The fields by which drivers sort, set through the accessors and by the pool.
static void test_parts_by_field(void **state) {
    (void)state;
    const struct {
        key_function key;
        const char *expect;
    } cases[] = {{source_key, "ace bdf"},
                 {cancel_key, "ad be cf"},
                 {protocol_key, "ace bdf"},
                 {pool_key, "abcdef"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NET_BUFFER_LIST *chain = make_chain("abcdef");
        uintptr_t number = 0;
        for (NET_BUFFER_LIST *nbl = chain; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
            nbl->SourceHandle = (NDIS_HANDLE)(1 + number % 2);
            NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, number % 3);
            NdisSetNetBufferListProtocolId(nbl, (UCHAR)(number % 2 * NDIS_PROTOCOL_ID_IPX));
            number++;
        }
        check_parts(chain, cases[i].key, cases[i].expect);
    }
}

// As a miniport cancels: those with the id leave the queue, with a status, the others stay in it.
static void test_cancel_takes_part_of_a_queue(void **state) {
    (void)state;
    struct queue queue, cancelled;
    queue_init(&queue);
    queue_append(&queue, make_chain("xaxb"));
    for (NET_BUFFER_LIST *nbl = queue.first; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
        NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, letter_of(nbl));
    }
    take_alike(&queue.first, cancel_key, &cancelled);
    check_queue(&cancelled, "xx");
    check_letters(queue.first, "ab");
    for (NET_BUFFER_LIST *nbl = cancelled.first; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
        NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SEND_ABORTED;
    }
    assert_int_equal(NET_BUFFER_LIST_STATUS(last_of(cancelled.first)), NDIS_STATUS_SEND_ABORTED);
    assert_int_equal(NET_BUFFER_LIST_STATUS(queue.first), NDIS_STATUS_SUCCESS);
    free_chain(cancelled.first);
    free_chain(queue.first);
}

// === MDLs: a chain over pieces of memory, and the same bytes flat ===

#define PIECES_MAX 4
#define BYTES_MAX 64

static UCHAR memory[PIECES_MAX][BYTES_MAX];

// Lengths of the MDLs; empty ones are legal, anywhere.
static const ULONG chains[][PIECES_MAX] = {{32, 0, 0, 0}, {10, 5, 0, 17}, {1, 1, 1, 1},
                                           {0, 8, 3, 0},  {0, 0, 6, 6},   {7, 7, 0, 1}};
#define CHAIN_COUNT (sizeof(chains) / sizeof(chains[0]))

// Byte i of the chain is `first` + i.
static MDL *make_mdls(const ULONG *lengths, UCHAR first) {
    MDL *chain = NULL;
    MDL **link = &chain;
    for (int i = 0; i < PIECES_MAX; i++) {
        *link = NdisAllocateMdl(NULL, memory[i] + i, lengths[i]);
        assert_non_null(*link);
        link = &NDIS_MDL_LINKAGE(*link);
        memset(memory[i], 0xEE, sizeof(memory[i]));
        for (ULONG j = 0; j < lengths[i]; j++) {
            memory[i][i + (int)j] = first++;
        }
    }
    return chain;
}

static void free_mdls(MDL *chain) {
    while (chain != NULL) {
        MDL *next;
        NdisGetNextMdl(chain, &next);
        NdisFreeMdl(chain);
        chain = next;
    }
}

static ULONG mdl_bytes(MDL *chain) {
    ULONG bytes = 0;
    for (; chain != NULL; chain = NDIS_MDL_LINKAGE(chain)) {
        bytes += MmGetMdlByteCount(chain);
    }
    return bytes;
}

// The MDL of byte `offset`, and where in it; behind the last byte, the end of the last MDL.
static MDL *mdl_at(MDL *chain, ULONG offset, ULONG *ret_offset) {
    for (;;) {
        UINT length, in_page;
        NdisQueryMdlOffset(chain, &in_page, &length);
        MDL *next;
        NdisGetNextMdl(chain, &next);
        if (offset < length || next == NULL) {
            *ret_offset = offset;
            return chain;
        }
        offset -= length;
        chain = next;
    }
}

// Copies to `flat` (or from it); false if an MDL cannot be mapped.
static bool copy_flat(MDL *chain, ULONG offset, UCHAR *flat, ULONG bytes, bool is_write) {
    MDL *mdl = mdl_at(chain, offset, &offset);
    for (; bytes > 0; mdl = NDIS_MDL_LINKAGE(mdl), offset = 0) {
        UCHAR *address;
        UINT length;
        NdisQueryMdl(mdl, &address, &length, NormalPagePriority);
        if (address == NULL) {
            return false;
        }
        ULONG piece = length - offset < bytes ? length - offset : bytes;
        if (is_write) {
            RtlCopyMemory(address + offset, flat, piece);
        } else {
            RtlCopyMemory(flat, address + offset, piece);
        }
        flat += piece;
        bytes -= piece;
    }
    return true;
}

// Calls `act` with each chain, its number of bytes, and every range of them.
static void for_each_range(void (*act)(MDL *chain, ULONG total, ULONG offset, ULONG bytes)) {
    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        MDL *chain = make_mdls(chains[i], /*first=*/1);
        ULONG total = mdl_bytes(chain);
        for (ULONG offset = 0; offset <= total; offset++) {
            for (ULONG bytes = 0; offset + bytes <= total; bytes++) {
                act(chain, total, offset, bytes);
            }
        }
        free_mdls(chain);
    }
}

static void check_counts_up(const UCHAR *flat, ULONG bytes, ULONG first) {
    for (ULONG i = 0; i < bytes; i++) {
        assert_int_equal(flat[i], first + i);
    }
}

static void test_bytes_of_a_chain(void **state) {
    (void)state;
    const ULONG expect[CHAIN_COUNT] = {32, 32, 4, 11, 12, 15};
    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        MDL *chain = make_mdls(chains[i], /*first=*/1);
        assert_int_equal(mdl_bytes(chain), expect[i]);
        free_mdls(chain);
    }
    assert_int_equal(mdl_bytes(NULL), 0);
}

static void test_each_mdl_of_a_chain(void **state) {
    (void)state;
    MDL *chain = make_mdls(chains[1], /*first=*/1);
    MDL *mdl = chain;
    for (int i = 0; i < PIECES_MAX; i++) {
        UCHAR *address;
        UINT length, in_page;
        NdisQueryMdl(mdl, &address, &length, NormalPagePriority);
        assert_ptr_equal(address, memory[i] + i);
        assert_ptr_equal(MmGetMdlVirtualAddress(mdl), memory[i] + i);
        assert_int_equal(length, chains[1][i]);
        NdisQueryMdlOffset(mdl, &in_page, &length);
        assert_int_equal(in_page, BYTE_OFFSET(memory[i] + i));
        assert_int_equal(length, chains[1][i]);
        NdisGetNextMdl(mdl, &mdl);
    }
    assert_null(mdl);
    free_mdls(chain);
}

static void check_read(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    (void)total;
    UCHAR flat[BYTES_MAX] = {0};
    assert_true(copy_flat(chain, offset, flat, bytes, /*is_write=*/false));
    check_counts_up(flat, bytes, 1 + offset);
    assert_int_equal(flat[bytes], 0);
}

static void check_write(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    UCHAR flat[BYTES_MAX], back[BYTES_MAX];
    memset(flat, 0x77, sizeof(flat));
    assert_true(copy_flat(chain, offset, flat, bytes, /*is_write=*/true));
    assert_true(copy_flat(chain, 0, back, total, /*is_write=*/false));
    for (ULONG i = 0; i < total; i++) {
        assert_int_equal(back[i], i >= offset && i < offset + bytes ? 0x77 : 1 + i);
        flat[i] = (UCHAR)(1 + i);
    }
    assert_true(copy_flat(chain, 0, flat, total, /*is_write=*/true));
    for (int i = 0; i < PIECES_MAX; i++) {  // nothing beside what the MDLs describe
        assert_int_equal(memory[i][BYTES_MAX - 1], 0xEE);
        assert_true(i == 0 || memory[i][i - 1] == 0xEE);
    }
}

static void test_copies_of_every_range(void **state) {
    (void)state;
    for_each_range(check_read);
    for_each_range(check_write);
}

static void test_copy_stops_where_mapping_fails(void **state) {
    (void)state;
    MDL *chain = make_mdls(chains[1], /*first=*/1);
    UCHAR flat[BYTES_MAX] = {0};
    for (MDL *mdl = chain; mdl != NULL; mdl = mdl->Next) {
        mdl->MdlFlags = MDL_PAGES_LOCKED;
    }
    program.ops[0].faults[0] = (struct pp_fault){.point = PP_POINT_MDL_MAP, .nth = 2};
    program.ops[0].fault_count = 1;
    pp_fault_arm(&program);
    assert_false(copy_flat(chain, 0, flat, 32, /*is_write=*/false));
    check_counts_up(flat, 10, 1);
    assert_int_equal(flat[10], 0);
    free_mdls(chain);
}

// Cuts a chain in two before byte `offset`, with an MDL more if that lies inside of one.
static MDL *split(MDL *chain, ULONG offset, MDL **ret_shortened, ULONG *ret_length) {
    MDL *mdl = mdl_at(chain, offset, &offset);
    *ret_shortened = mdl;
    *ret_length = MmGetMdlByteCount(mdl);
    MDL *tail =
        NdisAllocateMdl(NULL, (UCHAR *)MmGetMdlVirtualAddress(mdl) + offset, *ret_length - offset);
    NDIS_MDL_LINKAGE(tail) = NDIS_MDL_LINKAGE(mdl);
    NDIS_MDL_LINKAGE(mdl) = NULL;
    NdisAdjustMdlLength(mdl, offset);
    return tail;
}

static void check_split(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    if (offset + bytes != total) {
        return;  // every place once
    }
    MDL *shortened;
    ULONG length;
    MDL *tail = split(chain, offset, &shortened, &length);
    UCHAR flat[BYTES_MAX];
    assert_int_equal(mdl_bytes(chain), offset);
    assert_int_equal(mdl_bytes(tail), bytes);
    assert_true(copy_flat(chain, 0, flat, offset, /*is_write=*/false));
    check_counts_up(flat, offset, 1);
    assert_true(copy_flat(tail, 0, flat, bytes, /*is_write=*/false));
    check_counts_up(flat, bytes, 1 + offset);
    // And together again; an MDL has its first length when it is freed.
    NDIS_MDL_LINKAGE(shortened) = NDIS_MDL_LINKAGE(tail);
    NdisAdjustMdlLength(shortened, length);
    NdisFreeMdl(tail);
    assert_int_equal(mdl_bytes(chain), total);
}

static void test_split_at_every_byte(void **state) {
    (void)state;
    for_each_range(check_split);
}

// === What NDIS makes of the same chains ===

static NET_BUFFER_LIST *make_frame(MDL *chain, ULONG offset, ULONG bytes) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(nbl_pool, 0, 0, chain, offset, bytes);
    assert_non_null(nbl);
    return nbl;
}

static void check_current(NET_BUFFER *nb, MDL *chain, ULONG offset) {
    ULONG in_mdl;
    MDL *mdl = mdl_at(chain, offset, &in_mdl);
    assert_int_equal(NET_BUFFER_DATA_OFFSET(nb), offset);
    assert_ptr_equal(NET_BUFFER_FIRST_MDL(nb), chain);
    assert_ptr_equal(NET_BUFFER_CURRENT_MDL(nb), mdl);
    assert_int_equal(NET_BUFFER_CURRENT_MDL_OFFSET(nb), in_mdl);
}

// Through the range and back, in one step and byte by byte.
static void check_steps(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    (void)total;
    NET_BUFFER_LIST *nbl = make_frame(chain, offset, bytes);
    NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
    check_current(nb, chain, offset);
    for (ULONG i = 1; i <= bytes; i++) {
        NdisAdvanceNetBufferDataStart(nb, 1, /*FreeMdl=*/FALSE, NULL);
        check_current(nb, chain, offset + i);
        assert_int_equal(NET_BUFFER_DATA_LENGTH(nb), bytes - i);
    }
    assert_int_equal(NdisRetreatNetBufferDataStart(nb, bytes, 0, NULL), NDIS_STATUS_SUCCESS);
    check_current(nb, chain, offset);
    assert_int_equal(NET_BUFFER_DATA_LENGTH(nb), bytes);
    NdisFreeNetBufferList(nbl);
}

static void test_used_data_begins_where_the_offset_says(void **state) {
    (void)state;
    for_each_range(check_steps);
}

static void check_get_data(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    NET_BUFFER_LIST *nbl = make_frame(chain, offset, total - offset);
    NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(nbl);
    UCHAR storage[BYTES_MAX];
    UCHAR *data = NdisGetDataBuffer(nb, bytes, storage, 1, 0);
    ULONG in_mdl;
    MDL *mdl = mdl_at(chain, offset, &in_mdl);
    bool is_whole = bytes <= MmGetMdlByteCount(mdl) - in_mdl;
    if (bytes > 0) {
        check_counts_up(data, bytes, 1 + offset);
        assert_int_equal(data != storage, is_whole);
        assert_int_equal(NdisGetDataBuffer(nb, bytes, NULL, 1, 0) != NULL, is_whole);
    }
    assert_null(NdisGetDataBuffer(nb, total - offset + 1, storage, 1, 0));
    NdisFreeNetBufferList(nbl);
}

static void test_get_data_equals_a_copy(void **state) {
    (void)state;
    for_each_range(check_get_data);
}

// To a frame that begins 3 bytes into memory of its own.
static void check_copy_between_frames(MDL *chain, ULONG total, ULONG offset, ULONG bytes) {
    UCHAR target[BYTES_MAX] = {0};
    MDL *mdl = NdisAllocateMdl(NULL, target, sizeof(target));
    NET_BUFFER_LIST *from = make_frame(chain, 0, total);
    NET_BUFFER_LIST *to = make_frame(mdl, 3, sizeof(target) - 3);
    ULONG copied = 99;
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(NET_BUFFER_LIST_FIRST_NB(to), 2, bytes,
                                                      NET_BUFFER_LIST_FIRST_NB(from), offset, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, bytes);
    check_counts_up(target + 5, bytes, 1 + offset);
    assert_int_equal(target[4], 0);
    assert_int_equal(target[5 + bytes], 0);
    NdisFreeNetBufferList(to);
    NdisFreeNetBufferList(from);
    NdisFreeMdl(mdl);
}

static void test_copy_between_frames(void **state) {
    (void)state;
    for_each_range(check_copy_between_frames);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ends_and_counts_of_a_chain, set_up),
        cmocka_unit_test_setup(test_a_reversed_chain, set_up),
        cmocka_unit_test_setup(test_queue_by_hand, set_up),
        cmocka_unit_test_setup(test_queues_against_text, set_up),
        cmocka_unit_test_setup(test_parts_by_letter, set_up),
        cmocka_unit_test_setup(test_parts_by_field, set_up),
        cmocka_unit_test_setup(test_cancel_takes_part_of_a_queue, set_up),
        cmocka_unit_test_setup(test_bytes_of_a_chain, set_up),
        cmocka_unit_test_setup(test_each_mdl_of_a_chain, set_up),
        cmocka_unit_test_setup(test_copies_of_every_range, set_up),
        cmocka_unit_test_setup(test_copy_stops_where_mapping_fails, set_up),
        cmocka_unit_test_setup(test_split_at_every_byte, set_up),
        cmocka_unit_test_setup(test_used_data_begins_where_the_offset_says, set_up),
        cmocka_unit_test_setup(test_get_data_equals_a_copy, set_up),
        cmocka_unit_test_setup(test_copy_between_frames, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
