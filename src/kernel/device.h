// SPDX-License-Identifier: MIT
// The driver's devices, their names, and what stands above them.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

struct pp_device {
    DEVICE_OBJECT *object;              // NULL: it is gone
    UNICODE_STRING name;                // Length 0: it has none
    struct pp_device *above;            // attached to it, or NULL
    const PDRIVER_DISPATCH *functions;  // NULL: those of the driver object
    uint32_t open_count;                // files, and references of the driver's
    bool is_exclusive;
    bool is_deleted;  // goes when the last file is closed
};

// The books of a device object that is not gone, or NULL.
struct pp_device *pp_device_find(const DEVICE_OBJECT *object);

// The nth (modulo) of the devices that a program can open: those that have a name and are ready, the
// oldest first. NULL if there is none.
struct pp_device *pp_device_nth(uint32_t nth);

// The device of that name, or that a symbolic link of that name means; NULL if there is none.
struct pp_device *pp_device_by_name(const UNICODE_STRING *name);

// The one at the top of the devices that are attached to this one.
struct pp_device *pp_device_top(struct pp_device *device);

// A file is opened, or a reference taken; and the other way round.
void pp_device_open(struct pp_device *device);
void pp_device_close(struct pp_device *device);

// The entry of the device's driver for that major function.
PDRIVER_DISPATCH pp_device_function(const struct pp_device *device, UCHAR major);

// IoCreateDevice without fault points, for NDIS. `functions` (all of them, or NULL) is kept.
NTSTATUS pp_device_make(DRIVER_OBJECT *driver, uint32_t extension_size, const UNICODE_STRING *name,
                        bool is_exclusive, const PDRIVER_DISPATCH *functions,
                        DEVICE_OBJECT **ret_device);
NTSTATUS pp_link_make(const UNICODE_STRING *link, const UNICODE_STRING *device_name);
bool pp_link_delete(const UNICODE_STRING *link);

void pp_device_reset(void);

// === The driver object (driver.c) ===

// The one of this run, NULL before pp_io_make_driver_object.
DRIVER_OBJECT *pp_driver_object(void);

void pp_driver_reset(void);
