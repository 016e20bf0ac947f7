// SPDX-License-Identifier: MIT
// Trying the faults of a program: each single one, then each pair, and so on.
//
// What is tried is a tree. At its root is the program's own run; the sites of a run (poolproof/site.h)
// are where it can be played with one fault more; and only sites behind the last fault are asked, so
// that each set of faults is played once. The subtree of one site of the root is a branch, and no branch
// knows of another.
//
// An op that succeeds in the program's own run, and that a single fault has made fail, is tried again.
#pragma once
#include "enumerated.h"
#include "subject.h"

#define PP_ENUMERATE_DEPTH_MAX 3

struct pp_enumeration {
    const struct pp_subject *subject;
    const struct pp_program *program;
    bool is_pruned;   // of sites that are alike only the first is tried
    bool is_for_one;  // it ends with the first finding
    uint32_t depth;   // of this round: so many faults at once, beside the program's own
};

// Plays the program as it is, and adds what came of that. Returns the number of branches; if it finds
// something there are none.
uint32_t pp_enumerate_begin(const struct pp_enumeration *all, struct pp_verdict *ret_verdict,
                            struct pp_enumerated *sum);

// Plays the programs of a branch that have all->depth faults, and adds what came of them. Branches are
// those of the last pp_enumerate_begin.
void pp_enumerate_branch(const struct pp_enumeration *all, uint32_t branch, struct pp_enumerated *sum);
