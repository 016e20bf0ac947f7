// SPDX-License-Identifier: MIT
// What was received: NBLs that are the driver's from an indication on until it returns them, or, if they
// are borrowed (NDIS_RECEIVE_FLAGS_RESOURCES), until the receive callback returns. An NBL is an object,
// all that belongs to it are its parts, and this is what they were like when they were indicated.
#pragma once
#include "check/model.h"

struct pp_receipt {
    uint32_t indication;
    bool is_borrowed;
    bool is_read_only;
    uint64_t next;  // NBL behind it
    uint64_t parent;
    uint32_t data_offset;
    uint64_t data_length;
    uint64_t data;   // digest of its used bytes
    uint64_t bytes;  // digest of all its bytes
};

struct pp_indication {
    uint32_t binding;
    uint32_t first, end;  // indexes of objects: its NBLs and their parts
    bool is_over;         // the callback has returned
    bool was_paused;      // or pausing, and the driver knew, when it began
    uint16_t pause_op;    // of the binding's pause then
};

void pp_receipt_reset(void);

// NULL for an NBL that was not received.
const struct pp_receipt *pp_receipt_of(const struct pp_object *nbl);

const struct pp_indication *pp_receipt_indication(uint32_t indication);

// Digests of a received NBL whose NB and MDLs are as they came, to be compared with those in its
// receipt.
uint64_t pp_receipt_data(const struct pp_object *nbl);
uint64_t pp_receipt_bytes(const struct pp_object *nbl);

// The next part of the NBL behind that index which is of this kind, or NULL.
struct pp_object *pp_receipt_part(const struct pp_object *nbl, uint32_t behind,
                                  enum pp_object_kind kind);

// True for an NBL that the binding has received and that the driver keeps, its callback having returned.
bool pp_receipt_is_kept(const struct pp_object *object, const struct pp_object *binding);

// The first NBL that the binding has received and the driver keeps; NULL if there is none.
const struct pp_object *pp_receipt_kept(const struct pp_object *binding);

void pp_receipt_apply(const struct pp_event *event);
