// SPDX-License-Identifier: MIT
// Shifts of driver code by more bits than there are: UndefinedBehaviorSanitizer's handler of them, under
// a name of ours (cmake/link_driver.py).
#include "base/emit.h"

#include <stdint.h>

// Called by compiled driver code only.
#pragma clang diagnostic ignored "-Wmissing-prototypes"

void pp_driver_shift(const void *place, uintptr_t operand, uintptr_t bits) {
    (void)place;
    (void)operand;
    PP_EMIT(SHIFT, bits);
}
