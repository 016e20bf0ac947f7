// SPDX-License-Identifier: MIT
// The drivers of this binary. The build puts a pointer to each into the section pp_drivers.
#include <poolproof/driver.h>

#include "base/expect.h"

#include <stdlib.h>
#include <string.h>

#define DRIVER_COUNT_MAX 256

// Weak: a binary without drivers (a test) has no such section.
extern const struct pp_driver *const __start_pp_drivers[] __attribute__((weak));
extern const struct pp_driver *const __stop_pp_drivers[] __attribute__((weak));

static int by_name(const void *left, const void *right) {
    return strcmp((*(const struct pp_driver *const *)left)->name,
                  (*(const struct pp_driver *const *)right)->name);
}

const struct pp_driver *const *pp_driver_list(void) {
    static const struct pp_driver *drivers[DRIVER_COUNT_MAX + 1];
    if (drivers[0] == NULL && __start_pp_drivers != NULL) {
        size_t count = (size_t)(__stop_pp_drivers - __start_pp_drivers);
        pp_expect(count <= DRIVER_COUNT_MAX, "%zu drivers", count);
        memcpy(drivers, __start_pp_drivers, count * sizeof(drivers[0]));
        qsort(drivers, count, sizeof(drivers[0]), by_name);
    }
    return drivers;
}

const struct pp_driver *pp_driver_find(const char *name) {
    const struct pp_driver *const *drivers = pp_driver_list();
    if (name == NULL && drivers[0] != NULL && drivers[1] == NULL) {
        return drivers[0];
    }
    name = name == NULL ? PP_DEFAULT_DRIVER : name;
    while (*drivers != NULL && strcmp((*drivers)->name, name) != 0) {
        drivers++;
    }
    return *drivers;
}
