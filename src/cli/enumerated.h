// SPDX-License-Identifier: MIT
// The sums of an enumeration, or of a part of one.
#pragma once
#include "places.h"

// What was found first with a title.
struct pp_fault_found {
    char title[192];
    uint64_t run;      // the how manieth it was
    uint8_t *program;  // as bytes
    uint32_t size;
};

struct pp_enumerated_sums {
    uint64_t run_count;     // with faults, besides the program's own run
    uint64_t pruned_count;  // sites where nothing was tried, since it had been at one that is like it
    uint64_t
        left_out_count;    // sites where no fault can be said: the op is full, or it is the 255th call
    uint64_t dead_count;   // runs in which the fault did not come
    uint64_t retry_count;  // runs in which an op that failed was tried again
    uint64_t retry_failed_count;  // of these, it failed again
    uint64_t digest;              // of all runs, in order
};

struct pp_enumerated {
    struct pp_enumerated_sums sums;
    uint32_t found_count, found_capacity;
    struct pp_fault_found *found;
    struct pp_places places;
};

// The last run, of that digest, came to its places.
void pp_enumerated_note_run(struct pp_enumerated *counts, uint64_t digest);

// The last run found something.
void pp_enumerated_note_found(struct pp_enumerated *counts, const char *title,
                              const struct pp_program *program);

// Adds what was found, unless something with its title was before.
void pp_enumerated_add_found(struct pp_enumerated *counts, const struct pp_fault_found *found);

// Adds what came of a later part.
void pp_enumerated_add(struct pp_enumerated *sum, const struct pp_enumerated *part);

// Makes it empty, for the next use or for none.
void pp_enumerated_clear(struct pp_enumerated *counts);
void pp_enumerated_free(struct pp_enumerated *counts);
