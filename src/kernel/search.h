// SPDX-License-Identifier: MIT
// What a strategy decides at the switch points of a run: see include/poolproof/search.h.
#pragma once
#include <poolproof/search.h>
#include <stdbool.h>

// Who could go on at a switch point. `serials` tell fibers apart, over the whole run.
struct pp_candidates {
    uint32_t self;            // serial of the fiber that runs
    const uint32_t *serials;  // of the ready fibers, next to run first
    uint32_t count;
    bool has_program;  // the program has another op to play
    bool has_time;     // somebody would wake if time passed
};

void pp_search_begin(const struct pp_search *search);

// How many accesses may pass until the strategy wants to be asked again; it is asked at each call.
uint32_t pp_search_distance(void);

// Counts steps: accesses that have passed, or a call.
void pp_search_count(uint32_t step_count);

// True if another one is to go on: *ret_target is a choice's target.
bool pp_search_decide(const struct pp_candidates *candidates, uint8_t *ret_target);

// A fiber was resumed, or a call was made, in which others may have become ready.
void pp_search_refresh(void);
