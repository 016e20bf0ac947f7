// SPDX-License-Identifier: MIT
// The pools on their own: no run, no driver, no rules. A scene begins with an empty arena; the events
// that the pools send are kept.
#pragma once
#include "pool/pool.h"

#include <poolproof/event.h>
#include <poolproof/program.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Set-up of each test: an empty world, in which nothing fails.
int scene_begin(void **state);

// From here on, the nth call of the point fails, once.
void scene_fail(enum pp_point point, uint8_t nth);

// From here on, every call of the point gets this answer.
void scene_answer(enum pp_outcome_point point, enum pp_status status);

// From here on, acts of this kind are refused; all of them, or those that are about this object.
void scene_refuse(enum pp_event_kind kind);
void scene_refuse_of(enum pp_event_kind kind, const void *object);

// The last event of that kind, or NULL; how many there were.
const struct pp_event *scene_event(enum pp_event_kind kind);
uint32_t scene_event_count(enum pp_event_kind kind);

NDIS_HANDLE scene_nbl_pool(bool has_nb, uint16_t context_size, uint32_t data_size);
NDIS_HANDLE scene_nb_pool(uint32_t data_size);

// True if a live MDL that the pool made is at this address.
bool scene_is_mdl(const MDL *mdl);

// True if a driver could not touch the byte; without a guard nothing is ever closed.
bool scene_is_closed(const volatile void *address);

#define SCENE_TEST(function) cmocka_unit_test_setup(function, scene_begin)
