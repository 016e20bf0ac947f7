// SPDX-License-Identifier: MIT
// Fibers without a run: a test starts functions as activities, lets them go, and reads what they noted.
#pragma once
#include "kernel/schedule.h"

#include <ndis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Set-up of each test: no fibers, time 0, no choices. The tear-down ends it.
int fibers_begin(void **state);
int fibers_end(void **state);

// Adds a choice to op `op`: at its at-th switch point, the target-th ready fiber goes on.
void fibers_choose(uint16_t op, uint16_t at, uint8_t target);

// The same, that many memory accesses behind it.
void fibers_choose_access(uint16_t op, uint16_t at, uint16_t accesses, uint8_t target);

// The first call of that point that op `op` makes fails; for good: all do.
void fibers_fail(uint16_t op, enum pp_point point, bool for_good);

// Starts a fiber for op `op`. `letter` is its detail.
void fibers_start(uint16_t op, pp_fiber_function run, char letter);

// Notes a letter; fibers_notes() is all that was noted since the last call of it.
void fibers_note(char letter);
const char *fibers_notes(void);

// The last event that says the driver cannot go on (enum pp_crash), or -1; it ends the run.
int fibers_crash(void);

#define FIBERS_TEST(function) cmocka_unit_test_setup_teardown(function, fibers_begin, fibers_end)
