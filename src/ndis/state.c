// SPDX-License-Identifier: MIT
#include "ndis/state.h"

// One more than the state, so that an empty entry means "not possible".
#define TO(state) (PP_BINDING_##state + 1)

static const unsigned char table[PP_BINDING_STATE_COUNT][PP_STEP_COUNT] = {
    [PP_BINDING_UNBOUND] = {[PP_STEP_BIND] = TO(OPENING)},
    [PP_BINDING_OPENING] = {[PP_STEP_BIND_FAILED] = TO(UNBOUND), [PP_STEP_BIND_DONE] = TO(PAUSED)},
    [PP_BINDING_PAUSED] = {[PP_STEP_RESTART] = TO(RESTARTING), [PP_STEP_UNBIND] = TO(CLOSING)},
    [PP_BINDING_RESTARTING] =
        {[PP_STEP_RESTART_DONE] = TO(RUNNING), [PP_STEP_RESTART_FAILED] = TO(PAUSED)},
    [PP_BINDING_RUNNING] = {[PP_STEP_PAUSE] = TO(PAUSING)},
    [PP_BINDING_PAUSING] = {[PP_STEP_PAUSE_DONE] = TO(PAUSED)},
    [PP_BINDING_CLOSING] = {[PP_STEP_UNBIND_DONE] = TO(UNBOUND)},
};

enum pp_binding_state pp_binding_next(enum pp_binding_state state, enum pp_binding_step step) {
    unsigned char next = table[state][step];
    return next == 0 ? PP_BINDING_STATE_COUNT : (enum pp_binding_state)(next - 1);
}
