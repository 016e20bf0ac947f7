// SPDX-License-Identifier: MIT
// Plans that a command line names.
#pragma once
#include <poolproof/plan.h>

// The plan of that name, or in that file: with a '/' or a '.' it is a file. Complains and returns false
// if there is none.
bool pp_plans_find(const char *name, struct pp_plan *ret_plan);

// What a plan that comes with poolproof is about, from its first line; "%.*s".
const char *pp_plans_about(const struct pp_plan_info *info, int *ret_length);
