// SPDX-License-Identifier: MIT
// What the world knows of a driver under test. The build makes one `struct pp_driver` for each
// poolproof_add_driver() and puts a pointer to it into the section pp_drivers; nobody writes one by hand
// but tests, which give `name` and `entry` only.
#pragma once
#include <poolproof/actions.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;

// A range of bytes of the process; empty if begin == end.
struct pp_range {
    char *begin;
    char *end;
};

static inline bool pp_range_has(const struct pp_range *range, uintptr_t address) {
    return address >= (uintptr_t)range->begin && address < (uintptr_t)range->end;
}

struct pp_driver {
    const char *name;
    const char *expected_title;  // planted drivers: the title their bug must get, else NULL
    int32_t (*entry)(struct _DRIVER_OBJECT *driver, struct _UNICODE_STRING *registry_path);
    struct pp_range text;    // its code; frames in it are the driver's
    struct pp_range data;    // its initialised globals, restored before each run
    struct pp_range bss;     // its zeroed globals, restored before each run
    const uint32_t *values;  // what its source compares with, see struct pp_offer; NULL if not known
    const struct pp_action *actions;  // the last has no name; NULL: it has none
};

// The drivers linked into this binary, in order of their names; ends with NULL.
const struct pp_driver *const *pp_driver_list(void);

// The driver of that name, or NULL. With name NULL: the only driver, or the one named by the build as
// the default.
const struct pp_driver *pp_driver_find(const char *name);
