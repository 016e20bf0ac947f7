// SPDX-License-Identifier: MIT
// A driver's globals survive a run like everything else in a process; the next run must not see them.
#include "kernel/globals.h"

#include "base/expect.h"
#include "base/guard.h"

#include <stdint.h>
#include <stdlib.h>

#define DRIVER_COUNT_MAX 256u

struct snapshot {
    const struct pp_driver *driver;
    char *data;
};

static struct snapshot snapshots[DRIVER_COUNT_MAX];
static uint32_t snapshot_count;

// The sanitizer keeps redzones between globals, and would check a memcpy: copied by hand.
PP_NO_SANITIZE __attribute__((no_builtin)) static void copy_bytes(char *to, const char *from,
                                                                  size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
    }
}

PP_NO_SANITIZE __attribute__((no_builtin)) static void zero_bytes(char *to, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] = 0;
    }
}

static const struct snapshot *snapshot_of(const struct pp_driver *driver) {
    for (uint32_t i = 0; i < snapshot_count; i++) {
        if (snapshots[i].driver == driver) {
            return &snapshots[i];
        }
    }
    pp_expect(snapshot_count < DRIVER_COUNT_MAX, "more than %u drivers", DRIVER_COUNT_MAX);
    size_t size = (size_t)(driver->data.end - driver->data.begin);
    struct snapshot *snapshot = &snapshots[snapshot_count++];
    *snapshot = (struct snapshot){.driver = driver, .data = malloc(size + 1)};
    pp_expect(snapshot->data != NULL, "no memory for %zu bytes of globals", size);
    copy_bytes(snapshot->data, driver->data.begin, size);
    return snapshot;
}

void pp_globals_restore(const struct pp_driver *driver) {
    const struct snapshot *snapshot = snapshot_of(driver);
    size_t data_size = (size_t)(driver->data.end - driver->data.begin);
    size_t bss_size = (size_t)(driver->bss.end - driver->bss.begin);
    copy_bytes(driver->data.begin, snapshot->data, data_size);
    zero_bytes(driver->bss.begin, bss_size);
    pp_guard_define(driver->data.begin, data_size);
    pp_guard_define(driver->bss.begin, bss_size);
}
