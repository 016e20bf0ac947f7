// SPDX-License-Identifier: MIT
// The oracle: is told every event, keeps the shadow model, says when a rule is broken.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/event.h>
#include <poolproof/finding.h>

// Begins a run of a driver whose code lies in `driver_text`.
void pp_check_begin(struct pp_range driver_text);

// Until the next begin, rules that are only counted stop the run, too.
void pp_check_be_strict(void);

// Judges an event, then takes it into the model. Returns the finding if it breaks a rule that stops the
// run, else NULL. The finding lives until pp_check_begin.
const struct pp_finding *pp_check_event(const struct pp_event *event);

// Forgets the finding, after an act that was refused: the next event is judged as if nothing had been.
void pp_check_go_on(void);

// Looks for damage to memory that nothing guards. Same result as pp_check_event.
const struct pp_finding *pp_check_memory(const void *changed);

// Events that a rule looked at in this run.
uint32_t pp_check_count(void);

// How often each rule of severity PP_SEVERITY_COUNT_ONLY was broken in this run, by index of pp_rules.
const uint32_t *pp_check_advice(void);
