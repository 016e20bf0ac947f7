// SPDX-License-Identifier: MIT
// How a checker says what is wrong. The first report of a run counts; advice is only counted.
#pragma once
#include "check/model.h"

#include <poolproof/driver.h>
#include <poolproof/finding.h>

enum pp_rule_index {
#define RULE(id, ...) PP_RULE_##id,
#include "check/rule.def"
#undef RULE
    PP_RULE_COUNT
};

void pp_report_begin(struct pp_range driver_text);

// Until the next begin, advice is reported as any other rule is.
void pp_report_be_strict(void);

// Reports that the event broke the rule. Title: "poolproof: RULE-ID: what in PLACE"; the place is the
// innermost function of the driver on the event's stack, or the callback.
void pp_report(enum pp_rule_index rule, const struct pp_event *event, const char *what);

// The same, but the place is the callback that has just returned or answered.
void pp_report_callback(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                        enum pp_callback callback);

// The same, but the place is where an object was made or sent: the culprit is not who acts now.
void pp_report_at(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                  const char *link, const struct pp_trail *place);

// The same, but there are several places, at most PP_REPORT_PLACES_MAX: each is told once, in the order
// of the alphabet, so that the title does not tell which came last.
#define PP_REPORT_PLACES_MAX 16u
void pp_report_places(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                      const struct pp_trail *const *places, uint32_t count);

// True if the innermost function of the driver that acts is one that the trail goes through.
bool pp_report_is_from(const struct pp_event *event, const struct pp_trail *trail);

// If there is a better reason why this object is still live than that it is (it came back in a
// completion list and was forgotten; a later allocation failed and it was not released), reports that
// and returns true.
bool pp_report_lost(const struct pp_event *event, const struct pp_object *object);

// Adds the history of an object to the report made last. Only the first few objects are told in full.
void pp_report_object(const struct pp_object *object);

// The same of each live NBL that was derived from this one.
void pp_report_derived(const struct pp_object *original);

// Adds to the report made last who did something, and where: nothing for a trail of what never happened.
void pp_report_trail(const char *what, const struct pp_trail *trail);

// The innermost function of the driver that a trail goes through, or the callback.
const char *pp_report_place(const struct pp_trail *trail);

// Adds a line to the report made last.
void pp_report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The report of this run, or NULL.
const struct pp_finding *pp_report_get(void);

// Forgets it.
void pp_report_forget(void);

const uint32_t *pp_report_advice(void);

// "NBL", "memory", ...
const char *pp_object_word(const struct pp_object *object);
