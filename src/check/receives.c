// SPDX-License-Identifier: MIT
// Rules about receiving: what was received goes back once, to where it came from, as it was.
#include "check/chain.h"
#include "check/family.h"
#include "check/flight.h"
#include "check/receipt.h"
#include "check/report.h"

#include "base/guard.h"

// === As it was ===

// Others still look at it.
static bool judge_users(const struct pp_event *event, const struct pp_object *nbl) {
    if (nbl->live_count > 0) {
        pp_report(PP_RULE_PARENT_SENT, event,
                  "received NBL given back while others derived from it live");
        pp_report_object(nbl);
        pp_report_derived(nbl);
        return false;
    }
    const struct pp_object *user = pp_flight_of(nbl);
    if (user != NULL) {
        pp_report(PP_RULE_FREE_NBL_INFLIGHT, event,
                  "received NBL given back while its data is in flight");
        pp_report_object(nbl);
        pp_report_object(user);
        return false;
    }
    return true;
}

static bool report_changed(const struct pp_event *event, enum pp_rule_index rule, const char *what,
                           const struct pp_object *nbl) {
    pp_report(rule, event, what);
    pp_report_object(nbl);
    return false;
}

// MDLs are parts in the order of their chain, each followed by its bytes.
PP_READS_CLOSED static bool is_chain_as_it_was(const struct pp_object *nbl, const struct pp_object *nb) {
    uint64_t at = (uintptr_t)((const NET_BUFFER *)nb->address)->MdlChain;
    const struct pp_object *part = nbl;
    while ((part = pp_receipt_part(nbl, pp_model_index(part), PP_OBJECT_MDL)) != NULL) {
        const MDL *mdl = (const MDL *)part->address;
        const struct pp_object *bytes = part + 1;
        if (at != part->address || mdl->ByteCount != part->length ||
            (uintptr_t)mdl->MappedSystemVa != bytes->address) {
            return false;
        }
        at = (uintptr_t)mdl->Next;
    }
    return at == 0;
}

PP_READS_CLOSED static bool judge_lists(const struct pp_event *event, const struct pp_object *nbl) {
    const NET_BUFFER_LIST *fields = (const NET_BUFFER_LIST *)nbl->address;
    const struct pp_object *nb = pp_receipt_part(nbl, pp_model_index(nbl), PP_OBJECT_NB);
    const NET_BUFFER *nb_fields = (const NET_BUFFER *)nb->address;
    if (fields->FirstNetBuffer != nb_fields || nb_fields->Next != NULL) {
        return report_changed(event, PP_RULE_NB_NEXT, "received NBL given back with another NB list",
                              nbl);
    }
    if (!is_chain_as_it_was(nbl, nb)) {
        return report_changed(event, PP_RULE_MDL_CHAIN, "received NBL given back with another MDL chain",
                              nbl);
    }
    if ((uintptr_t)fields->ParentNetBufferList != pp_receipt_of(nbl)->parent) {
        return report_changed(event, PP_RULE_PARENT_OVERWRITE, "parent of a received NBL overwritten",
                              nbl);
    }
    return true;
}

// Of an NBL whose lists are as they were.
PP_READS_CLOSED static bool judge_data(const struct pp_event *event, const struct pp_object *nbl) {
    const struct pp_receipt *receipt = pp_receipt_of(nbl);
    const NET_BUFFER *nb = ((const NET_BUFFER_LIST *)nbl->address)->FirstNetBuffer;
    if (nb->DataOffset != receipt->data_offset) {
        report_changed(event, PP_RULE_RA_BALANCE, "received NBL given back with another data start",
                       nbl);
        pp_report_line("DataOffset %u, indicated with %u", nb->DataOffset, receipt->data_offset);
        return false;
    }
    if (!pp_chain_judge_place(event, nb, "given back")) {
        pp_report_object(nbl);
        return false;
    }
    if (receipt->is_read_only && pp_receipt_bytes(nbl) != receipt->bytes) {
        return report_changed(event, PP_RULE_NBL_READONLY, "data of a read-only NBL changed", nbl);
    }
    if (pp_receipt_data(nbl) != receipt->data) {
        pp_report(PP_RULE_RX_DATA_WRITE, event, "received data changed");
    }
    return true;
}

static bool judge_as_it_was(const struct pp_event *event, const struct pp_object *nbl) {
    if (!judge_users(event, nbl) || !judge_lists(event, nbl) || !judge_data(event, nbl)) {
        return false;
    }
    if (nbl->last_take != 0) {
        pp_report(PP_RULE_CTX_HANDOVER, event, "received NBL given back with context space taken");
    }
    return true;
}

// === Returning ===

