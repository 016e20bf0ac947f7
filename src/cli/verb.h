// SPDX-License-Identifier: MIT
// The verbs, one file each. They return an enum pp_exit.
#pragma once
#include "options.h"

int pp_verb_faults(const struct pp_options *options);
int pp_verb_fuzz(const struct pp_options *options);
int pp_verb_list(const struct pp_options *options);
int pp_verb_pack(const struct pp_options *options);
int pp_verb_run(const struct pp_options *options);
int pp_verb_show(const struct pp_options *options);
