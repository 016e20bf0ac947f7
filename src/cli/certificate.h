// SPDX-License-Identifier: MIT
// A certificate says which faults were tried with which programs, and what came of it; see
// docs/formats.md. It is made from the statements on these programs, in their order.
#pragma once
#include "subject.h"

#include <stddef.h>
#include <stdio.h>

#define PP_CERTIFICATE_VERSION 1

struct pp_json;
struct pp_plan;

struct pp_certificate {
    const struct pp_subject *subject;
    uint64_t build;
    char *statements;  // so far
    size_t size;
    FILE *out;  // writes them
    uint64_t program_count;
    uint64_t finding_count;  // programs with one
    bool has_gaps;           // a fault could not be said, or did not come
};

// Complains and returns false if it is not known which build this is.
bool pp_certificate_begin(struct pp_certificate *certificate, const struct pp_subject *subject);

void pp_certificate_add(struct pp_certificate *certificate, const char *statement);

// Every fault that the settings ask for was tried with each program, and none led to a finding.
bool pp_certificate_is_complete(const struct pp_certificate *certificate);

// The text, to be freed.
char *pp_certificate_make(struct pp_certificate *certificate);

void pp_certificate_end(struct pp_certificate *certificate);

// Of what it is as text; 0: there is none.
uint64_t pp_certificate_plan_digest(const struct pp_plan *plan);

// The members that say what is tried, and by which build.
void pp_certificate_put_settings(const struct pp_certificate *certificate, struct pp_json *json);
