// SPDX-License-Identifier: MIT
// Which calls of the world's have run which code of a driver, over many runs.
#pragma once
#include <stdint.h>

#define PP_MARK_BYTES 4u  // no two blocks are nearer to each other

struct pp_marked {
    uintptr_t begin;  // code whose blocks mark that they run
    uintptr_t size;   // 0: none does
    uint64_t *marks;  // of each PP_MARK_BYTES of it: a bit per enum pp_callback
};

extern struct pp_marked pp_marked;
