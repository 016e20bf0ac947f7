// SPDX-License-Identifier: MIT
// The I/O manager: the driver and device objects that a driver fills in, the files that a program opens
// on them, and the IRPs that it sends there.
#pragma once
#include <poolproof/driver.h>
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

// Files that a program can open; as many as it can have ops.
#define PP_FILE_COUNT_MAX 256u

// Forgets drivers, devices, files and IRPs.
void pp_io_reset(void);

// A driver object as DriverEntry gets it: every dispatch entry refuses its IRPs.
DRIVER_OBJECT *pp_io_make_driver_object(void);

// Each starts an activity for the current op and returns true, or changes nothing and returns false if
// the file is not in the state for it. `path` is the file's name behind the device's; kept by reference.
bool pp_file_create(uint32_t file, const UNICODE_STRING *path);
bool pp_file_write(uint32_t file, uint32_t length, uint8_t fill);
bool pp_file_close(uint32_t file);

// Closes every file and waits until they are closed. Called on a fiber.
void pp_file_close_all(void);
