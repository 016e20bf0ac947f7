// SPDX-License-Identifier: MIT
#pragma once

// Catches the signals that the driver's code raises: bad memory, undefined behaviour, a stack overrun.
// Each becomes an event, which ends the run. Signals from elsewhere go to whoever handled them before.
void pp_crash_catch(void);
