// SPDX-License-Identifier: MIT
// The NDIS protocol runtime as the player of a program drives it. Each pp_ndis_... that starts something
// starts an activity for the current op and returns true, or changes nothing and returns false because
// what it is about is gone, busy or in another state.
#pragma once
#include <ndis.h>
#include <poolproof/program.h>
#include <stdbool.h>
#include <stdint.h>

// Forgets adapters, protocols, bindings and sends.
void pp_ndis_reset(void);

// Makes adapter `number`, which must be the next one.
void pp_ndis_add_adapter(uint32_t number, uint32_t mtu, uint32_t backfill);

// The file name that means this adapter: a backslash and its name.
const UNICODE_STRING *pp_ndis_adapter_path(uint32_t adapter);

// Binds the driver's protocol to the adapter. The binding is known by `binding` from then on.
bool pp_ndis_bind(uint32_t binding, uint32_t adapter);
bool pp_ndis_finish_open(uint32_t binding, NDIS_STATUS status);
bool pp_ndis_restart(uint32_t binding);
bool pp_ndis_pause(uint32_t binding);
bool pp_ndis_unbind(uint32_t binding);
bool pp_ndis_finish_close(uint32_t binding);

struct pp_completion {
    uint8_t first;  // which of the binding's in-flight NBLs, modulo their number
    uint8_t count;  // at most as many as follow
    NDIS_STATUS status;
    bool is_reversed;
    bool is_at_dispatch;
};

// Completes NBLs that are in flight, all in one callback.
bool pp_ndis_complete(uint32_t binding, const struct pp_completion *completion);

// Delivers one thing that the world owes to the driver: the end of an open, a send or a close that
// pends. False if nothing is owed.
bool pp_ndis_deliver_owed(void);

// Unbinds the first binding that is not busy unbinding. False if there is none.
bool pp_ndis_unbind_any(void);
