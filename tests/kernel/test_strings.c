// SPDX-License-Identifier: MIT
// Strings, numbers as text, formatting, bitmaps.
#include "fibers.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

static UNICODE_STRING string_of(PCWSTR text) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, text);
    return string;
}

static bool is_text(const UNICODE_STRING *string, PCWSTR text) {
    UNICODE_STRING other = string_of(text);
    return RtlEqualUnicodeString(string, &other, FALSE);
}

static void test_compare(void **state) {
    (void)state;
    UNICODE_STRING name = string_of(L"\\Device\\Name"), prefix = string_of(L"\\DEVICE\\");
    ULONG left, right;
    assert_true(RtlPrefixUnicodeString(&prefix, &name, TRUE));
    assert_false(RtlPrefixUnicodeString(&prefix, &name, FALSE));
    assert_false(RtlPrefixUnicodeString(&name, &prefix, TRUE));
    assert_true(RtlCompareUnicodeString(&prefix, &name, TRUE) < 0);
    UNICODE_STRING other = string_of(L"\\device\\NAME");
    assert_int_equal(RtlHashUnicodeString(&name, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &left), 0);
    assert_int_equal(RtlHashUnicodeString(&other, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &right), 0);
    assert_int_equal(left, right);
    assert_int_equal(RtlCompareMemory("abcd", "abxd", 4), 2);
}

static void test_append(void **state) {
    (void)state;
    WCHAR buffer[8];
    UNICODE_STRING string = {0, sizeof(buffer), buffer}, tail = string_of(L"efgh");
    assert_int_equal(RtlAppendUnicodeToString(&string, L"abcd"), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeStringToString(&string, &tail), STATUS_SUCCESS);
    assert_true(is_text(&string, L"abcdefgh"));
    assert_int_equal(RtlAppendUnicodeToString(&string, L"x"), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(string.Length, 16);
}

static void convert(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    ANSI_STRING ansi, back;
    UNICODE_STRING wide, upper;
    RtlInitAnsiString(&ansi, "Name");
    assert_int_equal(RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE), STATUS_SUCCESS);
    assert_true(is_text(&wide, L"Name"));
    assert_int_equal(RtlUpcaseUnicodeString(&upper, &wide, TRUE), STATUS_SUCCESS);
    assert_true(is_text(&upper, L"NAME"));
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &wide, TRUE), STATUS_SUCCESS);
    assert_true(RtlEqualString(&ansi, &back, FALSE));
    RtlFreeAnsiString(&back);
    RtlFreeUnicodeString(&upper);
    RtlFreeUnicodeString(&wide);
    GUID guid;
    UNICODE_STRING text = string_of(L"{01234567-89ab-cdef-0011-223344556677}");
    assert_int_equal(RtlGUIDFromString(&text, &guid), STATUS_SUCCESS);
    assert_int_equal(guid.Data1, 0x01234567);
    assert_int_equal(guid.Data3, 0xcdef);
    assert_int_equal(guid.Data4[7], 0x77);
    assert_int_equal(RtlStringFromGUID(&guid, &wide), STATUS_SUCCESS);
    assert_true(RtlEqualUnicodeString(&wide, &text, TRUE));
    RtlFreeUnicodeString(&wide);
    text.Buffer = L"{01234567-89ab-cdef+0011-223344556677}";
    assert_int_equal(RtlGUIDFromString(&text, &guid), STATUS_INVALID_PARAMETER);
    fibers_note('c');
}

static void test_convert(void **state) {
    (void)state;
    fibers_start(0, convert, 'c');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "c");
}

