// SPDX-License-Identifier: MIT
#include "tally.h"

#include "coverage.h"
#include "edges.h"
#include "json.h"
#include "subject.h"

#include <inttypes.h>
#include <unistd.h>

void pp_tally_add(struct pp_tally *tally, const struct pp_verdict *verdict, const uint32_t *broken) {
    tally->runs++;
    tally->finding_runs += verdict->is_finding;
    tally->ops_played += verdict->op_played_count;
    tally->events += verdict->event_count;
    tally->rules_checked += verdict->rule_check_count;
    tally->faults_armed += verdict->fault_armed_count;
    tally->faults_fired += verdict->fault_fired_count;
    for (unsigned i = 0; i < PP_POINT_ANY; i++) {
        tally->point_reached[i] += verdict->point_reached[i];
        tally->point_failed[i] += verdict->point_failed[i];
    }
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        tally->broken[i] += broken[i];
    }
}

static bool has_point(const struct pp_tally *tally, unsigned point) {
    return pp_languages[tally->language].points >> point & 1;
}

static uint32_t count_points(const struct pp_tally *tally) {
    return (uint32_t)__builtin_popcount(pp_languages[tally->language].points) - 1;  // without any
}

// Those that were counted at least once.
static uint32_t count_nonzero(const uint64_t *counts) {
    uint32_t points = 0;
    for (unsigned i = 0; i < PP_POINT_ANY; i++) {
        points += counts[i] > 0;
    }
    return points;
}

static uint64_t per_second(uint64_t count, double seconds) {
    return seconds > 0 ? (uint64_t)((double)count / seconds) : 0;
}

static void print_status_in_words(const struct pp_tally *tally, const struct pp_findings *findings,
                                  uint64_t speed) {
    fprintf(stderr, "%4.0f s: %" PRIu64 " runs, %" PRIu64 " a second, ", tally->seconds, tally->runs,
            speed);
    if (pp_edges_count() > 0) {
        fprintf(stderr, "%" PRIu32 " of %" PRIu32 " edges, ", pp_edges_reached(), pp_edges_count());
    }
    fprintf(stderr, "%" PRIu32 " findings\n", findings->count);
}

static void put_points(struct pp_json *json, const struct pp_tally *tally) {
    pp_json_open(json, "point", '{');
    for (unsigned i = 0; i < PP_POINT_ANY; i++) {
        if (has_point(tally, i)) {
            pp_json_open(json, pp_point_infos[i].name, '[');
            pp_json_number(json, NULL, tally->point_reached[i]);
            pp_json_number(json, NULL, tally->point_failed[i]);
            pp_json_close(json, ']');
        }
    }
    pp_json_close(json, '}');
}

static void put_broken(struct pp_json *json, const struct pp_tally *tally) {
    pp_json_open(json, pp_subject_broken_word(tally->language), '{');
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (tally->broken[i] > 0) {
            pp_json_number(json, pp_rules[i].id, tally->broken[i]);
        }
    }
    pp_json_close(json, '}');
}

void pp_tally_status(const struct pp_tally *tally, const struct pp_findings *findings,
                     uint64_t runs_before, double seconds_before) {
    struct pp_json json = {.out = stderr};
    uint64_t speed = per_second(tally->runs - runs_before, tally->seconds - seconds_before);

    if (isatty(STDERR_FILENO)) {
        print_status_in_words(tally, findings, speed);
        return;
    }

    fputs("status ", stderr);
    pp_json_open(&json, NULL, '{');
    pp_json_number(&json, "seconds", (uint64_t)(tally->seconds + 0.5));
    pp_json_number(&json, "runs", tally->runs);
    pp_json_number(&json, "exec_per_second", speed);
    pp_json_number(&json, "findings", findings->count);
    pp_json_number(&json, "finding_runs", tally->finding_runs);
    pp_json_number(&json, "findings_lost", findings->lost_count);
    pp_json_number(&json, "ops_played", tally->ops_played);
    pp_json_number(&json, "events", tally->events);
    pp_json_number(&json, "rules_checked", tally->rules_checked);
    pp_json_number(&json, "faults_armed", tally->faults_armed);
    pp_json_number(&json, "faults_fired", tally->faults_fired);
    pp_coverage_put(&json);
    pp_json_number(&json, "points", count_points(tally));
    pp_json_number(&json, "points_reached", count_nonzero(tally->point_reached));
    pp_json_number(&json, "points_failed", count_nonzero(tally->point_failed));
    put_points(&json, tally);
    put_broken(&json, tally);
    pp_json_end_line(&json);
    fflush(stderr);
}

static void print_points(const struct pp_tally *tally) {
    printf("fault points, of %" PRIu32 ": %" PRIu32 " reached, %" PRIu32 " made to fail\n",
           count_points(tally), count_nonzero(tally->point_reached), count_nonzero(tally->point_failed));
    for (unsigned i = 0; i < PP_POINT_ANY; i++) {
        if (!has_point(tally, i)) {
            continue;
        }
        printf("  %-20s reached %-12" PRIu64 " failed %-12" PRIu64 "%s\n", pp_point_infos[i].name,
               tally->point_reached[i], tally->point_failed[i],
               tally->point_reached[i] == 0  ? " never reached"
               : tally->point_failed[i] == 0 ? " never failed"
                                             : "");
    }
}

static void print_broken(const struct pp_tally *tally) {
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (tally->broken[i] > 0) {
            printf("%s %s, %" PRIu64 " times: %s\n", pp_subject_broken_word(tally->language),
                   pp_rules[i].id, tally->broken[i], pp_rules[i].statement);
        }
    }
}

void pp_tally_print(const struct pp_tally *tally, const struct pp_findings *findings, const char *name,
                    uint64_t seed) {
    printf("%s: %" PRIu64 " runs in %.1f s, %" PRIu64 " a second, seed %" PRIu64 "\n", name, tally->runs,
           tally->seconds, per_second(tally->runs, tally->seconds), seed);
    printf("%" PRIu64 " ops played, %" PRIu64 " events, %" PRIu64 " judged by rules\n",
           tally->ops_played, tally->events, tally->rules_checked);
    printf("%" PRIu64 " faults armed, %" PRIu64 " fired\n", tally->faults_armed, tally->faults_fired);
    pp_coverage_print();
    print_points(tally);
    print_broken(tally);
    printf("%" PRIu32 " findings, in %" PRIu64 " runs\n", findings->count, tally->finding_runs);
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct pp_found *found = &findings->found[i];
        printf("%s\n  %s (%" PRIu32 " ops, found %" PRIu64 " times)\n", found->title,
               found->is_lost ? "not kept, see the errors above" : found->folder, found->op_count,
               found->count);
    }
    if (findings->count == PP_FINDINGS_MAX) {
        printf("more titles than are kept (%d); fix some first\n", PP_FINDINGS_MAX);
    }
}
