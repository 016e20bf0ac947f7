// SPDX-License-Identifier: MIT
// The verbs, one file each. They return an enum pp_exit.
#pragma once
#include "options.h"

#include <poolproof/driver.h>

int pp_verb_fuzz(const struct pp_options *options);
int pp_verb_list(const struct pp_options *options);
int pp_verb_pack(const struct pp_options *options);
int pp_verb_run(const struct pp_options *options);
int pp_verb_show(const struct pp_options *options);

// The driver that the options mean; complains and returns NULL if there is none.
const struct pp_driver *pp_verb_driver(const struct pp_options *options);

// The command that runs one program again: "PROGRAM run --driver NAME FILE", quoted for a shell.
void pp_verb_replay(const struct pp_options *options, const struct pp_driver *driver, const char *file,
                    char *text, int capacity);
