// SPDX-License-Identifier: MIT
// The kernel's C library, as drivers call it: see crt_text.c for the names.
#pragma once

int pp_crt_tolower(int c);

// Lets chance begin anew.
void pp_crt_reset(void);
