// SPDX-License-Identifier: MIT
// IRPs and their stack locations, whoever made them.
//
//   | IRP | location 1 (lowest driver) | ... | location StackCount (first driver) |
//
// What the world must know of an IRP is kept in a request, out of the driver's reach.
#pragma once
#include <poolproof/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <wdm.h>

#define PP_IRP_LOCATIONS_MAX 31u

struct pp_file;

struct pp_request {
    IRP *irp;  // NULL: it is gone
    enum pp_irp_maker maker;
    uint32_t location_count;
    bool is_in_memory;  // in memory of the driver's own, by IoInitializeIrp: the rules do not know it
    void (*end)(struct pp_request *request);  // what its maker does when it is completed to the top

    // Of the program's IRPs, and of those that IoBuildDeviceIoControlRequest makes
    MDL *mdl;
    void *system_buffer;
    void *input;       // METHOD_NEITHER
    void *output;      // of the MDL, or METHOD_NEITHER; METHOD_BUFFERED: the caller's own
    uint32_t room;     // bytes for the answer
    bool is_buffered;  // the answer is in the system buffer
    UCHAR major;
    uint32_t code;

    // Of the program's
    uint16_t op;  // that made it
    struct pp_file *file;
    bool is_sent;
    bool has_returned;  // the dispatch entry has
    bool was_queued;  // when the cleanup of its file began: its dispatch was over, a cancel could end it
    bool is_cancelled;  // by the world, which does that once
    bool is_completed;
    NTSTATUS status;
};

// Forgets all.
void pp_irp_reset(void);

// An IRP of the arena, with books; NULL if there is no room.
struct pp_request *pp_irp_make(enum pp_irp_maker maker, uint32_t location_count);

// The live request of an IRP, or NULL.
struct pp_request *pp_irp_find(const IRP *irp);

// The `index`-th request of this run, gone or not; NULL behind the last.
struct pp_request *pp_irp_nth(uint32_t index);

// Says that it is made, and what comes with it: memory that the driver may use until the IRP ends.
void pp_irp_announce(const struct pp_request *request);

// Takes the IRP back with all that came with it; nobody is told.
void pp_irp_give(struct pp_request *request);

// The location that the IRP is at, NULL if it is above all.
IO_STACK_LOCATION *pp_irp_location(const struct pp_request *request);

// The location that the next driver gets; NULL if there is none left.
IO_STACK_LOCATION *pp_irp_next_location(const struct pp_request *request);

// Hands the IRP to the dispatch entry of the device's driver. It may be gone afterwards.
NTSTATUS pp_irp_call(struct pp_request *request, DEVICE_OBJECT *device);

// How many bytes the driver says it has answered; no more than there is room for.
uint32_t pp_irp_answer_length(const struct pp_request *request);

// === Cancelling (cancel.c) ===

// Makes the cancel spin lock of this run.
void pp_cancel_begin(void);

// Cancels the IRP if it is still there. Called on a fiber. True if it had a cancel routine.
bool pp_cancel_request(struct pp_request *request);
