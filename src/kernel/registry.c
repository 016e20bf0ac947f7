// SPDX-License-Identifier: MIT
#include "kernel/registry.h"

#include "kernel/memory.h"

#include <string.h>

#define BIND_CHARS_MAX 8192u

static struct pp_key root;
static bool is_made;
static bool is_bind_current;        // the value says what is in `bind`
static WCHAR bind[BIND_CHARS_MAX];  // Linkage\Bind: texts, each with its NUL, and one more NUL
static uint32_t bind_length;        // characters, without the last NUL

void pp_registry_reset(void) {
    memset(&root, 0, sizeof(root));
    is_made = is_bind_current = false;
    bind_length = 0;
}

static bool copy_name(UNICODE_STRING *to, const UNICODE_STRING *from) {
    to->Buffer = pp_world_take(from->Length + sizeof(WCHAR));
    if (to->Buffer == NULL) {
        return false;
    }
    memcpy(to->Buffer, from->Buffer, from->Length);
    to->Length = from->Length;
    to->MaximumLength = (USHORT)(from->Length + sizeof(WCHAR));
    return true;
}

// === Values ===

static struct pp_value **find_value(struct pp_key *key, const UNICODE_STRING *name) {
    struct pp_value **at = &key->value;
    while (*at != NULL && !RtlEqualUnicodeString(&(*at)->name, name, TRUE)) {
        at = &(*at)->next;
    }
    return at;
}

struct pp_value *pp_registry_value(struct pp_key *key, const UNICODE_STRING *name) {
    return *find_value(key, name);
}

bool pp_registry_set(struct pp_key *key, const UNICODE_STRING *name, ULONG type, const void *data,
                     ULONG size) {
    struct pp_value **at = find_value(key, name);
    void *copy = pp_world_take(size + 1);
    struct pp_value *value = *at != NULL ? *at : pp_world_take(sizeof(*value));
    if (copy == NULL || value == NULL || (*at == NULL && !copy_name(&value->name, name))) {
        return false;
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    value->type = type;
    value->size = size;
    value->data = copy;
    *at = value;
    return true;
}

bool pp_registry_remove(struct pp_key *key, const UNICODE_STRING *name) {
    struct pp_value **at = find_value(key, name);
    if (*at == NULL) {
        return false;
    }
    *at = (*at)->next;
    return true;
}

struct pp_value *pp_registry_value_at(const struct pp_key *key, ULONG index) {
    struct pp_value *value = key->value;
    while (value != NULL && index-- > 0) {
        value = value->next;
    }
    return value;
}

// === Keys ===

struct pp_key *pp_registry_child(const struct pp_key *key, ULONG index) {
    struct pp_key *child = key->child;
    while (child != NULL && (child->is_deleted || index-- > 0)) {
        child = child->next;
    }
    return child;
}

// One step of a path.
static struct pp_key *step(struct pp_key *from, const UNICODE_STRING *name, bool makes,
                           bool *ret_is_new) {
    struct pp_key **at = &from->child;
    while (*at != NULL && ((*at)->is_deleted || !RtlEqualUnicodeString(&(*at)->name, name, TRUE))) {
        at = &(*at)->next;
    }
    if (*at == NULL && makes) {
        struct pp_key *key = pp_world_take(sizeof(*key));
        if (key != NULL && copy_name(&key->name, name)) {
            *at = key;
            *ret_is_new = true;
        }
    }
    return *at;
}

static struct pp_key *walk(struct pp_key *from, const UNICODE_STRING *path, bool makes,
                           bool *ret_is_new) {
    ULONG count = path->Length / sizeof(WCHAR);
    for (ULONG i = 0; i < count && from != NULL;) {
        ULONG end = i;
        while (end < count && path->Buffer[end] != '\\') {
            end++;
        }
        if (end > i) {
            USHORT bytes = (USHORT)((end - i) * sizeof(WCHAR));
            const UNICODE_STRING name = {bytes, bytes, &path->Buffer[i]};
            from = step(from, &name, makes, ret_is_new);
        }
        i = end + 1;
    }
    return from;
}

// === What Windows has ===

static void set(struct pp_key *key, PCWSTR name_text, ULONG type, const void *data, ULONG size) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, name_text);
    pp_registry_set(key, &name, type, data, size);
}

static struct pp_key *make_key(PCWSTR path_text) {
    bool is_new;
    UNICODE_STRING path;
    RtlInitUnicodeString(&path, path_text);
    return walk(&root, &path, /*makes=*/true, &is_new);
}

static void make_service_key(void) {
    static const ULONG kernel_driver = 1, on_demand = 3, normal = 1;
    static const WCHAR image[] = L"\\SystemRoot\\System32\\drivers\\poolproof.sys";
    static const WCHAR name[] = L"poolproof", group[] = L"NDIS";
    struct pp_key *service = make_key(PP_SERVICE_KEY);
    if (service != NULL) {
        set(service, L"Type", REG_DWORD, &kernel_driver, sizeof(ULONG));
        set(service, L"Start", REG_DWORD, &on_demand, sizeof(ULONG));
        set(service, L"ErrorControl", REG_DWORD, &normal, sizeof(ULONG));
        set(service, L"ImagePath", REG_EXPAND_SZ, image, sizeof(image));
        set(service, L"DisplayName", REG_SZ, name, sizeof(name));
        set(service, L"Group", REG_SZ, group, sizeof(group));
    }
}

static void set_bind(void) {
    struct pp_key *linkage = make_key(PP_SERVICE_KEY L"\\Linkage");
    if (linkage != NULL) {
        bind[bind_length] = 0;
        set(linkage, L"Bind", REG_MULTI_SZ, bind, (bind_length + 1) * sizeof(WCHAR));
    }
}

void pp_registry_add_binding(const UNICODE_STRING *adapter) {
    uint32_t count = adapter->Length / sizeof(WCHAR);
    if (bind_length + count + 2 > BIND_CHARS_MAX) {
        return;
    }
    memcpy(&bind[bind_length], adapter->Buffer, adapter->Length);
    bind_length += count + 1;
    bind[bind_length - 1] = 0;
    is_bind_current = false;
}

struct pp_key *pp_registry_find(struct pp_key *from, const UNICODE_STRING *path, bool makes,
                                bool *ret_is_new) {
    bool is_new = false;
    if (!is_made) {
        is_made = true;
        make_service_key();
    }
    if (!is_bind_current) {
        is_bind_current = true;
        set_bind();
    }
    struct pp_key *key = walk(from != NULL ? from : &root, path, makes, &is_new);
    if (ret_is_new != NULL) {
        *ret_is_new = is_new;
    }
    return key;
}
