// SPDX-License-Identifier: MIT
#include "base/stack.h"

#include "base/guard.h"

// The frames walked belong to other functions, whose stack redzones mean nothing here.
PP_NO_SANITIZE size_t pp_stack_take(const struct pp_event *event, uintptr_t *ret_addresses,
                                    size_t depth_max) {
    size_t depth = 0;
    if (event->pc != 0) {
        ret_addresses[depth++] = event->pc + 1;  // as if it were a return address
    }
    uintptr_t frame = event->frame;
    while (depth < depth_max && frame >= event->stack_low &&
           frame + 2 * sizeof(uintptr_t) <= event->stack_high && frame % sizeof(uintptr_t) == 0) {
        const uintptr_t *words = (const uintptr_t *)frame;
        if (words[1] == 0) {
            break;
        }
        ret_addresses[depth++] = words[1];
        if (words[0] <= frame) {
            break;  // a stack grows down: an outer frame lies higher
        }
        frame = words[0];
    }
    return depth;
}
