// SPDX-License-Identifier: MIT
// The run-time library's way into the registry: several values in one call.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/callback.h"
#include "kernel/level.h"
#include "kernel/registry.h"

#include <string.h>

#define STRING_TAG 'grtS'
#define TABLE_ROWS_MAX 1024u

static const PCWSTR places[] = {
    [RTL_REGISTRY_ABSOLUTE] = L"",
    [RTL_REGISTRY_SERVICES] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    [RTL_REGISTRY_CONTROL] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    [RTL_REGISTRY_WINDOWS_NT] = L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap",
    [RTL_REGISTRY_USER] = L"\\Registry\\User\\.Default",
};

static struct pp_key *find_path(ULONG relative_to, PCWSTR path, bool makes) {
    if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
        return pp_key_of((HANDLE)path);
    }
    ULONG place = relative_to & 0xFF;
    UNICODE_STRING string;
    if (place >= sizeof(places) / sizeof(places[0])) {
        return NULL;
    }
    RtlInitUnicodeString(&string, places[place]);
    struct pp_key *from = pp_registry_find(NULL, &string, makes, NULL);
    RtlInitUnicodeString(&string, path);
    return from == NULL ? NULL : pp_registry_find(from, &string, makes, NULL);
}

static struct pp_key *find(ULONG relative_to, PCWSTR path, bool makes) {
    pp_switch_point();
    return pp_level_at_most(PASSIVE_LEVEL) && !pp_fault_fires(PP_POINT_KEY_OPEN)
               ? find_path(relative_to, path, makes)
               : NULL;
}

static bool is_text(ULONG type) {
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ || type == REG_LINK;
}

// === Values that go where the caller says ===

