// SPDX-License-Identifier: MIT
// What came of a branch, on its way through a pipe from one process of a build to another.
#pragma once
#include "enumerated.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pp_parcel {
    uint8_t *bytes;
    size_t size, capacity;
    size_t taken;  // bytes at the front that are of no more use
};

void pp_parcel_pack(struct pp_parcel *parcel, uint32_t branch, const struct pp_enumerated *part);

// Sends what was packed last. Returns false if nobody reads it.
bool pp_parcel_send(const struct pp_parcel *parcel, int pipe);

// Takes in what the pipe has, and returns what read() does.
ssize_t pp_parcel_receive(struct pp_parcel *parcel, int pipe);

// Takes the next branch out, if it is there as a whole. `*ret_part` is empty before.
bool pp_parcel_unpack(struct pp_parcel *parcel, uint32_t *ret_branch, struct pp_enumerated *ret_part);

void pp_parcel_free(struct pp_parcel *parcel);
