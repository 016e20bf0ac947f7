// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM: what is under way ends, and what came of it so far is told.
#pragma once
#include <stdbool.h>

void pp_interrupt_catch(void);

bool pp_interrupt_came(void);
