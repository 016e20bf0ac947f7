// SPDX-License-Identifier: MIT
// What is told of the driver: its edges, each of its entries that was called, and its fault points.
#pragma once
#include "json.h"

// Behind each run, before the engine clears its counters; and if its places were noted, too.
void pp_coverage_add(bool has_places);

void pp_coverage_put(struct pp_json *json);  // as members of the object that is open
void pp_coverage_print(void);                // in words; edges not where the build does not count
