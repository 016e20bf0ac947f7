// SPDX-License-Identifier: MIT
// What comes with an NBL or an NB that NDIS has just made or filled in: parts of the object `whole`,
// which was added last, and its fields as NDIS left them.
#pragma once
#include "check/model.h"

#include <ndis.h>

// Of the NBL or the NB that the object stands for.
void pp_parts_note_nbl(struct pp_object *object);
void pp_parts_note_nb(struct pp_object *object);

// These add nothing for NULL. `with_data` is for an MDL whose bytes came too.
void pp_parts_add_context(const NET_BUFFER_LIST_CONTEXT *context, uint32_t whole,
                          const struct pp_event *event);
void pp_parts_add_mdl(const MDL *mdl, bool with_data, uint32_t whole, const struct pp_event *event);

// The part, or NULL for NULL.
struct pp_object *pp_parts_add_nb(const NET_BUFFER *nb, uint32_t whole, const struct pp_event *event);
