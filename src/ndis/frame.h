// SPDX-License-Identifier: MIT
// Frames that the adapter's driver builds, as the program wants them (pp_ndis_set_frames).
#pragma once
#include "ndis/runtime.h"

#define PP_FRAME_HEADER_BYTES 14u

// Frames look as they do in a program that says nothing of them.
void pp_frames_reset(void);

// To the address that frames are to have, from the peer.
void pp_frame_write_header(UCHAR header[PP_FRAME_HEADER_BYTES], uint32_t adapter);

// Over the first bytes of a frame.
void pp_frame_write(const NET_BUFFER *nb, const UCHAR *bytes, uint32_t count);

// One frame, and a chain of `count`. NULL if the arena is full.
NET_BUFFER_LIST *pp_frame_make(const struct pp_reception *reception, uint32_t adapter);
NET_BUFFER_LIST *pp_frame_make_chain(const struct pp_reception *reception, uint32_t adapter);

// The lists of an NBL may be anything by now; it is one block.
void pp_frame_discard(NET_BUFFER_LIST *nbl);
void pp_frame_discard_chain(NET_BUFFER_LIST *chain);
