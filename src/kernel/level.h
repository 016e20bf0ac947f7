// SPDX-License-Identifier: MIT
#pragma once
#include "base/emit.h"

// Every function that asks for a level says so. False: it was called above, and must do nothing.
static inline bool pp_level_at_most(uint8_t irql) { return pp_now.irql <= irql || PP_EMIT(LEVEL, irql); }
