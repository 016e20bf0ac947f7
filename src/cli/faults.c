// SPDX-License-Identifier: MIT
// faults FILE|DIR...
#include "complaint.h"
#include "enumerate.h"
#include "findings.h"
#include "json.h"
#include "load.h"
#include "subject.h"
#include "verb.h"
#include "walk.h"
#include "workers.h"

#include <poolproof/rule.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct session {
    struct pp_walked walked;
    const struct pp_options *options;
    struct pp_subject subject;
};

static struct pp_findings findings;
static struct pp_program program;
static struct pp_enumerated counts;
static struct pp_verdict own;  // of the program without faults of ours
static char report[256 * 1024];

static bool add_part(void *context, const struct pp_enumerated *part) {
    const struct pp_enumeration *all = context;

    pp_enumerated_add(&counts, part);
    return !(all->is_for_one && counts.found_count > 0);
}

// Returns false if it did not come to its end.
static bool enumerate(const struct session *session) {
    struct pp_enumeration all = {.subject = &session->subject,
                                 .program = &program,
                                 .is_pruned = !session->options->is_unpruned,
                                 .is_for_one = !session->options->is_for_all};
    bool is_whole = true;

    pp_enumerated_clear(&counts);
    uint32_t end = pp_enumerate_begin(&all, &own, &counts);
    for (all.depth = 1; all.depth <= session->options->depth && is_whole; all.depth++) {
        if (!all.is_for_one || counts.found_count == 0) {
            is_whole = pp_workers_play(&all, 0, end, (uint32_t)session->options->jobs, add_part, &all);
        }
    }
    return is_whole;
}

static void print_report(const struct session *session, const struct pp_program *it,
                         const struct pp_verdict *verdict, const char *path) {
    pp_subject_report(&session->subject, it, verdict, path, report, sizeof report);
    if (!session->options->is_json) {
        puts(report);
    }
}

// Keeps what was found, as a program with the faults written down.
static void tell_found(struct session *session, const char *path, const struct pp_fault_found *found) {
    static struct pp_program faulty;
    static struct pp_verdict verdict;
    char file[PATH_MAX + 16];
    struct pp_found *kept = pp_findings_add(&findings, found->title);

    pp_program_decode(PP_LANGUAGE_PROTOCOL, found->program, found->size, &faulty);
    pp_subject_play(&session->subject, &faulty, &verdict);
    snprintf(file, sizeof file, "%s/program.prog", kept ? kept->folder : path);
    print_report(session, &faulty, &verdict, file);
    if (!session->options->is_json) {
        printf("found by run %" PRIu64 " with faults of %s\n\n", found->run, path);
    }
    if (kept && pp_findings_is_smaller(kept, &faulty) &&
        !pp_findings_keep(&findings, kept, &faulty, (struct pp_input){found->program, found->size},
                          report)) {
        pp_complain(path, "its finding could not be kept");
        session->walked.bad_count++;
    }
}

static void open_json(struct pp_json *json, const struct session *session, const char *path,
                      const char *verdict) {
    pp_json_open(json, NULL, '{');
    pp_json_text(json, "file", path);
    pp_json_text(json, "driver", session->subject.driver->name);
    pp_json_text(json, "verdict", verdict);
}

static void put_places(struct pp_json *json) {
    uint64_t reached = 0, failed_once = 0, failed_for_good = 0, answered = 0;

    for (uint32_t i = 0; i < counts.place_count; i++) {
        const struct pp_place_counts *place = &counts.places[i];
        reached += place->reached > 0;
        failed_once += place->failed_once > 0;
        failed_for_good += place->failed_for_good > 0;
        answered += place->statuses != 0;
    }
    pp_json_number(json, "places", reached);
    pp_json_number(json, "places_failed_once", failed_once);
    pp_json_number(json, "places_failed_for_good", failed_for_good);
    pp_json_number(json, "places_answered", answered);
}

static void print_json(const struct session *session, const char *path) {
    struct pp_json json = {.out = stdout};
    bool is_found = own.is_finding || counts.found_count > 0;

    open_json(&json, session, path, is_found ? "finding" : "ok");
    pp_json_open(&json, "titles", '[');
    if (own.is_finding) {
        pp_json_text(&json, NULL, own.finding.title);
    }
    for (uint32_t i = 0; i < counts.found_count; i++) {
        pp_json_text(&json, NULL, counts.found[i].title);
    }
    pp_json_close(&json, ']');
    pp_json_digest(&json, "digest", own.digest);
    pp_json_number(&json, "ops", program.op_count);
    pp_json_number(&json, "fault_runs", counts.sums.run_count);
    pp_json_number(&json, "sites_pruned", counts.sums.pruned_count);
    pp_json_number(&json, "sites_left_out", counts.sums.left_out_count);
    pp_json_number(&json, "faults_dead", counts.sums.dead_count);
    pp_json_digest(&json, "runs_digest", counts.sums.digest);
    put_places(&json);
    pp_json_end_line(&json);
}

static void tell(struct session *session, const char *path) {
    if (own.is_finding) {
        pp_subject_play(&session->subject, &program, &own);
        print_report(session, &program, &own, path);
    }
    for (uint32_t i = 0; i < counts.found_count; i++) {
        tell_found(session, path, &counts.found[i]);
    }
    if (session->options->is_json) {
        print_json(session, path);
    } else if (!own.is_finding && (counts.found_count == 0 || session->options->is_for_all)) {
        printf("%s %s (%" PRIu32 " ops, %" PRIu64 " runs with faults, %" PRIu64
               " sites like others, %" PRIu64 " left out)\n",
               counts.found_count ? "bad" : "ok", path, program.op_count, counts.sums.run_count,
               counts.sums.pruned_count, counts.sums.left_out_count);
    }
}

// Which faults a program could have is known of programs for a driver.
static bool is_enumerable(const struct session *session, const char *path) {
    if (program.language != PP_LANGUAGE_PROTOCOL) {
        pp_complain(path, "is a pool program; faults are tried with programs for a driver");
        return false;
    }
    return pp_subject_takes(&session->subject, program.language, path);
}

static void try_file(void *context, const char *path) {
    struct session *session = context;
    const uint8_t *bytes = NULL;
    size_t size = 0;

    session->walked.program_count++;
    if (!pp_load(path, PP_LANGUAGE_PROTOCOL, &program, &bytes, &size) || !is_enumerable(session, path) ||
        !enumerate(session)) {
        session->walked.bad_count++;
        if (session->options->is_json) {
            struct pp_json json = {.out = stdout};
            open_json(&json, session, path, "error");
            pp_json_end_line(&json);
        }
        return;
    }
    session->walked.finding_count += own.is_finding || counts.found_count > 0;
    tell(session, path);
    // Who waits for a long run sees how far it is, and a crash of ours loses nothing.
    pp_complain_about_stdout();
}

int pp_verb_faults(const struct pp_options *options) {
    struct session session = {.options = options};

    if (!pp_subject_find(options, &session.subject)) {
        return PP_EXIT_BAD;
    }
    if (options->operand_count == 0) {
        pp_complain("faults", "which programs? Give files or directories");
        return PP_EXIT_BAD;
    }
    if (!pp_findings_begin(&findings, options->findings)) {
        return PP_EXIT_BAD;
    }
    session.walked.bad_count += pp_walk_operands(options, try_file, &session);
    pp_findings_end(&findings);
    return pp_walk_end(options, &session.walked);
}
