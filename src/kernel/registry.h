// SPDX-License-Identifier: MIT
// The registry: a small tree with the service key of the driver, as Windows has it for a protocol
// driver, and what the driver writes.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

struct pp_value {
    struct pp_value *next;
    UNICODE_STRING name;
    ULONG type;
    ULONG size;  // bytes of data
    void *data;
};

struct pp_key {
    struct pp_key *next;   // of the same parent
    struct pp_key *child;  // the first one
    struct pp_value *value;
    UNICODE_STRING name;
    bool is_deleted;
};

#define PP_SERVICE_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\poolproof"

// Forgets everything: the next use begins with what Windows has.
void pp_registry_reset(void);

// The adapters that the driver is to be bound to are values of its key, too.
void pp_registry_add_binding(const UNICODE_STRING *adapter);

// The key at a path from `from`, or from the root if that is NULL; made if it is not there and `makes`.
// NULL if there is none. `ret_is_new` may be NULL.
struct pp_key *pp_registry_find(struct pp_key *from, const UNICODE_STRING *path, bool makes,
                                bool *ret_is_new);

struct pp_value *pp_registry_value(struct pp_key *key, const UNICODE_STRING *name);

// False if there is no memory.
bool pp_registry_set(struct pp_key *key, const UNICODE_STRING *name, ULONG type, const void *data,
                     ULONG size);

// False if there is no such value.
bool pp_registry_remove(struct pp_key *key, const UNICODE_STRING *name);

struct pp_key *pp_registry_child(const struct pp_key *key, ULONG index);
struct pp_value *pp_registry_value_at(const struct pp_key *key, ULONG index);

// The key that a driver has a handle to, or NULL; the rules are told what it has passed.
struct pp_key *pp_key_of(HANDLE handle);
