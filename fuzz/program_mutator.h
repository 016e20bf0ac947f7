// SPDX-License-Identifier: MIT
// What the fuzz targets that play programs and the command line's "fuzz" share: the two custom mutators
// of libFuzzer's interface (which AFL++ and Centipede take too), and how a program and a verdict
// meet the engine.
#pragma once
#include <poolproof/run.h>

// The language of the target's programs. Each target defines it.
extern enum pp_language pp_target_language;

// The driver that programs are played on, for schedules to be tried; NULL if there is none.
extern const struct pp_driver *pp_target_driver;

// An engine's input is a program's binary form; a seed may also be text.
void pp_target_read(const uint8_t *bytes, size_t size, struct pp_program *ret_program);

// Makes features of what code coverage does not show: which fault points failed and which rules were
// broken, and how often; and in which ways calls were refused. `broken` is by index of pp_rules.
//
// Without pp_target_feeds_faults, which is true at first, nothing of faults: to measure what that is
// worth.
extern bool pp_target_feeds_faults;
void pp_target_feed(const struct pp_verdict *verdict, const uint32_t *broken);

// Called before each mutation if not NULL: the one place between two runs that a target can have,
// and from which exit() does not look like a crash to libFuzzer.
extern void (*pp_target_on_mutation)(void);
