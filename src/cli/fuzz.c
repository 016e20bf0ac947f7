// SPDX-License-Identifier: MIT
// fuzz [CORPUS_DIR [SEED_DIR...]]
//
// libFuzzer runs inside this process, with its own crash handling out of the way: a finding is a
// verdict that is kept, and the search goes on. It ends from within a mutation (see
// program_mutator.h), for there libFuzzer is not in the target, where exit() would be a crash to
// it.
#include "complaint.h"
#include "verb.h"

#ifndef PP_HAVE_LIBFUZZER

int pp_verb_fuzz(const struct pp_options *options) {
    (void)options;
    pp_complain("fuzz", "this build has no libFuzzer; use one of a preset that has, such as asan");
    return PP_EXIT_BAD;
}

#else

#include "../../fuzz/program_mutator.h"
#include "coverage.h"
#include "edges.h"
#include "interrupt.h"
#include "load.h"
#include "subject.h"
#include "tally.h"
#include "values.h"
#include "whole.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*target)(const uint8_t *bytes, size_t size));

#define SEED_DIRS_MAX 64
#define PLACES_ALWAYS 1000  // runs
#define PLACES_ONCE_IN 8    // runs behind these
#define POOL_SEEDS "corpus/seeds/pool"

enum pp_language pp_target_language;

static struct {
    const struct pp_options *options;
    struct pp_subject subject;
    const char *name;  // of the driver or the pool
    uint64_t seed;
    double begin_seconds;
    double status_seconds;  // when the last status line was printed
    uint64_t status_runs;
    bool has_accepted;  // an input that libFuzzer may keep
    bool is_over;       // runs or time used up
    bool is_finished;   // the summary is printed
} session;

static struct pp_tally tally;
static struct pp_findings findings;

