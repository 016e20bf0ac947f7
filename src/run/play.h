// SPDX-License-Identifier: MIT
// Plays ops: each is one call of the kernel or of the NDIS runtime.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/program.h>
#include <stdbool.h>

void pp_play_begin(const struct pp_driver *driver);

// Plays the op of that index and lets everything run that it has set going. Returns false if the run is
// over. *ret_did says whether the op did something.
bool pp_play_op(const struct pp_program *program, uint16_t index, bool *ret_did);

// True if what that op asked for, a bind or an IRP, was failed before the op was over. Of the last run.
bool pp_play_has_failed(uint16_t index);

// Delivers what is owed, closes files, unbinds, unloads, and looks for what is left. Returns false if
// the run is over.
bool pp_play_tear_down(void);
