// SPDX-License-Identifier: MIT
// Which edges of the driver's code were reached, and from which of its entries. An engine reports edges
// of a whole binary; here they are of the one driver under test. All is 0 where the build does not
// count.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/event.h>
#include <stdint.h>

void pp_edges_begin(const struct pp_driver *driver);
void pp_edges_add(void);  // behind each run, before the engine clears its counters
uint32_t pp_edges_count(void);
uint32_t pp_edges_reached(void);

// How far the driver was run by calls of one entry.
struct pp_depth {
    uint32_t functions;  // that ran; 0: the entry was never called
    uint32_t blocks;     // that these functions have
    uint32_t reached;    // of them, from this entry
};

// Brings what pp_depth_of says up to date.
void pp_depth_measure(void);
struct pp_depth pp_depth_of(enum pp_callback entry);

// The name of the index-th of the driver's functions that no call has ever reached, or NULL.
const char *pp_depth_unreached(uint32_t index);
