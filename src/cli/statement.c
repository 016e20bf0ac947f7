// SPDX-License-Identifier: MIT
#include "statement.h"

#include "base/expect.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

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
    pp_json_number(&json, "retries", sums->retry_count);
    pp_json_number(&json, "retries_failed", sums->retry_failed_count);
    pp_json_digest(&json, "runs_digest", sums->digest);
    pp_places_put_sums(&json, &attempt->counts.places);
    pp_places_put_points(&json, &attempt->counts.places);
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
