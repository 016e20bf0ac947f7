// SPDX-License-Identifier: MIT
// What is told of the driver's edges, and of each of its entries that was called.
#pragma once
#include "json.h"

void pp_coverage_put(struct pp_json *json);  // as members of the object that is open
void pp_coverage_print(void);                // in words; nothing where the build does not count
