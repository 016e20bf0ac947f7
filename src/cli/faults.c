// SPDX-License-Identifier: MIT
// faults FILE|DIR...
#include "attempt.h"
#include "certificate.h"
#include "complaint.h"
#include "findings.h"
#include "statement.h"
#include "verb.h"
#include "verify.h"
#include "walk.h"
#include "whole.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    struct pp_walked walked;
    const struct pp_options *options;
    struct pp_subject subject;
    struct pp_certificate certificate;  // if it is wanted
};

static struct pp_findings findings;
static char report[256 * 1024];

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

static void tell_in_words(const struct session *session, const struct pp_attempt *attempt) {
    const struct pp_enumerated_sums *sums = &attempt->counts.sums;
    bool is_told =
        attempt->own.is_finding || (attempt->counts.found_count > 0 && !session->options->is_for_all);

    if (!is_told) {
        printf("%s %s (%" PRIu32 " ops, %" PRIu64 " runs with faults, %" PRIu64
               " sites like others, %" PRIu64 " left out)\n",
               attempt->counts.found_count ? "bad" : "ok", attempt->path, attempt->program.op_count,
               sums->run_count, sums->pruned_count, sums->left_out_count);
    }
}

static void tell(struct session *session, const struct pp_attempt *attempt) {
    if (attempt->own.is_finding) {
        static struct pp_verdict verdict;
        pp_subject_play(&session->subject, &attempt->program, &verdict);
        print_report(session, &attempt->program, &verdict, attempt->path);
    }
    for (uint32_t i = 0; i < attempt->counts.found_count; i++) {
        tell_found(session, attempt->path, &attempt->counts.found[i]);
    }
    if (!session->options->is_json) {
        tell_in_words(session, attempt);
    }
}

static void note(struct session *session, const char *statement) {
    if (session->options->is_json) {
        puts(statement);
    }
    if (session->options->certificate) {
        pp_certificate_add(&session->certificate, statement);
    }
}

static void try_file(void *context, const char *path) {
    struct session *session = context;
    const struct pp_attempt *attempt = pp_attempt_play(&session->subject, path);

    session->walked.program_count++;
    if (!attempt) {
        session->walked.bad_count++;
        if (session->options->is_json) {
            char *statement = pp_statement_make_bad(&session->subject, path);
            puts(statement);
            free(statement);
        }
        return;
    }
    session->walked.finding_count += pp_attempt_has_found(attempt);
    char *statement = pp_statement_make(&session->subject, attempt);
    tell(session, attempt);
    note(session, statement);
    free(statement);
    // Who waits for a long run sees how far it is, and a crash of ours loses nothing.
    pp_complain_about_stdout();
}

static bool begin_certificate(struct session *session) {
    return !session->options->certificate ||
           (pp_whole_can_write(session->options->certificate) &&
            pp_certificate_begin(&session->certificate, &session->subject));
}

// Written only if it speaks of all programs.
static void end_certificate(struct session *session) {
    const char *path = session->options->certificate;

    if (!path) {
        return;
    }
    char *text = pp_certificate_make(&session->certificate);
    if (session->walked.bad_count > 0) {
        pp_complain(path, "not written, since not all was tried");
    } else if (!pp_whole_write(path, text, strlen(text))) {
        session->walked.bad_count++;
    } else if (!session->options->is_json) {
        printf("%s %s\n",
               pp_certificate_is_complete(&session->certificate) ? "certificate"
                                                                 : "no proof, but noted in",
               path);
    }
    free(text);
    pp_certificate_end(&session->certificate);
}

int pp_verb_faults(const struct pp_options *options) {
    struct session session = {.options = options};

    if (options->verify) {
        return pp_verify(options);
    }
    if (!pp_subject_find(options, &session.subject)) {
        return PP_EXIT_BAD;
    }
    if (options->operand_count == 0) {
        pp_complain("faults", "which programs? Give files or directories");
        return PP_EXIT_BAD;
    }
    if (!begin_certificate(&session) || !pp_findings_begin(&findings, options->findings)) {
        return PP_EXIT_BAD;
    }
    session.walked.bad_count += pp_walk_operands(options, try_file, &session);
    pp_findings_end(&findings);
    end_certificate(&session);
    return pp_walk_end(options, &session.walked);
}
