// SPDX-License-Identifier: MIT
#pragma once

// Forgets all events with names.
void pp_named_event_reset(void);
