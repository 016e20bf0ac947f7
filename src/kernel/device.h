// SPDX-License-Identifier: MIT
#pragma once
#include "kernel/irp.h"

// The driver object of this run, NULL before pp_io_make_driver_object.
DRIVER_OBJECT *pp_device_driver(void);

void pp_device_reset(void);
