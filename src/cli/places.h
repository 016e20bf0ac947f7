// SPDX-License-Identifier: MIT
// Fault coverage: of each place, a fault point and the driver's call stack at it, how often it was come
// to, and how its calls were answered.
#pragma once
#include "json.h"

#include <poolproof/site.h>

struct pp_place_counts {
    uint64_t reached;
    uint64_t failed_once;
    uint64_t failed_for_good;  // with all later calls of the op, also if there is none
    uint64_t statuses;         // calls that have outcomes: a bit for each enum pp_status they were given
};

struct pp_places {
    uint32_t count, capacity;
    struct pp_place_counts *list;  // by number of the place
};

struct pp_place_counts *pp_places_at(struct pp_places *places, uint32_t place);

// The last run came to its places, and was answered there as its program says.
void pp_places_note_run(struct pp_places *places);

void pp_places_add(struct pp_places *sum, const struct pp_places *part);

// As members of the object that is open: the sums; and what became of those of each point.
void pp_places_put_sums(struct pp_json *json, const struct pp_places *places);
void pp_places_put_points(struct pp_json *json, const struct pp_places *places);

// In words, with the places where nothing was ever refused; nothing if there are none.
void pp_places_print(const struct pp_places *places);
