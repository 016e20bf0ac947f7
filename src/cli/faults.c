// SPDX-License-Identifier: MIT
// faults FILE|DIR...
#include "verb.h"

int pp_verb_faults(const struct pp_options *options) {
    struct pp_options with_faults = *options;

    with_faults.depth = options->depth > 0 ? options->depth : 1;
    return pp_verb_run(&with_faults);
}
