// SPDX-License-Identifier: MIT
#include "run/content.h"

#include "base/dye.h"
#include "kernel/io.h"
#include "ndis/runtime.h"

#include <string.h>

#define FIELD_COUNT_MAX 16u

static struct pp_field fields[FIELD_COUNT_MAX];
static uint32_t field_count;
static uint32_t last_count;  // fields of the last input: they are there until the next come
static uint8_t input[PP_INPUT_BYTES_MAX];

void pp_content_begin(void) { field_count = last_count = 0; }

void pp_content_repeat(void) { field_count = last_count; }

void pp_content_add(const struct pp_field *field) {
    if (field->content != PP_CONTENT_FILL && field_count < FIELD_COUNT_MAX) {
        fields[field_count++] = *field;
    }
}

static uint32_t make_name(uint8_t *bytes, const UNICODE_STRING *name, uint32_t skipped) {
    if (name->Length > skipped) {
        memcpy(bytes, (const uint8_t *)name->Buffer + skipped, name->Length - skipped);
        return name->Length - skipped;
    }
    return 0;
}

static uint32_t make_header(uint8_t *bytes, uint32_t adapter, bool is_broadcast, uint32_t ethertype) {
    pp_adapter_mac(adapter, bytes);
    pp_adapter_mac(adapter, bytes + PP_MAC_BYTES);
    if (is_broadcast) {
        memset(bytes, 0xff, PP_MAC_BYTES);
    }
    bytes[2 * PP_MAC_BYTES] = (uint8_t)(ethertype >> 8);
    bytes[2 * PP_MAC_BYTES + 1] = (uint8_t)ethertype;
    return 2 * PP_MAC_BYTES + 2;
}

// Returns how many bytes it has; at most PP_RESULT_BYTES_MAX.
static uint32_t make_field(uint8_t *bytes, uint32_t adapter, const struct pp_field *field) {
    uint32_t length = 0;
    switch (field->content) {
    case PP_CONTENT_FILL: return 0;
    case PP_CONTENT_NUMBER:
        for (; length < field->bytes; length++) {
            bytes[length] = (uint8_t)(field->value >> 8 * length);
        }
        return length;
    case PP_CONTENT_ADAPTER:
        return make_name(bytes, pp_ndis_adapter_path(adapter), sizeof(WCHAR));  // without its backslash
    case PP_CONTENT_MAC: pp_adapter_mac(adapter, bytes); return PP_MAC_BYTES;
    case PP_CONTENT_DEVICE: {
        const UNICODE_STRING name = pp_io_device_name(field->value);
        return make_name(bytes, &name, 0);
    }
    case PP_CONTENT_FRAME: return make_header(bytes, adapter, /*is_broadcast=*/false, field->value);
    case PP_CONTENT_BROADCAST: return make_header(bytes, adapter, /*is_broadcast=*/true, field->value);
    case PP_CONTENT_RESULT: {
        const uint8_t *result = pp_file_result(&length);
        uint32_t skipped = field->value < length ? field->value : length;
        memcpy(bytes, result + skipped, length - skipped);
        return length - skipped;
    }
    }
    return 0;
}

// Behind the beginning of its last field there are fields only, unless the op says that it is longer.
static uint32_t count_filled(uint32_t length) {
    for (uint32_t i = 0; i < field_count; i++) {
        length = fields[i].at > length ? fields[i].at : length;
    }
    return length < sizeof(input) ? length : (uint32_t)sizeof(input);
}

const uint8_t *pp_content_make(uint32_t adapter, uint32_t *length, uint8_t fill) {
    static uint8_t bytes[UINT16_MAX];  // no name is longer
    uint32_t end = 0;
    pp_dye_fill(input, count_filled(*length), fill);
    for (uint32_t i = 0; i < field_count; i++) {
        uint32_t count = make_field(bytes, adapter, &fields[i]);
        uint32_t room = fields[i].at < sizeof(input) ? (uint32_t)sizeof(input) - fields[i].at : 0;
        count = count < room ? count : room;
        memcpy(input + fields[i].at, bytes, count);
        end = fields[i].at + count > end ? fields[i].at + count : end;
    }
    last_count = field_count;
    field_count = 0;
    *length = *length == 0 ? end : *length;
    return input;
}
