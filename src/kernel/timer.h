// SPDX-License-Identifier: MIT
#pragma once

// Forgets which timers are set.
void pp_timer_reset(void);
