// SPDX-License-Identifier: MIT
// What the model knows of the data of NBs: retreats, copies, buffers that were looked at.
#pragma once
#include "check/model.h"

void pp_apply_data_reset(void);

// Takes in an event about data: of retreats, advances, MDLs in front, NdisGetDataBuffer, copies.
void pp_apply_data(const struct pp_event *event);

// The NB is sent as it is.
void pp_apply_data_sent(struct pp_object *nb);

// The MDL, or the memory with an MDL in it, goes: it is in front of no NB any more.
void pp_apply_data_end(const struct pp_object *mdl);
