// SPDX-License-Identifier: MIT
#pragma once
#include "kernel/irp.h"

// The driver object of this run, NULL before pp_io_make_driver_object.
DRIVER_OBJECT *pp_device_driver(void);

// The first device made of those that live, or NULL. Not taken from the driver object, whose fields the
// driver can write.
DEVICE_OBJECT *pp_device_first(void);

void pp_device_reset(void);
