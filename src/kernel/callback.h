// SPDX-License-Identifier: MIT
// Every call of the driver stands between these two.
#pragma once
#include "base/emit.h"

struct pp_callback_frame {
    uint16_t outer;
    uint8_t irql;
};

static inline struct pp_callback_frame pp_callback_enter(enum pp_callback callback,
                                                         const void *subject) {
    struct pp_callback_frame frame = {.outer = pp_now.callback, .irql = pp_now.irql};
    pp_now.callback = (uint16_t)callback;
    PP_EMIT(CALLBACK_ENTER, callback, pp_object(subject));
    return frame;
}

// `status` is what the driver returned; 0 from those that return nothing.
static inline void pp_callback_leave(struct pp_callback_frame frame, const void *subject,
                                     int32_t status) {
    PP_EMIT(CALLBACK_LEAVE, pp_now.callback, pp_object(subject), (uint32_t)status, frame.irql);
    pp_now.callback = frame.outer;
}
