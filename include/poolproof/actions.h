// SPDX-License-Identifier: MIT
// Actions: entry points of a driver that no IRP and no NDIS call leads to, such as the functions that it
// exports to other drivers. A file of the driver's project describes them, beside its sources:
//
//     #include "mydriver.h"
//     #include <poolproof/actions.h>
//
//     static void send(const struct pp_action_input *input) {
//         MyDriverSend(input->first, input->bytes, input->length);
//     }
//
//     PP_ACTIONS({.name = "send", .call = send, .first = {0, 3}, .length = {14, 1514}});
//
// poolproof_add_driver(mydriver SOURCES ... ACTIONS actions.c) compiles it like a source of the driver. The
// op `act` of a program calls one.
#pragma once

// Inclusive. Both 0: any number; a max below min: min.
struct pp_action_range {
    unsigned min, max;
};

// What a program gives an action. `bytes` is the world's, and gone when the action returns.
struct pp_action_input {
    unsigned first, second;  // whatever the action takes them for, each in its range
    unsigned length;         // of bytes
    void *bytes;             // NULL if length is 0
};

// The action is called on a thread of its own, at any time between the end of DriverEntry and the begin of
// DriverUnload, also while another action runs: as other drivers do, which hold a reference to this one as
// long as they are in it.
struct pp_action {
    const char *name;
    void (*call)(const struct pp_action_input *input);
    unsigned char irql;  // PASSIVE_LEVEL or DISPATCH_LEVEL
    struct pp_action_range first, second;
    struct pp_action_range length;  // at most 9100
};

// The one table of a driver: an initialiser in braces for each action.
#define PP_ACTIONS(...) const struct pp_action pp_driver_actions[] = {__VA_ARGS__, {0}}

extern const struct pp_action pp_driver_actions[];
