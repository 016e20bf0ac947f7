// SPDX-License-Identifier: MIT
#include "verify.h"

#include "attempt.h"
#include "base/expect.h"
#include "build.h"
#include "certificate.h"
#include "complaint.h"
#include "interrupt.h"
#include "json_read.h"
#include "load.h"
#include "progress.h"
#include "statement.h"
#include "whole.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE_BYTES_MAX (64u * 1024 * 1024)

static const struct pp_json_value no_value = {.kind = PP_JSON_WORD, .text = "nothing"};

// Complains unless the member is there and of that kind.
static const struct pp_json_value *member(const struct pp_json_values *values, const char *path,
                                          const char *name, enum pp_json_kind kind) {
    const struct pp_json_value *it = pp_json_find(values, "%s", name);

    if (!it || it->kind != kind) {
        pp_complain(path, it ? "\"%s\" has a value of another kind" : "has no \"%s\"", name);
        return NULL;
    }
    return it;
}

static bool read_bool(const struct pp_json_values *values, const char *path, const char *name,
                      bool *ret_value) {
    const struct pp_json_value *it = member(values, path, name, PP_JSON_WORD);
    *ret_value = it && strcmp(it->text, "true") == 0;
    return it;
}

static bool read(const char *path, struct pp_json_values *ret_values) {
    static char text[CERTIFICATE_BYTES_MAX];
    struct pp_error error;
    size_t size = 0;

    if (!pp_whole_read(path, text, sizeof text, &size)) {
        return false;
    }
    if (!pp_json_read(text, size, ret_values, &error)) {
        char place[4096];
        snprintf(place, sizeof place, "%s:%u:%u", path, error.line, error.column);
        pp_complain(place, "%s", error.message);
        return false;
    }
    return true;
}

static bool is_readable(const struct pp_json_values *values, const char *path) {
    const struct pp_json_value *version = pp_json_find(values, "certificate");

    if (!version || version->kind != PP_JSON_NUMBER) {
        pp_complain(path, "is no certificate: it has no \"certificate\"");
        return false;
    }
    if (strtoull(version->text, NULL, 10) != PP_CERTIFICATE_VERSION) {
        pp_complain(path, "is a certificate of format %s; this build reads format %d", version->text,
                    PP_CERTIFICATE_VERSION);
        return false;
    }
    return true;
}

static bool is_digest(const struct pp_json_value *theirs, uint64_t digest) {
    char ours[17];

    snprintf(ours, sizeof ours, "%016" PRIx64, digest);
    return strcmp(theirs->text, ours) == 0;
}

static bool is_of_this_build(const struct pp_json_values *values, const char *path) {
    const struct pp_json_value *theirs = member(values, path, "build", PP_JSON_TEXT);
    uint64_t digest;

    if (!theirs || !pp_build_digest(&digest)) {
        return false;
    }
    if (!is_digest(theirs, digest)) {
        pp_complain(path, "was written by build %s, and this one is %016" PRIx64, theirs->text, digest);
        return false;
    }
    return true;
}

// What is tried stands in the certificate; with how many processes does not.
static bool read_settings(const struct pp_json_values *values, const struct pp_options *options,
                          struct pp_options *ret_options) {
    const char *path = options->verify;
    const struct pp_json_value *driver = member(values, path, "driver", PP_JSON_TEXT);
    const struct pp_json_value *depth = member(values, path, "k", PP_JSON_NUMBER);
    bool is_pruned;

    *ret_options = *options;
    if (!driver || !depth || !read_bool(values, path, "pruned", &is_pruned) ||
        !read_bool(values, path, "all", &ret_options->is_for_all) ||
        !read_bool(values, path, "strict", &ret_options->is_strict)) {
        return false;
    }
    const struct pp_json_value *plan = pp_json_find(values, "plan");
    ret_options->plan = plan && plan->kind == PP_JSON_TEXT ? plan->text : NULL;
    ret_options->driver = driver->text;
    ret_options->is_unpruned = !is_pruned;
    ret_options->depth = strtoull(depth->text, NULL, 10);
    if (ret_options->depth < 1 || ret_options->depth > PP_ENUMERATE_DEPTH_MAX) {
        pp_complain(path, "\"k\" is no number from 1 to %d", PP_ENUMERATE_DEPTH_MAX);
        return false;
    }
    return true;
}

static bool is_plan_unchanged(const struct pp_json_values *values, const struct pp_subject *subject,
                              const char *path) {
    const struct pp_json_value *theirs = member(values, path, "plan_digest", PP_JSON_TEXT);

    if (!theirs) {
        return false;
    }
    if (!is_digest(theirs, pp_certificate_plan_digest(subject->plan))) {
        pp_complain(subject->options->plan, "has changed since %s was written", path);
        return false;
    }
    return true;
}

