// SPDX-License-Identifier: MIT
// The record of a run: every event in order, with names for objects. Its digest is what "the same run"
// means; the last events of a run are part of a report.
#pragma once
#include "base/text.h"

#include <poolproof/event.h>

void pp_trace_begin(void);

// Names the objects that the event makes and adds the event to the record.
void pp_trace_add(const struct pp_event *event);

uint64_t pp_trace_digest(void);

uint32_t pp_trace_event_count(void);

// Prints the last `count` events, a line each.
void pp_trace_print(struct pp_text *text, uint32_t count);
