// SPDX-License-Identifier: MIT
// Changes within one op: values of arguments, faults, outcomes, choices. What comes out is valid if
// what went in was. Each returns false if it found nothing to change.
#pragma once
#include "base/dice.h"

#include <poolproof/program.h>

// A value for an argument that is no handle; boundary values and small ones are the most frequent.
// `present` is the value that it has now.
uint32_t pp_vary_value(struct pp_dice *dice, const struct pp_arg_info *arg, uint32_t present);

// True if the driver has actions.
bool pp_vary_can_act(void);

// One of the wishes that were offered; NULL if there are none.
const struct pp_wish *pp_vary_pick_wish(struct pp_dice *dice);

// Puts what the driver wanted in place of a value that it refused, if the op has it.
bool pp_vary_by_wish(const struct pp_wish *wish, const struct pp_op_info *info, struct pp_op *op);

// `points` has a bit per enum pp_point that the fault can be of. `reach` is NULL if nothing is known.
bool pp_vary_fault(struct pp_dice *dice, struct pp_op *op, uint32_t points,
                   const struct pp_reach *reach);
bool pp_vary_outcome(struct pp_dice *dice, struct pp_op *op, const struct pp_reach *reach);
bool pp_vary_choice(struct pp_dice *dice, struct pp_op *op, const struct pp_reach *reach);
