// SPDX-License-Identifier: MIT
// The I/O manager as the player of a program sees it: the driver object that DriverEntry fills in, the
// files that a program opens on the driver's devices, and what it asks of them.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

// Files that a program can open; as many as it can have ops.
#define PP_FILE_COUNT_MAX 256u

// Bytes of the last answer that are kept.
#define PP_RESULT_BYTES_MAX 512u

// Forgets drivers, devices, files and IRPs.
void pp_io_reset(void);

// A driver object as DriverEntry gets it: every dispatch entry refuses its IRPs.
DRIVER_OBJECT *pp_io_make_driver_object(void);

// DriverEntry has succeeded: its devices can be opened.
void pp_io_start_devices(void);

// The name of the nth (modulo) device that can be opened, empty if there is none.
UNICODE_STRING pp_io_device_name(uint32_t nth);

// Each starts an activity for the current op and returns true, or changes nothing and returns false if
// the file is not in the state for it. `path` is the file's name behind the device's, NULL for none;
// kept by reference.
bool pp_file_create(uint32_t file, uint32_t device, const UNICODE_STRING *path);
bool pp_file_close(uint32_t file);
bool pp_file_cancel(uint32_t file, uint32_t nth);

// What is asked of a file.
struct pp_transfer {
    UCHAR major;        // IRP_MJ_READ, IRP_MJ_WRITE or IRP_MJ_DEVICE_CONTROL
    uint32_t code;      // IRP_MJ_DEVICE_CONTROL
    const void *input;  // copied
    uint32_t input_length;
    uint32_t room;  // bytes that can be answered
};
bool pp_file_send(uint32_t file, const struct pp_transfer *transfer);

// True if the driver has failed an IRP of that op, the last one that had any, before the op was over.
bool pp_file_has_failed(uint16_t op);

// Cancels an IRP whose file waits for it to be opened or closed, as the end of a thread would. False if
// there is none that was not cancelled before.
bool pp_file_cancel_any(void);

// Closes every file and waits until they are closed. Called on a fiber.
void pp_file_close_all(void);

// The answer to the last read or ioctl that had one: its bytes, and how many.
const uint8_t *pp_file_result(uint32_t *ret_length);
