// SPDX-License-Identifier: MIT
#pragma once

// Forgets callback objects and who has registered with them.
void pp_ex_callback_reset(void);
