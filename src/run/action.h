// SPDX-License-Identifier: MIT
// Calls of a driver's actions (poolproof/actions.h), each on a fiber of its own.
#pragma once
#include <poolproof/actions.h>
#include <stdbool.h>
#include <stdint.h>

// Begins a run of a driver with these actions, which end with one without a name; NULL: it has none.
void pp_action_begin(const struct pp_action *actions);

// How the op describes the call of the index-th (modulo) action; numbers are brought into its ranges.
struct pp_action_order {
    uint32_t index;
    uint32_t first, second;
    uint32_t length;
};

// Starts that call for the current op. `input` has room for every length. False if the driver has no
// actions, or if too much is under way.
bool pp_action_start(const struct pp_action_order *order, const uint8_t *input);

bool pp_action_runs(void);

// Blocks the current fiber until no action runs any more.
void pp_action_wait_all(void);