static double now_seconds(void) {
    struct timespec now;
    // The coarse clock costs no more than a function call, and is exact enough for a line a second.
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void keep_finding(const struct pp_program *program, const struct pp_verdict *verdict,
                         struct pp_input input) {
    static char report[256 * 1024];
    char file[PATH_MAX];
    struct pp_found *found = pp_findings_add(&findings, verdict->finding.title);

    if (!found) {
        return;
    }
    if (pp_findings_is_smaller(found, program)) {
        snprintf(file, sizeof file, "%.*s/program.prog", PATH_MAX - 16, found->folder);
        pp_subject_report(&session.subject, program, verdict, file, report, sizeof report);
        if (!pp_findings_keep(&findings, found, program, input, report)) {
            // What cannot be kept is at least told.
            fputs(report, stderr);
        }
    }
    if (found->count == 1) {
        fprintf(stderr, "%s\n  %s\n", found->title, found->is_lost ? "not kept" : found->folder);
    }
}

static void watch_limits(void) {
    const struct pp_options *options = session.options;
    double now = now_seconds();

    tally.seconds = now - session.begin_seconds;
    session.is_over |= pp_interrupt_came() || (options->runs && tally.runs >= options->runs) ||
                       (options->seconds && tally.seconds >= (double)options->seconds);
    if (tally.seconds - session.status_seconds >= 1) {
        pp_tally_status(&tally, &findings, session.status_runs, session.status_seconds);
        session.status_seconds = tally.seconds;
        session.status_runs = tally.runs;
    }
}

// Call stacks take time: fault coverage is of the first runs, those of the seeds, and of some of the
// others.
static bool wants_places(void) {
    return pp_target_language == PP_LANGUAGE_PROTOCOL &&
           (tally.runs < PLACES_ALWAYS || tally.runs % PLACES_ONCE_IN == 0);
}

// Returns -1 for an input that is not to enter the corpus.
static int play_input(const uint8_t *bytes, size_t size) {
    static struct pp_program program;
    static struct pp_verdict verdict;

    if (session.is_over) {
        return -1;
    }
    if (size == 0) {
        return 0;  // libFuzzer's way to try the target; not a file that could be run again
    }
    pp_target_read(bytes, size, &program);
    pp_subject_apply_plan(&session.subject, &program);
    bool has_places = wants_places();
    pp_subject_play(&session.subject, &program, has_places ? PP_SITES_PLACES : PP_SITES_NONE, &verdict);
    const uint32_t *broken = pp_subject_broken(pp_target_language);
    pp_target_feed(&verdict, broken);
    pp_coverage_add(has_places);
    pp_tally_add(&tally, &verdict, broken);
    if (verdict.is_finding) {
        // Without the plan the input is another program.
        keep_finding(&program, &verdict,
                     session.subject.plan ? (struct pp_input){0} : (struct pp_input){bytes, size});
    }
    watch_limits();
    // libFuzzer gives up where every seed is refused, so the first one is let in whatever it is.
    bool is_accepted = !verdict.is_finding || !session.has_accepted;
    session.has_accepted |= is_accepted;
    return is_accepted ? 0 : -1;
}

// The corpus folder may have become unwritable on the way, which libFuzzer passes over in silence.
static bool is_corpus_good(void) {
    return session.options->operand_count == 0 || pp_whole_folder(session.options->operands[0]);
}

static int finish(void) {
    session.is_finished = true;
    pp_tally_status(&tally, &findings, 0, 0);  // the last one tells the speed of the whole
    pp_tally_print(&tally, &findings, session.name, session.seed);
    bool is_good = is_corpus_good() && findings.lost_count == 0;
    is_good = pp_complain_about_stdout() && is_good;
    pp_findings_end(&findings);
    return !is_good ? PP_EXIT_BAD : findings.count ? PP_EXIT_FINDING : PP_EXIT_CLEAN;
}

static void on_mutation(void) {
    if (session.is_over || pp_interrupt_came()) {
        exit(finish());
    }
}

// libFuzzer ends a process of its own accord only when it cannot go on.
static void on_exit_unasked(void) {
    if (session.options && !session.is_finished) {
        pp_complain("fuzz", "libFuzzer stopped by itself; what it said is above");
        finish();
        _exit(PP_EXIT_BAD);
    }
}

static bool check_folders(const struct pp_options *options) {
    if (!pp_findings_begin(&findings, options->findings)) {
        return false;
    }
    if (options->operand_count > SEED_DIRS_MAX) {
        pp_complain("fuzz", "more than %d directories", SEED_DIRS_MAX);
        return false;
    }
    for (int i = 1; i < options->operand_count; i++) {
        struct stat info;
        int reason = stat(options->operands[i], &info) == 0 ? ENOTDIR : errno;
        if (reason != ENOTDIR || !S_ISDIR(info.st_mode)) {
            pp_complain(options->operands[i], "%s", strerror(reason));
            return false;
        }
    }
    return options->operand_count == 0 || pp_whole_folder(options->operands[0]);
}

// The pool programs that come with us, to be read only; NULL if they are not there.
static char *standard_seeds(void) {
    static char seeds[1 << 16] = "-seed_inputs=";
    struct dirent **entries = NULL;
    int count = scandir(POOL_SEEDS, &entries, NULL, alphasort);
    size_t length = strlen(seeds);
    char *arg = NULL;

    for (int i = 0; i < count; i++) {
        size_t name_length = strlen(entries[i]->d_name) + sizeof POOL_SEEDS "/,";
        if (entries[i]->d_name[0] != '.' && name_length < sizeof seeds - length) {
            length += (size_t)sprintf(seeds + length, "%s" POOL_SEEDS "/%s", arg ? "," : "",
                                      entries[i]->d_name);
            arg = seeds;
        }
        free(entries[i]);
    }
    free(entries);
    return arg;
}

static void run_libfuzzer(const struct pp_options *options) {
    static char seed[32], prefix[PATH_MAX + 32], max_len[32];
    char *args[32 + SEED_DIRS_MAX] = {
        (char *)options->program, seed, prefix, max_len, "-verbosity=0", "-len_control=0",
        // The world catches what the driver's code does; SIGINT and SIGTERM are ours.
        "-handle_segv=0", "-handle_bus=0", "-handle_ill=0", "-handle_fpe=0", "-handle_int=0",
        "-handle_term=0",
        // Leaks are judged by the rules, and each run's memory is in the arena.
        "-detect_leaks=0", "-rss_limit_mb=4096", "-print_funcs=0"};
    int count = 0;

    snprintf(seed, sizeof seed, "-seed=%llu", (unsigned long long)session.seed);
    snprintf(prefix, sizeof prefix, "-artifact_prefix=%s/", options->findings);
    snprintf(max_len, sizeof max_len, "-max_len=%d", PP_PROGRAM_BYTES_MAX);
    while (args[count]) {
        count++;
    }
    for (int i = 0; i < options->operand_count; i++) {
        args[count++] = options->operands[i];
    }
    if (options->operand_count == 0 && pp_target_language == PP_LANGUAGE_POOL) {
        args[count] = standard_seeds();
        count += args[count] != NULL;
    }
    char **argv = args;
    LLVMFuzzerRunDriver(&count, &argv, play_input);
}

int pp_verb_fuzz(const struct pp_options *options) {
    if (!pp_subject_find(options, &session.subject) ||
        !pp_subject_language(options, &pp_target_language) ||
        (options->values && !pp_values_read(options->values)) || !check_folders(options)) {
        return PP_EXIT_BAD;
    }
    session.name = pp_subject_name(&session.subject, pp_target_language);
    tally.language = pp_target_language;
    session.options = options;
    session.seed = options->seed;
    if (session.seed == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        session.seed = (uint32_t)(now.tv_nsec ^ now.tv_sec ^ (long)getpid() << 16) | 1;
    }
    setvbuf(stderr, NULL, _IOLBF, 0);
    fprintf(stderr, "fuzz: %s %s, seed %llu\n", options->pool ? "pool" : "driver", session.name,
            (unsigned long long)session.seed);
    pp_interrupt_catch();
    atexit(on_exit_unasked);
    pp_target_on_mutation = on_mutation;
    if (session.subject.driver) {
        pp_target_driver = session.subject.driver;
        pp_edges_begin(session.subject.driver);
    }
    pp_target_feeds_faults = !options->is_code_alone;
    session.begin_seconds = now_seconds();
    run_libfuzzer(options);
    return session.is_finished ? PP_EXIT_CLEAN : finish();
}

#endif
