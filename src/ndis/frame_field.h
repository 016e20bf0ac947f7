// SPDX-License-Identifier: MIT
// What stands behind the header of received frames in place of the fill byte.
#pragma once

#include <stdint.h>

#define PP_FRAME_FIELDS_END (UINT8_MAX + 4u)  // of 4 bytes at the last place

void pp_frame_fields_reset(void);

// Writes them into the first bytes of a frame.
void pp_frame_fields_write(uint8_t start[PP_FRAME_FIELDS_END]);
