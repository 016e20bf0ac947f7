// SPDX-License-Identifier: MIT
// Which edges of the driver's code were reached. An engine reports this of a whole binary; here it is
// of the one driver under test. All is 0 where the build does not count edges.
#pragma once
#include <poolproof/driver.h>
#include <stdint.h>

void pp_edges_begin(const struct pp_driver *driver);
void pp_edges_add(void);  // behind each run, before the engine clears its counters
uint32_t pp_edges_count(void);
uint32_t pp_edges_reached(void);
