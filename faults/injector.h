// SPDX-License-Identifier: MIT
// The one place that decides whether a call fails. Faults belong to ops and are counted within their op:
// "the 2nd NBL allocation of this op". Nothing is drawn at random, and the world's own set-up and
// tear-down never fail.
#pragma once
#include <poolproof/program.h>
#include <stdbool.h>
#include <stdint.h>

// Ways in which calls are answered otherwise than with success: by point, answer, kind of the op,
// callback that the driver was in, and how many of the op's calls there it was, 1, 2, 3, 4 or more.
// Hashed to so many numbers.
#define PP_FAULT_WAYS 1024u

struct pp_fault_counts {
    uint64_t ways[PP_FAULT_WAYS / 64];  // a bit for each that was gone
    uint32_t armed;                     // faults and outcomes in the program
    uint32_t fired;                     // of these, how many took effect at least once
    uint32_t reached[PP_POINT_COUNT];   // by the place itself, never PP_POINT_ANY
    uint32_t failed[PP_POINT_COUNT];
};

// Arms the faults of a program, which must outlive the run.
void pp_fault_arm(const struct pp_program *program);

// True if this call of `point`, made by the current op, must fail.
bool pp_fault_fires(enum pp_point point);

// How this call of `point`, made by the current op, is answered: PP_STATUS_SUCCESS unless the op says
// so. For PP_OUTCOME_SEND, `ret_is_set` tells an explicit success (complete inside the call) from none.
enum pp_status pp_fault_outcome(enum pp_outcome_point point, bool *ret_is_set);

const struct pp_fault_counts *pp_fault_counts(void);

// What an op could have been told: how often it came to each fault point, up to 255 times, and which
// outcomes it asked for, a bit per enum pp_outcome_point.
struct pp_fault_chances {
    uint8_t points[PP_POINT_COUNT];
    uint32_t outcomes;
};

const struct pp_fault_chances *pp_fault_chances(uint32_t op);

// A call that an op made to a fault point, and whether the op says how it is answered.
struct pp_fault_call {
    uint8_t point;  // enum pp_outcome_point if is_outcome, else enum pp_point
    bool is_outcome;
    uint8_t nth;  // of its calls there, 255 for all from that one on; outcomes: 2 for all but the first
    bool is_answered;
    bool is_for_good;  // by a fault that does not end with this call
    uint8_t status;    // enum pp_status, of an outcome
};

// Is told of each.
typedef void (*pp_fault_listener)(const struct pp_fault_call *call);

// NULL: nobody is told.
void pp_fault_listen(pp_fault_listener listener);
