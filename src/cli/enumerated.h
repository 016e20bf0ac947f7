// SPDX-License-Identifier: MIT
// The sums of an enumeration, or of a part of one.
#pragma once
#include <poolproof/site.h>

// What was found first with a title.
struct pp_fault_found {
    char title[192];
    uint64_t run;      // the how manieth it was
    uint8_t *program;  // as bytes
    uint32_t size;
};

// How often a place was come to, and made to fail.
struct pp_place_counts {
    uint64_t reached;
    uint64_t failed_once;
    uint64_t failed_for_good;  // with all later calls of the op, also if there is none
    uint64_t statuses;         // calls that have outcomes: a bit for each enum pp_status they were given
};

struct pp_enumerated {
    uint64_t run_count;
    uint64_t pruned_count;  // sites where nothing was tried, since it had been at one that is like it
    uint64_t
        left_out_count;  // sites where no fault can be said: the op is full, or it is the 255th call
    uint32_t found_count, found_capacity;
    struct pp_fault_found *found;
    uint32_t place_count, place_capacity;
    struct pp_place_counts *places;  // by number of the place
};

// The counts of a place.
struct pp_place_counts *pp_enumerated_place(struct pp_enumerated *counts, uint32_t place);

// The last run came to its places.
void pp_enumerated_note_reached(struct pp_enumerated *counts);

// The last run found something.
void pp_enumerated_note_found(struct pp_enumerated *counts, const char *title,
                              const struct pp_program *program);

// Adds what came of a later part.
void pp_enumerated_add(struct pp_enumerated *sum, const struct pp_enumerated *part);

void pp_enumerated_clear(struct pp_enumerated *counts);
