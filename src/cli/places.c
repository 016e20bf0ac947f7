// SPDX-License-Identifier: MIT
#include "places.h"

#include "base/grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_BYTES 512

struct pp_place_counts *pp_places_at(struct pp_places *places, uint32_t place) {
    places->list = pp_grow(places->list, &places->capacity, place, sizeof(places->list[0]));
    while (places->count <= place) {
        places->list[places->count++] = (struct pp_place_counts){0};
    }
    return &places->list[place];
}

void pp_places_note_run(struct pp_places *places) {
    uint32_t count;
    const struct pp_site *sites = pp_run_sites(&count);

    for (uint32_t i = 0; i < count; i++) {
        struct pp_place_counts *counts = pp_places_at(places, sites[i].place);
        counts->reached++;
        if (sites[i].is_answered && sites[i].is_outcome) {
            counts->statuses |= UINT64_C(1) << sites[i].status;
        } else if (sites[i].is_answered) {
            counts->failed_once += !sites[i].is_for_good;
            counts->failed_for_good += sites[i].is_for_good;
        }
    }
}

void pp_places_add(struct pp_places *sum, const struct pp_places *part) {
    for (uint32_t i = 0; i < part->count; i++) {
        struct pp_place_counts *mine = pp_places_at(sum, i);
        mine->reached += part->list[i].reached;
        mine->failed_once += part->list[i].failed_once;
        mine->failed_for_good += part->list[i].failed_for_good;
        mine->statuses |= part->list[i].statuses;
    }
}

// Places by what became of them.
struct fates {
    uint64_t reached;
    uint64_t failed_once;
    uint64_t failed_for_good;
    uint64_t answered;
};

static void add_place(struct fates *fates, const struct pp_place_counts *place) {
    fates->reached += place->reached > 0;
    fates->failed_once += place->failed_once > 0;
    fates->failed_for_good += place->failed_for_good > 0;
    fates->answered += place->statuses != 0;
}

static struct fates fates_of(const struct pp_places *places) {
    struct fates all = {0};

    for (uint32_t i = 0; i < places->count; i++) {
        add_place(&all, &places->list[i]);
    }
    return all;
}

void pp_places_put_sums(struct pp_json *json, const struct pp_places *places) {
    struct fates all = fates_of(places);

    pp_json_number(json, "places", all.reached);
    pp_json_number(json, "places_failed_once", all.failed_once);
    pp_json_number(json, "places_failed_for_good", all.failed_for_good);
    pp_json_number(json, "places_answered", all.answered);
}

void pp_places_put_points(struct pp_json *json, const struct pp_places *places) {
    struct fates points[PP_POINT_COUNT] = {0}, outcomes[PP_OUTCOME_COUNT] = {0};

    for (uint32_t i = 0; i < places->count; i++) {
        const struct pp_place *place = pp_place_at(i);
        add_place(place->is_outcome ? &outcomes[place->point] : &points[place->point], &places->list[i]);
    }
    pp_json_open(json, "point", '{');
    for (unsigned i = 0; i < PP_POINT_COUNT; i++) {
        if (points[i].reached > 0) {
            pp_json_open(json, pp_point_infos[i].name, '{');
            pp_json_number(json, "places", points[i].reached);
            pp_json_number(json, "failed_once", points[i].failed_once);
            pp_json_number(json, "failed_for_good", points[i].failed_for_good);
            pp_json_close(json, '}');
        }
    }
    pp_json_close(json, '}');
    pp_json_open(json, "outcome", '{');
    for (unsigned i = 0; i < PP_OUTCOME_COUNT; i++) {
        if (outcomes[i].reached > 0) {
            pp_json_open(json, pp_outcome_infos[i].name, '{');
            pp_json_number(json, "places", outcomes[i].reached);
            pp_json_number(json, "answered", outcomes[i].answered);
            pp_json_close(json, '}');
        }
    }
    pp_json_close(json, '}');
}

// "EchoWrite echo.c:210, called by EchoDispatch"
static void describe(const struct pp_place *place, char *text, size_t capacity) {
    const char *caller = place->depth > 1 ? pp_place_function(place, 1) : NULL;

    snprintf(text, capacity, "the world");
    if (place->depth > 0) {
        pp_place_describe(place, 0, text, capacity);
    }
    size_t length = strlen(text);
    if (caller) {
        snprintf(text + length, capacity - length, ", called by %s", caller);
    }
}

static void print_unanswered(const struct pp_places *places, bool is_outcome) {
    for (uint32_t i = 0; i < places->count; i++) {
        const struct pp_place *place = pp_place_at(i);
        const struct pp_place_counts *counts = &places->list[i];
        bool is_answered = counts->failed_once + counts->failed_for_good + counts->statuses > 0;
        char where[WORDS_BYTES];
        if (place->is_outcome != is_outcome || counts->reached == 0 || is_answered) {
            continue;
        }
        describe(place, where, sizeof where);
        printf("  never %s: %s in %s\n", is_outcome ? "answered otherwise" : "failed",
               (is_outcome ? pp_outcome_infos : pp_point_infos)[place->point].name, where);
    }
}

void pp_places_print(const struct pp_places *places) {
    struct fates points = {0}, outcomes = {0};

    for (uint32_t i = 0; i < places->count; i++) {
        add_place(pp_place_at(i)->is_outcome ? &outcomes : &points, &places->list[i]);
    }
    if (points.reached + outcomes.reached == 0) {
        return;
    }
    printf("fault points, each with each call stack at it: %" PRIu64 " reached, %" PRIu64
           " failed once, %" PRIu64 " for good;\noutcomes: %" PRIu64 " reached, %" PRIu64
           " answered otherwise\n",
           points.reached, points.failed_once, points.failed_for_good, outcomes.reached,
           outcomes.answered);
    print_unanswered(places, /*is_outcome=*/false);
    print_unanswered(places, /*is_outcome=*/true);
}
