// SPDX-License-Identifier: MIT
#include "statement.h"

#include "base/expect.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

// Places by what became of them.
struct fates {
    uint64_t reached;
    uint64_t failed_once;
    uint64_t failed_for_good;
    uint64_t answered;
};

static FILE *open_text(char **text, size_t *size) {
    FILE *out = open_memstream(text, size);
    pp_expect(out != NULL, "no memory for a line of text");
    return out;
}

static void open_object(struct pp_json *json, const struct pp_subject *subject, const char *path,
                        const char *verdict) {
    pp_json_open(json, NULL, '{');
    pp_json_text(json, "file", path);
    pp_json_text(json, "driver", subject->driver->name);
    pp_json_text(json, "verdict", verdict);
}

static void add_place(struct fates *fates, const struct pp_place_counts *place) {
    fates->reached += place->reached > 0;
    fates->failed_once += place->failed_once > 0;
    fates->failed_for_good += place->failed_for_good > 0;
    fates->answered += place->statuses != 0;
}

static void put_sums(struct pp_json *json, const struct pp_enumerated *counts) {
    struct fates all = {0};

    for (uint32_t i = 0; i < counts->place_count; i++) {
        add_place(&all, &counts->places[i]);
    }
    pp_json_number(json, "places", all.reached);
    pp_json_number(json, "places_failed_once", all.failed_once);
    pp_json_number(json, "places_failed_for_good", all.failed_for_good);
    pp_json_number(json, "places_answered", all.answered);
}

// Those that were come to, by name.
static void put_points(struct pp_json *json, const struct pp_enumerated *counts) {
    struct fates points[PP_POINT_COUNT] = {0}, outcomes[PP_OUTCOME_COUNT] = {0};

    for (uint32_t i = 0; i < counts->place_count; i++) {
        const struct pp_place *place = pp_place_at(i);
        add_place(place->is_outcome ? &outcomes[place->point] : &points[place->point],
                  &counts->places[i]);
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

static void put_titles(struct pp_json *json, const struct pp_attempt *attempt) {
    pp_json_open(json, "titles", '[');
    if (attempt->own.is_finding) {
        pp_json_text(json, NULL, attempt->own.finding.title);
    }
    for (uint32_t i = 0; i < attempt->counts.found_count; i++) {
        pp_json_text(json, NULL, attempt->counts.found[i].title);
    }
    pp_json_close(json, ']');
}

char *pp_statement_make(const struct pp_subject *subject, const struct pp_attempt *attempt) {
    char *text = NULL;
    size_t size = 0;
    struct pp_json json = {.out = open_text(&text, &size)};
    const struct pp_enumerated_sums *sums = &attempt->counts.sums;

    open_object(&json, subject, attempt->path, pp_attempt_has_found(attempt) ? "finding" : "ok");
    put_titles(&json, attempt);
    pp_json_digest(&json, "file_digest", attempt->file_digest);
    pp_json_digest(&json, "digest", attempt->own.digest);
    pp_json_number(&json, "ops", attempt->program.op_count);
    pp_json_number(&json, "fault_runs", sums->run_count);
    pp_json_open(&json, "fault_runs_by_k", '[');
    for (uint64_t i = 0; i < subject->options->depth; i++) {
        pp_json_number(&json, NULL, attempt->run_counts[i]);
    }
    pp_json_close(&json, ']');
    pp_json_number(&json, "sites_pruned", sums->pruned_count);
    pp_json_number(&json, "sites_left_out", sums->left_out_count);
    pp_json_number(&json, "faults_dead", sums->dead_count);
    pp_json_digest(&json, "runs_digest", sums->digest);
    put_sums(&json, &attempt->counts);
    put_points(&json, &attempt->counts);
    pp_json_close(&json, '}');
    fclose(json.out);
    return text;
}

char *pp_statement_make_bad(const struct pp_subject *subject, const char *path) {
    char *text = NULL;
    size_t size = 0;
    struct pp_json json = {.out = open_text(&text, &size)};

    open_object(&json, subject, path, "error");
    pp_json_close(&json, '}');
    fclose(json.out);
    return text;
}
