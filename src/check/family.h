// SPDX-License-Identifier: MIT
// The families of rules; each judges one event before the model takes it in.
#pragma once
#include "check/model.h"

void pp_check_pools(const struct pp_event *event);
void pp_check_frees(const struct pp_event *event);
void pp_check_contexts(const struct pp_event *event);
void pp_check_sends(const struct pp_event *event);
void pp_check_bindings(const struct pp_event *event);
void pp_check_levels(const struct pp_event *event);
void pp_check_leaks(const struct pp_event *event);
void pp_check_access(const struct pp_event *event);
