// SPDX-License-Identifier: MIT
// run FILE|DIR...
#include "complaint.h"
#include "coverage.h"
#include "edges.h"
#include "findings.h"
#include "json.h"
#include "load.h"
#include "schedules.h"
#include "subject.h"
#include "verb.h"
#include "walk.h"

#include <poolproof/rule.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

struct session {
    struct pp_walked walked;
    const struct pp_options *options;
    struct pp_subject subject;
    enum pp_language language;  // of binary programs
    uint64_t tried;             // schedules of the program, beside its own
};

static struct pp_findings findings;
static struct pp_program program;
static char report[256 * 1024];

static void print_points(struct pp_json *json, const struct pp_verdict *verdict) {
    pp_json_open(json, "points", '{');
    for (unsigned i = 0; i < PP_POINT_ANY; i++) {
        pp_json_open(json, pp_point_infos[i].name, '{');
        pp_json_number(json, "reached", verdict->point_reached[i]);
        pp_json_number(json, "failed", verdict->point_failed[i]);
        pp_json_close(json, '}');
    }
    pp_json_close(json, '}');
}

static void print_json_broken(struct pp_json *json) {
    const uint32_t *broken = pp_subject_broken(program.language);

    pp_json_open(json, pp_subject_broken_word(program.language), '{');
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (broken[i] > 0) {
            pp_json_number(json, pp_rules[i].id, broken[i]);
        }
    }
    pp_json_close(json, '}');
}

static void print_broken(void) {
    const uint32_t *broken = pp_subject_broken(program.language);

    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (broken[i] > 0) {
            printf("   %s %s, %" PRIu32 " times: %s\n", pp_subject_broken_word(program.language),
                   pp_rules[i].id, broken[i], pp_rules[i].statement);
        }
    }
}

static void open_json(struct pp_json *json, const struct session *session, const char *path,
                      enum pp_language language) {
    const char *name = pp_subject_name(&session->subject, language);

    pp_json_open(json, NULL, '{');
    pp_json_text(json, "file", path);
    pp_json_text(json, "driver", language == PP_LANGUAGE_PROTOCOL ? name : NULL);
    pp_json_text(json, "pool", language == PP_LANGUAGE_POOL ? name : NULL);
}

static void print_json(const struct session *session, const char *path,
                       const struct pp_verdict *verdict) {
    const struct pp_finding *finding = verdict->is_finding ? &verdict->finding : NULL;
    struct pp_json json = {.out = stdout};

    open_json(&json, session, path, program.language);
    pp_json_text(&json, "verdict", finding ? "finding" : "ok");
    pp_json_text(&json, "title", finding ? finding->title : NULL);
    pp_json_text(&json, "rule", finding && finding->rule ? finding->rule->id : NULL);
    if (finding && finding->op != PP_OP_NONE) {
        pp_json_number(&json, "op", finding->op);
    } else {
        pp_json_text(&json, "op", NULL);
    }
    pp_json_digest(&json, "digest", verdict->digest);
    pp_json_number(&json, "ops", program.op_count);
    pp_json_number(&json, "ops_played", verdict->op_played_count);
    pp_json_number(&json, "events", verdict->event_count);
    pp_json_number(&json, "schedules", session->tried);
    pp_json_number(&json, "rules_checked", verdict->rule_check_count);
    pp_json_number(&json, "faults_armed", verdict->fault_armed_count);
    pp_json_number(&json, "faults_fired", verdict->fault_fired_count);
    print_points(&json, verdict);
    print_json_broken(&json);
    pp_json_end_line(&json);
}

static void print_bad_json(const struct session *session, const char *path) {
    struct pp_json json = {.out = stdout};

    open_json(&json, session, path, session->language);
    pp_json_text(&json, "verdict", "error");
    pp_json_end_line(&json);
}

// Makes the report of what was found, and keeps it if that is wanted. A program that came from a search
// or a plan has no file yet, so it is.
static void tell_finding(struct session *session, const char *path, const struct pp_verdict *verdict,
                         struct pp_input input) {
    char file[PATH_MAX + 16];
    struct pp_found *found = NULL;

    session->walked.finding_count++;
    bool is_new = session->tried > 0 || session->subject.plan;
    if (session->options->is_findings_given || is_new) {
        found = pp_findings_add(&findings, verdict->finding.title);
        if (found && is_new) {
            snprintf(file, sizeof file, "%s/program.prog", found->folder);
            path = file;
        }
    }
    pp_subject_report(&session->subject, &program, verdict, path, report, sizeof report);
    input = is_new ? (struct pp_input){0} : input;
    if (found && pp_findings_is_smaller(found, &program) &&
        !pp_findings_keep(&findings, found, &program, input, report)) {
        pp_complain(path, "its finding could not be kept");
        session->walked.bad_count++;
    }
}

