// SPDX-License-Identifier: MIT
// Rules about registrations.
#include "check/family.h"
#include "check/report.h"
#include "check/told.h"

#include "base/guard.h"

#include <ndis.h>

// === Registering ===

static bool has_good_header(const NDIS_OBJECT_HEADER *header) {
    uint16_t size = header->Revision == NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1
                        ? NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1
                        : NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    return header->Type == NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS && header->Revision != 0 &&
           header->Size >= size;
}

static bool has_entries(const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    return entries->BindAdapterHandlerEx != NULL && entries->UnbindAdapterHandlerEx != NULL &&
           entries->OpenAdapterCompleteHandlerEx != NULL &&
           entries->CloseAdapterCompleteHandlerEx != NULL && entries->NetPnPEventHandler != NULL &&
           entries->OidRequestCompleteHandler != NULL && entries->ReceiveNetBufferListsHandler != NULL &&
           entries->SendNetBufferListsCompleteHandler != NULL;
}

PP_READS_CLOSED static void judge_register(const struct pp_event *event) {
    const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries =
        (const NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *)event->args[0];
    if (!has_good_header(&entries->Header)) {
        pp_report(PP_RULE_REG_CHARS, event, "protocol registered with a wrong header");
        pp_report_line("Type 0x%X, Revision %u, Size %u", entries->Header.Type, entries->Header.Revision,
                       entries->Header.Size);
    } else if (entries->MajorNdisVersion != 6) {
        pp_report(PP_RULE_REG_CHARS, event, "protocol registered for another version of NDIS");
    } else if (!has_entries(entries)) {
        pp_report(PP_RULE_REG_CHARS, event, "protocol registered without an entry that it must have");
    } else if (entries->Flags != 0) {
        pp_report(PP_RULE_REG_CHARS, event, "protocol registered with Flags that are not 0");
    }
}

// === Deregistering ===

static const struct pp_object *live_protocol(void) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->kind == PP_OBJECT_PROTOCOL && object->state == PP_OBJECT_LIVE) {
            return object;
        }
    }
    return NULL;
}

static void judge_protocols(const struct pp_event *event) {
    const struct pp_object *protocol = live_protocol();
    if (event->kind == PP_EVENT_LOADED) {
        if (!NT_SUCCESS((NTSTATUS)event->args[0]) && protocol != NULL) {
            pp_report_at(PP_RULE_REG_FAIL_DEREG, event, "DriverEntry failed with a protocol registered",
                         " in", &protocol->made);
        }
    } else if (protocol != NULL) {
        pp_report_at(PP_RULE_DEREG_ONCE, event, "protocol still registered at unload", ", registered in",
                     &protocol->made);
    }
}

// The entries of a protocol stand together in callback.def.
static bool is_entry_of_protocol(uint16_t callback) {
    return callback >= PP_CALLBACK_SET_OPTIONS && callback <= PP_CALLBACK_RECEIVE;
}

static bool is_about_binding(const struct pp_event *event) {
    const struct pp_told_event *told = pp_told_here(event);
    return event->callback == PP_CALLBACK_BIND || event->callback == PP_CALLBACK_UNBIND ||
           (told != NULL && told->binding != 0);
}

static void judge_deregister(const struct pp_event *event) {
    const struct pp_object *protocol = pp_model_at(event->args[0]);
    if (protocol == NULL || protocol->kind != PP_OBJECT_PROTOCOL) {
        pp_report(PP_RULE_DEREG_ONCE, event, "something deregistered that is no protocol");
    } else if (protocol->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_DEREG_ONCE, event, "protocol deregistered again");
        pp_report_object(protocol);
    } else if (is_entry_of_protocol(event->callback)) {
        pp_report(PP_RULE_DEREG_CONTEXT, event, "protocol deregistered inside a call of NDIS");
    }
}

// A bind or an unbind that is under way, and what is about one binding, hold NDIS up already.
static void judge_reenumerate(const struct pp_event *event) {
    const struct pp_object *protocol = pp_model_at(event->args[0]);
    if (protocol == NULL || protocol->kind != PP_OBJECT_PROTOCOL || protocol->state == PP_OBJECT_FREED) {
        pp_report(PP_RULE_DEREG_ONCE, event, "bindings re-enumerated of something that is no protocol");
    } else if (is_about_binding(event)) {
        pp_report(PP_RULE_REENUM_CONTEXT, event, "bindings re-enumerated inside a call about a binding");
    }
}

void pp_check_protocols(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_REGISTER: judge_register(event); break;
    case PP_EVENT_DEREGISTER: judge_deregister(event); break;
    case PP_EVENT_REENUMERATE: judge_reenumerate(event); break;
    default: judge_protocols(event); break;
    }
}
