// SPDX-License-Identifier: MIT
#pragma once
#include <poolproof/driver.h>
#include <poolproof/run.h>

// The driver's whole life, bench/lives/NAME.prog: load, bind, 16 sends, their completions, unbind,
// unload. Ends the process if there is none.
const struct pp_program *pp_bench_life_cycle(const struct pp_driver *driver);

// Sorts an odd number of figures, so that the median is in the middle.
void pp_bench_sort(double *figures, int count);

// Seconds on a clock that only moves forward.
double pp_bench_seconds(void);
