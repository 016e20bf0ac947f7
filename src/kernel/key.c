// SPDX-License-Identifier: MIT
// Registry keys, and files, by handles: ZwOpenKey and its like. There are no files.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/level.h"
#include "kernel/reference.h"
#include "kernel/registry.h"
#include "kernel/unicode.h"

#include <string.h>

struct open_key {
    struct pp_key *key;
};

struct pp_key *pp_key_of(HANDLE handle) {
    struct open_key *open = pp_reference_of(handle, PP_REFERENCED_KEY);
    return open == NULL ? NULL : open->key;
}

static bool begin(void) {
    pp_switch_point();
    return pp_level_at_most(PASSIVE_LEVEL);
}

// === Opening ===

static NTSTATUS open(PHANDLE ret_handle, const OBJECT_ATTRIBUTES *attributes, bool makes,
                     bool *ret_is_new) {
    if (!begin() || !pp_touch_write(ret_handle, sizeof(*ret_handle)) ||
        !pp_touch_read(attributes, sizeof(*attributes)) || !pp_unicode_touch(attributes->ObjectName)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (pp_fault_fires(PP_POINT_KEY_OPEN)) {
        return makes ? STATUS_INSUFFICIENT_RESOURCES : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    HANDLE root = attributes->RootDirectory;
    struct pp_key *from = root == NULL ? NULL : pp_key_of(root);
    if (root != NULL && from == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    struct pp_key *key = pp_registry_find(from, attributes->ObjectName, makes, ret_is_new);
    if (key == NULL) {
        return makes ? STATUS_INSUFFICIENT_RESOURCES : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    struct open_key *open = pp_reference_make(PP_REFERENCED_KEY, sizeof(*open));
    if (open == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    open->key = key;
    *ret_handle = pp_reference_open(open);
    return STATUS_SUCCESS;
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES *ObjectAttributes) {
    (void)DesiredAccess;
    return open(KeyHandle, ObjectAttributes, /*makes=*/false, NULL);
}

NTSTATUS ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES *ObjectAttributes,
                     ULONG TitleIndex, UNICODE_STRING *Class, ULONG CreateOptions, PULONG Disposition) {
    (void)DesiredAccess;
    (void)TitleIndex;
    (void)Class;
    (void)CreateOptions;
    bool is_new = false;
    NTSTATUS status = open(KeyHandle, ObjectAttributes, /*makes=*/true, &is_new);
    if (NT_SUCCESS(status) && Disposition != NULL && pp_touch_write(Disposition, sizeof(*Disposition))) {
        *Disposition = is_new ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    }
    return status;
}

// The driver's own parameters; there is no device's key.
NTSTATUS IoOpenDeviceRegistryKey(DEVICE_OBJECT *DeviceObject, ULONG DevInstKeyType,
                                 ACCESS_MASK DesiredAccess, PHANDLE DeviceRegKey) {
    (void)DevInstKeyType;
    (void)DesiredAccess;
    (void)DeviceRegKey;
    return begin() && pp_touch_read(DeviceObject, sizeof(*DeviceObject)) ? STATUS_INVALID_DEVICE_REQUEST
                                                                         : STATUS_INVALID_PARAMETER;
}

NTSTATUS ZwDeleteKey(HANDLE KeyHandle) {
    struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (pp_registry_child(key, 0) != NULL) {
        return STATUS_CANNOT_DELETE;
    }
    key->is_deleted = true;
    return STATUS_SUCCESS;
}

NTSTATUS ZwFlushKey(HANDLE KeyHandle) {
    return begin() && pp_key_of(KeyHandle) != NULL ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

// === Answers: a fixed part, then names or data, as much as there is room for ===

struct answer {
    UCHAR *buffer;
    ULONG room;
    ULONG size;   // of the whole
    ULONG fixed;  // bytes without which there is nothing
};

static void add(struct answer *answer, const void *bytes, ULONG size) {
    if (answer->size < answer->room && size > 0) {
        ULONG fits = min(size, answer->room - answer->size);
        memcpy(answer->buffer + answer->size, bytes, fits);
    }
    answer->size += size;
}

static NTSTATUS finish(const struct answer *answer, PULONG ret_length) {
    *ret_length = answer->size;
    if (answer->room < answer->fixed) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    return answer->size > answer->room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static bool begin_answer(struct answer *answer, void *buffer, ULONG length, PULONG ret_length) {
    *answer = (struct answer){.buffer = buffer, .room = length};
    return pp_touch_write(ret_length, sizeof(*ret_length)) && pp_touch_write(buffer, length);
}

static NTSTATUS answer_value(const struct pp_value *value, KEY_VALUE_INFORMATION_CLASS class,
                             struct answer *answer, PULONG ret_length) {
    const ULONG name_length = value->name.Length;
    switch (class) {
    case KeyValueBasicInformation: {
        const ULONG head[] = {0, value->type, name_length};
        answer->fixed = sizeof(head);
        add(answer, head, sizeof(head));
        add(answer, value->name.Buffer, name_length);
        break;
    }
    case KeyValuePartialInformation: {
        const ULONG head[] = {0, value->type, value->size};
        answer->fixed = sizeof(head);
        add(answer, head, sizeof(head));
        add(answer, value->data, value->size);
        break;
    }
    case KeyValueFullInformation: {
        ULONG offset = (ULONG)ALIGN_UP_BY(5 * sizeof(ULONG) + name_length, sizeof(ULONG));
        const ULONG head[] = {0, value->type, offset, value->size, name_length};
        answer->fixed = sizeof(head);
        add(answer, head, sizeof(head));
        add(answer, value->name.Buffer, name_length);
        add(answer, &(ULONG){0}, offset - answer->size);
        add(answer, value->data, value->size);
        break;
    }
    default: return STATUS_INVALID_PARAMETER;
    }
    return finish(answer, ret_length);
}

static NTSTATUS answer_key(const struct pp_key *key, KEY_INFORMATION_CLASS class, struct answer *answer,
                           PULONG ret_length) {
    if (class != KeyBasicInformation && class != KeyFullInformation) {
        return STATUS_INVALID_PARAMETER;
    }
    const LARGE_INTEGER written = {.QuadPart = 0};
    add(answer, &written, sizeof(written));
    if (class == KeyBasicInformation) {
        const ULONG head[] = {0, key->name.Length};
        add(answer, head, sizeof(head));
        answer->fixed = answer->size;
        add(answer, key->name.Buffer, key->name.Length);
        return finish(answer, ret_length);
    }
    ULONG children = 0, values = 0, longest_child = 0, longest_name = 0, longest_data = 0;
    for (const struct pp_key *child; (child = pp_registry_child(key, children)) != NULL; children++) {
        longest_child = max(longest_child, child->name.Length);
    }
    for (const struct pp_value *value = key->value; value != NULL; value = value->next, values++) {
        longest_name = max(longest_name, value->name.Length);
        longest_data = max(longest_data, value->size);
    }
    const ULONG no_class = MAXULONG;
    const ULONG full[] = {0,      no_class,     0,           children, longest_child, 0,
                          values, longest_name, longest_data};
    add(answer, full, sizeof(full));
    answer->fixed = answer->size;
    return finish(answer, ret_length);
}

// === Asking ===

NTSTATUS ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                    ULONG Length, PULONG ResultLength) {
    struct answer answer;
    const struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !begin_answer(&answer, KeyInformation, Length, ResultLength)) {
        return STATUS_INVALID_HANDLE;
    }
    return answer_key(key, KeyInformationClass, &answer, ResultLength);
}

NTSTATUS ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                        PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
    struct answer answer;
    const struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !begin_answer(&answer, KeyInformation, Length, ResultLength)) {
        return STATUS_INVALID_HANDLE;
    }
    const struct pp_key *child = pp_registry_child(key, Index);
    return child == NULL ? STATUS_NO_MORE_ENTRIES
                         : answer_key(child, KeyInformationClass, &answer, ResultLength);
}

NTSTATUS ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                             KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                             PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
    struct answer answer;
    const struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !begin_answer(&answer, KeyValueInformation, Length, ResultLength)) {
        return STATUS_INVALID_HANDLE;
    }
    const struct pp_value *value = pp_registry_value_at(key, Index);
    return value == NULL ? STATUS_NO_MORE_ENTRIES
                         : answer_value(value, KeyValueInformationClass, &answer, ResultLength);
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, UNICODE_STRING *ValueName,
                         KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                         ULONG Length, PULONG ResultLength) {
    struct answer answer;
    struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !pp_unicode_touch(ValueName) ||
        !begin_answer(&answer, KeyValueInformation, Length, ResultLength)) {
        return STATUS_INVALID_HANDLE;
    }
    const struct pp_value *value =
        pp_fault_fires(PP_POINT_VALUE_READ) ? NULL : pp_registry_value(key, ValueName);
    return value == NULL ? STATUS_OBJECT_NAME_NOT_FOUND
                         : answer_value(value, KeyValueInformationClass, &answer, ResultLength);
}

