// SPDX-License-Identifier: MIT
// Trying the faults of a program until one finds something, or none is left.
#pragma once
#include "subject.h"

#define PP_ENUMERATE_DEPTH_MAX 3

struct pp_enumerated {
    uint64_t run_count;       // with faults, besides the program's own run
    uint64_t left_out_count;  // faults that no op can say: it is full, or they count beyond 255
};

// Plays the protocol program as it is, then with each single fault and outcome that its ops could have
// been told, then with each pair, the second taken from the run of the first, up to options->depth
// faults at once. Each fault is tried for one call and from that call on. If something is found,
// *program becomes the program that finds it, and *ret_verdict is that of its run, which is the last
// one.
void pp_enumerate_faults(const struct pp_subject *subject, struct pp_program *program,
                         struct pp_verdict *ret_verdict, struct pp_enumerated *ret_count);
