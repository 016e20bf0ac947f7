// SPDX-License-Identifier: MIT
// Names for the objects of a run: p0, n3, b1. Addresses are never printed nor compared, names are: equal
// runs name equal objects equally. A name is given when the event of the object's making is seen; if its
// memory is used again, the new object gets a new name.
#pragma once
#include <stdint.h>

enum pp_name_kind {
    PP_NAME_NONE,
    PP_NAME_POOL,
    PP_NAME_NBL,
    PP_NAME_NB,
    PP_NAME_MDL,
    PP_NAME_MEMORY,
    PP_NAME_GENERIC,
    PP_NAME_PROTOCOL,
    PP_NAME_BINDING,
    PP_NAME_IRP,
    PP_NAME_PNP,    // notifications of PnP events
    PP_NAME_OID,    // OID requests, likewise
    PP_NAME_DEVICE,
    PP_NAME_LINK,
    PP_NAME_EVENT,  // dispatcher objects and locks, named when first seen
    PP_NAME_COUNT
};

// Names the object at `address` with the next number of its kind.
void pp_name_give(enum pp_name_kind kind, uint64_t address);

// Names it with a number that the caller chose.
void pp_name_give_serial(enum pp_name_kind kind, uint64_t address, uint32_t serial);

// The name of the object at exactly this address, as one number; 0 if it has none.
uint32_t pp_name_code(uint64_t address);

// "n3"; "?" for 0. The text lives until the eighth next call.
const char *pp_name_print(uint32_t code);

// The same for an address; "NULL" for 0.
const char *pp_name_text(uint64_t address);

void pp_name_reset(void);
