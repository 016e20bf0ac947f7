// SPDX-License-Identifier: MIT
#include "certificate.h"

#include "base/expect.h"
#include "build.h"
#include "json.h"
#include "json_read.h"

#include <poolproof/plan.h>

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

bool pp_certificate_begin(struct pp_certificate *certificate, const struct pp_subject *subject) {
    *certificate = (struct pp_certificate){.subject = subject};
    if (!pp_build_digest(&certificate->build)) {
        return false;
    }
    certificate->out = open_memstream(&certificate->statements, &certificate->size);
    pp_expect(certificate->out != NULL, "no memory for a certificate");
    return true;
}

static bool is_member(const struct pp_json_values *members, const char *name, const char *wanted) {
    const struct pp_json_value *member = pp_json_find(members, "%s", name);
    return member && strcmp(member->text, wanted) == 0;
}

// What the whole comes to is read from the statements themselves: some were made by an earlier session.
void pp_certificate_add(struct pp_certificate *certificate, const char *statement) {
    struct pp_json_values members;
    struct pp_error error;

    bool is_good = pp_json_read(statement, strlen(statement), &members, &error);
    pp_expect(is_good, "a statement is no JSON: %s", error.message);
    certificate->finding_count += !is_member(&members, "verdict", "ok");
    certificate->has_gaps |=
        !is_member(&members, "sites_left_out", "0") || !is_member(&members, "faults_dead", "0");
    pp_json_free(&members);
    fprintf(certificate->out, "%s%s", certificate->program_count > 0 ? ",\n" : "", statement);
    certificate->program_count++;
}

uint64_t pp_certificate_plan_digest(const struct pp_plan *plan) {
    static char text[4 * PP_PLAN_BYTES_MAX];

    return plan ? XXH3_64bits(text, pp_plan_print(plan, text, sizeof text)) : 0;
}

void pp_certificate_put_settings(const struct pp_certificate *certificate, struct pp_json *json) {
    const struct pp_options *options = certificate->subject->options;

    pp_json_digest(json, "build", certificate->build);
    pp_json_text(json, "driver", certificate->subject->driver->name);
    pp_json_text(json, "plan", options->plan);
    pp_json_digest(json, "plan_digest", pp_certificate_plan_digest(certificate->subject->plan));
    pp_json_number(json, "k", options->depth);
    pp_json_bool(json, "pruned", !options->is_unpruned);
    pp_json_bool(json, "all", options->is_for_all);
    pp_json_bool(json, "strict", options->is_strict);
}

bool pp_certificate_is_complete(const struct pp_certificate *certificate) {
    return certificate->finding_count == 0 && !certificate->has_gaps;
}

char *pp_certificate_make(struct pp_certificate *certificate) {
    char *text = NULL;
    size_t size = 0;
    struct pp_json json = {.out = open_memstream(&text, &size)};

    pp_expect(json.out != NULL, "no memory for a certificate");
    fflush(certificate->out);
    pp_json_open(&json, NULL, '{');
    pp_json_number(&json, "certificate", PP_CERTIFICATE_VERSION);
    pp_certificate_put_settings(certificate, &json);
    pp_json_bool(&json, "complete", pp_certificate_is_complete(certificate));
    pp_json_number(&json, "findings", certificate->finding_count);
    pp_json_open(&json, "programs", '[');
    fprintf(json.out, "\n%s\n", certificate->statements);
    pp_json_close(&json, ']');
    pp_json_end_line(&json);
    fclose(json.out);
    return text;
}

void pp_certificate_end(struct pp_certificate *certificate) {
    fclose(certificate->out);
    free(certificate->statements);
}
