// SPDX-License-Identifier: MIT
// Events about the life of bindings, and about what the driver is told and asks meanwhile, become what
// the model knows.
#pragma once
#include <poolproof/event.h>

void pp_apply_life_reset(void);

// Most events change nothing here, and cost no look-up.
void pp_apply_life(const struct pp_event *event);