static void convert_in_place(void *subject, uint64_t letter) {
    (void)subject;
    char bytes[4];
    WCHAR chars[4];
    STRING text, copy = {0, sizeof(bytes), bytes};
    UNICODE_STRING wide = {0, sizeof(chars), chars}, made;
    RtlInitString(&text, "nAmes");
    RtlCopyString(&copy, &text);
    assert_int_equal(copy.Length, 4);
    assert_memory_equal(bytes, "nAme", 4);
    assert_int_equal(NdisAnsiStringToUnicodeString(&wide, &copy), STATUS_BUFFER_OVERFLOW);
    copy.Length = 3;
    assert_int_equal(NdisAnsiStringToUnicodeString(&wide, &copy), STATUS_SUCCESS);
    assert_true(is_text(&wide, L"nAm"));
    assert_int_equal(NdisUpcaseUnicodeString(&wide, &wide), STATUS_SUCCESS);
    assert_true(is_text(&wide, L"NAM"));
    chars[1] = 0x20AC;  // no Latin-1 character
    assert_int_equal(NdisUnicodeStringToAnsiString(&copy, &wide), STATUS_SUCCESS);
    assert_string_equal(bytes, "N?M");
    wide.Length = 8;
    assert_int_equal(NdisUnicodeStringToAnsiString(&copy, &wide), STATUS_BUFFER_OVERFLOW);
    RtlCopyString(&copy, NULL);
    assert_int_equal(copy.Length, 0);
    NdisInitializeString(&made, (UCHAR *)"made");
    assert_true(is_text(&made, L"made"));
    NdisFreeString(made);
    assert_int_equal(RtlUpcaseUnicodeChar('q'), 'Q');
    assert_int_equal(RtlDowncaseUnicodeChar('Q'), 'q');
    assert_int_equal(RtlDowncaseUnicodeChar('-'), '-');
    fibers_note((char)letter);
}

static void lack_memory(void *subject, uint64_t letter) {
    (void)subject;
    NDIS_STRING made;
    NdisInitializeString(&made, (UCHAR *)"made");
    assert_null(made.Buffer);
    fibers_note((char)letter);
}

static void test_convert_in_place(void **state) {
    (void)state;
    fibers_start(0, convert_in_place, 'i');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "i");
    fibers_fail(1, PP_POINT_MEMORY_ALLOCATE, /*for_good=*/false);
    fibers_start(1, lack_memory, 'l');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "l");
}

static void test_equal_bytes(void **state) {
    (void)state;
    STRING name, same, other;
    RtlInitString(&name, "Name-1");
    RtlInitString(&same, "nAME-1");
    RtlInitString(&other, "nAME-2");
    assert_true(RtlEqualString(&name, &same, TRUE));
    assert_false(RtlEqualString(&name, &same, FALSE));
    assert_false(RtlEqualString(&name, &other, TRUE));
    other.Length--;
    assert_false(RtlEqualString(&name, &other, TRUE));
    RtlInitString(&name, NULL);
    assert_int_equal(name.MaximumLength, 0);
}

static void test_numbers(void **state) {
    (void)state;
    static const struct {
        PCWSTR text;
        ULONG base, value;
    } cases[] = {{L"123", 0, 123}, {L"0x1F", 0, 31}, {L" -1", 10, MAXULONG},
                 {L"ff", 16, 255}, {L"0b101", 0, 5}, {L"77x", 8, 63}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UNICODE_STRING string = string_of(cases[i].text);
        ULONG value;
        assert_int_equal(RtlUnicodeStringToInteger(&string, cases[i].base, &value), STATUS_SUCCESS);
        assert_int_equal(value, cases[i].value);
    }
    WCHAR buffer[4];
    UNICODE_STRING string = {0, sizeof(buffer), buffer};
    assert_int_equal(RtlIntegerToUnicodeString(1514, 10, &string), STATUS_SUCCESS);
    assert_true(is_text(&string, L"1514"));
    assert_int_equal(RtlIntegerToUnicodeString(15140, 10, &string), STATUS_BUFFER_OVERFLOW);
    ULONG seed = 1, same = 1;
    assert_int_equal(RtlRandomEx(&seed), RtlRandomEx(&same));
}

