// SPDX-License-Identifier: MIT
#pragma once
#include <poolproof/driver.h>

// Puts the driver's globals back to what they were when the process started. The first call for a driver
// remembers them and must come before the driver has run.
void pp_globals_restore(const struct pp_driver *driver);
