// SPDX-License-Identifier: MIT
// The states of a binding, and the one table of their transitions.
#pragma once

enum pp_binding_state {
    PP_BINDING_UNBOUND,
    PP_BINDING_OPENING,
    PP_BINDING_PAUSED,
    PP_BINDING_RESTARTING,
    PP_BINDING_RUNNING,
    PP_BINDING_PAUSING,
    PP_BINDING_CLOSING,
    PP_BINDING_STATE_COUNT
};

enum pp_binding_step {
    PP_STEP_BIND,
    PP_STEP_BIND_FAILED,
    PP_STEP_BIND_DONE,
    PP_STEP_RESTART,
    PP_STEP_RESTART_DONE,
    PP_STEP_RESTART_FAILED,
    PP_STEP_PAUSE,
    PP_STEP_PAUSE_DONE,
    PP_STEP_UNBIND,
    PP_STEP_UNBIND_DONE,
    PP_STEP_COUNT
};

// The state after the step, or PP_BINDING_STATE_COUNT if the step is not possible in this state.
enum pp_binding_state pp_binding_next(enum pp_binding_state state, enum pp_binding_step step);
