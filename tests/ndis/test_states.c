// SPDX-License-Identifier: MIT
// The states of a binding: every step in every state, against the list of those that are possible.
#include "ndis/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum pp_binding_state from;
    enum pp_binding_step step;
    enum pp_binding_state to;
} possible[] = {
    {PP_BINDING_UNBOUND, PP_STEP_BIND, PP_BINDING_OPENING},
    {PP_BINDING_OPENING, PP_STEP_BIND_FAILED, PP_BINDING_UNBOUND},
    {PP_BINDING_OPENING, PP_STEP_BIND_DONE, PP_BINDING_PAUSED},
    {PP_BINDING_PAUSED, PP_STEP_RESTART, PP_BINDING_RESTARTING},
    {PP_BINDING_PAUSED, PP_STEP_UNBIND, PP_BINDING_CLOSING},
    {PP_BINDING_RESTARTING, PP_STEP_RESTART_DONE, PP_BINDING_RUNNING},
    {PP_BINDING_RESTARTING, PP_STEP_RESTART_FAILED, PP_BINDING_PAUSED},  // A11
    {PP_BINDING_RUNNING, PP_STEP_PAUSE, PP_BINDING_PAUSING},
    {PP_BINDING_PAUSING, PP_STEP_PAUSE_DONE, PP_BINDING_PAUSED},
    {PP_BINDING_CLOSING, PP_STEP_UNBIND_DONE, PP_BINDING_UNBOUND},
};

static enum pp_binding_state expect_of(enum pp_binding_state from, enum pp_binding_step step) {
    for (size_t i = 0; i < sizeof(possible) / sizeof(possible[0]); i++) {
        if (possible[i].from == from && possible[i].step == step) {
            return possible[i].to;
        }
    }
    return PP_BINDING_STATE_COUNT;
}

static void test_every_step_in_every_state(void **unused) {
    (void)unused;
    for (int state = 0; state < PP_BINDING_STATE_COUNT; state++) {
        for (int step = 0; step < PP_STEP_COUNT; step++) {
            enum pp_binding_state next =
                pp_binding_next((enum pp_binding_state)state, (enum pp_binding_step)step);
            if (next != expect_of((enum pp_binding_state)state, (enum pp_binding_step)step)) {
                fail_msg("state %d, step %d: went to %d", state, step, (int)next);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_step_in_every_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
