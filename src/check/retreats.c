// SPDX-License-Identifier: MIT
// Rules about where the data of an NB starts: RA-*, and what is left in front of it when it goes.
#include "check/digest.h"
#include "check/family.h"
#include "check/report.h"
#include "check/usable.h"

#include "base/guard.h"

#include <ndis.h>

static bool is_list(const struct pp_event *event) { return event->args[1] != 0; }

static const NET_BUFFER *first_nb(const struct pp_event *event) {
    return is_list(event) ? ((const NET_BUFFER_LIST *)event->args[0])->FirstNetBuffer
                          : (const NET_BUFFER *)event->args[0];
}

static const NET_BUFFER *next_nb(const struct pp_event *event, const NET_BUFFER *nb) {
    return is_list(event) ? nb->Next : NULL;
}

static bool is_usable(const struct pp_event *event, const char *act) {
    return is_list(event) ? pp_usable_list(event, event->args[0], PP_CHAIN_LINKS, act)
                          : pp_usable_nb(event, event->args[0], PP_CHAIN_LINKS, act) != NULL;
}

// A driver may come back to the NB later and use it for something else as it is, so only the operation
// in which the retreat failed is looked at.
static bool is_failed(const struct pp_event *event, const NET_BUFFER *nb) {
    const struct pp_object *object = pp_model_at((uintptr_t)nb);
    return object->failed_retreat != 0 && object->failed_retreat_op == event->op &&
           object->failed_retreat == pp_digest_nb_place(nb);
}

static void report_failed(const struct pp_event *event, const NET_BUFFER *nb, const char *what) {
    pp_report(PP_RULE_RA_STATUS, event, what);
    pp_report_object(pp_model_at((uintptr_t)nb));
}

// === Retreats ===

// Some drivers retreat once, when they make an NB, and then for each packet and back: what counts is
// that a retreat that a packet was sent with is made again on top of it.
static bool has_sent(const struct pp_object *nb, uint64_t delta) {
    uint32_t at = nb->last_retreat;
    while (at != 0 && !(pp_model_retreat(at)->was_sent && pp_model_retreat(at)->delta == delta)) {
        at = pp_model_retreat(at)->below;
    }
    return at != 0;
}

static void judge_balance(const struct pp_event *event, const NET_BUFFER *nb) {
    const struct pp_object *object = pp_model_at((uintptr_t)nb);
    uint64_t delta = event->args[2];
    if (has_sent(object, delta) && !pp_model_is_placed_anew(object) &&
        pp_model_retreated(object) + delta > object->sent_retreat) {
        pp_report(PP_RULE_RA_BALANCE, event, "NB retreated again that was sent and not advanced");
        pp_report_line("%lu bytes of retreats are not undone", pp_model_retreated(object));
        pp_report_object(object);
    }
}

static void judge_retreat(const struct pp_event *event) {
    if (!is_usable(event, "retreated")) {
        return;
    }
    for (const NET_BUFFER *nb = first_nb(event); nb != NULL; nb = next_nb(event, nb)) {
        judge_balance(event, nb);
    }
}

// === Advances ===

static bool is_received(const NET_BUFFER *nb) {
    return pp_model_whole(pp_model_at((uintptr_t)nb))->receipt != 0;
}

// Drivers that take off whatever is there, or the retreats that did not fail, may well do so.
static bool undoes_failed(const struct pp_event *event, const NET_BUFFER *nb) {
    const struct pp_object *object = pp_model_at((uintptr_t)nb);
    uint64_t delta = event->args[2];
    return is_failed(event, nb) && delta == object->failed_delta && delta > pp_model_retreated(object);
}

// The MDLs in front that lie wholly before the data once it has been advanced.
PP_READS_CLOSED static void judge_unused(const struct pp_event *event, const NET_BUFFER *nb) {
    bool is_to_free = event->args[3] != 0;
    uint64_t before = nb->DataOffset + event->args[2];
    uint32_t index = pp_model_index(pp_model_at((uintptr_t)nb));  // others may have the chain, too
    for (const MDL *mdl = nb->MdlChain; mdl != NULL && mdl->ByteCount <= before; mdl = mdl->Next) {
        const struct pp_object *object = pp_model_at((uintptr_t)mdl);
        if (object == NULL || object->nb != index) {
            return;
        }
        if (!is_to_free && !is_received(nb)) {
            pp_report(PP_RULE_RA_FREEMDL, event, "MDL of a retreat left in front by an advance");
            return;
        }
        if (is_to_free && object->is_handlers && event->args[4] == 0) {
            pp_report(PP_RULE_RA_HANDLER, event, "advance without the free handler of an MDL");
            pp_report_object(object);
            return;
        }
        before -= mdl->ByteCount;
    }
}

static void judge_advance(const struct pp_event *event) {
    if (!is_usable(event, "advanced")) {
        return;
    }
    for (const NET_BUFFER *nb = first_nb(event); nb != NULL; nb = next_nb(event, nb)) {
        if (undoes_failed(event, nb)) {
            report_failed(event, nb, "NB advanced after a retreat that failed");
            return;
        }
        if (event->args[2] > nb->stDataLength) {
            pp_report(PP_RULE_RA_OVERRUN, event, "advance beyond the data");
            pp_report_line("DataOffsetDelta %lu, DataLength %zu", event->args[2], nb->stDataLength);
            pp_report_object(pp_model_at((uintptr_t)nb));
            return;
        }
        judge_unused(event, nb);
    }
}

// === The rest ===

static void judge_abandoned(const struct pp_event *event) {
    pp_report(PP_RULE_RA_HANDLER, event, "retreat undone without the free handler of an MDL");
    const struct pp_object *mdl = pp_model_at(event->args[0]);
    if (mdl != NULL) {
        pp_report_object(mdl);
    }
}

// Of a send that can be followed.
static void judge_send(const struct pp_event *event) {
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)event->args[1];
    for (; nbl != NULL; nbl = nbl->Next) {
        for (const NET_BUFFER *nb = nbl->FirstNetBuffer; nb != NULL; nb = nb->Next) {
            if (is_failed(event, nb)) {
                report_failed(event, nb, "NB sent after a retreat that failed");
                return;
            }
        }
    }
}

static void judge_end(const struct pp_event *event, const struct pp_object *nb) {
    if (nb->kind == PP_OBJECT_NB && nb->added_mdl_count > 0) {
        pp_report(PP_RULE_FREE_RETREAT, event, "NB freed with an MDL of a retreat in front");
    }
}

// Of an NB that may be freed, or an NBL with the NBs that came with it: these are behind it.
static void judge_free(const struct pp_event *event) {
    const struct pp_object *object = pp_model_at(event->args[0]);
    uint32_t index = pp_model_index(object);
    judge_end(event, object);
    for (uint32_t i = index + 1; i < pp_model_count() && pp_model_object(i)->is_part; i++) {
        judge_end(event, pp_model_object(i));
    }
}

void pp_check_retreats(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_RETREAT: judge_retreat(event); break;
    case PP_EVENT_ADVANCE: judge_advance(event); break;
    case PP_EVENT_MDL_ABANDONED: judge_abandoned(event); break;
    case PP_EVENT_SEND: judge_send(event); break;
    default: judge_free(event); break;
    }
}
