// SPDX-License-Identifier: MIT
#pragma once
#include <stdbool.h>
#include <wdm.h>

// Forgets what is queued.
void pp_dpc_reset(void);

void pp_dpc_init(KDPC *dpc, PKDEFERRED_ROUTINE routine, void *context);

// Queues the DPC for the current op. False if it is queued already, or no DPC.
bool pp_dpc_queue(KDPC *dpc, void *argument1, void *argument2);
