// SPDX-License-Identifier: MIT
// The registry as drivers use it: the service key, what is written is read back, configuration of NDIS.
#include "fibers.h"

static UNICODE_STRING string_of(PCWSTR text) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, text);
    return string;
}

static void test(pp_fiber_function function) {
    fibers_start(0, function, 'x');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "x");
}

static NTSTATUS open_key(HANDLE root, PCWSTR path, HANDLE *ret_key) {
    UNICODE_STRING name = string_of(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
    return ZwOpenKey(ret_key, KEY_READ, &attributes);
}

#define SERVICE L"\\registry\\machine\\system\\CurrentControlSet\\services\\Poolproof"

static void read_service_key(void *subject, uint64_t letter) {
    (void)subject;
    HANDLE key, linkage;
    ULONG length;
    union {
        KEY_VALUE_PARTIAL_INFORMATION value;
        KEY_BASIC_INFORMATION key;
        UCHAR bytes[128];
    } answer;
    UNICODE_STRING start = string_of(L"START"), none = string_of(L"None");
    assert_int_equal(open_key(NULL, SERVICE L"\\None", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_key(NULL, SERVICE, &key), STATUS_SUCCESS);
    assert_int_equal(
        ZwQueryValueKey(key, &start, KeyValuePartialInformation, &answer, sizeof(answer), &length),
        STATUS_SUCCESS);
    assert_int_equal(answer.value.Type, REG_DWORD);
    assert_int_equal(length, 16);
    assert_int_equal(*(ULONG *)(void *)answer.value.Data, 3);
    assert_int_equal(ZwQueryValueKey(key, &start, KeyValuePartialInformation, &answer, 13, &length),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(ZwQueryValueKey(key, &start, KeyValuePartialInformation, &answer, 4, &length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 16);
    assert_int_equal(ZwQueryValueKey(key, &none, KeyValuePartialInformation, &answer, 64, &length),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ZwEnumerateKey(key, 0, KeyBasicInformation, &answer, sizeof(answer), &length),
                     STATUS_SUCCESS);
    assert_int_equal(answer.key.NameLength, 14);
    assert_int_equal(ZwEnumerateKey(key, 1, KeyBasicInformation, &answer, sizeof(answer), &length),
                     STATUS_NO_MORE_ENTRIES);
    assert_int_equal(open_key(key, L"Linkage", &linkage), STATUS_SUCCESS);
    ZwClose(linkage);
    ZwClose(key);
    fibers_note((char)letter);
}

static void test_service_key(void **state) {
    (void)state;
    test(read_service_key);
}

static void write_and_read(void *subject, uint64_t letter) {
    (void)subject;
    HANDLE key;
    ULONG disposition, number = 7, length;
    UCHAR answer[64];
    UNICODE_STRING path = string_of(SERVICE L"\\New\\Newer"), name = string_of(L"Number");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, &disposition),
                     STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_int_equal(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number)), STATUS_SUCCESS);
    number = 9;
    assert_int_equal(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof(number)), STATUS_SUCCESS);
    assert_int_equal(
        ZwEnumerateValueKey(key, 0, KeyValueFullInformation, answer, sizeof(answer), &length),
        STATUS_SUCCESS);
    const KEY_VALUE_FULL_INFORMATION *full = (const void *)answer;
    assert_int_equal(*(ULONG *)(void *)&answer[full->DataOffset], 9);
    assert_int_equal(
        ZwEnumerateValueKey(key, 1, KeyValueFullInformation, answer, sizeof(answer), &length),
        STATUS_NO_MORE_ENTRIES);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteValueKey(key, &name), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(open_key(NULL, SERVICE L"\\New\\Newer", &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(open_key(NULL, SERVICE L"\\New", &key), STATUS_SUCCESS);
    ZwClose(key);
    fibers_note((char)letter);
}

static void test_written_is_read(void **state) {
    (void)state;
    test(write_and_read);
}

static NTSTATUS on_value(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry) {
    (void)name, (void)size;
    assert_int_equal(type, REG_SZ);
    assert_ptr_equal(context, entry);
    fibers_note((char)*(WCHAR *)data);
    return STATUS_SUCCESS;
}

static void query_values(void *subject, uint64_t letter) {
    (void)subject, (void)letter;
    ULONG start = 0, missing = 0, five = 5;
    WCHAR buffer[16];
    UNICODE_STRING name = {0, sizeof(buffer), buffer}, image = {0, 0, NULL};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Start", .EntryContext = &start},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"DisplayName", .EntryContext = &name},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"ImagePath", .EntryContext = &image},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT,
         .Name = L"Missing",
         .EntryContext = &missing,
         .DefaultType = REG_DWORD,
         .DefaultData = &five,
         .DefaultLength = sizeof(five)},
        {.QueryRoutine = on_value, .Name = L"Texts", .EntryContext = table},
        {.Flags = 0},
    };
    static const WCHAR texts[] = L"a\0b\0c\0";
    assert_int_equal(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"poolproof", L"Texts", REG_MULTI_SZ,
                                           (void *)texts, sizeof(texts)),
                     STATUS_SUCCESS);
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, table, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(start, 3);
    assert_int_equal(missing, 5);
    assert_int_equal(name.Length, 18);
    assert_non_null(image.Buffer);
    RtlFreeUnicodeString(&image);
    table[3].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", &table[3], NULL, NULL),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"other"), STATUS_OBJECT_NAME_NOT_FOUND);
    fibers_note('.');
}

