// SPDX-License-Identifier: MIT
// The families of rules; each judges one event before the model takes it in.
#pragma once
#include "check/report.h"

// The live pool of that kind that a call names, or NULL after a report.
const struct pp_object *pp_check_pool_handle(const struct pp_event *event, uint64_t handle,
                                             bool wants_nb_pool);

// The open binding whose handle, the event's first argument, is used for "<act>", or NULL after a
// report.
const struct pp_object *pp_check_handle(const struct pp_event *event, const char *act);

// The rule that using this handle breaks, which is not that of an open binding (NULL: of none).
enum pp_rule_index pp_check_rule_of_handle(const struct pp_event *event,
                                           const struct pp_object *binding);

// Forget which cancel ids there are, and which locks are held.
void pp_cancels_reset(void);
void pp_locks_reset(void);

// Forgets what our own world has under way.
void pp_conduct_reset(void);

// Forgets what was refused, and which binds failed.
void pp_refusals_reset(void);

// Forgets what the kernel does for the driver.
void pp_services_reset(void);

void pp_check_pools(const struct pp_event *event);
void pp_check_frees(const struct pp_event *event);
void pp_check_derived(const struct pp_event *event);
void pp_check_structure(const struct pp_event *event);
void pp_check_contexts(const struct pp_event *event);
void pp_check_retreats(const struct pp_event *event);
void pp_check_data(const struct pp_event *event);
void pp_check_mdls(const struct pp_event *event);
void pp_check_tags(const struct pp_event *event);
void pp_check_cancels(const struct pp_event *event);
void pp_check_locks(const struct pp_event *event);
void pp_check_irql(const struct pp_event *event);
void pp_check_sends(const struct pp_event *event);
void pp_check_receives(const struct pp_event *event);
void pp_check_protocols(const struct pp_event *event);
void pp_check_opens(const struct pp_event *event);
void pp_check_bindings(const struct pp_event *event);
void pp_check_oids(const struct pp_event *event);
void pp_check_events(const struct pp_event *event);
void pp_check_levels(const struct pp_event *event);
void pp_check_services(const struct pp_event *event);
void pp_check_holds(const struct pp_event *event);
void pp_check_deadlock(const struct pp_event *event);
void pp_check_stuck(const struct pp_event *event);
void pp_check_spin(const struct pp_event *event);
void pp_check_irps(const struct pp_event *event);

// True if there is an IRP that nobody has completed, after a report.
bool pp_check_lost_irps(const struct pp_event *event);
void pp_check_devices(const struct pp_event *event);
void pp_check_refusals(const struct pp_event *event);
void pp_check_leaks(const struct pp_event *event);
void pp_check_access(const struct pp_event *event);
void pp_check_conduct(const struct pp_event *event);

// Of a fiber that is stuck: reports what it waits for in vain, and returns true, if it is the completion
// of an OID request; if the driver owes the completion of a PnP event.
bool pp_check_oid_wait(const struct pp_event *event);
bool pp_check_event_wait(const struct pp_event *event);
