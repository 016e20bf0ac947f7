// SPDX-License-Identifier: MIT
// Notes the sites of a run (poolproof/site.h): where they are, and in what state the world is there.
#pragma once
#include <poolproof/driver.h>
#include <poolproof/site.h>

void pp_sites_begin(struct pp_range driver_text, const struct pp_program *program,
                    enum pp_sites_wanted wanted);

// If states are wanted: is told of each event, before it is judged.
void pp_sites_add(const struct pp_event *event);
