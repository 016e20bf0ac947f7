// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

// System time: 100 ns since 1601. A run begins on 2024-01-01 at noon.
uint64_t pp_clock_system_time(void);
