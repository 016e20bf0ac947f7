// SPDX-License-Identifier: MIT
// The inline functions and macros of include/wdk that compute something. Prints what is wrong; exit code 1
// if anything is.
#define DBG 1
#include <ndis.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <setjmp.h>
#include <stdio.h>

static int failed;
static jmp_buf stopped;
static ULONG bug_check;
static int asserts;

#define CHECK(condition) ((condition) ? (void)0 : (failed++, (void)printf("%d: %s\n", __LINE__, #condition)))

VOID pp_driver_assert(const char *Expression, const char *File, int Line) {
    (void)Expression, (void)File, (void)Line;
    asserts++;
}
DECLSPEC_NORETURN VOID KeBugCheckEx(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4) {
    (void)P1, (void)P2, (void)P3, (void)P4;
    bug_check = Code;
    longjmp(stopped, 1);
}
KIRQL KeGetCurrentIrql(VOID) { return DISPATCH_LEVEL; }
static BOOLEAN can_map = TRUE;
VOID pp_mdl_adjust_length(MDL *Mdl, ULONG Length) { Mdl->ByteCount = Length; }

PVOID MmGetSystemAddressForMdlSafe(MDL *Mdl, ULONG Priority) {
    (void)Priority;
    return can_map ? Mdl->MappedSystemVa : NULL;
}

static void test_lists(void) {
    LIST_ENTRY head, more, a, b, c;
    InitializeListHead(&head);
    CHECK(IsListEmpty(&head));
    InsertTailList(&head, &b);
    InsertTailList(&head, &c);
    InsertHeadList(&head, &a);
    CHECK(head.Flink == &a && a.Flink == &b && b.Flink == &c && c.Flink == &head);
    CHECK(head.Blink == &c && c.Blink == &b && b.Blink == &a && a.Blink == &head);
    CHECK(!RemoveEntryList(&b) && RemoveHeadList(&head) == &a && RemoveTailList(&head) == &c);
    CHECK(IsListEmpty(&head));
    InsertHeadList(&head, &a);
    CHECK(RemoveEntryList(&a));
    InitializeListHead(&more);
    InsertTailList(&head, &a);
    InsertTailList(&more, &b);
    RemoveEntryList(&more);
    AppendTailList(&head, &b);
    CHECK(a.Flink == &b && b.Flink == &head && head.Blink == &b && b.Blink == &a);

    SINGLE_LIST_ENTRY stack = {NULL}, one, two;
    PushEntryList(&stack, &one);
    PushEntryList(&stack, &two);
    CHECK(PopEntryList(&stack) == &two && PopEntryList(&stack) == &one && PopEntryList(&stack) == NULL);
}

static void test_corrupt_list_stops(void) {
    static LIST_ENTRY head, a, b;
    InitializeListHead(&head);
    InsertTailList(&head, &a);
    InsertTailList(&head, &b);
    RemoveEntryList(&a);
    bug_check = 0;
    if (setjmp(stopped) == 0) {
        RemoveEntryList(&a);
        CHECK(!"removed twice");
    }
    CHECK(bug_check == KERNEL_SECURITY_CHECK_FAILURE);
}

static void test_interlocked(void) {
    LONG value = 5;
    LONG64 wide = 1;
    PVOID pointer = NULL;
    CHECK(InterlockedIncrement(&value) == 6 && InterlockedDecrement(&value) == 5);
    CHECK(InterlockedExchange(&value, 7) == 5 && InterlockedExchangeAdd(&value, 3) == 7 && value == 10);
    CHECK(InterlockedAdd(&value, -1) == 9);
    CHECK(InterlockedCompareExchange(&value, 1, 2) == 9 && value == 9);
    CHECK(InterlockedCompareExchange(&value, 1, 9) == 9 && value == 1);
    CHECK(InterlockedOr(&value, 6) == 1 && InterlockedAnd(&value, 3) == 7 && InterlockedXor(&value, 1) == 3);
    CHECK(value == 2 && InterlockedBitTestAndSet(&value, 31) == 0 && InterlockedBitTestAndReset(&value, 31) == 1);
    CHECK(value == 2);
    CHECK(InterlockedAdd64(&wide, 1LL << 40) == (1LL << 40) + 1);
    CHECK(InterlockedCompareExchangePointer(&pointer, &value, NULL) == NULL && pointer == &value);
    CHECK(InterlockedCompareExchangePointer(&pointer, NULL, NULL) == &value && pointer == &value);
    CHECK(InterlockedExchangePointer(&pointer, NULL) == &value && pointer == NULL);
    WriteRelease(&value, 4);
    CHECK(ReadAcquire(&value) == 4 && ReadNoFence(&value) == 4);
}

static void test_assertions(void) {
    int evaluated = 0;
    asserts = 0;
    ASSERT(++evaluated == 1);
    NT_ASSERT(++evaluated == 0);
    ASSERTMSG("text", evaluated == 0);
    NT_VERIFY(evaluated == 2);
    CHECK(evaluated == 2 && asserts == 2);
    PAGED_CODE();
    CHECK(asserts == 3);
}

