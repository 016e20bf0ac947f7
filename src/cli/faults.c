// SPDX-License-Identifier: MIT
// faults FILE|DIR...
#include "attempt.h"
#include "certificate.h"
#include "complaint.h"
#include "findings.h"
#include "interrupt.h"
#include "journal.h"
#include "progress.h"
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
    struct pp_certificate certificate;  // it and the journal: if they are wanted
    struct pp_journal journal;
    struct pp_paths programs;
    uint32_t done_count;      // of these, bad ones as well
    struct pp_places places;  // of all that were tried now
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

static void keep(struct session *session, struct pp_found *found, const struct pp_program *it,
                 const char *path) {
    if (found && pp_findings_is_smaller(found, it) &&
        !pp_findings_keep(&findings, found, it, (struct pp_input){0}, report)) {
        pp_complain(path, "its finding could not be kept");
        session->walked.bad_count++;
    }
}

// No file has the program with the faults of a plan, so it is kept as well.
static void tell_own(struct session *session, const struct pp_attempt *attempt) {
    static struct pp_verdict verdict;
    char file[PATH_MAX + 16];
    struct pp_found *kept = NULL;

    pp_subject_play(&session->subject, &attempt->program, PP_SITES_NONE, &verdict);
    if (session->subject.plan) {
        kept = pp_findings_add(&findings, verdict.finding.title);
    }
    snprintf(file, sizeof file, kept ? "%s/program.prog" : "%s", kept ? kept->folder : attempt->path);
    print_report(session, &attempt->program, &verdict, file);
    keep(session, kept, &attempt->program, attempt->path);
}

// Keeps what was found, as a program with the faults written down.
static void tell_found(struct session *session, const char *path, const struct pp_fault_found *found) {
    static struct pp_program faulty;
    static struct pp_verdict verdict;
    char file[PATH_MAX + 16];
    struct pp_found *kept = pp_findings_add(&findings, found->title);

    pp_program_decode(PP_LANGUAGE_PROTOCOL, found->program, found->size, &faulty);
    pp_subject_play(&session->subject, &faulty, PP_SITES_NONE, &verdict);
    snprintf(file, sizeof file, "%s/program.prog", kept ? kept->folder : path);
    print_report(session, &faulty, &verdict, file);
    if (!session->options->is_json) {
        printf("found by run %" PRIu64 " with faults of %s\n\n", found->run, path);
    }
    keep(session, kept, &faulty, path);
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
    if (sums->dead_count > 0) {
        printf("   in %" PRIu64 " of these runs the fault did not come: the injector is dead\n",
               sums->dead_count);
    }
    if (sums->retry_failed_count > 0) {
        printf("   %" PRIu64 " of %" PRIu64 " retries failed, though nothing was refused any more: "
               "--strict shows them\n",
               sums->retry_failed_count, sums->retry_count);
    }
}

static void tell(struct session *session, const struct pp_attempt *attempt) {
    if (attempt->own.is_finding) {
        tell_own(session, attempt);
    }
    for (uint32_t i = 0; i < attempt->counts.found_count; i++) {
        tell_found(session, attempt->path, &attempt->counts.found[i]);
    }
    if (!session->options->is_json) {
        tell_in_words(session, attempt);
    }
}

static void put_statement(struct session *session, const char *statement) {
    if (session->options->is_json) {
        puts(statement);
    }
    if (session->options->certificate) {
        pp_certificate_add(&session->certificate, statement);
    }
}

// A session before this one has finished it.
static void tell_again(struct session *session, const struct pp_journal_entry *entry) {
    session->walked.finding_count += entry->has_found;
    if (!session->options->is_json) {
        printf("%s %s (finished before)\n", entry->has_found ? "bad" : "ok", entry->file);
    }
    put_statement(session, entry->statement);
}

static void note(struct session *session, const struct pp_attempt *attempt) {
    char *statement = pp_statement_make(&session->subject, attempt);

    pp_places_add(&session->places, &attempt->counts.places);
    put_statement(session, statement);
    if (session->options->resume && !pp_journal_add(&session->journal, statement)) {
        session->walked.bad_count++;
    }
    free(statement);
}

