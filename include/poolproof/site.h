// SPDX-License-Identifier: MIT
// Sites: where a run could have gone another way. Each call of a fault point that an op made is one, in
// the order of the run. They are what an enumeration of faults goes through, and what fault coverage
// counts.
#pragma once
#include <poolproof/event.h>
#include <poolproof/program.h>

// A fault point and the driver's call stack at it.
struct pp_place {
    uint64_t digest;  // equal in all processes of one build, and for no other place
    uint8_t point;    // enum pp_outcome_point if is_outcome, else enum pp_point
    bool is_outcome;
    uint8_t depth;
    uint64_t stack[PP_STACK_DEPTH];  // return addresses as offsets from pp_run, the innermost first
};

struct pp_site {
    uint64_t state;  // digest of the op, of what it did so far, and of what there is in the world
    uint32_t place;  // see pp_place_at
    uint16_t op;
    uint8_t point;  // enum pp_outcome_point if is_outcome, else enum pp_point
    bool is_outcome;
    uint8_t nth;  // of the op's calls of the point; 255: that one or one behind it; outcomes: 1 or 2
    bool is_answered;  // by a fault or an outcome that the op has
    bool is_for_good;  // by a fault that does not end with this call
    uint8_t status;    // enum pp_status, of an outcome
};

// What is noted of the sites of a run. States cost a sixth of its time.
enum pp_sites_wanted { PP_SITES_NONE, PP_SITES_PLACES, PP_SITES_STATES };

// Those of the last run, if its options wanted them. Valid until the next one.
const struct pp_site *pp_run_sites(uint32_t *ret_count);

// All places that this process has come to, numbered from 0.
const struct pp_place *pp_place_at(uint32_t place);
uint32_t pp_place_count(void);

// The number of a place that another process of this build came to.
uint32_t pp_place_add(const struct pp_place *place);

// The driver's function in that frame, or NULL; and with its line, if a symbolizer is at hand.
const char *pp_place_function(const struct pp_place *place, uint32_t frame);
void pp_place_describe(const struct pp_place *place, uint32_t frame, char *text, size_t capacity);
