// SPDX-License-Identifier: MIT
#include "base/names.h"

#include "base/map.h"

#include <stdio.h>
#include <string.h>

#define SERIAL_BITS 24
#define TEXT_COUNT 8

static const char *const prefixes[PP_NAME_COUNT] = {
    [PP_NAME_NONE] = "?",     [PP_NAME_POOL] = "p",    [PP_NAME_NBL] = "n",
    [PP_NAME_NB] = "nb",      [PP_NAME_MDL] = "mdl",   [PP_NAME_MEMORY] = "mem",
    [PP_NAME_PROTOCOL] = "h", [PP_NAME_BINDING] = "b", [PP_NAME_GENERIC] = "obj",
    [PP_NAME_IRP] = "irp",    [PP_NAME_OID] = "oid",   [PP_NAME_PNP] = "pnp",
    [PP_NAME_DEVICE] = "dev", [PP_NAME_LINK] = "link", [PP_NAME_EVENT] = "ev",
};

static struct pp_map names;
static uint32_t next_serials[PP_NAME_COUNT];

void pp_name_give_serial(enum pp_name_kind kind, uint64_t address, uint32_t serial) {
    pp_map_put(&names, address, (uint32_t)kind << SERIAL_BITS | serial);
}

void pp_name_give(enum pp_name_kind kind, uint64_t address) {
    pp_name_give_serial(kind, address, next_serials[kind]++);
}

uint32_t pp_name_code(uint64_t address) {
    uint32_t code = pp_map_get(&names, address);
    return code == PP_MAP_NONE ? 0 : code;
}

const char *pp_name_print(uint32_t code) {
    static char texts[TEXT_COUNT][16];
    static uint32_t next;
    uint32_t kind = code >> SERIAL_BITS;
    if (kind == PP_NAME_NONE) {
        return prefixes[PP_NAME_NONE];
    }
    char *text = texts[next++ % TEXT_COUNT];
    snprintf(text, sizeof(texts[0]), "%s%u", prefixes[kind], code & ((1u << SERIAL_BITS) - 1));
    return text;
}

const char *pp_name_text(uint64_t address) {
    return address == 0 ? "NULL" : pp_name_print(pp_name_code(address));
}

void pp_name_reset(void) {
    pp_map_clear(&names);
    memset(next_serials, 0, sizeof(next_serials));
}
