// SPDX-License-Identifier: MIT
#pragma once
#include "kernel/fiber.h"

// What stands for the thread that a fiber is: KeGetCurrentThread of it.
void *pp_thread_of(const struct pp_fiber *fiber);
