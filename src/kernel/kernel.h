// SPDX-License-Identifier: MIT
#pragma once

// Forgets what the kernel does for a driver: timers, DPCs, work items, waits, handles.
void pp_kernel_reset(void);
