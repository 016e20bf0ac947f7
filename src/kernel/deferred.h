// SPDX-License-Identifier: MIT
// Calls of the driver that are owed as soon as a processor or a worker thread is free: DPCs, work items.
#pragma once
#include "kernel/fiber.h"

struct pp_deferred {
    enum pp_activity activity;
    pp_fiber_function run;
    void *subject;
    uint64_t detail;
    uint16_t op;  // that it is owed to
};

void pp_deferred_reset(void);

// Starts the call, for the current op, or keeps it until there is a free fiber.
void pp_deferred_start(enum pp_activity activity, pp_fiber_function run, void *subject, uint64_t detail);

// Starts what had to wait. True if there was something.
bool pp_deferred_deliver(void);
