// SPDX-License-Identifier: MIT
#include "base/dye.h"

#include <string.h>

#define SMALLEST 64u
#define PLACE_COUNT_MAX 32u
#define READ_COUNT 8u  // as far back as a value is looked for

// Content in the memory of the run.
struct place {
    const uint8_t *begin;
    uint32_t size;
    uint32_t at;
};

// What the driver has read of the content.
struct read {
    uint8_t at;
    uint8_t bytes;
    uint32_t value;
};

struct pp_dye pp_dye;
static struct place places[PLACE_COUNT_MAX];
static uint32_t place_count;
static struct read reads[READ_COUNT];  // a ring
static uint32_t read_count;

void pp_dye_begin(bool is_on, uint16_t op) {
    pp_dye = (struct pp_dye){.is_on = is_on, .op = op};
    place_count = read_count = 0;
}

static uint8_t dye_at(uint32_t at) { return (uint8_t)(SMALLEST + at * 101u % PP_DYE_BYTES); }

static bool is_of_dyed_op(void) { return pp_dye.is_on && pp_now.op == pp_dye.op; }

uint32_t pp_dye_fill(uint8_t *bytes, uint32_t size, uint8_t fill) {
    uint32_t front = size < PP_DYE_BYTES ? size : PP_DYE_BYTES;
    uint32_t dyed = is_of_dyed_op() ? front : 0;
    memset(bytes, fill, size);
    for (uint32_t i = 0; i < dyed; i++) {
        bytes[i] = dye_at(i);
    }
    return dyed;
}

void pp_dye_place(const void *address, uint32_t size, uint32_t at) {
    if (is_of_dyed_op() && place_count < PLACE_COUNT_MAX && at < PP_DYE_BYTES) {
        places[place_count++] = (struct place){.begin = address, .size = size, .at = at};
    }
}

// === Reads ===

static uint32_t number_of(const uint8_t *bytes, uint32_t size) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < size; i++) {
        number |= (uint32_t)bytes[i] << 8 * i;
    }
    return number;
}

static uint32_t swapped(uint32_t value, uint32_t bytes) {
    return __builtin_bswap32(value) >> (32 - 8 * bytes);
}

// The place of dyed bytes, whatever memory they have been copied to; PP_DYE_BYTES if they are not dyed.
static uint32_t find_colour(uint32_t number, uint32_t size) {
    for (uint32_t at = 0; at + size <= PP_DYE_BYTES; at++) {
        uint32_t i = 0;
        while (i < size && (uint8_t)(number >> 8 * i) == dye_at(at + i)) {
            i++;
        }
        if (i == size) {
            return at;
        }
    }
    return PP_DYE_BYTES;
}

static uint32_t find_place(const uint8_t *address, uint32_t size) {
    for (uint32_t i = 0; i < place_count; i++) {
        const struct place *place = &places[i];
        uintptr_t offset = (uintptr_t)address - (uintptr_t)place->begin;
        if (offset < place->size && offset + size <= place->size) {
            return place->at + (uint32_t)offset;
        }
    }
    return PP_DYE_BYTES;
}

void pp_dye_read(const void *address, size_t size) {
    if (size != 1 && size != 2 && size != 4) {
        return;
    }
    uint32_t number = number_of(address, (uint32_t)size);
    uint32_t at = find_place(address, (uint32_t)size);
    at = at < PP_DYE_BYTES ? at : find_colour(number, (uint32_t)size);
    if (at < PP_DYE_BYTES) {
        reads[read_count++ % READ_COUNT] =
            (struct read){.at = (uint8_t)at, .bytes = (uint8_t)size, .value = number};
    }
}

// === Values ===

static uint32_t mask_of(uint32_t width) { return width >= 32 ? UINT32_MAX : (1u << width) - 1; }

static uint32_t width_of(uint32_t value) { return value == 0 ? 1 : 32 - (uint32_t)__builtin_clz(value); }

// The whole of what was read, or bits of it that have room for the other value.
static bool is_cut_from(const struct read *read, bool is_swapped, uint32_t value, uint32_t other,
                        struct pp_dyed *ret_dyed) {
    uint32_t whole = is_swapped ? swapped(read->value, read->bytes) : read->value;
    uint32_t bits = 8u * read->bytes;
    uint32_t width = width_of(value | other);
    *ret_dyed = (struct pp_dyed){.at = read->at,
                                 .bytes = read->bytes,
                                 .width = (uint8_t)bits,
                                 .is_swapped = is_swapped,
                                 .whole = whole};
    if (whole == value) {
        return width <= bits;
    }
    for (uint32_t shift = 0; shift + width <= bits; shift++) {
        if ((whole >> shift & mask_of(width)) == value) {
            ret_dyed->shift = (uint8_t)shift;
            ret_dyed->width = (uint8_t)width;
            return true;
        }
    }
    return false;
}

static bool find_read(uint32_t value, uint32_t other, struct pp_dyed *ret_dyed) {
    for (uint32_t i = 1; i <= READ_COUNT && i <= read_count; i++) {
        const struct read *read = &reads[(read_count - i) % READ_COUNT];
        if (is_cut_from(read, /*is_swapped=*/false, value, other, ret_dyed) ||
            (read->bytes > 1 && is_cut_from(read, /*is_swapped=*/true, value, other, ret_dyed))) {
            return true;
        }
    }
    return false;
}

// Read long ago, or by a function of the world's.
static bool find_whole(uint32_t value, uint32_t other, struct pp_dyed *ret_dyed) {
    uint32_t bytes = value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : 4;
    for (unsigned is_swapped = 0; is_swapped < 2; is_swapped++) {
        uint32_t at = find_colour(is_swapped ? swapped(value, bytes) : value, bytes);
        if (at < PP_DYE_BYTES && width_of(other) <= 8 * bytes) {
            *ret_dyed = (struct pp_dyed){.at = (uint8_t)at,
                                         .bytes = (uint8_t)bytes,
                                         .width = (uint8_t)(8 * bytes),
                                         .is_swapped = is_swapped != 0,
                                         .whole = value};
            return true;
        }
    }
    return false;
}

bool pp_dye_find(uint64_t value, uint64_t other, struct pp_dyed *ret_dyed) {
    return value <= UINT32_MAX && other <= UINT32_MAX &&
           (find_read((uint32_t)value, (uint32_t)other, ret_dyed) ||
            find_whole((uint32_t)value, (uint32_t)other, ret_dyed));
}

uint32_t pp_dye_replace(const struct pp_dyed *dyed, uint32_t other) {
    uint32_t hole = mask_of(dyed->width) << dyed->shift;
    uint32_t whole = (dyed->whole & ~hole) | (other << dyed->shift & hole);
    return dyed->is_swapped ? swapped(whole, dyed->bytes) : whole;
}
