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
    PP_NAME_PROTOCOL,
    PP_NAME_BINDING,
    PP_NAME_IRP,
    PP_NAME_EVENT,  // dispatcher objects and locks, named when first seen
    PP_NAME_COUNT
};

struct pp_name {
    uint8_t kind;
    uint32_t serial;
};

// Names the object at `address` with the next number of its kind.
void pp_name_give(enum pp_name_kind kind, uint64_t address);

// Names it with a number that the caller chose.
void pp_name_give_serial(enum pp_name_kind kind, uint64_t address, uint32_t serial);

// The name of the object at exactly this address; kind PP_NAME_NONE if it has none.
struct pp_name pp_name_of(uint64_t address);

// "n3"; "NULL" for 0; "?" for an address without a name. The text lives until the eighth next call.
const char *pp_name_text(uint64_t address);

// The text of a name. Same life time.
const char *pp_name_print(uint32_t kind, uint32_t serial);

void pp_name_reset(void);
