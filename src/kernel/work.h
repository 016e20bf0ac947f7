// SPDX-License-Identifier: MIT
#pragma once

// Forgets what is queued.
void pp_work_reset(void);

// Waits until all work is done that keeps the driver loaded: the I/O manager holds a driver for as long
// as its work items are queued or run. Called on a fiber.
void pp_work_wait(void);
