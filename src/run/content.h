// SPDX-License-Identifier: MIT
// What the input of a write or an ioctl is made of: bytes of the program, and what the world knows.
#pragma once
#include <stdint.h>

#define PP_INPUT_BYTES_MAX 9100u

// In the order of the words in op.def.
enum pp_content {
    PP_CONTENT_FILL,
    PP_CONTENT_NUMBER,     // little endian
    PP_CONTENT_ADAPTER,    // the name of the file's adapter, without a NUL
    PP_CONTENT_MAC,        // its address
    PP_CONTENT_DEVICE,     // the name of the value-th device of the driver
    PP_CONTENT_FRAME,      // an Ethernet header: to the adapter, from it, the value is the type
    PP_CONTENT_BROADCAST,  // the same to all
    PP_CONTENT_RESULT,     // the last answer to a read or an ioctl, from byte `value` on
};

struct pp_field {
    uint32_t at;
    enum pp_content content;
    uint32_t value;
    uint32_t bytes;  // of a number, 1 to 4
};

// Forgets fields that no input has used.
void pp_content_begin(void);

// Puts a field into the next input.
void pp_content_add(const struct pp_field *field);

// The fields of the last input are those of the next one, too.
void pp_content_repeat(void);

// The next input, for a file that was created for that adapter: `length` bytes, or with 0 as many as
// there is content; what no content covers is `fill`. It lives until the next call.
const uint8_t *pp_content_make(uint32_t adapter, uint32_t *length, uint8_t fill);