static bool is_unchanged(const struct pp_json_values *values, unsigned index, const char *path) {
    const struct pp_json_value *theirs = pp_json_find(values, "programs[%u].file_digest", index);
    char ours[PP_LOAD_DIGEST_LENGTH + 1];

    if (!pp_load_digest(path, ours)) {
        return false;
    }
    if (!theirs || strcmp(theirs->text, ours) != 0) {
        pp_complain(path, "has changed since the certificate was written");
        return false;
    }
    return true;
}

static const char *program_path(const struct pp_json_values *values, unsigned index) {
    const struct pp_json_value *file = pp_json_find(values, "programs[%u].file", index);
    return file && file->kind == PP_JSON_TEXT ? file->text : NULL;
}

// All of them are looked at before the first is played. Returns how many there are, or 0 after a
// complaint.
static unsigned count_programs(const struct pp_json_values *values, const char *certificate_path) {
    const char *path;
    unsigned count = 0;
    bool is_good = true;

    while ((path = program_path(values, count))) {
        is_good &= is_unchanged(values, count++, path);
    }
    if (count == 0) {
        pp_complain(certificate_path, "speaks of no program");
    }
    return is_good ? count : 0;
}

static bool play(const struct pp_json_values *values, struct pp_certificate *certificate) {
    const char *path;

    for (unsigned i = 0; (path = program_path(values, i)); i++) {
        const struct pp_attempt *attempt = pp_attempt_play(certificate->subject, path);
        if (!attempt) {
            return false;
        }
        if (!attempt->is_whole) {
            pp_complain("--verify", "interrupted after %u programs", i);
            return false;
        }
        char *statement = pp_statement_make(certificate->subject, attempt);
        pp_certificate_add(certificate, statement);
        free(statement);
    }
    return true;
}

static bool is_equal(const struct pp_json_value *one, const struct pp_json_value *other) {
    return one->kind == other->kind && strcmp(one->text, other->text) == 0;
}

// Prints each value of the one that the other has not, or of which it has another.
static uint32_t print_differences(const struct pp_json_values *one, const struct pp_json_values *other,
                                  bool is_ours) {
    uint32_t count = 0;

    for (uint32_t i = 0; i < one->count; i++) {
        const struct pp_json_value *mine = &one->values[i];
        bool is_beside = i < other->count && strcmp(other->values[i].way, mine->way) == 0;
        const struct pp_json_value *its =
            is_beside ? &other->values[i] : pp_json_find(other, "%s", mine->way);
        // What both have is told once.
        if (its ? is_ours || is_equal(mine, its) : false) {
            continue;
        }
        its = its ? its : &no_value;
        printf("%s: certified %s, now %s\n", mine->way, is_ours ? its->text : mine->text,
               is_ours ? mine->text : its->text);
        count++;
    }
    return count;
}

static int compare(const struct pp_json_values *theirs, struct pp_certificate *certificate,
                   const char *path) {
    struct pp_json_values ours;
    struct pp_error error;
    char *text = pp_certificate_make(certificate);

    bool is_good = pp_json_read(text, strlen(text), &ours, &error);
    pp_expect(is_good, "a certificate is no JSON: %s", error.message);
    uint32_t count = print_differences(theirs, &ours, false) + print_differences(&ours, theirs, true);
    printf("%s %s (%" PRIu64 " programs, %" PRIu64 " with a finding, %" PRIu32 " differences)\n",
           count ? "bad" : "ok", path, certificate->program_count, certificate->finding_count, count);
    pp_json_free(&ours);
    free(text);
    return count ? PP_EXIT_FINDING : PP_EXIT_CLEAN;
}

static bool is_alone(const struct pp_options *options) {
    if (options->operand_count > 0 || options->driver || options->certificate || options->resume ||
        options->plan || options->depth != 1 || options->is_unpruned || options->is_for_all ||
        options->is_strict || options->is_json) {
        pp_complain("--verify", "all that is tried stands in the certificate; only --jobs can be given");
        return false;
    }
    return true;
}

static int verify(const struct pp_json_values *values, const struct pp_options *options) {
    const char *path = options->verify;
    struct pp_options settings;
    struct pp_subject subject;
    struct pp_certificate certificate;

    if (!is_readable(values, path) || !is_of_this_build(values, path)) {
        return PP_EXIT_BAD;
    }
    unsigned count = count_programs(values, path);
    if (count == 0 || !read_settings(values, options, &settings) ||
        !pp_subject_find(&settings, &subject) || !is_plan_unchanged(values, &subject, path) ||
        !pp_certificate_begin(&certificate, &subject)) {
        return PP_EXIT_BAD;
    }
    pp_interrupt_catch();
    pp_progress_begin(count);
    bool is_whole = play(values, &certificate);
    pp_progress_hide();
    int status = is_whole ? compare(values, &certificate, path) : PP_EXIT_BAD;
    pp_certificate_end(&certificate);
    return status;
}

int pp_verify(const struct pp_options *options) {
    struct pp_json_values values;

    if (!is_alone(options) || !read(options->verify, &values)) {
        return PP_EXIT_BAD;
    }
    int status = verify(&values, options);
    pp_json_free(&values);
    return status;
}
