// SPDX-License-Identifier: MIT
// What the files of the model share: for each op of pool_op.def one function that judges it and one that
// applies it.
#pragma once
#include "differ/pool_model.h"

#include <stddef.h>

#define JUDGE(id) void pp_judge_##id(const struct pp_call *call, struct pp_expect *expect)
#define APPLY(id) int pp_apply_##id(const struct pp_call *call)

#define CHOICES(...)
#define OP(id, ...) \
    JUDGE(id);      \
    APPLY(id);
#include <poolproof/pool_op.def>
#undef OP
#undef CHOICES

// Where nothing needs to be said about what a call reads.
#define APPLY_NOTHING(id) \
    APPLY(id) {           \
        (void)call;       \
        return PP_NONE;   \
    }

// The call breaks a rule. What is said about an object goes before what is said about arguments: the
// first may not be called while the second is not yet looked at.
void pp_breaks(struct pp_expect *expect, const char *rule);
void pp_advises(struct pp_expect *expect, const char *rule);

// Is this an object that can be passed? If not, notes the rules that it breaks. `freed` is the rule that
// the use of a freed one breaks.
bool pp_operand_is_right(struct pp_expect *expect, struct pp_operand operand, const char *freed);
bool pp_pool_is_right(struct pp_expect *expect, struct pp_operand operand, bool is_nb_pool);

// The call is an allocation that can fail by a fault.
void pp_expect_made(struct pp_expect *expect, enum pp_point point, uint32_t ask_count);

// Room in the model and in the world for this many more; if there is not, the call is skipped.
bool pp_has_room(struct pp_expect *expect, uint32_t nb_count, uint32_t mdl_count, uint32_t buffer_count,
                 uint64_t bytes);

// Something new; not yet filled in.
int pp_new_nbl(enum pp_nbl_kind kind, int pool);
int pp_new_nb(enum pp_nb_kind kind, int pool);
int pp_new_mdl(enum pp_mdl_kind kind, int buffer, uint32_t start, uint32_t length);
int pp_new_buffer(uint32_t size, bool is_drivers);

// An NB with data of its own, from a pool with DataSize.
void pp_give_data(int nb, uint32_t data_size);
// Puts an MDL chain into an NB, from `offset` on.
void pp_point_nb(int nb, int mdl, uint32_t offset, uint64_t length);
// NB and its own MDLs go.
void pp_drop_nb(int nb);
void pp_drop_mdl(int mdl, enum pp_life life);
void pp_drop_context(int nbl);
void pp_own(int object, int change);

// A retreat of one NB: in place, or with a new MDL of that kind.
bool pp_retreat_fits(int nb, uint32_t delta);
void pp_retreat_nb(int nb, uint32_t delta, uint32_t backfill, enum pp_mdl_kind kind, uint32_t surplus);

// An NB that no call but a free may be made with.
bool pp_nb_is_usable(int nb);
