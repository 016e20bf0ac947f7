// SPDX-License-Identifier: MIT
// Switch points: where the fibers of each op are among theirs, and whether another one is to go on
// there, because the program has a choice for it or a search wants it. Between two of these nothing is
// asked: the calls and accesses until then are counted down in pp_now.
#pragma once
#include "kernel/search.h"

#include <poolproof/program.h>

// Begins a run. With `search`, what it decides becomes a choice of pp_choice_recorded().
void pp_choice_begin(const struct pp_program *program, const struct pp_search *search);

// Before a fiber of that op goes on, and after it has stopped.
void pp_choice_load(uint16_t op);
void pp_choice_store(uint16_t op);

enum pp_due {
    PP_DUE_NOTHING,  // counted on
    PP_DUE_SWITCH,   // *ret_target is to go on
    PP_DUE_LONG,     // too many without a switch
};

// A countdown has come to its end: at a call, or at an access. At one to the fiber's own stack, which is
// nobody else's business, nothing is decided, but at the next one behind.
enum pp_due pp_choice_at_call(uint16_t op, const struct pp_candidates *candidates, uint8_t *ret_target);
enum pp_due pp_choice_at_access(uint16_t op, uintptr_t address, const struct pp_candidates *candidates,
                                uint8_t *ret_target);

// How far the op's fibers have come.
uint32_t pp_choice_call_count(uint16_t op);
uint32_t pp_choice_access_count(uint16_t op);

// After a run with a search: the program with the choices that were made in it.
const struct pp_program *pp_choice_recorded(void);