static NTSTATUS store_text(UNICODE_STRING *to, const void *data, ULONG size) {
    if (!pp_touch_write(to, sizeof(*to))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (size > UNICODE_STRING_MAX_BYTES) {
        return STATUS_BUFFER_OVERFLOW;
    }
    if (to->Buffer == NULL) {
        to->Buffer = ExAllocatePoolWithTag(PagedPool, size + sizeof(WCHAR), STRING_TAG);
        to->MaximumLength = (USHORT)size;
        if (to->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    if (size > to->MaximumLength || !pp_touch_write(to->Buffer, size)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(to->Buffer, data, size);
    to->Length = (USHORT)(size < sizeof(WCHAR) ? 0 : size - sizeof(WCHAR));  // the NUL does not count
    return STATUS_SUCCESS;
}

// A buffer begins with its size, negative if type and size are not wanted.
static NTSTATUS store_bytes(LONG *to, ULONG type, const void *data, ULONG size) {
    if (!pp_touch_write(to, sizeof(*to))) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG head = *to < 0 ? 0 : 2 * sizeof(ULONG);
    ULONG room = *to < 0 ? 0u - (ULONG)*to : (ULONG)*to;
    if (size > room || head > room - size || !pp_touch_write(to, head + size)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (head > 0) {
        to[0] = (LONG)size;
        to[1] = (LONG)type;
    }
    memcpy((char *)to + head, data, size);
    return STATUS_SUCCESS;
}

static NTSTATUS store(const RTL_QUERY_REGISTRY_TABLE *row, ULONG type, const void *data, ULONG size) {
    ULONG wanted = row->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    if ((row->Flags & RTL_QUERY_REGISTRY_TYPECHECK) != 0 && wanted != REG_NONE && wanted != type) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (is_text(type)) {
        return store_text(row->EntryContext, data, size);
    }
    if (size > sizeof(ULONG)) {
        return store_bytes(row->EntryContext, type, data, size);
    }
    if (pp_touch_write(row->EntryContext, size)) {
        memcpy(row->EntryContext, data, size);
    }
    return STATUS_SUCCESS;
}

// === Values that a function gets ===

struct query {
    void *context;
    struct pp_key *top;
    struct pp_key *key;
};

static NTSTATUS call(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row, PWSTR name,
                     ULONG type, void *data, ULONG size) {
    if (row->QueryRoutine == NULL) {
        return STATUS_SUCCESS;
    }
    struct pp_callback_frame frame = pp_callback_enter(PP_CALLBACK_QUERY, NULL);
    NTSTATUS status = row->QueryRoutine(name, type, data, size, query->context, row->EntryContext);
    pp_callback_leave(frame, NULL, status);
    return status;
}

// Each text of a REG_MULTI_SZ is a value of its own.
static NTSTATUS call_for_texts(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row,
                               PWSTR name, WCHAR *text, ULONG size) {
    NTSTATUS status = STATUS_SUCCESS;
    ULONG count = size / sizeof(WCHAR);
    for (ULONG i = 0; i < count && text[i] != 0 && NT_SUCCESS(status);) {
        ULONG end = i;
        while (end < count && text[end] != 0) {
            end++;
        }
        status =
            call(query, row, name, REG_SZ, &text[i], (ULONG)((end - i + (end < count)) * sizeof(WCHAR)));
        i = end + 1;
    }
    return status;
}

static NTSTATUS deliver(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row, PWSTR name,
                        ULONG type, void *data, ULONG size) {
    if ((row->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0) {
        return store(row, type, data, size);
    }
    if (type == REG_MULTI_SZ && (row->Flags & RTL_QUERY_REGISTRY_NOEXPAND) == 0) {
        return call_for_texts(query, row, name, data, size);
    }
    return call(query, row, name, type, data, size);
}

static NTSTATUS deliver_all(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row) {
    NTSTATUS status = STATUS_SUCCESS;
    ULONG count = 0;
    for (struct pp_value *value = query->key->value; value != NULL && NT_SUCCESS(status);
         value = value->next, count++) {
        status = deliver(query, row, value->name.Buffer, value->type, value->data, value->size);
    }
    bool is_missing = count == 0 && (row->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0;
    return is_missing ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

static ULONG default_size(const RTL_QUERY_REGISTRY_TABLE *row, ULONG type) {
    if (row->DefaultLength != 0 || !is_text(type)) {
        return row->DefaultLength;
    }
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, row->DefaultData);
    return text.MaximumLength;
}

static NTSTATUS deliver_default(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row) {
    ULONG type = row->DefaultType & ~(0xFFu << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT);
    if ((row->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    ULONG size = type == REG_NONE ? 0 : default_size(row, type);
    if (type == REG_NONE || !pp_touch_read(row->DefaultData, size)) {
        return STATUS_SUCCESS;
    }
    return deliver(query, row, row->Name, type, row->DefaultData, size);
}

static NTSTATUS deliver_named(const struct query *query, const RTL_QUERY_REGISTRY_TABLE *row) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, row->Name);
    struct pp_value *value =
        pp_fault_fires(PP_POINT_VALUE_READ) ? NULL : pp_registry_value(query->key, &name);
    if (value == NULL) {
        return deliver_default(query, row);
    }
    NTSTATUS status = deliver(query, row, row->Name, value->type, value->data, value->size);
    if (NT_SUCCESS(status) && (row->Flags & RTL_QUERY_REGISTRY_DELETE) != 0) {
        pp_registry_remove(query->key, &name);
    }
    return status;
}

static NTSTATUS answer_row(struct query *query, const RTL_QUERY_REGISTRY_TABLE *row) {
    if ((row->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) != 0) {
        query->key = query->top;
    }
    if ((row->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, row->Name);
        struct pp_key *key = pp_registry_find(query->top, &name, /*makes=*/false, NULL);
        if (key == NULL) {
            return (row->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0 ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                   : STATUS_SUCCESS;
        }
        query->key = key;
        return row->QueryRoutine != NULL ? deliver_all(query, row) : STATUS_SUCCESS;
    }
    if ((row->Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0) {
        return call(query, row, NULL, REG_NONE, NULL, 0);
    }
    return row->Name != NULL ? deliver_named(query, row) : deliver_all(query, row);
}

NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, RTL_QUERY_REGISTRY_TABLE *QueryTable,
                                PVOID Context, PVOID Environment) {
    (void)Environment;
    struct query query = {.context = Context};
    query.top = query.key = find(RelativeTo, Path, /*makes=*/false);
    if (query.key == NULL) {
        return (RelativeTo & RTL_REGISTRY_OPTIONAL) != 0 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < TABLE_ROWS_MAX && NT_SUCCESS(status); i++) {
        const RTL_QUERY_REGISTRY_TABLE *row = (const void *)((ULONG_PTR)QueryTable + i * sizeof(*row));
        if (!pp_touch_read(row, sizeof(*row)) || (row->QueryRoutine == NULL && row->Name == NULL)) {
            break;
        }
        status = answer_row(&query, row);
    }
    return status;
}

// === One value ===

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                               PVOID ValueData, ULONG ValueLength) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, ValueName);
    struct pp_key *key = find(RelativeTo, Path, /*makes=*/true);
    if (key == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    bool is_set = pp_touch_read(ValueData, ValueLength) && !pp_fault_fires(PP_POINT_VALUE_WRITE) &&
                  pp_registry_set(key, &name, ValueType, ValueData, ValueLength);
    return is_set ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, ValueName);
    struct pp_key *key = find(RelativeTo, Path, /*makes=*/false);
    return key != NULL && pp_registry_remove(key, &name) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
    return find(RelativeTo, Path, /*makes=*/false) != NULL ? STATUS_SUCCESS
                                                           : STATUS_OBJECT_NAME_NOT_FOUND;
}
