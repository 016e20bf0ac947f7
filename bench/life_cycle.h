// SPDX-License-Identifier: MIT
#pragma once
#include <poolproof/run.h>

// The driver's whole life: load, bind, 16 sends, their completions, unbind, unload.
const struct pp_program *pp_bench_life_cycle(void);

// Seconds on a clock that only moves forward.
double pp_bench_seconds(void);
