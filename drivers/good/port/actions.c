// SPDX-License-Identifier: MIT
// How other drivers call Port.
#include "port.h"

#include <poolproof/actions.h>

static void Send(const struct pp_action_input *Input) {
    PortSend(Input->first, Input->bytes, Input->length);
}

static void Wait(const struct pp_action_input *Input) { PortWait(Input->first, (USHORT)Input->second); }

static void Count(const struct pp_action_input *Input) {
    ULONG Frames;
    if (NT_SUCCESS(PortCount(Input->first, &Frames))) {
        DbgPrint("%u frames\n", Frames);
    }
}

PP_ACTIONS({.name = "send", .call = Send, .first = {0, 2}, .length = {1, 9014}},
           {.name = "send_at_dispatch", .call = Send, .irql = DISPATCH_LEVEL, .first = {0, 2}},
           {.name = "wait", .call = Wait, .first = {0, 2}, .second = {0, 0xffff}},
           {.name = "count", .call = Count, .first = {0, 2}});
