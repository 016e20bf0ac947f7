// SPDX-License-Identifier: MIT
#include "base/names.h"

#include "base/map.h"

#include <stdio.h>
#include <string.h>

#define SERIAL_BITS 24
#define TEXT_COUNT 8

static const char *const prefixes[PP_NAME_COUNT] = {
    [PP_NAME_NONE] = "?",     [PP_NAME_POOL] = "p",     [PP_NAME_NBL] = "n",
    [PP_NAME_NB] = "nb",      [PP_NAME_MDL] = "mdl",    [PP_NAME_MEMORY] = "mem",
    [PP_NAME_PROTOCOL] = "h", [PP_NAME_BINDING] = "b",  [PP_NAME_IRP] = "irp",
    [PP_NAME_EVENT] = "ev",
};

static struct pp_map names;
static uint32_t next_serials[PP_NAME_COUNT];

void pp_name_give_serial(enum pp_name_kind kind, uint64_t address, uint32_t serial) {
    pp_map_put(&names, address, (uint32_t)kind << SERIAL_BITS | serial);
}

void pp_name_give(enum pp_name_kind kind, uint64_t address) {
    pp_name_give_serial(kind, address, next_serials[kind]++);
}

struct pp_name pp_name_of(uint64_t address) {
    uint32_t value = pp_map_get(&names, address);
    if (value == PP_MAP_NONE) {
        return (struct pp_name){PP_NAME_NONE, 0};
    }
    return (struct pp_name){(uint8_t)(value >> SERIAL_BITS), value & ((1u << SERIAL_BITS) - 1)};
}

const char *pp_name_print(uint32_t kind, uint32_t serial) {
    static char texts[TEXT_COUNT][16];
    static uint32_t next;
    if (kind == PP_NAME_NONE) {
        return prefixes[PP_NAME_NONE];
    }
    char *text = texts[next++ % TEXT_COUNT];
    snprintf(text, sizeof(texts[0]), "%s%u", prefixes[kind], serial);
    return text;
}

const char *pp_name_text(uint64_t address) {
    struct pp_name name = pp_name_of(address);
    return address == 0 ? "NULL" : pp_name_print(name.kind, name.serial);
}

void pp_name_reset(void) {
    pp_map_clear(&names);
    memset(next_serials, 0, sizeof(next_serials));
}