static bool judge_owner(const struct pp_event *event, uint64_t address) {
    const struct pp_object *nbl = pp_model_at(address);
    if (nbl == NULL || nbl->kind != PP_OBJECT_NBL) {
        pp_report(PP_RULE_POOL_PRIVATE, event, "something returned that is no NBL");
        return false;
    }
    const struct pp_receipt *receipt = pp_receipt_of(nbl);
    enum pp_rule_index rule;
    const char *what;
    if (receipt == NULL) {
        rule = PP_RULE_RX_RETURN_BINDING;
        what = "NBL returned that was not received";
    } else if (receipt->is_borrowed) {
        rule = PP_RULE_RX_RESOURCES_RETURN;
        what = "NBL of a RESOURCES indication returned";
    } else if (nbl->state == PP_OBJECT_FREED) {
        rule = PP_RULE_RX_RETURN_ONCE;
        what = "received NBL returned again";
    } else if (pp_model_object(pp_receipt_indication(receipt->indication)->binding)->address !=
               event->args[0]) {
        rule = PP_RULE_RX_RETURN_BINDING;
        what = "NBL returned on another binding";
    } else {
        return true;
    }
    pp_report(rule, event, what);
    pp_report_object(nbl);
    return false;
}

PP_READS_CLOSED static void judge_return(const struct pp_event *event) {
    const struct pp_object *binding = pp_model_at(event->args[0]);
    if (binding == NULL || binding->kind != PP_OBJECT_BINDING) {
        pp_report(PP_RULE_CLOSE_HANDLE, event, "return on something that is no binding");
        return;
    }
    // Receives that a close waits for can still be returned.
    if (binding->was_closed && !binding->is_close_pending) {
        pp_report(PP_RULE_CLOSE_HANDLE, event, "return on a closed binding");
        pp_report_object(binding);
        return;
    }
    if (pp_chain_is_cyclic(event->args[1])) {
        pp_report(PP_RULE_NBL_ACYCLIC, event, "NBL chain returned that does not end");
        return;
    }
    if ((event->args[2] & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0 && event->irql < DISPATCH_LEVEL) {
        pp_report(PP_RULE_RX_RETURN_FLAGS, event, "return that claims DISPATCH_LEVEL");
    }
    uint64_t at = event->args[1];
    do {
        if (!judge_owner(event, at) || !judge_as_it_was(event, pp_model_at(at))) {
            return;
        }
        at = (uintptr_t)((const NET_BUFFER_LIST *)at)->Next;
    } while (at != 0);
}

// === The end of an indication ===

PP_READS_CLOSED static bool judge_borrowed(const struct pp_event *event, const struct pp_object *nbl) {
    if ((uintptr_t)((const NET_BUFFER_LIST *)nbl->address)->Next != pp_receipt_of(nbl)->next) {
        return report_changed(event, PP_RULE_RX_RESOURCES_CHAIN, "RESOURCES chain left in another order",
                              nbl);
    }
    return judge_as_it_was(event, nbl);
}

static void judge_end(const struct pp_event *event) {
    const struct pp_indication *indication = pp_receipt_indication((uint32_t)event->args[1]);
    bool is_kept = false;
    for (uint32_t i = indication->first; i < indication->end; i++) {
        const struct pp_object *object = pp_model_object(i);
        const struct pp_receipt *receipt = pp_receipt_of(object);
        if (receipt == NULL || object->state == PP_OBJECT_FREED) {
            continue;
        }
        if (receipt->is_borrowed && !judge_borrowed(event, object)) {
            return;
        }
        is_kept |= !receipt->is_borrowed;
    }
    const struct pp_object *binding = pp_model_object(indication->binding);
    // If it has run meanwhile, another pause has begun.
    bool is_paused = binding->pause_op == indication->pause_op &&
                     (binding->phase == PP_PHASE_PAUSED || binding->phase == PP_PHASE_PAUSING);
    if (is_kept && is_paused && indication->was_paused) {
        pp_report(PP_RULE_PAUSE_RECV, event, "received NBL kept while paused");
    }
}

// === Advancing ===

static void judge_advance(const struct pp_event *event) {
    struct pp_object *object = pp_model_at(event->args[0]);
    if (object == NULL || event->args[3] == 0) {
        return;
    }
    const struct pp_object *whole = pp_model_whole(object);
    if (pp_receipt_of(whole) != NULL) {
        pp_report(PP_RULE_RA_RX_FREEMDL, event, "received NB advanced with FreeMdl TRUE");
        pp_report_object(whole);
    }
}

void pp_check_receives(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_RETURN: judge_return(event); break;
    case PP_EVENT_INDICATED: judge_end(event); break;
    default: judge_advance(event); break;
    }
}