// What is no text: up to four bytes stand alone; more want a buffer that begins with its size, which is
// negative if only the data is wanted.
static void query_bytes(void *subject, uint64_t letter) {
    (void)subject;
    static const UCHAR bytes[6] = {1, 2, 3, 4, 5, 6};
    union {
        LONG size;
        ULONG words[4];
        UCHAR bytes[16];
    } answer;
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Bytes", .EntryContext = &answer},
    };
    assert_int_equal(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"poolproof", L"Bytes", REG_BINARY,
                                           (void *)bytes, sizeof(bytes)),
                     STATUS_SUCCESS);
    answer.size = 14;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(answer.words[0], sizeof(bytes));
    assert_int_equal(answer.words[1], REG_BINARY);
    assert_memory_equal(&answer.bytes[8], bytes, sizeof(bytes));
    answer.size = 13;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, NULL, NULL),
                     STATUS_BUFFER_TOO_SMALL);
    answer.size = -6;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, NULL, NULL),
                     STATUS_SUCCESS);
    assert_memory_equal(answer.bytes, bytes, sizeof(bytes));
    answer.size = -5;
    assert_int_equal(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", table, NULL, NULL),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"poolproof", L"Bytes"),
                     STATUS_SUCCESS);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"poolproof", L"Bytes"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"other", L"Bytes"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    fibers_note((char)letter);
}

static void test_query_bytes(void **state) {
    (void)state;
    test(query_bytes);
}

static void test_query(void **state) {
    (void)state;
    fibers_start(0, query_values, 'x');
    assert_true(pp_schedule_settle());
    assert_string_equal(fibers_notes(), "abc.");
}

static void configure(void *subject, uint64_t letter) {
    (void)subject;
    NDIS_STATUS status;
    NDIS_HANDLE handle, child;
    NDIS_CONFIGURATION_PARAMETER *read;
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
                   NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
    };
    NDIS_STRING keyword = string_of(L"Depth"), version = string_of(L"NdisVersion"),
                none = string_of(L"x");
    NDIS_CONFIGURATION_PARAMETER written = {.ParameterType = NdisParameterString,
                                            .ParameterData.StringData = string_of(L"42")};
    assert_int_equal(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &read, handle, &keyword, NdisParameterInteger);
    assert_int_equal(status, NDIS_STATUS_FAILURE);
    NdisWriteConfiguration(&status, handle, &keyword, &written);
    assert_int_equal(status, NDIS_STATUS_SUCCESS);
    NdisReadConfiguration(&status, &read, handle, &keyword, NdisParameterInteger);
    assert_int_equal(status, NDIS_STATUS_SUCCESS);
    assert_int_equal(read->ParameterData.IntegerData, 42);
    NdisReadConfiguration(&status, &read, handle, &keyword, NdisParameterString);
    assert_int_equal(read->ParameterType, NdisParameterString);
    assert_int_equal(read->ParameterData.StringData.Length, 4);
    NdisReadConfiguration(&status, &read, handle, &version, NdisParameterInteger);
    assert_int_equal(read->ParameterData.IntegerData, NdisGetVersion());
    NdisOpenConfigurationKeyByName(&status, handle, &none, &child);
    assert_int_equal(status, NDIS_STATUS_FAILURE);
    NdisOpenConfigurationKeyByIndex(&status, handle, 0, &keyword, &child);
    assert_int_equal(status, NDIS_STATUS_FAILURE);
    HANDLE key;
    UNICODE_STRING path = string_of(SERVICE L"\\Parameters\\Below");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    assert_int_equal(ZwFlushKey(key), STATUS_SUCCESS);
    assert_int_equal(ZwClose(key), STATUS_SUCCESS);
    NdisOpenConfigurationKeyByIndex(&status, handle, 0, &keyword, &child);
    assert_int_equal(status, NDIS_STATUS_SUCCESS);
    assert_int_equal(keyword.Length, 10);
    NdisCloseConfiguration(child);
    PVOID address;
    UINT length;
    NdisReadNetworkAddress(&status, &address, &length, handle);
    assert_int_equal(status, NDIS_STATUS_FAILURE);
    NdisCloseConfiguration(handle);
    fibers_note((char)letter);
}

static void test_configuration(void **state) {
    (void)state;
    test(configure);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIBERS_TEST(test_service_key), FIBERS_TEST(test_written_is_read), FIBERS_TEST(test_query),
        FIBERS_TEST(test_query_bytes), FIBERS_TEST(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