static void test_mdl(void) {
    UCHAR buffer[3 * PAGE_SIZE];
    UCHAR *page = PAGE_ALIGN(buffer + PAGE_SIZE);
    MDL mdl, *next = &mdl;
    UCHAR *address = NULL;
    UINT length = 0, offset = 0;
    MmInitializeMdl(&mdl, page + 100, PAGE_SIZE);
    NdisQueryMdl(&mdl, &address, &length, NormalPagePriority);
    CHECK(address == page + 100 && length == PAGE_SIZE);
    NdisQueryMdlOffset(&mdl, &offset, &length);
    CHECK(offset == 100 && NDIS_MDL_TO_SPAN_PAGES(&mdl) == 2);
    NdisAdjustMdlLength(&mdl, PAGE_SIZE - 100);
    CHECK(NDIS_MDL_TO_SPAN_PAGES(&mdl) == 1 && MmGetMdlVirtualAddress(&mdl) == page + 100);
    can_map = FALSE;
    NdisQueryMdlSafe(&mdl, &address, &length, LowPagePriority);
    CHECK(address == NULL && length == PAGE_SIZE - 100);
    can_map = TRUE;
    NdisQueryMdl(&mdl, NULL, &length, NormalPagePriority);
    NdisGetNextMdl(&mdl, &next);
    CHECK(next == NULL);
    CHECK(BYTES_TO_PAGES(PAGE_SIZE + 1) == 2 && ROUND_TO_PAGES(1) == PAGE_SIZE);
}

static void test_nbl(void) {
    NET_BUFFER_LIST nbl = {0};
    DECLSPEC_ALIGN(16) UCHAR block[sizeof(NET_BUFFER_LIST_CONTEXT) + 48];
    nbl.Context = (NET_BUFFER_LIST_CONTEXT *)block;
    nbl.Context->Size = 48;
    nbl.Context->Offset = 32;
    CHECK(NET_BUFFER_LIST_CONTEXT_DATA_START(&nbl) == block + 16 + 32);
    CHECK(NET_BUFFER_LIST_CONTEXT_DATA_START(&nbl) == nbl.Context->ContextData + 32);
    CHECK(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(&nbl) == 48);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(&nbl, 0x1122334455667788);
    CHECK((ULONG_PTR)NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&nbl) == 0x1122334455667788);
    NdisSetNetBufferListProtocolId(&nbl, 6);
    CHECK((ULONG_PTR)NET_BUFFER_LIST_INFO(&nbl, NetBufferListProtocolId) == 6);
    NdisSetNblFlag(&nbl, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP);
    NdisClearNblFlag(&nbl, NDIS_NBL_FLAGS_IS_TCP);
    CHECK(NdisTestNblFlag(&nbl, NDIS_NBL_FLAGS_IS_IPV4));
    CHECK(!NdisTestNblFlags(&nbl, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP));
    NBL_SET_PROT_RSVD_FLAG(&nbl, 0x00100000);
    CHECK(NBL_TEST_PROT_RSVD_FLAG(&nbl, 0x00100000) && nbl.Flags == 0x00100000);
    NBL_CLEAR_PROT_RSVD_FLAG(&nbl, 0x00100000);
    CHECK(nbl.Flags == 0);
}

static void test_strings_and_numbers(void) {
    UNICODE_STRING constant = RTL_CONSTANT_STRING(L"abc");
    NDIS_STRING name = NDIS_STRING_CONST("abc");
    CHECK(constant.Length == 6 && constant.MaximumLength == 8 && constant.Buffer[2] == 'c');
    CHECK(name.Length == 6 && name.MaximumLength == 8);
    CHECK(RtlUshortByteSwap(0x1234) == 0x3412 && RtlUlongByteSwap(0x12345678) == 0x78563412);
    CHECK(ALIGN_UP_BY(17, 16) == 32 && ALIGN_DOWN_BY(17, 16) == 16);

    ULONG sum = 0;
    USHORT narrow = 0;
    CHECK(RtlULongAdd(1, 2, &sum) == STATUS_SUCCESS && sum == 3);
    CHECK(RtlULongAdd(MAXULONG, 1, &sum) == STATUS_INTEGER_OVERFLOW && sum == MAXULONG);
    CHECK(RtlULongSub(1, 2, &sum) == STATUS_INTEGER_OVERFLOW);
    CHECK(RtlULongMult(65536, 65536, &sum) == STATUS_INTEGER_OVERFLOW);
    CHECK(RtlULongToUShort(65536, &narrow) == STATUS_INTEGER_OVERFLOW);
    CHECK(RtlULongToUShort(65535, &narrow) == STATUS_SUCCESS && narrow == 65535);

    char text[4];
    WCHAR wide[4];
    size_t length = 0;
    CHECK(RtlStringCbCopyA(text, sizeof(text), "abc") == STATUS_SUCCESS);
    CHECK(RtlStringCbLengthA(text, sizeof(text), &length) == STATUS_SUCCESS && length == 3);
    CHECK(RtlStringCbCatA(text, sizeof(text), "d") == STATUS_BUFFER_OVERFLOW && text[3] == 0);
    CHECK(RtlStringCbCopyW(wide, sizeof(wide), L"abcd") == STATUS_BUFFER_OVERFLOW && wide[3] == 0);
    CHECK(RtlStringCbLengthW(wide, sizeof(wide), &length) == STATUS_SUCCESS && length == 6);
    CHECK(RtlStringCchLengthA("abcd", 4, &length) == STATUS_INVALID_PARAMETER && length == 0);
    CHECK(RtlStringCchCopyNA(text, 4, "abcdef", 2) == STATUS_SUCCESS && text[2] == 0);
}

int main(void) {
    test_lists();
    test_corrupt_list_stops();
    test_interlocked();
    test_assertions();
    test_mdl();
    test_nbl();
    test_strings_and_numbers();
    return failed != 0;
}
