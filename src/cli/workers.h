// SPDX-License-Identifier: MIT
// The branches of a round, played by several processes at once. What comes of them is handed on in
// order, so that nothing but the time depends on how many there are.
#pragma once
#include "enumerate.h"

#define PP_JOBS_MAX 256

// Gets what came of the next branch. Returns whether more is wanted.
typedef bool (*pp_part_sink)(void *context, const struct pp_enumerated *part);

// Plays the branches from `first` to before `end`. Returns false, after a complaint, if a process is
// lost; what was handed on before that stays good. An interrupt ends it early, without a complaint.
bool pp_workers_play(const struct pp_enumeration *all, uint32_t first, uint32_t end, uint32_t jobs,
                     pp_part_sink sink, void *context);
