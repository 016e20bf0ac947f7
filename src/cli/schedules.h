// SPDX-License-Identifier: MIT
// Trying schedules of a program until one finds something.
#pragma once
#include "subject.h"

// Plays the program as it is, then up to options->schedules times with the strategy of the options. If
// something is found, *program gets the choices that lead to it, those that are not needed left out, and
// *ret_verdict is that of playing it so. Returns how many schedules were tried.
uint64_t pp_schedules_try(const struct pp_subject *subject, struct pp_program *program,
                          struct pp_verdict *ret_verdict);