// === Changing ===

NTSTATUS ZwSetValueKey(HANDLE KeyHandle, UNICODE_STRING *ValueName, ULONG TitleIndex, ULONG Type,
                       PVOID Data, ULONG DataSize) {
    (void)TitleIndex;
    struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !pp_unicode_touch(ValueName) || !pp_touch_read(Data, DataSize)) {
        return STATUS_INVALID_HANDLE;
    }
    bool is_set =
        !pp_fault_fires(PP_POINT_VALUE_WRITE) && pp_registry_set(key, ValueName, Type, Data, DataSize);
    return is_set ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS ZwDeleteValueKey(HANDLE KeyHandle, UNICODE_STRING *ValueName) {
    struct pp_key *key = begin() ? pp_key_of(KeyHandle) : NULL;
    if (key == NULL || !pp_unicode_touch(ValueName)) {
        return STATUS_INVALID_HANDLE;
    }
    return pp_registry_remove(key, ValueName) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

// === Files ===

NTSTATUS ZwCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, OBJECT_ATTRIBUTES *ObjectAttributes,
                      IO_STATUS_BLOCK *IoStatusBlock, LARGE_INTEGER *AllocationSize,
                      ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                      ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength) {
    (void)DesiredAccess, (void)AllocationSize, (void)FileAttributes, (void)ShareAccess;
    (void)CreateDisposition, (void)CreateOptions, (void)EaBuffer, (void)EaLength;
    if (begin() && pp_touch_read(ObjectAttributes, sizeof(*ObjectAttributes)) &&
        pp_unicode_touch(ObjectAttributes->ObjectName) &&
        pp_touch_write(FileHandle, sizeof(*FileHandle)) &&
        pp_touch_write(IoStatusBlock, sizeof(*IoStatusBlock))) {
        *FileHandle = NULL;
        IoStatusBlock->Status = STATUS_OBJECT_NAME_NOT_FOUND;
        IoStatusBlock->Information = 0;
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

// No handle is one to a file.
NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    IO_STATUS_BLOCK *IoStatusBlock, PVOID Buffer, ULONG Length,
                    LARGE_INTEGER *ByteOffset, PULONG Key) {
    (void)Event, (void)ApcRoutine, (void)ApcContext, (void)IoStatusBlock, (void)Buffer, (void)Length;
    (void)ByteOffset, (void)Key;
    if (begin()) {
        PP_EMIT(SERVICE_USE, pp_object(FileHandle), PP_SERVICE_HANDLE);
    }
    return STATUS_INVALID_HANDLE;
}

NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                     IO_STATUS_BLOCK *IoStatusBlock, PVOID Buffer, ULONG Length,
                     LARGE_INTEGER *ByteOffset, PULONG Key) {
    return ZwReadFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length,
                      ByteOffset, Key);
}
