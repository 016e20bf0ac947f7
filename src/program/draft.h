// SPDX-License-Identifier: MIT
// A program while it is edited. Handles count objects, so that every edit would shift what later
// handles mean; in a draft each op has an id instead, and a handle is the id of the op that named
// the object. Ops can be added, removed and moved at will, and closing the draft makes handles of
// ids again.
#pragma once
#include "base/dice.h"

#include <poolproof/program.h>

#define PP_DRAFT_IDS_MAX 1024
#define PP_DRAFT_ID_NONE UINT16_MAX

struct pp_draft {
    struct pp_program *program;  // its ops are the draft's
    uint32_t op_count_max;
    const struct pp_reach *reach;      // or NULL
    uint16_t id_count;                 // ids given out so far
    uint16_t ids[PP_PROGRAM_OPS_MAX];  // of the op at that index
};

// Drops the ops beyond op_count_max, then makes ids of handles.
void pp_draft_open(struct pp_draft *draft, struct pp_program *program, uint32_t op_count_max);

// Makes handles of ids. A handle whose op is gone, or comes later now, is lost: with `is_rebinding`
// it becomes the newest object of its letter; without one, or with none there, its op is dropped.
void pp_draft_close(struct pp_draft *draft, bool is_rebinding);

// Inserts an op, whose handles are ids, before index `at`. Returns false if there is no room.
bool pp_draft_insert(struct pp_draft *draft, uint32_t at, const struct pp_op *op);

// Inserts copies of `count` ops of `source`, which is of the same language and may be `draft`, before
// index `at`. Handles from one of these ops to another go to the copies; others stay if
// source == draft, else they are lost.
bool pp_draft_insert_chunk(struct pp_draft *draft, uint32_t at, const struct pp_draft *source,
                           uint32_t first, uint32_t count);

void pp_draft_remove(struct pp_draft *draft, uint32_t at, uint32_t count);

void pp_draft_move(struct pp_draft *draft, uint32_t from, uint32_t to);

// Id of an object of that letter that an op before index `at` names, mostly the newest; or
// NONE.
uint16_t pp_draft_pick(const struct pp_draft *draft, struct pp_dice *dice, uint32_t at, char letter);