static void test_format(void **state) {
    (void)state;
    char text[64];
    WCHAR wide[64];
    UNICODE_STRING name = string_of(L"adapter");
    ANSI_STRING ansi;
    RtlInitAnsiString(&ansi, "ansi");
    assert_int_equal(RtlStringCchPrintfA(text, 64, "%s|%5d|%-4u|%04x|%I64d|%lu|%c", "text", -7, 8u,
                                         0x1fu, -1ll, 9u, 'z'),
                     STATUS_SUCCESS);
    assert_string_equal(text, "text|   -7|8   |001f|-1|9|z");
    assert_int_equal(RtlStringCbPrintfA(text, 64, "%wZ %Z %ws %S %.2s", &name, &ansi, L"w", L"S", "cut"),
                     STATUS_SUCCESS);
    assert_string_equal(text, "adapter ansi w S cu");
    assert_int_equal(RtlStringCchPrintfA(text, 5, "%s", "longer"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "long");
    assert_int_equal(RtlStringCchPrintfW(wide, 64, L"%s%hs%d", L"a", "b", 3), STATUS_SUCCESS);
    UNICODE_STRING string = string_of(wide);
    assert_true(is_text(&string, L"ab3"));
    string.MaximumLength = sizeof(wide);
    assert_int_equal(RtlUnicodeStringPrintf(&string, L"%wZ-%u", &name, 2u), STATUS_SUCCESS);
    assert_true(is_text(&string, L"adapter-2"));
    assert_int_equal(RtlStringCchPrintfA(text, 64, "%s %p", (char *)NULL, (void *)0x12ab), 0);
    assert_string_equal(text, "(null) 00000000000012AB");
}

// Where the text ends, and what becomes of the rest of the destination.
static void test_strsafe_ex(void **state) {
    (void)state;
    char text[8], *end;
    WCHAR wide[8], *wide_end;
    size_t left;
    assert_int_equal(RtlStringCchCopyExA(text, 8, "abc", &end, &left, STRSAFE_FILL_BYTE('.')), 0);
    assert_memory_equal(text, "abc\0....", 8);
    assert_true(end == text + 3 && left == 5);
    assert_int_equal(RtlStringCchCatExA(text, 8, "de", &end, &left, 0), STATUS_SUCCESS);
    assert_true(end == text + 5 && left == 3);
    assert_int_equal(RtlStringCchCatExA(text, 8, "fgh", &end, &left, STRSAFE_NO_TRUNCATION),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "abcde");
    assert_int_equal(RtlStringCchCatNExA(text, 8, "fgh", 1, NULL, NULL, 0), STATUS_SUCCESS);
    assert_string_equal(text, "abcdef");
    assert_int_equal(RtlStringCchCatExA(text, 8, NULL, &end, &left, STRSAFE_IGNORE_NULLS),
                     STATUS_SUCCESS);
    assert_true(end == text + 6 && left == 2);
    assert_int_equal(RtlStringCchCopyExA(text, 8, "12345678", &end, &left, STRSAFE_NULL_ON_FAILURE),
                     STATUS_BUFFER_OVERFLOW);
    assert_true(text[0] == 0 && end == text && left == 8);
    assert_int_equal(RtlStringCchCopyExA(text, 8, "12345678", &end, &left, STRSAFE_FAILURE_BYTE('!')),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "!!!!!!!");
    assert_int_equal(RtlStringCchCopyExA(text, 0, "1", &end, &left, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyExA(NULL, 0, NULL, &end, &left, STRSAFE_IGNORE_NULLS),
                     STATUS_SUCCESS);
    assert_true(end == NULL && left == 0);
    assert_int_equal(RtlStringCbPrintfExW(wide, sizeof(wide) - 1, &wide_end, &left, 0, L"%u", 12u), 0);
    assert_true(wide_end == wide + 2 && left == sizeof(wide) - 1 - 4);
    assert_int_equal(
        RtlStringCchPrintfExA(text, 8, &end, &left, STRSAFE_NO_TRUNCATION, "%s", "too long"),
        STATUS_BUFFER_OVERFLOW);
    assert_true(text[0] == 0 && left == 8);
    assert_int_equal(RtlStringCbCopyNExW(wide, sizeof(wide), L"abcdef", 6, &wide_end, &left, 0), 0);
    assert_true(wide_end == wide + 3 && left == 10);
    UNICODE_STRING string;
    assert_int_equal(RtlUnicodeStringInitEx(&string, L"ab", 0), STATUS_SUCCESS);
    assert_true(is_text(&string, L"ab"));
}

static void test_bitmap(void **state) {
    (void)state;
    ULONG words[2];
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, 40);
    RtlClearAllBits(&map);
    RtlSetBits(&map, 30, 4);
    assert_true(RtlTestBit(&map, 33));
    assert_false(RtlTestBit(&map, 34));
    assert_int_equal(RtlFindClearBitsAndSet(&map, 3, 29), 34);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 20, 29), 0);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 20, 0), MAXULONG);
    RtlClearBits(&map, 31, 1);
    assert_int_equal(words[0], 0xC00FFFFFu & ~(1u << 31));
}

