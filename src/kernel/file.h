// SPDX-License-Identifier: MIT
// The files of a run, for the rest of the I/O manager.
#pragma once
#include "kernel/io.h"
#include "kernel/irp.h"

struct pp_device;

enum pp_file_state { PP_FILE_NONE, PP_FILE_OPENING, PP_FILE_OPEN, PP_FILE_CLOSING, PP_FILE_CLOSED };

struct pp_file {
    enum pp_file_state state;
    uint32_t irp_count;        // IRPs that are not completed, and dispatch calls that have not returned
    uint32_t reference_count;  // of the driver's; IRP_MJ_CLOSE comes when both are 0
    bool is_own;               // the driver has opened it
    struct pp_device *device;
    FILE_OBJECT *object;
};

// The program's file of that number if it is open, else NULL.
struct pp_file *pp_file_nth(uint32_t index);

// The file of an object that is not gone, or NULL.
struct pp_file *pp_file_of_object(const FILE_OBJECT *object);

// An IRP for the file, not yet sent; NULL if there is no room. Its location is the next one.
struct pp_request *pp_file_make_request(struct pp_file *file, UCHAR major);

// Calls the dispatch entry. The IRP may be gone when it returns.
void pp_file_send_request(struct pp_request *request);

// A file that the driver opens itself on the device; NULL if there are too many.
struct pp_file *pp_file_make_own(struct pp_device *device);

// IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE; each waits until it is completed. Called on a fiber.
bool pp_file_open(struct pp_file *file, const UNICODE_STRING *path);
void pp_file_clean_up(struct pp_file *file);
void pp_file_finish(struct pp_file *file);