static void play_plain(const struct session *session, struct pp_verdict *ret_verdict) {
    enum pp_sites_wanted sites = session->options->has_coverage ? PP_SITES_PLACES : PP_SITES_NONE;
    pp_subject_play(&session->subject, &program, sites, ret_verdict);
}

static void play(struct session *session, struct pp_verdict *ret_verdict) {
    session->tried = 0;
    if (session->options->schedules > 0 && program.language == PP_LANGUAGE_PROTOCOL) {
        session->tried = pp_schedules_try(&session->subject, &program, ret_verdict);
    } else {
        play_plain(session, ret_verdict);
    }
}

static void print_text(const struct session *session, const char *path,
                       const struct pp_verdict *verdict) {
    if (verdict->is_finding) {
        fputs(report, stdout);
        if (session->tried > 0) {
            printf("found by schedule %" PRIu64 " of %s\n", session->tried, path);
        }
        putchar('\n');
        return;
    }
    printf("ok %s (%" PRIu32 " ops, %" PRIu32 " events, digest %016" PRIx64 ")\n", path,
           program.op_count, verdict->event_count, verdict->digest);
    if (verdict->fault_fired_count < verdict->fault_armed_count) {
        printf("   %" PRIu32 " of %" PRIu32 " faults never came\n",
               verdict->fault_armed_count - verdict->fault_fired_count, verdict->fault_armed_count);
    }
    if (session->tried > 0) {
        printf("   nor in %" PRIu64 " schedules\n", session->tried);
    }
    print_broken();
}

static void run_file(void *context, const char *path) {
    struct session *session = context;
    static struct pp_verdict verdict;
    const uint8_t *bytes = NULL;
    size_t size = 0;

    session->walked.program_count++;
    if (!pp_load(path, session->language, &program, &bytes, &size) ||
        !pp_subject_takes(&session->subject, program.language, path)) {
        session->walked.bad_count++;
        if (session->options->is_json) {
            print_bad_json(session, path);
        }
        return;
    }
    pp_subject_apply_plan(&session->subject, &program);
    play(session, &verdict);
    pp_coverage_add(session->options->has_coverage && program.language == PP_LANGUAGE_PROTOCOL);
    if (verdict.is_finding) {
        tell_finding(session, path, &verdict, (struct pp_input){bytes, size});
    }
    if (session->options->is_json) {
        print_json(session, path, &verdict);
    } else {
        print_text(session, path, &verdict);
    }
    // Who waits for a long run sees how far it is, and a crash of ours loses nothing.
    pp_complain_about_stdout();
}

// Some builds count no edges, and pools are not built to be counted.
static bool begin_coverage(const struct pp_options *options, const struct pp_driver *driver) {
    if (driver) {
        pp_edges_begin(driver);
    }
    if (pp_edges_count() == 0) {
        pp_complain("--coverage", options->pool ? "is of drivers" : "this build does not count edges");
        return false;
    }
    return true;
}

static void tell_coverage(const struct session *session) {
    if (!session->options->is_json) {
        pp_coverage_print();
        return;
    }
    struct pp_json json = {.out = stdout};
    pp_json_open(&json, NULL, '{');
    pp_json_text(&json, "driver", session->subject.driver->name);
    pp_coverage_put(&json);
    pp_json_end_line(&json);
}

int pp_verb_run(const struct pp_options *options) {
    struct session session = {.options = options};

    if (!pp_subject_find(options, &session.subject) ||
        !pp_subject_language(options, &session.language)) {
        return PP_EXIT_BAD;
    }
    if (options->schedules > 0 && options->pool) {
        pp_complain("--schedules", "pool programs have none: nothing goes on at the same time");
        return PP_EXIT_BAD;
    }
    if (options->operand_count == 0) {
        pp_complain("run", "which programs? Give files or directories");
        return PP_EXIT_BAD;
    }
    if (options->has_coverage && !begin_coverage(options, session.subject.driver)) {
        return PP_EXIT_BAD;
    }
    bool is_kept = options->is_findings_given || options->schedules > 0 || options->plan;
    if (is_kept && !pp_findings_begin(&findings, options->findings)) {
        return PP_EXIT_BAD;
    }
    session.walked.bad_count += pp_walk_operands(options, run_file, &session);
    pp_findings_end(&findings);
    int status = pp_walk_end(options, &session.walked);
    if (options->has_coverage) {
        tell_coverage(&session);
    }
    return status;
}