static void test_machine(void **state) {
    (void)state;
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    assert_int_equal(RtlGetVersion(&version), STATUS_SUCCESS);
    assert_int_equal(version.dwMajorVersion, 10);
    assert_true(RtlIsNtDdiVersionAvailable(NTDDI_WIN10));
    assert_int_equal(NdisGetVersion() >> 16, 6);
    PROCESSOR_NUMBER number;
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 2);
    assert_int_equal(KeGetProcessorNumberFromIndex(1, &number), STATUS_SUCCESS);
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), 1);
    assert_int_not_equal(KeGetProcessorNumberFromIndex(2, &number), STATUS_SUCCESS);
}

static LIST_ENTRY head;
static KSPIN_LOCK lock;

static void change_list(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    static LIST_ENTRY entries[2];
    InitializeListHead(&head);
    KeInitializeSpinLock(&lock);
    assert_null(ExInterlockedInsertTailList(&head, &entries[0], &lock));
    assert_ptr_equal(ExInterlockedInsertHeadList(&head, &entries[1], &lock), &entries[0]);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &entries[1]);
    assert_ptr_equal(ExInterlockedRemoveHeadList(&head, &lock), &entries[0]);
    assert_null(ExInterlockedRemoveHeadList(&head, &lock));
    static SINGLE_LIST_ENTRY single, links[2];
    ULONG sum = 3;
    assert_null(ExInterlockedPushEntryList(&single, &links[0], &lock));
    assert_ptr_equal(ExInterlockedPushEntryList(&single, &links[1], &lock), &links[0]);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &links[1]);
    assert_ptr_equal(ExInterlockedPopEntryList(&single, &lock), &links[0]);
    assert_null(ExInterlockedPopEntryList(&single, &lock));
    assert_int_equal(ExInterlockedAddUlong(&sum, 4, &lock), 3);
    assert_int_equal(sum, 7);
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_false(KeTryToAcquireSpinLockAtDpcLevel(&lock));
    KeReleaseInStackQueuedSpinLock(&handle);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    fibers_note('l');
}

static void push_and_pop(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    static SLIST_HEADER lifo;
    static SLIST_ENTRY first, second;
    InitializeSListHead(&lifo);
    assert_null(InterlockedPopEntrySList(&lifo));
    assert_null(InterlockedPushEntrySList(&lifo, &first));
    assert_ptr_equal(InterlockedPushEntrySList(&lifo, &second), &first);
    assert_int_equal(QueryDepthSList(&lifo), 2);
    assert_ptr_equal(InterlockedPopEntrySList(&lifo), &second);
    assert_ptr_equal(InterlockedFlushSList(&lifo), &first);
    assert_int_equal(QueryDepthSList(&lifo), 0);
    fibers_note('s');
}

static void test_sequenced_lists(void **state) {
    (void)state;
    fibers_start(0, push_and_pop, 's');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "s");
}

static void test_lists_under_a_lock(void **state) {
    (void)state;
    fibers_start(0, change_list, 'l');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "l");
}

static void use_pages(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    PHYSICAL_ADDRESS low = {.QuadPart = 0}, high = {.QuadPart = -1};
    MDL *mdl = MmAllocatePagesForMdlEx(low, high, low, 5000, MmCached, 0);
    char *bytes = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(MmGetMdlByteCount(mdl), 5000);
    assert_true(MmIsAddressValid(bytes));
    assert_false(MmIsAddressValid(NULL));
    bytes[4999] = 1;
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    fibers_note('p');
}

static void test_pages(void **state) {
    (void)state;
    fibers_start(0, use_pages, 'p');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "p");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_compare),         FIBERS_TEST(test_append),
        FIBERS_TEST(test_convert),         FIBERS_TEST(test_numbers),
        FIBERS_TEST(test_format),          FIBERS_TEST(test_strsafe_ex),
        FIBERS_TEST(test_bitmap),          FIBERS_TEST(test_machine),
        FIBERS_TEST(test_sequenced_lists), FIBERS_TEST(test_lists_under_a_lock),
        FIBERS_TEST(test_pages),           FIBERS_TEST(test_convert_in_place),
        FIBERS_TEST(test_equal_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
