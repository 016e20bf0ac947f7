// SPDX-License-Identifier: MIT
// Fields of received frames, in the order in which the program asks for them.
#include "ndis/frame_field.h"

#include "ndis/runtime.h"

#define FIELD_COUNT_MAX 16u

static struct pp_frame_field fields[FIELD_COUNT_MAX];
static uint32_t field_count;

void pp_frame_fields_reset(void) { field_count = 0; }

void pp_ndis_add_frame_field(const struct pp_frame_field *field) {
    if (field_count < FIELD_COUNT_MAX) {
        fields[field_count++] = *field;
    }
}

void pp_frame_fields_write(uint8_t start[PP_FRAME_FIELDS_END]) {
    for (uint32_t i = 0; i < field_count; i++) {
        uint32_t at = fields[i].at;
        for (uint32_t byte = 0; byte < fields[i].bytes; byte++) {
            start[at++] = (uint8_t)(fields[i].value >> 8 * byte);
        }
    }
}