static void note_bad(struct session *session, const char *path) {
    session->walked.bad_count++;
    if (session->options->is_json) {
        char *statement = pp_statement_make_bad(&session->subject, path);
        puts(statement);
        free(statement);
    }
}

// Of a program that was not finished only what was found is told. Returns false if there is no more to
// try.
static bool try_program(struct session *session, const char *path) {
    const struct pp_attempt *attempt = pp_attempt_play(&session->subject, path);

    pp_progress_hide();
    if (!attempt) {
        note_bad(session, path);
        return true;
    }
    if (attempt->is_whole || pp_attempt_has_found(attempt)) {
        session->walked.finding_count += pp_attempt_has_found(attempt);
        tell(session, attempt);
    }
    if (attempt->is_whole) {
        note(session, attempt);
    }
    return attempt->is_whole;
}

static void try_programs(struct session *session) {
    bool goes_on = true;

    pp_progress_begin(session->programs.count);
    for (uint32_t i = 0; i < session->programs.count && goes_on; i++) {
        const char *path = session->programs.paths[i];
        const struct pp_journal_entry *entry =
            session->options->resume ? pp_journal_find(&session->journal, path) : NULL;
        session->walked.program_count++;
        if (entry) {
            tell_again(session, entry);
            pp_progress_add_program();
        } else {
            goes_on = try_program(session, path);
        }
        session->done_count += goes_on;
        // Who waits for a long run sees how far it is, and a crash of ours loses nothing.
        pp_complain_about_stdout();
    }
    pp_progress_hide();
}

static bool begin(struct session *session) {
    const struct pp_options *options = session->options;

    if (options->certificate && !pp_whole_can_write(options->certificate)) {
        return false;
    }
    return (!(options->certificate || options->resume) ||
            pp_certificate_begin(&session->certificate, &session->subject)) &&
           (!options->resume || pp_journal_begin(&session->journal, options->resume,
                                                 &session->certificate, &session->programs)) &&
           pp_findings_begin(&findings, options->findings);
}

static void tell_interrupt(const struct session *session) {
    fprintf(stderr, "interrupted after %" PRIu32 " of %" PRIu32 " programs; %s\n", session->done_count,
            session->programs.count,
            session->options->resume ? "the same command goes on from there"
                                     : "with --resume FILE it could be gone on from there");
}

// Written only if it speaks of all programs.
static void write_certificate(struct session *session, const char *path) {
    char *text = pp_certificate_make(&session->certificate);

    if (session->walked.bad_count > 0 || session->done_count < session->programs.count) {
        pp_complain(path, "not written, since not all was tried");
        session->walked.bad_count++;
    } else if (!pp_whole_write(path, text, strlen(text))) {
        session->walked.bad_count++;
    } else if (!session->options->is_json) {
        printf("%s %s\n",
               pp_certificate_is_complete(&session->certificate) ? "certificate"
                                                                 : "no proof, but noted in",
               path);
    }
    free(text);
}

static int end(struct session *session) {
    const struct pp_options *options = session->options;

    if (!options->is_json) {
        pp_places_print(&session->places);
    }
    if (options->certificate) {
        write_certificate(session, options->certificate);
    }
    if (options->certificate || options->resume) {
        pp_certificate_end(&session->certificate);
    }
    if (options->resume) {
        pp_journal_end(&session->journal);
    }
    pp_findings_end(&findings);
    pp_paths_free(&session->programs);
    return pp_walk_end(options, &session->walked);
}

int pp_verb_faults(const struct pp_options *options) {
    static struct session session;

    session = (struct session){.options = options};
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
    session.walked.bad_count = pp_walk_collect(options, &session.programs);
    if (!begin(&session)) {
        return PP_EXIT_BAD;
    }
    pp_interrupt_catch();
    try_programs(&session);
    if (session.done_count < session.programs.count) {
        tell_interrupt(&session);
    }
    return end(&session);
}
